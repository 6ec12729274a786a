import { type BucketList, listBuckets, packBuckets } from './buckets.ts'
import { hasSameBounds } from './draft.ts'
import type { FloatHistogram } from './histogram.ts'

/** Whether both say the same, the hint and empty buckets aside. */
export function equalHistograms(a: FloatHistogram, b: FloatHistogram): boolean {
  return (
    a.schema === b.schema &&
    Object.is(a.count, b.count) &&
    Object.is(a.sum, b.sum) &&
    a.zeroThreshold === b.zeroThreshold &&
    Object.is(a.zeroCount, b.zeroCount) &&
    hasSameBounds(a.customValues, b.customValues) &&
    sameBuckets(
      listBuckets(a.positiveSpans, a.positiveBuckets),
      listBuckets(b.positiveSpans, b.positiveBuckets),
    ) &&
    sameBuckets(
      listBuckets(a.negativeSpans, a.negativeBuckets),
      listBuckets(b.negativeSpans, b.negativeBuckets),
    )
  )
}

function sameBuckets(a: BucketList, b: BucketList): boolean {
  return JSON.stringify(packBuckets(a)) === JSON.stringify(packBuckets(b))
}

/** Memory the original accounts for a histogram, in bytes; a sample of it counts (bytes + 8) / 16. */
export function histogramSizeBytes(histogram: FloatHistogram): number {
  const spans = histogram.positiveSpans.length + histogram.negativeSpans.length
  const buckets = histogram.positiveBuckets.length + histogram.negativeBuckets.length
  return 168 + 8 * (spans + buckets + histogram.customValues.length)
}
