/** `/status/self_metrics`: the server's own metrics as JSON, in protobuf's JSON mapping of MetricFamily. */
import type {
  HistogramValue,
  MetricFamily,
  MetricPoint,
  MetricType,
  SummaryValue,
} from '@prom/metrics'
import { AnchoredRegex, RegexError } from '@prom/regex'
import { ApiError } from './api-error.ts'
import type { Endpoint } from './envelope.ts'

export function createSelfMetrics(gather: () => Promise<readonly MetricFamily[]>): Endpoint {
  return async ({ params }) => {
    const pattern = params.get('metric_name_pattern') ?? ''
    const wanted = pattern === '' ? undefined : compile(pattern)
    const families = await gather()
    return { data: families.filter(({ name }) => wanted?.matches(name) ?? true).map(printFamily) }
  }
}

function compile(pattern: string): AnchoredRegex {
  try {
    return AnchoredRegex.compile(pattern)
  } catch (err) {
    if (!(err instanceof RegexError)) throw err
    throw new ApiError('bad_data', `invalid metric_name_pattern: ${err.message}`)
  }
}

function printFamily({ name, help, type, unit, points }: MetricFamily) {
  return {
    name,
    help: help ?? '',
    type: type.toUpperCase(),
    metric: points.map((point) => printPoint(type, point)),
    ...(unit !== undefined && unit !== '' && { unit }),
  }
}

function printPoint(type: MetricType, { labels, value, timeMs }: MetricPoint) {
  const pairs: { name: string; value: string }[] = []
  for (let i = 0; i < labels.length; i += 2) {
    pairs.push({ name: labels[i] as string, value: labels[i + 1] as string })
  }
  return {
    ...(pairs.length > 0 && { label: pairs }),
    [type]: printValue(value),
    ...(timeMs !== undefined && { timestampMs: String(timeMs) }),
  }
}

/** Counts of 64 bits are strings in this mapping. */
function printValue(value: number | HistogramValue | SummaryValue) {
  if (typeof value === 'number') return { value: printDouble(value) }
  const total = { sampleCount: String(value.count), sampleSum: printDouble(value.sum) }
  if ('quantiles' in value) {
    const quantile = value.quantiles.map(({ quantile, value }) => ({
      quantile,
      value: printDouble(value),
    }))
    return { ...total, quantile }
  }
  const bucket = value.buckets.map(({ le, count }) => ({
    cumulativeCount: String(count),
    upperBound: printDouble(le),
  }))
  return { ...total, bucket }
}

function printDouble(value: number): number | string {
  if (Number.isNaN(value)) return 'NaN'
  if (Number.isFinite(value)) return value
  return value > 0 ? 'Infinity' : '-Infinity'
}
