import {
  type FloatHistogram,
  type Histogram,
  listBuckets,
  packBuckets,
  type Span,
} from '@prom/histogram'
import type { ProtoHistogram } from './protobuf-messages.ts'

/** True if the message says a native histogram; one without observations marks itself by an empty span. */
export function isNative(h: ProtoHistogram): boolean {
  return (
    h.positiveSpans.length > 0 ||
    h.negativeSpans.length > 0 ||
    h.zeroThreshold > 0 ||
    h.zeroCount > 0
  )
}

/** The histogram a message says, without its empty buckets. Checked by who stores it. */
export function nativeHistogram(h: ProtoHistogram, isGauge: boolean): Histogram | FloatHistogram {
  const common = {
    counterResetHint: isGauge ? 'gauge' : 'unknown',
    schema: h.schema,
    zeroThreshold: h.zeroThreshold,
    sum: h.sum,
    customValues: [],
  } as const
  if (h.countFloat > 0 || h.zeroCountFloat > 0) {
    const positive = compactCounts(h.positiveSpans, h.positiveCounts)
    const negative = compactCounts(h.negativeSpans, h.negativeCounts)
    return {
      ...common,
      kind: 'float',
      zeroCount: h.zeroCountFloat,
      count: h.countFloat,
      positiveSpans: positive.spans,
      positiveBuckets: positive.counts,
      negativeSpans: negative.spans,
      negativeBuckets: negative.counts,
    }
  }
  const positive = compactCounts(h.positiveSpans, undelta(h.positiveDeltas))
  const negative = compactCounts(h.negativeSpans, undelta(h.negativeDeltas))
  return {
    ...common,
    kind: 'int',
    zeroCount: h.zeroCount,
    count: h.count,
    positiveSpans: positive.spans,
    positiveDeltas: delta(positive.counts),
    negativeSpans: negative.spans,
    negativeDeltas: delta(negative.counts),
  }
}

/** One cumulative bucket of a classic histogram. */
export interface ClassicBucket {
  readonly le: number
  readonly count: number
}

/** A classic histogram as one with custom bounds (schema -53); buckets in any order, +Inf may be missing. */
export function customHistogram(
  buckets: readonly ClassicBucket[],
  count: number,
  sum: number,
): Histogram | FloatHistogram {
  const sorted = [...buckets].sort((a, b) => a.le - b.le)
  const bounds = sorted.map(({ le }) => le).filter((le) => le !== Infinity)
  const infinite = sorted.find(({ le }) => le === Infinity)
  const total = infinite ? infinite.count : count
  const cumulative = [...sorted.filter(({ le }) => le !== Infinity).map((b) => b.count), total]
  const counts = cumulative.map((value, i) => value - (cumulative[i - 1] ?? 0))
  const spans: Span[] = [{ offset: 0, length: counts.length }]
  const common = {
    counterResetHint: 'unknown',
    schema: -53,
    zeroThreshold: 0,
    zeroCount: 0,
    count: total,
    sum,
    customValues: bounds,
    negativeSpans: [],
  } as const
  const { spans: positiveSpans, counts: kept } = compactCounts(spans, counts)
  if (cumulative.every(Number.isInteger)) {
    const positiveDeltas = delta(kept)
    return { ...common, kind: 'int', positiveSpans, positiveDeltas, negativeDeltas: [] }
  }
  return { ...common, kind: 'float', positiveSpans, positiveBuckets: kept, negativeBuckets: [] }
}

/** Without empty buckets; what does not fit together is left as it is, for the check to find. */
function compactCounts(
  spans: readonly Span[],
  counts: readonly number[],
): { spans: readonly Span[]; counts: readonly number[] } {
  const length = spans.reduce((sum, span) => sum + span.length, 0)
  const isSound = length === counts.length && spans.every(({ offset }, i) => i === 0 || offset >= 0)
  if (!isSound) return { spans, counts }
  const all = listBuckets(spans, counts)
  const kept = all.indices.map((index, i) => [index, all.counts[i] as number] as const)
  const filled = kept.filter(([, count]) => count !== 0)
  return packBuckets({
    indices: filled.map(([index]) => index),
    counts: filled.map(([, count]) => count),
  })
}

function undelta(deltas: readonly number[]): number[] {
  let sum = 0
  return deltas.map((value) => (sum += value))
}

function delta(counts: readonly number[]): number[] {
  return counts.map((value, i) => value - (counts[i - 1] ?? 0))
}
