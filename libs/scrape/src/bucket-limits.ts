import {
  type FloatHistogram,
  type Histogram,
  listBuckets,
  packBuckets,
  type Span,
} from '@prom/histogram'
import { ScrapeError } from './errors.ts'

const SCHEMA_MIN = -4
const SCHEMA_MAX = 8
const SCHEMA_READABLE_MAX = 52
const CUSTOM_SCHEMA = -53

export interface BucketLimits {
  /** 0 = none. */
  readonly nativeBucketsMax: number
  /** Each bucket at least this much wider than the one before; 0 = any. */
  readonly nativeFactorMin: number
}

/** Makes buckets coarser until both limits hold; throws ScrapeError if they cannot. */
export function limitBuckets(
  histogram: Histogram | FloatHistogram,
  { nativeBucketsMax, nativeFactorMin }: BucketLimits,
): Histogram | FloatHistogram {
  let limited = histogram
  // Finer schemas are for the future: they are read, but not kept.
  while (limited.schema > SCHEMA_MAX && limited.schema <= SCHEMA_READABLE_MAX) {
    limited = halve(limited)
  }
  if (nativeFactorMin > 1 && limited.schema !== CUSTOM_SCHEMA) {
    const schema = Math.floor(-Math.log2(Math.log2(nativeFactorMin)))
    const wanted = Math.min(SCHEMA_MAX, Math.max(SCHEMA_MIN, schema))
    while (limited.schema > wanted) limited = halve(limited)
  }
  if (nativeBucketsMax === 0) return limited
  while (bucketCount(limited) > nativeBucketsMax) {
    if (limited.schema <= SCHEMA_MIN) {
      throw new ScrapeError('histogram bucket limit exceeded', { limit: 'buckets' })
    }
    limited = halve(limited)
  }
  return limited
}

function bucketCount(histogram: Histogram | FloatHistogram): number {
  return histogram.kind === 'int'
    ? histogram.positiveDeltas.length + histogram.negativeDeltas.length
    : histogram.positiveBuckets.length + histogram.negativeBuckets.length
}

/** One schema coarser: two buckets become one. */
function halve(histogram: Histogram | FloatHistogram): Histogram | FloatHistogram {
  const schema = histogram.schema - 1
  if (histogram.kind === 'float') {
    const positive = merge(histogram.positiveSpans, histogram.positiveBuckets)
    const negative = merge(histogram.negativeSpans, histogram.negativeBuckets)
    return {
      ...histogram,
      schema,
      positiveSpans: positive.spans,
      positiveBuckets: positive.counts,
      negativeSpans: negative.spans,
      negativeBuckets: negative.counts,
    }
  }
  const positive = merge(histogram.positiveSpans, sums(histogram.positiveDeltas))
  const negative = merge(histogram.negativeSpans, sums(histogram.negativeDeltas))
  return {
    ...histogram,
    schema,
    positiveSpans: positive.spans,
    positiveDeltas: differences(positive.counts),
    negativeSpans: negative.spans,
    negativeDeltas: differences(negative.counts),
  }
}

function merge(spans: readonly Span[], counts: readonly number[]) {
  const merged = new Map<number, number>()
  listBuckets(spans, counts).indices.forEach((index, i) => {
    const coarse = ((index - 1) >> 1) + 1
    merged.set(coarse, (merged.get(coarse) ?? 0) + (counts[i] as number))
  })
  return packBuckets({ indices: [...merged.keys()], counts: [...merged.values()] })
}

function sums(deltas: readonly number[]): number[] {
  let sum = 0
  return deltas.map((value) => (sum += value))
}

function differences(counts: readonly number[]): number[] {
  return counts.map((value, i) => value - (counts[i - 1] ?? 0))
}
