/** Native histograms as samples carry them. Bucket index i of schema s covers (2^((i-1)/2^s), 2^(i/2^s)]. */
export type CounterResetHint = 'unknown' | 'reset' | 'not_reset' | 'gauge'

/** `length` consecutive buckets after a gap of `offset` (from bucket 0 for the first span). */
export interface Span {
  readonly offset: number
  readonly length: number
}

/** Integer histogram: bucket counts are deltas to the bucket before (spec/storage-formats.md 4.4). */
export interface Histogram {
  readonly kind: 'int'
  readonly counterResetHint: CounterResetHint
  /** -4..8, or -53 for custom bounds. */
  readonly schema: number
  readonly zeroThreshold: number
  readonly zeroCount: number
  readonly count: number
  readonly sum: number
  readonly positiveSpans: readonly Span[]
  readonly negativeSpans: readonly Span[]
  readonly positiveDeltas: readonly number[]
  readonly negativeDeltas: readonly number[]
  /** Upper bounds without +Inf, for schema -53. */
  readonly customValues: readonly number[]
}

/** Float histogram: bucket counts are absolute. */
export interface FloatHistogram {
  readonly kind: 'float'
  readonly counterResetHint: CounterResetHint
  readonly schema: number
  readonly zeroThreshold: number
  readonly zeroCount: number
  readonly count: number
  readonly sum: number
  readonly positiveSpans: readonly Span[]
  readonly negativeSpans: readonly Span[]
  readonly positiveBuckets: readonly number[]
  readonly negativeBuckets: readonly number[]
  readonly customValues: readonly number[]
}
