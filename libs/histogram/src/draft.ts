import { CUSTOM_SCHEMA, exponentialBound } from './bounds.ts'
import { type BucketList, coarsen, listBuckets, packBuckets } from './buckets.ts'
import type { CounterResetHint, FloatHistogram } from './histogram.ts'

/** A float histogram being worked on: plain bucket lists instead of spans, fields that may be written. */
export interface Draft {
  counterResetHint: CounterResetHint
  schema: number
  zeroThreshold: number
  zeroCount: number
  count: number
  sum: number
  positive: BucketList
  negative: BucketList
  customValues: readonly number[]
}

export function draftOf(histogram: FloatHistogram): Draft {
  const { counterResetHint, schema, zeroThreshold, zeroCount, count, sum, customValues } = histogram
  return {
    counterResetHint,
    schema,
    zeroThreshold,
    zeroCount,
    count,
    sum,
    customValues,
    positive: listBuckets(histogram.positiveSpans, histogram.positiveBuckets),
    negative: listBuckets(histogram.negativeSpans, histogram.negativeBuckets),
  }
}

export function finish(draft: Draft): FloatHistogram {
  const { positive, negative, ...plain } = draft
  const up = packBuckets(positive)
  const down = packBuckets(negative)
  return {
    kind: 'float',
    ...plain,
    positiveSpans: up.spans,
    positiveBuckets: up.counts,
    negativeSpans: down.spans,
    negativeBuckets: down.counts,
  }
}

/** Lowers the resolution of an exponential draft. */
export function reduceTo(draft: Draft, schema: number): void {
  if (draft.schema <= schema) return
  draft.positive = coarsen(draft.positive, draft.schema, schema)
  draft.negative = coarsen(draft.negative, draft.schema, schema)
  draft.schema = schema
}

/**
 * What the zero bucket would hold if its threshold were `wanted`; the threshold grows to the bound of a populated
 * bucket that it would cut.
 */
export function widerZeroBucket(
  draft: Draft,
  wanted: number,
): { zeroCount: number; threshold: number } {
  let threshold = wanted
  if (threshold === draft.zeroThreshold) return { zeroCount: draft.zeroCount, threshold }
  for (;;) {
    let zeroCount = draft.zeroCount
    let isMoved = false
    for (const list of [draft.positive, draft.negative]) {
      for (let i = 0; i < list.indices.length; i++) {
        const index = list.indices[i] as number
        if (exponentialBound(draft.schema, index - 1) >= threshold) break
        const count = list.counts[i] as number
        zeroCount += count
        const upper = exponentialBound(draft.schema, index)
        if (upper > threshold) {
          if (count !== 0) {
            threshold = upper
            isMoved ||= list === draft.negative
          }
          break
        }
      }
      if (isMoved) break
    }
    if (!isMoved) return { zeroCount, threshold }
  }
}

/** Moves every bucket below `threshold` into the zero bucket. */
export function widenZeroBucket(draft: Draft, wanted: number): void {
  if (draft.zeroThreshold === wanted) return
  const { zeroCount, threshold } = widerZeroBucket(draft, wanted)
  draft.zeroCount = zeroCount
  draft.zeroThreshold = threshold
  const { schema } = draft
  const trim = ({ indices, counts }: BucketList): BucketList => {
    let from = 0
    while (
      from < indices.length &&
      exponentialBound(schema, (indices[from] as number) - 1) < threshold
    ) {
      from++
    }
    return { indices: indices.slice(from), counts: counts.slice(from) }
  }
  draft.positive = trim(draft.positive)
  draft.negative = trim(draft.negative)
}

/** Gives both the same zero bucket, wide enough for both. */
export function matchZeroBuckets(a: Draft, b: Draft): void {
  while (a.zeroThreshold !== b.zeroThreshold) {
    if (a.zeroThreshold > b.zeroThreshold) widenZeroBucket(b, a.zeroThreshold)
    else widenZeroBucket(a, b.zeroThreshold)
  }
}

/** The buckets counted against other custom bounds, a subset of their own. */
export function rebucket(
  list: BucketList,
  from: readonly number[],
  to: readonly number[],
): BucketList {
  const counts = new Array<number>(to.length + 1).fill(0)
  let target = 0
  list.indices.forEach((index, i) => {
    const upper = index < from.length ? (from[index] as number) : Number.POSITIVE_INFINITY
    while (target < to.length && (to[target] as number) < upper) target++
    ;(counts[target] as number) += list.counts[i] as number
  })
  return { indices: counts.map((_, i) => i), counts }
}

/** Bounds both have. */
export function commonBounds(a: readonly number[], b: readonly number[]): number[] {
  const inB = new Set(b)
  return a.filter((bound) => inB.has(bound))
}

export function hasSameBounds(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((bound, i) => bound === b[i])
}

export const isCustom = ({ schema }: { readonly schema: number }) => schema === CUSTOM_SCHEMA

/** Brings two drafts to one layout. Undefined if one is custom and the other exponential. */
export function reconcile(a: Draft, b: Draft): { isRebucketed: boolean } | undefined {
  if (isCustom(a) !== isCustom(b)) return undefined
  if (!isCustom(a)) {
    matchZeroBuckets(a, b)
    const schema = Math.min(a.schema, b.schema)
    reduceTo(a, schema)
    reduceTo(b, schema)
    return { isRebucketed: false }
  }
  if (hasSameBounds(a.customValues, b.customValues)) return { isRebucketed: false }
  const bounds = commonBounds(a.customValues, b.customValues)
  for (const draft of [a, b]) {
    draft.positive = rebucket(draft.positive, draft.customValues, bounds)
    draft.customValues = bounds
  }
  return { isRebucketed: true }
}
