/** A bucket of a classic histogram; `count` is cumulative. */
export interface ClassicBucket {
  readonly upperBound: number
  count: number
}

export interface ClassicQuantile {
  readonly value: number
  /** What had to be raised to make the counts ascend. */
  readonly forced:
    | { readonly low: number; readonly high: number; readonly diff: number }
    | undefined
}

const TOLERANCE = 1e-12
const MIN_NORMAL = 2 ** -1022

/** Sorts by bound, joins equal bounds; undefined if the last bucket is not +Inf. */
export function prepareBuckets(buckets: ClassicBucket[]): ClassicBucket[] | undefined {
  buckets.sort((a, b) => a.upperBound - b.upperBound)
  if (buckets.at(-1)?.upperBound !== Number.POSITIVE_INFINITY) return undefined
  const merged: ClassicBucket[] = []
  for (const bucket of buckets) {
    const last = merged.at(-1)
    if (last?.upperBound === bucket.upperBound) last.count += bucket.count
    else merged.push({ ...bucket })
  }
  return merged
}

/** Raises counts below their predecessor; tiny differences silently. */
export function forceMonotonic(buckets: ClassicBucket[]): ClassicQuantile['forced'] {
  let previous = buckets[0]?.count as number
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  let diff = 0
  for (const bucket of buckets.slice(1)) {
    if (bucket.count === previous) continue
    if (almostEqual(bucket.count, previous)) {
      bucket.count = previous
      continue
    }
    if (bucket.count < previous) {
      low = Math.min(low, bucket.upperBound)
      high = Math.max(high, bucket.upperBound)
      diff = Math.max(diff, previous - bucket.count)
      bucket.count = previous
    }
    previous = bucket.count
  }
  return diff > 0 ? { low, high, diff } : undefined
}

function almostEqual(a: number, b: number): boolean {
  const size = Math.abs(a) + Math.abs(b)
  const diff = Math.abs(a - b)
  if (a === 0 || b === 0 || size < MIN_NORMAL) return diff < TOLERANCE * MIN_NORMAL
  return diff / Math.min(size, Number.MAX_VALUE) < TOLERANCE
}

/** The `q`-quantile of classic buckets, linear inside a bucket. */
export function classicQuantile(q: number, input: ClassicBucket[]): ClassicQuantile {
  const only = (value: number): ClassicQuantile => ({ value, forced: undefined })
  if (Number.isNaN(q)) return only(Number.NaN)
  if (q < 0) return only(Number.NEGATIVE_INFINITY)
  if (q > 1) return only(Number.POSITIVE_INFINITY)
  const buckets = prepareBuckets(input)
  if (!buckets) return only(Number.NaN)
  const forced = forceMonotonic(buckets)
  if (buckets.length < 2) return { value: Number.NaN, forced }
  const last = buckets.length - 1
  const total = buckets[last]?.count as number
  if (total === 0) return { value: Number.NaN, forced }
  let rank = q * total
  let at = 0
  while (at < last && !((buckets[at]?.count as number) >= rank)) at++
  if (at === last) return { value: buckets[last - 1]?.upperBound as number, forced }
  const upper = buckets[at]?.upperBound as number
  if (at === 0 && upper <= 0) return { value: upper, forced }
  let lower = 0
  let count = buckets[at]?.count as number
  if (at > 0) {
    lower = buckets[at - 1]?.upperBound as number
    count -= buckets[at - 1]?.count as number
    rank -= buckets[at - 1]?.count as number
  }
  return { value: lower + (upper - lower) * (rank / count), forced }
}

/** The fraction of observations between two values. */
export function classicFraction(lower: number, upper: number, input: ClassicBucket[]): number {
  const buckets = prepareBuckets(input)
  if (!buckets || buckets.length < 2) return Number.NaN
  forceMonotonic(buckets)
  const total = buckets.at(-1)?.count as number
  if (total === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return Number.NaN
  if (lower >= upper) return 0
  const from = rankOf(lower, buckets)
  const to = rankOf(upper, buckets)
  return (Math.min(to, total) - Math.min(from, total)) / total
}

function rankOf(value: number, buckets: readonly ClassicBucket[]): number {
  let rank = 0
  let lower = (buckets[0]?.upperBound as number) > 0 ? 0 : Number.NEGATIVE_INFINITY
  for (const { upperBound, count } of buckets) {
    if (lower >= value) return rank
    if (upperBound > value) {
      if (lower === Number.NEGATIVE_INFINITY) return count
      if (upperBound === Number.POSITIVE_INFINITY) return rank
      return rank + (count - rank) * ((value - lower) / (upperBound - lower))
    }
    rank = count
    lower = upperBound
  }
  return rank
}
