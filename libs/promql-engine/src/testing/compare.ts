import { type FloatHistogram, listBuckets, packBuckets } from '@prom/histogram'
import type { SequenceItem } from '@prom/promql-syntax'

const EPSILON = 1e-6
const MIN_NORMAL = 2 ** -1022

/** Whether two floats agree as the test language says. */
export function almostEqual(a: number, b: number): boolean {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b)
  if (a === b) return true
  const size = Math.abs(a) + Math.abs(b)
  const diff = Math.abs(a - b)
  if (a === 0 || b === 0 || size < MIN_NORMAL) return diff < EPSILON * MIN_NORMAL
  return diff / Math.min(size, Number.MAX_VALUE) < EPSILON
}

/** Whether a result agrees with a literal. */
export function agrees(
  expected: SequenceItem,
  value: number,
  histogram: FloatHistogram | undefined,
): boolean {
  if (expected.kind === 'float') return !histogram && almostEqual(expected.value, value)
  if (expected.kind !== 'histogram' || !histogram) return false
  const wanted = expected.histogram as FloatHistogram
  if (expected.hasHint && wanted.counterResetHint !== histogram.counterResetHint) return false
  return sameHistogram(wanted, histogram)
}

function sameHistogram(a: FloatHistogram, b: FloatHistogram): boolean {
  if (a.schema !== b.schema || a.zeroThreshold !== b.zeroThreshold) return false
  if (a.customValues.join() !== b.customValues.join()) return false
  return (
    almostEqual(a.count, b.count) &&
    almostEqual(a.sum, b.sum) &&
    almostEqual(a.zeroCount, b.zeroCount) &&
    sameBuckets(
      packBuckets(listBuckets(a.positiveSpans, a.positiveBuckets)),
      packBuckets(listBuckets(b.positiveSpans, b.positiveBuckets)),
    ) &&
    sameBuckets(
      packBuckets(listBuckets(a.negativeSpans, a.negativeBuckets)),
      packBuckets(listBuckets(b.negativeSpans, b.negativeBuckets)),
    )
  )
}

type Packed = ReturnType<typeof packBuckets>

function sameBuckets(a: Packed, b: Packed): boolean {
  if (a.counts.length !== b.counts.length) return false
  if (JSON.stringify(a.spans) !== JSON.stringify(b.spans)) return false
  return a.counts.every((count, i) => almostEqual(count, b.counts[i] as number))
}
