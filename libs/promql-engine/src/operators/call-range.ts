import { METRIC_NAME } from '@prom/labels'
import type { Call, Expr } from '@prom/promql-syntax'
import type { Frame } from '../context.ts'
import { fail } from '../errors.ts'
import { checkQuantile } from '../functions/quantile.ts'
import { NAME_KEEPERS, RANGE_FUNCTIONS } from '../functions/range-functions.ts'
import type { RangeCall, Window, WindowFunction } from '../functions/window.ts'
import { floatKernel } from '../kernels/float-kernels.ts'
import {
  FLOAT,
  histogramSamples,
  type Operator,
  SAME_LABELSET,
  SeriesSlab,
  type StepSeries,
  setHistogram,
  type Tile,
  tileBytes,
} from '../tile.ts'
import { Workspace } from '../workspace.ts'
import type { FloatColumns, HistogramColumns } from './columns.ts'
import { dropName } from './names.ts'
import { isUniqueWithoutName } from './names-unique.ts'
import { type RangeColumn, RangeColumns } from './range-columns.ts'
import type { RangeSeries, RangeSource } from './range-source.ts'
import { WindowCache, type Windows } from './windows.ts'

/** Samples looked at between two questions whether to stop. */
const CHECK_EVERY = 2_000_000

const COUNTER_NAME = /_(?:total|sum|count|bucket)$/

/** Evaluates a function of a range vector, one series after the other. */
export function callRange(
  frame: Frame,
  call: Call,
  rangeArg: Expr,
  source: RangeSource,
  parameters: readonly Float64Array[],
): Operator {
  return new RangeCallOperator(frame, call, rangeArg, source, parameters)
}

class RangeCallOperator implements Operator {
  readonly #frame: Frame
  readonly #name: string
  readonly #source: RangeSource
  readonly #parameters: readonly Float64Array[]
  readonly #compute: WindowFunction
  readonly #floats: WindowCache
  readonly #histograms: WindowCache
  readonly #facts: RangeCall
  readonly #seen = new Set<string>()
  readonly #window: Window
  readonly #isUnique: boolean
  /** The name seen last that is one of a counter. */
  #counterName = ''
  readonly #slab: SeriesSlab
  /** Undefined where no kernel does it; made with the first tile. */
  #columns: RangeColumns | undefined
  #hasColumns = false

  constructor(
    frame: Frame,
    call: Call,
    rangeArg: Expr,
    source: RangeSource,
    parameters: readonly Float64Array[],
  ) {
    const { notes, features, lookbackMs } = frame.context
    this.#frame = frame
    this.#name = call.func.name
    this.#source = source
    this.#parameters = parameters
    this.#compute = RANGE_FUNCTIONS.get(this.#name) as WindowFunction
    this.#floats = new WindowCache(source.ends, source.rangeMs)
    this.#histograms = new WindowCache(source.ends, source.rangeMs)
    const selector = rangeArg.kind === 'matrix' ? rangeArg.selector : undefined
    const extension = selector?.anchored ? 'anchored' : selector?.smoothed ? 'smoothed' : undefined
    const other = call.args.find((arg) => arg !== rangeArg)
    this.#facts = {
      notes,
      features,
      lookbackMs,
      // Compat: the original no longer knows the place of a subquery when it evaluates it.
      at: rangeArg.kind === 'subquery' ? { start: 0, end: 0 } : rangeArg.range,
      parameterAt: other?.range ?? rangeArg.range,
      metricName: '',
      parameters: [],
      extension,
    }
    this.#window = emptyWindow(source.rangeMs)
    this.#isUnique = isUniqueWithoutName(rangeArg)
    this.#slab = new SeriesSlab(frame.times.length, source.countMax)
  }

  recycle(): void {
    this.#slab.recycle()
  }

  next(): Tile | undefined {
    const tile: Tile = []
    const isMore = this.#each((result) => tile.push(result), true)
    return isMore ? tile : undefined
  }

  visit(show: (series: StepSeries) => void): boolean {
    return this.#each(show, false)
  }

  /** One tile; `isKept`: what is shown belongs to the one it is shown to. */
  #each(show: (series: StepSeries) => void, isKept: boolean): boolean {
    const input = this.#source.next()
    if (!input) return false
    const { limits } = this.#frame.context
    limits.check()
    const steps = this.#frame.times.length
    const slab = this.#slab
    slab.keep()
    limits.holdBytes(tileBytes(input.length, steps))
    let found = 0
    let held = input.length
    for (const series of input) {
      const column = this.#byKernel(series)
      if (column?.count === 0) {
        limits.releaseBytes(tileBytes(1, steps))
        held--
        continue
      }
      if (column && !isKept) {
        const { labels, isNameDropped } = series
        const { values, kinds, place } = column
        const shown = { labels, isNameDropped, kinds, values, histograms: undefined, place }
        found += column.count
        if (this.#name === 'quantile_over_time') this.#checkQuantiles(shown)
        this.#rename(series, shown)
        show(shown)
        continue
      }
      const result = slab.make(series.labels, series.isNameDropped)
      const count = column ? copyColumn(column, result) : this.#evaluate(series, result)
      if (count === 0) {
        slab.undo()
        limits.releaseBytes(tileBytes(1, steps))
        held--
        continue
      }
      found += count
      if (this.#name === 'quantile_over_time') this.#checkQuantiles(result)
      this.#rename(series, result)
      show(result)
    }
    limits.hold(found)
    if (!isKept) {
      limits.releaseBytes(tileBytes(held, steps))
      slab.recycle()
    }
    return true
  }

  /** All steps at once, if the series is one for the kernels. */
  #byKernel(series: RangeSeries): RangeColumn | undefined {
    const { floats, histograms } = series
    if (!this.#hasColumns) {
      this.#hasColumns = true
      const { ends, rangeMs } = this.#source
      const { times } = this.#frame
      const job = { ends, rangeMs, times, parameters: this.#parameters }
      const space = Workspace.of(this.#source.memory)
      this.#columns = this.#facts.extension ? undefined : RangeColumns.for(this.#name, job, space)
    }
    if (!this.#columns || histograms.end > histograms.start) return undefined
    if (floats.startTimes && this.#facts.features.useStartTimestamps) return undefined
    const windows = this.#windowsOf(floats)
    if (windows.total >= CHECK_EVERY) return undefined
    const column = this.#columns.of(floats, windows)
    if (column) this.#count(windows)
    return column
  }

  #windowsOf({ times, start, end, facts }: FloatColumns): Windows {
    return this.#floats.of(times, start, end, facts?.isShared)
  }

  #count(windows: Windows): void {
    const { limits } = this.#frame.context
    limits.queryableSamples += windows.total
    if (limits.perStep) this.#countSteps(windows)
  }

  /** Only where there is something to take a quantile of. */
  #checkQuantiles({ kinds }: StepSeries): void {
    const { notes, parameterAt } = this.#facts
    const quantiles = this.#parameters[0] as Float64Array
    for (let step = 0; step < quantiles.length; step++) {
      if (kinds[step] === FLOAT) checkQuantile(quantiles[step] as number, notes, parameterAt)
    }
  }

  #rename(series: RangeSeries, result: StepSeries): void {
    const { context } = this.#frame
    const name = series.labels.get(METRIC_NAME)
    if ((this.#name === 'rate' || this.#name === 'increase') && name !== '') {
      this.#noteGauge(name, series, result)
    }
    if (NAME_KEEPERS.has(this.#name)) return
    dropName(result, context.features)
    if (context.features.delayedNameRemoval || this.#isUnique) return
    const key = result.labels.key()
    if (this.#seen.has(key)) fail(SAME_LABELSET)
    this.#seen.add(key)
  }

  #noteGauge(name: string, series: RangeSeries, result: StepSeries): void {
    const { notes, features } = this.#frame.context
    if (name === this.#counterName && !features.typeAndUnitLabels) return
    if (result.kinds.indexOf(FLOAT) < 0) return
    const shown = JSON.stringify(name)
    if (features.typeAndUnitLabels) {
      const type = series.labels.get('__type__')
      if (type === 'counter' || type === 'histogram') return
      const rule =
        'metric might not be a counter, __type__ label is not set to "counter" or "histogram"'
      notes.info(`${rule}, got ${JSON.stringify(type)}: ${shown}`, this.#facts.at)
    } else if (!COUNTER_NAME.test(name)) {
      const rule = 'name does not end in _total/_sum/_count/_bucket'
      notes.info(`metric might not be a counter, ${rule}: ${shown}`, this.#facts.at)
    } else this.#counterName = name
  }

  #evaluate(series: RangeSeries, result: StepSeries): number {
    const { floats, histograms } = series
    const { features } = this.#frame.context
    const windows = this.#windowsOf(floats)
    this.#count(windows)
    const hasHistograms = histograms.end > histograms.start
    const usesStarts = features.useStartTimestamps && floats.startTimes !== undefined
    if (!hasHistograms && !usesStarts && !this.#facts.extension) {
      // Kernels cannot be stopped: for very much work the general way, which can.
      const kernel = windows.total < CHECK_EVERY ? floatKernel(this.#name) : undefined
      if (kernel) return kernel(floats, windows, this.#source, result)
    }
    return this.#general(series, result)
  }

  /** Histograms count as the samples they are as large as. */
  #countHistograms({ histograms, start }: HistogramColumns, { from, to }: Windows): void {
    const { context, isOuter } = this.#frame
    const sizes = histograms.map(histogramSamples)
    for (let step = 0; step < to.length; step++) {
      let size = 0
      for (let i = from[step] as number; i < (to[step] as number); i++) {
        size += sizes[start + i] as number
      }
      context.limits.queryableSamples += size
      context.limits.countAt(step, isOuter, size)
    }
  }

  #countSteps({ from, to }: Windows): void {
    const { context, isOuter } = this.#frame
    let seen = 0
    for (let step = 0; step < to.length; step++) {
      const high = to[step] as number
      const low = from[step] as number
      context.limits.countAt(step, isOuter, high - low)
      if (high > seen) context.limits.countReadAt(step, isOuter, high - Math.max(low, seen))
      seen = Math.max(seen, high)
    }
  }

  #general(series: RangeSeries, result: StepSeries): number {
    const { floats, histograms, labels } = series
    const floatWindows = this.#windowsOf(floats)
    const histogramWindows = this.#histograms.of(histograms.times, histograms.start, histograms.end)
    const { times } = this.#frame
    const { ends, rangeMs } = this.#source
    const window = this.#window
    bind(window, series)
    this.#facts.metricName = labels.get(METRIC_NAME)
    if (histograms.end > histograms.start) this.#countHistograms(histograms, histogramWindows)
    const isExtended = this.#facts.extension !== undefined
    let count = 0
    let looked = 0
    for (let step = 0; step < times.length; step++) {
      window.from = floats.start + (floatWindows.from[step] as number)
      window.to = floats.start + (floatWindows.to[step] as number)
      window.histogramFrom = histograms.start + (histogramWindows.from[step] as number)
      window.histogramTo = histograms.start + (histogramWindows.to[step] as number)
      looked += window.to - window.from + window.histogramTo - window.histogramFrom
      if (looked > CHECK_EVERY) {
        looked = 0
        this.#frame.context.limits.check()
      }
      const isEmpty = window.from === window.to && window.histogramFrom === window.histogramTo
      if (isEmpty && !isExtended) continue
      window.endMs = ends[step] as number
      window.startMs = window.endMs - rangeMs
      window.atMs = times[step] as number
      this.#parameters.forEach((column, i) => {
        this.#facts.parameters[i] = column[step] as number
      })
      const value = this.#compute(window, this.#facts)
      if (value === undefined) continue
      count++
      if (typeof value === 'number') {
        result.values[step] = value
        result.kinds[step] = FLOAT
      } else setHistogram(result, step, value)
    }
    return count
  }
}

function copyColumn({ values, kinds, count }: RangeColumn, into: StepSeries): number {
  into.values.set(values)
  into.kinds.set(kinds)
  return count
}

function emptyWindow(rangeMs: number): Window {
  const none = new Float64Array(0)
  return {
    times: none,
    values: none,
    from: 0,
    to: 0,
    startTimes: undefined,
    histogramTimes: none,
    histograms: [],
    histogramFrom: 0,
    histogramTo: 0,
    histogramStartTimes: undefined,
    startMs: 0,
    endMs: 0,
    rangeMs,
    atMs: 0,
    first: 0,
    last: 0,
    histogramFirst: 0,
    histogramLast: 0,
  }
}

function bind(window: Window, { floats, histograms }: RangeSeries): void {
  window.times = floats.times
  window.values = floats.values
  window.startTimes = floats.startTimes
  window.first = floats.start
  window.last = floats.end
  window.histogramTimes = histograms.times
  window.histograms = histograms.histograms
  window.histogramStartTimes = histograms.startTimes
  window.histogramFirst = histograms.start
  window.histogramLast = histograms.end
}
