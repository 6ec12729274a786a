import type { FloatHistogram } from '@prom/histogram'
import type { Labels } from '@prom/labels'
import type { MatrixSelector, Subquery } from '@prom/promql-syntax'
import type { ColumnMemory, SelectHints } from '@prom/storage'
import { type Frame, makeFrame } from '../context.ts'
import { FLOAT, HISTOGRAM, type Operator, type StepSeries, TILE_SIZE, tileBytes } from '../tile.ts'
import { type FloatColumns, type HistogramColumns, NO_HISTOGRAMS, splitColumns } from './columns.ts'
import { lookupTimes, selectSeries, TILE_SAMPLES_MAX } from './select.ts'
import { withKnownHint } from './stats-hints.ts'

/** One series of a range vector: its samples; the windows are found by the ends of the source. */
export interface RangeSeries {
  readonly labels: Labels
  readonly isNameDropped: boolean
  readonly floats: FloatColumns
  readonly histograms: HistogramColumns
}

/** Where a range function gets its samples from: a range selector or a subquery. */
export interface RangeSource {
  /** End of the window of each step (already shifted by offset and @). */
  readonly ends: Float64Array
  readonly rangeMs: number
  /** How much longer than the range samples are there on both sides, for anchored and smoothed. */
  readonly marginMs: number
  /** Where the columns mostly lie. */
  readonly memory: ColumnMemory | undefined
  /** No more series than this come of it. */
  readonly countMax: number
  next(): RangeSeries[] | undefined
}

/** Samples of a range selector. */
export function selectRanges(
  frame: Frame,
  matrix: MatrixSelector,
  hints: Partial<SelectHints>,
): RangeSource {
  const { context } = frame
  const { selector, rangeMs } = matrix
  const ends = lookupTimes(frame, selector)
  const isExtended = selector.anchored || selector.smoothed
  const marginMs = isExtended ? context.lookbackMs : 0
  const after = selector.smoothed ? context.lookbackMs : 0
  const set = selectSeries(frame, selector, ends, rangeMs + marginMs, after, { rangeMs, ...hints })
  const isStats = context.statsSelectors.has(selector)
  let index = 0
  return {
    ends,
    rangeMs,
    marginMs,
    countMax: set.length,
    memory: set.memory,
    next() {
      if (index > 0) set.release()
      if (index >= set.length) return undefined
      context.limits.check()
      const tile: RangeSeries[] = []
      const end = Math.min(index + TILE_SIZE, set.length)
      let read = 0
      for (; index < end && read < TILE_SAMPLES_MAX; index++) {
        const columns = set.samples(index)
        read += columns.end - columns.start
        if (columns.start === columns.end) continue
        const { floats, histograms } = splitColumns(columns)
        const series = { labels: set.labels(index), isNameDropped: false, floats, histograms }
        tile.push(isStats ? { ...series, histograms: hinted(histograms) } : series)
      }
      context.limits.samplesRead += read
      return tile
    },
  }
}

function hinted(columns: HistogramColumns): HistogramColumns {
  const { histograms } = columns
  return {
    ...columns,
    histograms: histograms.map((one, i) => withKnownHint(one, histograms[i - 1])),
  }
}

/** The frame in which the expression of a subquery is evaluated: multiples of its step, left-open. */
export function subqueryFrame(frame: Frame, node: Subquery, ends: Float64Array): Frame {
  const first = ends[0] ?? 0
  const last = ends[ends.length - 1] ?? 0
  const from = Math.min(first, last) - node.rangeMs
  const to = Math.max(first, last)
  const start = Math.floor(from / node.stepMs) * node.stepMs + node.stepMs
  return makeFrame(frame.context, start, to, node.stepMs, false)
}

/** The results of `inner`, evaluated in `innerFrame`, as samples. */
export function rangesOfSubquery(
  ends: Float64Array,
  rangeMs: number,
  innerFrame: Frame,
  inner: Operator,
): RangeSource {
  /** The tile handed out last is of no more use when the next one is asked for. */
  let held = 0
  return {
    ends,
    rangeMs,
    marginMs: 0,
    countMax: TILE_SIZE,
    memory: undefined,
    next() {
      const { limits } = innerFrame.context
      limits.releaseBytes(held)
      limits.check()
      const tile = inner.next()
      held = tileBytes(tile?.length ?? 0, innerFrame.times.length)
      return tile?.map((series) => columnsOf(series, innerFrame.times))
    },
  }
}

function columnsOf(series: StepSeries, times: Float64Array): RangeSeries {
  const { labels, isNameDropped, kinds, values } = series
  if (!series.histograms && kinds.indexOf(0) < 0) {
    const floats = { times, values, start: 0, end: times.length, startTimes: undefined }
    return { labels, isNameDropped, floats, histograms: NO_HISTOGRAMS }
  }
  const floatTimes = new Float64Array(times.length)
  const floats = new Float64Array(times.length)
  const histogramTimes: number[] = []
  const histograms: FloatHistogram[] = []
  let count = 0
  for (let step = 0; step < kinds.length; step++) {
    if (kinds[step] === FLOAT) {
      floatTimes[count] = times[step] as number
      floats[count++] = values[step] as number
    } else if (kinds[step] === HISTOGRAM) {
      const histogram = series.histograms?.[step] as FloatHistogram
      const { counterResetHint } = histogram
      histogramTimes.push(times[step] as number)
      // Samples in between may be missing, so only a gauge stays what it is.
      const isKept = counterResetHint === 'gauge' || counterResetHint === 'unknown'
      histograms.push(isKept ? histogram : { ...histogram, counterResetHint: 'unknown' })
    }
  }
  return {
    labels,
    isNameDropped,
    floats: { times: floatTimes, values: floats, start: 0, end: count, startTimes: undefined },
    histograms: {
      times: Float64Array.from(histogramTimes),
      histograms,
      start: 0,
      end: histograms.length,
      startTimes: undefined,
    },
  }
}
