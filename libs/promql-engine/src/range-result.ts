import type { FloatHistogram } from '@prom/histogram'
import type { Expr } from '@prom/promql-syntax'
import type { Frame } from './context.ts'
import { firstAfter } from './operators/columns.ts'
import type { Evaluator } from './operators/evaluate.ts'
import { extendedPoints } from './operators/extended-range.ts'
import { withoutName } from './operators/names.ts'
import type { RangeSeries } from './operators/range-source.ts'
import type { MatrixSeries } from './result.ts'

/** The samples of a range vector at the top of an instant query. */
export function matrixOf(expr: Expr, evaluator: Evaluator, frame: Frame): MatrixSeries[] {
  let inner = expr
  while (inner.kind === 'paren') inner = inner.expr
  const selector = inner.kind === 'matrix' ? inner.selector : undefined
  const extension = selector?.anchored ? 'anchored' : selector?.smoothed ? 'smoothed' : undefined
  const { context } = frame
  const source = evaluator.ranges(inner, frame, '')
  const end = source.ends[0] as number
  const result: MatrixSeries[] = []
  for (let tile = source.next(); tile; tile = source.next()) {
    for (const series of tile) {
      const start = end - source.rangeMs
      const points = extension
        ? extendedPoints(series, start, end, context.lookbackMs, extension)
        : cut(series, start, end)
      if (!points || points.times.length === 0) continue
      context.limits.queryableSamples += points.times.length
      context.limits.hold(points.times.length)
      const { isNameDropped } = series
      const labels = isNameDropped ? withoutName(points.labels, context.features) : points.labels
      result.push({ ...points, labels })
    }
  }
  return result.sort((a, b) => a.labels.compare(b.labels))
}

function cut(
  { labels, floats, histograms }: RangeSeries,
  start: number,
  end: number,
): MatrixSeries {
  const from = firstAfter(floats.times, floats.start, floats.end, start)
  const to = firstAfter(floats.times, from, floats.end, end)
  const low = firstAfter(histograms.times, histograms.start, histograms.end, start)
  const high = firstAfter(histograms.times, low, histograms.end, end)
  if (high === low) {
    const times = floats.times.slice(from, to)
    return { labels, times, values: floats.values.slice(from, to), histograms: undefined }
  }
  const points: { time: number; value: number; histogram: FloatHistogram | undefined }[] = []
  for (let i = from; i < to; i++) {
    const time = floats.times[i] as number
    points.push({ time, value: floats.values[i] as number, histogram: undefined })
  }
  for (let i = low; i < high; i++) {
    const time = histograms.times[i] as number
    points.push({ time, value: 0, histogram: histograms.histograms[i] })
  }
  points.sort((a, b) => a.time - b.time)
  return {
    labels,
    times: Float64Array.from(points, ({ time }) => time),
    values: Float64Array.from(points, ({ value }) => value),
    histograms: points.map(({ histogram }) => histogram),
  }
}
