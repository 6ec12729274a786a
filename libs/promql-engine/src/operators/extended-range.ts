import { EvaluationError } from '../errors.ts'
import type { MatrixSeries } from '../result.ts'
import { firstAfter } from './columns.ts'
import type { RangeSeries } from './range-source.ts'

/**
 * The points of `x[range] anchored` or `smoothed` outside of a function: those inside the window, and made-up ones
 * exactly at its ends. Anchored takes the value before, smoothed the one on the line to the next sample.
 */
export function extendedPoints(
  { labels, floats, histograms }: RangeSeries,
  startMs: number,
  endMs: number,
  lookbackMs: number,
  extension: 'anchored' | 'smoothed',
): MatrixSeries | undefined {
  if (histograms.end > histograms.start) {
    throw new EvaluationError(`${extension} modifier is not supported with histograms`)
  }
  const isSmoothed = extension === 'smoothed'
  const reach = isSmoothed ? lookbackMs : 0
  const first = firstAfter(floats.times, floats.start, floats.end, startMs - lookbackMs)
  const past = firstAfter(floats.times, first, floats.end, endMs + reach)
  const from = firstAfter(floats.times, first, past, startMs)
  const to = firstAfter(floats.times, from, past, endMs)
  if (from === past || (!isSmoothed && from === to)) return undefined
  const { times, values } = floats
  const valueAt = (time: number, after: number) => {
    if (after === first) return values[first] as number
    const before = values[after - 1] as number
    const beforeMs = times[after - 1] as number
    if (!isSmoothed || after === past || beforeMs === time) return before
    const fraction = (time - beforeMs) / ((times[after] as number) - beforeMs)
    return before + ((values[after] as number) - before) * fraction
  }
  const points: [number, number][] = [[startMs, valueAt(startMs, from)]]
  for (let i = from; i < to; i++) {
    if ((times[i] as number) < endMs) points.push([times[i] as number, values[i] as number])
  }
  points.push([endMs, valueAt(endMs, to)])
  return {
    labels,
    times: Float64Array.from(points, ([time]) => time),
    values: Float64Array.from(points, ([, value]) => value),
    histograms: undefined,
  }
}
