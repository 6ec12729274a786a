import type { FloatHistogram } from '@prom/histogram'
import type { Labels } from '@prom/labels'
import { fail } from './errors.ts'
import type { Limits } from './limits.ts'
import type { Workspace } from './workspace.ts'

/** What a step of a series holds. */
export const NONE = 0
export const FLOAT = 1
export const HISTOGRAM = 2

/** One series of results: a slot per step of the frame. */
export interface StepSeries {
  labels: Labels
  /** With delayed name removal: the metric name is to be dropped in the end. */
  isNameDropped: boolean
  /** NONE, FLOAT or HISTOGRAM per step. */
  readonly kinds: Uint8Array
  readonly values: Float64Array
  histograms: (FloatHistogram | undefined)[] | undefined
  /** Where kernels find the values, of a series that is only visited. */
  readonly place?: ColumnPlace | undefined
}

/** A column of floats in the workspace. */
export interface ColumnPlace {
  readonly space: Workspace
  readonly address: number
  /** Steps that have a value, as pairs of from and to. */
  readonly runs: readonly number[]
}

/** Up to TILE_SIZE series; what operators hand each other. */
export type Tile = StepSeries[]
export const TILE_SIZE = 256

/** Yields tiles until there are no more. */
export interface Operator {
  next(): Tile | undefined
  /** The tile handed out last is of no more use: its columns may be used for the next one. */
  recycle?(): void
  /** Instead of `next`: shows the series of a tile one by one, each only for as long as `show` runs. False at the end. */
  visit?(show: (series: StepSeries) => void): boolean
}

export function makeSeries(labels: Labels, steps: number, isNameDropped = false): StepSeries {
  return {
    labels,
    isNameDropped,
    kinds: new Uint8Array(steps),
    values: new Float64Array(steps),
    histograms: undefined,
    place: undefined,
  }
}

/** A series as the query holds it afterwards: see `makeSeries`. */
export function makeHeldSeries(
  limits: Limits,
  labels: Labels,
  steps: number,
  isNameDropped = false,
): StepSeries {
  limits.holdBytes(tileBytes(1, steps))
  return makeSeries(labels, steps, isNameDropped)
}

/** What a series takes besides its columns: the objects, its labels and a key made of them. */
const SERIES_BYTES = 400
const STEP_BYTES = 9

/** Memory of so many series. */
export function tileBytes(series: number, steps: number): number {
  return series * (steps * STEP_BYTES + SERIES_BYTES)
}

/** Memory of a histogram. */
export function histogramBytes(histogram: FloatHistogram): number {
  return histogramSamples(histogram) * 16
}

/** How many samples a histogram counts as: it is as large as so many floats with their times. */
export function histogramSamples(histogram: FloatHistogram): number {
  const { positiveSpans, negativeSpans, positiveBuckets, negativeBuckets, customValues } = histogram
  const parts =
    positiveSpans.length +
    negativeSpans.length +
    positiveBuckets.length +
    negativeBuckets.length +
    customValues.length
  return Math.floor((168 + 8 * parts + 8) / 16)
}

/** Columns are cut from pieces of about so many values, so that few series do not hold the room of many. */
const SLAB_VALUES = 1 << 15

/** Makes series whose columns lie side by side in few large arrays: one allocation for many. */
export class SeriesSlab {
  readonly #steps: number
  readonly #seriesPerSlab: number
  #slabs: { readonly values: Float64Array; readonly kinds: Uint8Array }[] = []
  #slab = 0
  #at = 0
  /** What lies before it in the first slab belongs to others. */
  #keptTo = 0
  #isRecycled = false

  /** `expected` is how many series there will be at most. */
  constructor(steps: number, expected: number) {
    this.#steps = steps
    const fitting = Math.floor(SLAB_VALUES / Math.max(1, steps))
    this.#seriesPerSlab = Math.max(1, Math.min(TILE_SIZE, expected, fitting))
  }

  make(labels: Labels, isNameDropped = false): StepSeries {
    const steps = this.#steps
    const size = steps * this.#seriesPerSlab
    if (this.#at + steps > size) {
      this.#slab++
      this.#at = 0
    }
    let slab = this.#slabs[this.#slab]
    if (!slab) {
      slab = { values: new Float64Array(size), kinds: new Uint8Array(size) }
      this.#slabs.push(slab)
    }
    const from = this.#at
    this.#at += steps
    return {
      labels,
      isNameDropped,
      kinds: slab.kinds.subarray(from, from + steps),
      values: slab.values.subarray(from, from + steps),
      histograms: undefined,
      place: undefined,
    }
  }

  /** Takes back the series made last, if it has stayed empty. */
  undo(): void {
    this.#at -= this.#steps
  }

  /** The series made so far belong to others now. */
  keep(): void {
    if (this.#isRecycled) {
      this.#isRecycled = false
      return
    }
    const open = this.#slabs[this.#slab]
    this.#slabs = open ? [open] : []
    this.#slab = 0
    this.#keptTo = this.#at
  }

  /** The series made since `keep` are of no more use. */
  recycle(): void {
    // Values are written where kinds say that there are some.
    for (let i = 0; i <= this.#slab; i++) {
      this.#slabs[i]?.kinds.fill(0, i === 0 ? this.#keptTo : 0)
    }
    this.#slab = 0
    this.#at = this.#keptTo
    this.#isRecycled = true
  }
}

export function setHistogram(series: StepSeries, step: number, histogram: FloatHistogram): void {
  series.histograms ??= new Array(series.kinds.length)
  series.histograms[step] = histogram
  series.kinds[step] = HISTOGRAM
}

export function copyStep(from: StepSeries, to: StepSeries, step: number): void {
  const kind = from.kinds[step] as number
  to.kinds[step] = kind
  if (kind === FLOAT) to.values[step] = from.values[step] as number
  else if (kind === HISTOGRAM) {
    setHistogram(to, step, from.histograms?.[step] as FloatHistogram)
  }
}

export function isEmpty({ kinds }: StepSeries): boolean {
  return kinds.indexOf(FLOAT) < 0 && kinds.indexOf(HISTOGRAM) < 0
}

export function drain(operator: Operator): StepSeries[] {
  const all: StepSeries[] = []
  for (let tile = operator.next(); tile; tile = operator.next()) {
    for (const series of tile) all.push(series)
  }
  return all
}

/** An operator over series that are already there. */
export function fromSeries(series: StepSeries[]): Operator {
  let at = 0
  return {
    next() {
      if (at >= series.length) return undefined
      const tile = series.slice(at, at + TILE_SIZE)
      at += TILE_SIZE
      return tile
    },
  }
}

/** Applies `map` to every series of `input`; undefined leaves it out. */
export function mapSeries(
  input: Operator,
  map: (series: StepSeries) => StepSeries | undefined,
): Operator {
  return {
    recycle: () => input.recycle?.(),
    next() {
      const tile = input.next()
      if (!tile) return undefined
      const result: Tile = []
      for (const series of tile) {
        const mapped = map(series)
        if (mapped) result.push(mapped)
      }
      return result
    },
  }
}

export const SAME_LABELSET = 'vector cannot contain metrics with the same labelset'

/** Joins series of equal labels that are never there at the same step; fails if two are. */
export function mergeSameLabels(all: StepSeries[]): StepSeries[] {
  const byKey = new Map<string, StepSeries>()
  let hasSame = false
  for (const series of all) {
    const key = series.labels.key()
    const known = byKey.get(key)
    if (!known) byKey.set(key, series)
    else {
      hasSame = true
      for (let step = 0; step < series.kinds.length; step++) {
        if (series.kinds[step] === NONE) continue
        if (known.kinds[step] !== NONE) fail(SAME_LABELSET)
        copyStep(series, known, step)
      }
      known.isNameDropped ||= series.isNameDropped
    }
  }
  return hasSame ? [...byKey.values()] : all
}
