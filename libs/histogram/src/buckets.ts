import { lowerBound, upperBound } from './bounds.ts'
import type { FloatHistogram, Span } from './histogram.ts'

/** Buckets of one sign, in ascending index order. */
export interface BucketList {
  readonly indices: number[]
  readonly counts: number[]
}

export function listBuckets(spans: readonly Span[], counts: readonly number[]): BucketList {
  const indices: number[] = []
  let index = 0
  for (const { offset, length } of spans) {
    index += offset
    for (let i = 0; i < length; i++) indices.push(index++)
  }
  return { indices, counts: counts.slice() }
}

/** Spans for ascending indices, and the counts, empty buckets left out. */
export function packBuckets({ indices, counts }: BucketList): { spans: Span[]; counts: number[] } {
  const spans: { offset: number; length: number }[] = []
  const kept: number[] = []
  let next = 0
  indices.forEach((index, i) => {
    if (counts[i] === 0) return
    kept.push(counts[i] as number)
    const last = spans.at(-1)
    if (last && index === next) last.length++
    else spans.push({ offset: index - next, length: 1 })
    next = index + 1
  })
  return { spans, counts: kept }
}

/** The same buckets at a coarser schema. */
export function coarsen(list: BucketList, from: number, to: number): BucketList {
  if (from === to) return list
  const shift = from - to
  const result: BucketList = { indices: [], counts: [] }
  list.indices.forEach((index, i) => {
    const coarse = ((index - 1) >> shift) + 1
    const last = result.indices.length - 1
    if (result.indices[last] === coarse) (result.counts[last] as number) += list.counts[i] as number
    else {
      result.indices.push(coarse)
      result.counts.push(list.counts[i] as number)
    }
  })
  return result
}

/** One bucket with its bounds; bounds of negative buckets are negative. */
export interface Bucket {
  lower: number
  upper: number
  readonly count: number
  readonly kind: 'negative' | 'zero' | 'positive'
}

/** All buckets from the lowest to the highest. Compat: the zero bucket only with a positive count, NaN is none. */
export function allBuckets(histogram: FloatHistogram): Bucket[] {
  const { schema, customValues, zeroCount, zeroThreshold } = histogram
  const result: Bucket[] = []
  const negative = listBuckets(histogram.negativeSpans, histogram.negativeBuckets)
  for (let i = negative.indices.length - 1; i >= 0; i--) {
    const index = negative.indices[i] as number
    result.push({
      lower: -upperBound(schema, index, customValues),
      upper: -lowerBound(schema, index, customValues),
      count: negative.counts[i] as number,
      kind: 'negative',
    })
  }
  if (zeroCount > 0) {
    result.push({ lower: -zeroThreshold, upper: zeroThreshold, count: zeroCount, kind: 'zero' })
  }
  const positive = listBuckets(histogram.positiveSpans, histogram.positiveBuckets)
  positive.indices.forEach((index, i) => {
    result.push({
      lower: lowerBound(schema, index, customValues),
      upper: upperBound(schema, index, customValues),
      count: positive.counts[i] as number,
      kind: 'positive',
    })
  })
  return result
}
