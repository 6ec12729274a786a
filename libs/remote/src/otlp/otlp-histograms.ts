/** Native histograms of OTLP histogram points. */
import type { Histogram, Span } from '@prom/histogram'
import type { ExponentialBuckets, ExponentialPoint, HistogramPoint } from './otlp-data.ts'

const CUSTOM_SCHEMA = -53
const SCHEMA_MAX = 8
const SCHEMA_MIN = -4
const ZERO_THRESHOLD = 1e-128
/** Runs of empty buckets longer than this begin a new span. */
const GAP_MAX = 2

/** Throws an Error for a scale that is too coarse. */
export function exponentialHistogram(point: ExponentialPoint, isGauge: boolean): Histogram {
  const { scale } = point
  if (scale < SCHEMA_MIN) {
    throw new Error(
      `cannot convert exponential to native histogram. Scale must be >= ${SCHEMA_MIN}, was ${scale}`,
    )
  }
  const shift = Math.max(0, scale - SCHEMA_MAX)
  const positive = layout(point.positive, shift, 1)
  const negative = layout(point.negative, shift, 1)
  return {
    kind: 'int',
    counterResetHint: isGauge ? 'gauge' : 'unknown',
    schema: Math.min(scale, SCHEMA_MAX),
    zeroThreshold: ZERO_THRESHOLD,
    zeroCount: point.zeroCount,
    count: point.count,
    sum: point.sum ?? 0,
    positiveSpans: positive.spans,
    negativeSpans: negative.spans,
    positiveDeltas: positive.deltas,
    negativeDeltas: negative.deltas,
    customValues: [],
  }
}

/** A histogram with explicit bounds as a native one with custom buckets. */
export function customHistogram(point: HistogramPoint, isGauge: boolean): Histogram {
  const { spans, deltas } = layout({ offset: 0, counts: point.bucketCounts }, 0, 0)
  return {
    kind: 'int',
    counterResetHint: isGauge ? 'gauge' : 'unknown',
    schema: CUSTOM_SCHEMA,
    zeroThreshold: 0,
    zeroCount: 0,
    count: point.count,
    sum: point.sum ?? 0,
    positiveSpans: spans,
    negativeSpans: [],
    positiveDeltas: deltas,
    negativeDeltas: [],
    customValues: point.bounds,
  }
}

/** Spans and deltas of buckets, `2^shift` of which become one; bucket 0 has index `first`. */
function layout(
  { offset, counts }: ExponentialBuckets,
  shift: number,
  first: number,
): { readonly spans: Span[]; readonly deltas: number[] } {
  const merged = new Map<number, number>()
  counts.forEach((count, i) => {
    if (count === 0) return
    const index = Math.floor((offset + i) / 2 ** shift) + first
    merged.set(index, (merged.get(index) ?? 0) + count)
  })
  const spans: { offset: number; length: number }[] = []
  const deltas: number[] = []
  let end = 0
  let before = 0
  for (const [index, count] of merged) {
    const gap = index - end
    const span = spans.at(-1)
    if (!span || gap > GAP_MAX) spans.push({ offset: gap, length: 1 })
    else {
      for (let i = 0; i < gap; i++) {
        deltas.push(-before)
        before = 0
      }
      span.length += gap + 1
    }
    deltas.push(count - before)
    before = count
    end = index + 1
  }
  return { spans, deltas }
}
