import { allBuckets, type Bucket } from './buckets.ts'
import { isCustom } from './draft.ts'
import type { FloatHistogram } from './histogram.ts'

/**
 * The value below which the fraction `q` of the observations lies, interpolated: logarithmically in exponential
 * buckets, linearly in the zero bucket and in custom ones. A NaN sum means that NaN was observed: it counts, but is
 * in no bucket.
 */
export function histogramQuantile(q: number, histogram: FloatHistogram): number {
  if (q < 0) return Number.NEGATIVE_INFINITY
  if (q > 1) return Number.POSITIVE_INFINITY
  if (histogram.count === 0 || Number.isNaN(q)) return Number.NaN
  const isUpward = Number.isNaN(histogram.sum) || q < 0.5
  const buckets = allBuckets(histogram)
  if (!isUpward) buckets.reverse()
  let rank = (isUpward ? q : 1 - q) * histogram.count
  let count = 0
  let bucket: Bucket | undefined
  for (const candidate of buckets) {
    if (candidate.count === 0) continue
    bucket = candidate
    count += candidate.count
    if (count >= rank) break
  }
  if (!bucket) return Number.NaN
  const custom = isCustom(histogram)
  if (custom) {
    if (bucket.lower === Number.NEGATIVE_INFINITY) {
      if (bucket.upper <= 0) return bucket.upper
      bucket.lower = 0
    } else if (bucket.upper === Number.POSITIVE_INFINITY) return bucket.lower
  } else if (bucket.lower < 0 && bucket.upper > 0) narrowZeroBucket(bucket, histogram)
  if (count > histogram.count) count = histogram.count
  if (count < rank) return Number.isNaN(histogram.sum) ? Number.NaN : bucket.upper
  rank = isUpward ? rank - (count - bucket.count) : count - rank
  const fraction = rank / bucket.count
  if (custom || (bucket.lower <= 0 && bucket.upper >= 0)) {
    return bucket.lower + (bucket.upper - bucket.lower) * fraction
  }
  const lower = Math.log2(Math.abs(bucket.lower))
  const upper = Math.log2(Math.abs(bucket.upper))
  if (bucket.lower > 0) return 2 ** (lower + (upper - lower) * fraction)
  return -(2 ** (upper + (lower - upper) * (1 - fraction)))
}

/** Without buckets on one side, the zero bucket is taken to hold nothing on that side. */
function narrowZeroBucket(bucket: Bucket, histogram: FloatHistogram): void {
  const hasNegative = histogram.negativeBuckets.length > 0
  const hasPositive = histogram.positiveBuckets.length > 0
  if (!hasNegative && hasPositive) bucket.lower = 0
  else if (hasNegative && !hasPositive) bucket.upper = 0
}

/** The fraction of observations between `lower` and `upper`, interpolated as for quantiles. */
export function histogramFraction(lower: number, upper: number, histogram: FloatHistogram): number {
  if (histogram.count === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return Number.NaN
  if (lower >= upper) return 0
  const custom = isCustom(histogram)
  let rank = 0
  let lowerRank: number | undefined
  let upperRank: number | undefined
  for (const bucket of allBuckets(histogram)) {
    const isZero = !custom && bucket.lower <= 0 && bucket.upper >= 0
    if (isZero) narrowZeroBucket(bucket, histogram)
    if (custom && bucket.lower === Number.NEGATIVE_INFINITY && bucket.upper > 0) bucket.lower = 0
    const isLinear = custom || isZero
    lowerRank ??= rankOf(lower, bucket, rank, isLinear)
    upperRank ??= rankOf(upper, bucket, rank, isLinear)
    if (lowerRank !== undefined && upperRank !== undefined) break
    rank += bucket.count
  }
  // Observations of NaN are in no bucket.
  const all = Number.isNaN(histogram.sum) ? rank : histogram.count
  const from = Math.min(lowerRank ?? all, histogram.count)
  const to = Math.min(upperRank ?? all, histogram.count)
  return (to - from) / histogram.count
}

/** How many observations lie below `value`, if it is below the upper bound of the bucket. */
function rankOf(
  value: number,
  { lower, upper, count }: Bucket,
  rank: number,
  isLinear: boolean,
): number | undefined {
  if (lower >= value) return rank
  if (upper <= value) return undefined
  if (lower === Number.NEGATIVE_INFINITY) return count
  if (isLinear) return rank + (count * (value - lower)) / (upper - lower)
  const logLower = Math.log2(Math.abs(lower))
  const logUpper = Math.log2(Math.abs(upper))
  const logValue = Math.log2(Math.abs(value))
  const fraction =
    value > 0
      ? (logValue - logLower) / (logUpper - logLower)
      : 1 - (logValue - logUpper) / (logLower - logUpper)
  return rank + count * fraction
}

/** Population variance, each bucket taken at its middle (geometric for exponential buckets). */
export function histogramVariance(histogram: FloatHistogram): number {
  const mean = histogram.sum / histogram.count
  const custom = isCustom(histogram)
  let variance = 0
  let lost = 0
  for (const { lower, upper, count } of allBuckets(histogram)) {
    if (count === 0) continue
    let middle = 0
    if (custom) middle = (upper + lower) / 2
    else if (lower > 0) middle = Math.sqrt(upper * lower)
    else if (upper < 0) middle = -Math.sqrt(upper * lower)
    const delta = middle - mean
    const add = count * delta * delta
    const total = variance + add
    if (total === Number.POSITIVE_INFINITY) lost = 0
    else if (Math.abs(variance) >= Math.abs(add)) lost += variance - total + add
    else lost += add - total + variance
    variance = total
  }
  return (variance + lost) / histogram.count
}
