import type { FloatHistogram } from '@prom/histogram'
import type { AnyHistogram } from './histogram-chunk.ts'
import { absoluteBuckets } from './histogram-layout.ts'

/** The same histogram with absolute float buckets. */
export function toFloatHistogram(histogram: AnyHistogram): FloatHistogram {
  if (histogram.kind === 'float') return histogram
  const { positiveDeltas, negativeDeltas, ...rest } = histogram
  return {
    ...rest,
    kind: 'float',
    positiveBuckets: absoluteBuckets(positiveDeltas),
    negativeBuckets: absoluteBuckets(negativeDeltas),
  }
}
