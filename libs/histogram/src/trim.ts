import { lowerBound, upperBound } from './bounds.ts'
import type { BucketList } from './buckets.ts'
import { type Draft, draftOf, finish, isCustom } from './draft.ts'
import type { FloatHistogram } from './histogram.ts'

/**
 * Keeps the observations up to `limit` (`keep` 'below') or from it on. A bucket around the limit is split by
 * interpolation; if anything was cut off, count and sum are made anew from the buckets.
 */
export function trimHistogram(
  histogram: FloatHistogram,
  limit: number,
  keep: 'below' | 'above',
): FloatHistogram {
  const draft = draftOf(histogram)
  const trimmer = new Trimmer(draft, limit, keep === 'below')
  trimmer.trim()
  return trimmer.isChanged ? finish(draft) : histogram
}

class Trimmer {
  readonly #draft: Draft
  readonly #limit: number
  readonly #isBelow: boolean
  #count = 0
  #sum = 0
  isChanged = false

  constructor(draft: Draft, limit: number, isBelow: boolean) {
    this.#draft = draft
    this.#limit = limit
    this.#isBelow = isBelow
  }

  trim(): void {
    const draft = this.#draft
    const hasPositive = draft.positive.counts.length > 0
    const hasNegative = draft.negative.counts.length > 0
    this.#list(draft.negative, -1)
    if (!isCustom(draft)) {
      const width = draft.zeroThreshold
      const lower = hasPositive && !hasNegative ? 0 : -width
      const upper = hasNegative && !hasPositive ? 0 : width
      draft.zeroCount = this.#bucket(lower, upper, draft.zeroCount, true)
    }
    this.#list(draft.positive, 1)
    draft.count = this.#count
    draft.sum = this.#sum
  }

  #list({ indices, counts }: BucketList, sign: number): void {
    const { schema, customValues } = this.#draft
    const isLinear = isCustom(this.#draft)
    indices.forEach((index, i) => {
      const near = lowerBound(schema, index, customValues)
      const far = upperBound(schema, index, customValues)
      const [lower, upper] = sign > 0 ? [near, far] : [-far, -near]
      counts[i] = this.#bucket(lower, upper, counts[i] as number, isLinear)
    })
  }

  /** What is kept of one bucket, added to count and sum. */
  #bucket(lower: number, upper: number, count: number, isLinear: boolean): number {
    if (count === 0) return 0
    const limit = this.#limit
    let from = lower
    let to = upper
    let kept = count
    if (
      isLinear &&
      from === Number.NEGATIVE_INFINITY &&
      to > 0 &&
      to !== Number.POSITIVE_INFINITY
    ) {
      from = 0
    }
    const isOutside = this.#isBelow ? from >= limit : to <= limit
    const isInside = this.#isBelow ? to <= limit : from >= limit
    if (isInside) kept = count
    else if (isOutside) kept = 0
    else if (from === Number.NEGATIVE_INFINITY && to === Number.POSITIVE_INFINITY) kept = 0
    else if (from === Number.NEGATIVE_INFINITY) kept = this.#isBelow ? count : 0
    else if (to === Number.POSITIVE_INFINITY) kept = this.#isBelow ? 0 : count
    else {
      const below = count * share(from, to, limit, isLinear)
      kept = this.#isBelow ? below : count - below
      if (this.#isBelow) to = limit
      else from = limit
    }
    if (kept !== count) this.isChanged = true
    if (kept === 0) return 0
    this.#count += kept
    this.#sum += kept * this.#middle(from, to, isLinear)
    return kept
  }

  #middle(from: number, to: number, isLinear: boolean): number {
    if (from === Number.NEGATIVE_INFINITY) {
      if (to === Number.POSITIVE_INFINITY) return 0
      return this.#isBelow ? Math.min(to, this.#limit) : to
    }
    if (to === Number.POSITIVE_INFINITY) return this.#isBelow ? from : Math.max(from, this.#limit)
    if (isLinear) return (from + to) / 2
    const middle = Math.sqrt(Math.abs(from) * Math.abs(to))
    return to <= 0 ? -middle : middle
  }
}

/** The part of a bucket below `limit`. */
function share(from: number, to: number, limit: number, isLinear: boolean): number {
  if (isLinear) return (limit - from) / (to - from)
  const low = Math.log2(Math.abs(from))
  const high = Math.log2(Math.abs(to))
  const at = Math.log2(Math.abs(limit))
  return limit > 0 ? (at - low) / (high - low) : 1 - (at - high) / (low - high)
}
