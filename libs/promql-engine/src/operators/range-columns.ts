/** Range functions by kernel: all steps of a series in one call, where it has nothing but plain floats. */
import type { KernelExports } from '@prom/kernels'
import type { ColumnPlace } from '../tile.ts'
import { type Piece, SAMPLES_MAX, type Workspace } from '../workspace.ts'
import type { FloatColumns } from './columns.ts'
import {
  type Place,
  PlacedWindows,
  placeLastSeconds,
  placeLines,
  placeSpans,
} from './placed-windows.ts'
import type { Windows } from './windows.ts'

/** For fewer steps, what a kernel needs costs more than it saves. */
const STEPS_LEAST = 4
/** What is kept in order is moved for each new sample. */
const ORDERED_MAX = 2048

/** What all series of a call have in common. */
export interface RangeJob {
  /** Ends of the windows and their length. */
  readonly ends: Float64Array
  readonly rangeMs: number
  /** The steps themselves. */
  readonly times: Float64Array
  readonly parameters: readonly Float64Array[]
}

interface Columns {
  readonly exports: KernelExports
  readonly workspace: Workspace
  readonly job: RangeJob
  readonly floats: FloatColumns
  /** Where the values of the series begin. */
  readonly values: number
  readonly place: Place
  /** Where the results go, and the columns of parameters behind them. */
  readonly out: number
}

/** Computes the steps `from` up to `to`, all of which have a value. */
type Compute = (columns: Columns, from: number, to: number) => void

interface RangeKernelOf {
  readonly samplesLeast: 1 | 2
  /** Series with longer windows are not for it. */
  readonly samplesMost?: number
  /** What the windows need besides their bounds. */
  readonly prepare?: (columns: Columns) => void
  readonly compute: Compute
}

const KERNELS: ReadonlyMap<string, RangeKernelOf> = new Map([
  ['rate', extrapolated(1, 1)],
  ['increase', extrapolated(1, 0)],
  ['delta', extrapolated(0, 0)],
  ['irate', lastDifference(1)],
  ['idelta', lastDifference(0)],
  ['changes', changed(0)],
  ['resets', changed(1)],
  ['deriv', lines(false)],
  ['predict_linear', lines(true)],
  ['sum_over_time', together('rangeSums', 0)],
  ['avg_over_time', together('rangeSums', 1)],
  ['min_over_time', together('rangeExtremes', 0)],
  ['max_over_time', together('rangeExtremes', 1)],
  ['quantile_over_time', quantiles()],
  ['stdvar_over_time', together('rangeVariances', 0)],
  ['stddev_over_time', together('rangeVariances', 1)],
])

/** The series at hand, until the next one: its values lie at `place.address`. */
export interface RangeColumn {
  readonly values: Float64Array
  readonly kinds: Uint8Array
  /** How many steps have a value. */
  readonly count: number
  readonly place: ColumnPlace
}

export class RangeColumns {
  readonly #job: RangeJob
  readonly #kernel: RangeKernelOf
  readonly #workspace: Workspace
  readonly #windows: PlacedWindows
  /** Results, and one column for each parameter. */
  readonly #out: Piece
  readonly #values: Float64Array

  private constructor(job: RangeJob, kernel: RangeKernelOf, space: Workspace, out: Piece) {
    const steps = job.times.length
    this.#job = job
    this.#kernel = kernel
    this.#workspace = space
    this.#windows = new PlacedWindows(space, steps, kernel.samplesLeast)
    this.#out = out
    this.#values = out.floats.subarray(0, steps)
    job.parameters.forEach((column, i) => {
      out.floats.set(column, steps * (i + 1))
    })
  }

  /** Undefined where no kernel does it. */
  static for(name: string, job: RangeJob, space: Workspace): RangeColumns | undefined {
    const kernel = KERNELS.get(name)
    const steps = job.times.length
    if (!kernel || steps < STEPS_LEAST) return undefined
    const out = space.take(steps * (1 + job.parameters.length))
    return out && new RangeColumns(job, kernel, space, out)
  }

  /** Undefined if the series has too many samples, or if there is no room. */
  of(floats: FloatColumns, windows: Windows): RangeColumn | undefined {
    const { start, end } = floats
    if (end - start > SAMPLES_MAX) return undefined
    const place = this.#windows.of(windows)
    if (!place) return undefined
    const space = this.#workspace
    const { kinds, runs, count, longest } = place.present
    if (longest > (this.#kernel.samplesMost ?? SAMPLES_MAX)) return undefined
    const out = this.#out.address
    if (count > 0) {
      const values = space.addressOf(floats.values, start, end)
      const { exports } = space
      const job = this.#job
      const columns: Columns = { exports, workspace: space, job, floats, values, place, out }
      this.#kernel.prepare?.(columns)
      for (let i = 0; i < runs.length; i += 2) {
        this.#kernel.compute(columns, runs[i] as number, runs[i + 1] as number)
      }
    }
    return { values: this.#values, kinds, count, place: { space, address: out, runs } }
  }
}

function extrapolated(isCounter: 0 | 1, isPerSecond: 0 | 1): RangeKernelOf {
  return {
    samplesLeast: 2,
    prepare: ({ place, floats, job }) =>
      placeSpans(place, floats.times, floats.start, job.ends, job.rangeMs),
    compute: ({ exports, values, place, floats, job, out }, from, to) => {
      const { starts, ends, spans } = place
      const resetsIn = isCounter && !floats.facts?.isRising ? floats.end - floats.start : 0
      const steps = job.times.length
      const seconds = job.rangeMs / 1000
      // biome-ignore format: the arguments of a kernel
      exports.rangeRate(
        values, starts, ends, spans, steps, from, to, out, isCounter, resetsIn, seconds, isPerSecond,
      )
    },
  }
}

function lastDifference(isCounter: 0 | 1): RangeKernelOf {
  return {
    samplesLeast: 2,
    prepare: ({ place, floats }) => placeLastSeconds(place, floats.times, floats.start),
    compute: ({ exports, values, place, out }, from, to) =>
      exports.rangeLastDifference(values, place.ends, place.extra, from, to, out, isCounter),
  }
}

function changed(isReset: 0 | 1): RangeKernelOf {
  return {
    samplesLeast: 1,
    compute: ({ exports, workspace, values, place: { starts, ends }, floats, out }, from, to) => {
      const count = floats.end - floats.start
      exports.rangeChanges(values, count, starts, ends, from, to, out, isReset, workspace.scratch)
    },
  }
}

function lines(isAhead: boolean): RangeKernelOf {
  return {
    samplesLeast: 2,
    prepare: ({ place, floats, job }) =>
      placeLines(place, floats.times, floats.start, isAhead ? job.times : undefined),
    compute: (columns, from, to) => {
      const { exports, workspace, values, place, floats, job, out } = columns
      const { starts, ends, extra } = place
      const times = workspace.addressOfTimes(floats.times, floats.start, floats.end)
      const steps = job.times.length
      const sums = extra + steps * 8
      const seconds = isAhead ? out + steps * 8 : 0
      // biome-ignore format: the arguments of a kernel
      exports.rangeLines(
        values, times, starts, ends, extra, sums, steps, from, to, out, seconds,
      )
    },
  }
}

function quantiles(): RangeKernelOf {
  return {
    samplesLeast: 1,
    samplesMost: ORDERED_MAX,
    compute: ({ exports, workspace, values, place: { starts, ends }, job, out }, from, to) => {
      const column = out + job.times.length * 8
      exports.rangeQuantiles(values, starts, ends, from, to, out, column, workspace.scratch)
    },
  }
}

function together(
  name: 'rangeSums' | 'rangeExtremes' | 'rangeVariances',
  kind: 0 | 1,
): RangeKernelOf {
  return {
    samplesLeast: 1,
    compute: ({ exports, values, place: { starts, ends }, out }, from, to) =>
      exports[name](values, starts, ends, from, to, out, kind),
  }
}
