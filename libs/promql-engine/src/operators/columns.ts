import type { FloatHistogram } from '@prom/histogram'
import { isStaleBits } from '@prom/model'
import type { ColumnFacts, SampleColumns } from '@prom/storage'

/** Bits of a column, to tell stale markers from other NaNs. */
export function bitsOf(values: Float64Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length * 2)
}

/** Samples of one kind: index `start` up to, not including, `end`; no stale markers. */
export interface FloatColumns {
  readonly times: Float64Array
  readonly values: Float64Array
  readonly start: number
  readonly end: number
  readonly startTimes: Float64Array | undefined
  readonly facts?: ColumnFacts | undefined
}

export interface HistogramColumns {
  readonly times: Float64Array
  readonly histograms: readonly FloatHistogram[]
  readonly start: number
  readonly end: number
  readonly startTimes: Float64Array | undefined
}

const NO_TIMES = new Float64Array(0)
export const NO_HISTOGRAMS: HistogramColumns = {
  times: NO_TIMES,
  histograms: [],
  start: 0,
  end: 0,
  startTimes: undefined,
}

/** The floats without stale markers, and the histograms apart. Nothing is copied if all are live floats. */
export function splitColumns(columns: SampleColumns): {
  floats: FloatColumns
  histograms: HistogramColumns
} {
  const { values, start, end, histograms } = columns
  let isClean = histograms === undefined
  if (isClean && !columns.facts?.isPlain) {
    let bits: Uint32Array | undefined
    for (let i = start; i < end; i++) {
      const value = values[i] as number
      if (!Number.isNaN(value)) continue
      bits ??= bitsOf(values)
      if (isStaleBits(bits, i)) {
        isClean = false
        break
      }
    }
  }
  if (isClean) {
    const { times, startTimes, facts } = columns
    return { floats: { times, values, start, end, startTimes, facts }, histograms: NO_HISTOGRAMS }
  }
  return copyApart(columns)
}

function copyApart(columns: SampleColumns): { floats: FloatColumns; histograms: HistogramColumns } {
  const { times, values, start, end, histograms, startTimes } = columns
  const bits = bitsOf(values)
  const size = end - start
  const floatTimes = new Float64Array(size)
  const floats = new Float64Array(size)
  const floatStarts = startTimes && new Float64Array(size)
  const histogramTimes = new Float64Array(histograms ? size : 0)
  const histogramStarts = startTimes && new Float64Array(histograms ? size : 0)
  const live: FloatHistogram[] = []
  let count = 0
  for (let i = start; i < end; i++) {
    const histogram = histograms?.[i]
    if (histogram) {
      histogramTimes[live.length] = times[i] as number
      if (histogramStarts) histogramStarts[live.length] = startTimes?.[i] as number
      live.push(histogram)
    } else if (!isStaleBits(bits, i)) {
      floatTimes[count] = times[i] as number
      floats[count] = values[i] as number
      if (floatStarts) floatStarts[count] = startTimes?.[i] as number
      count++
    }
  }
  return {
    floats: { times: floatTimes, values: floats, start: 0, end: count, startTimes: floatStarts },
    histograms: {
      times: histogramTimes,
      histograms: live,
      start: 0,
      end: live.length,
      startTimes: histogramStarts,
    },
  }
}

/** First index in [start, end) whose time is greater than `time`. */
export function firstAfter(times: Float64Array, start: number, end: number, time: number): number {
  let low = start
  let high = end
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((times[middle] as number) > time) high = middle
    else low = middle + 1
  }
  return low
}
