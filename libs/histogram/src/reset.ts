import type { BucketList } from './buckets.ts'
import { coarsen } from './buckets.ts'
import {
  commonBounds,
  draftOf,
  hasSameBounds,
  isCustom,
  rebucket,
  widenZeroBucket,
  widerZeroBucket,
} from './draft.ts'
import type { FloatHistogram } from './histogram.ts'

/** Whether a counter was reset between `previous` and `current`, by the hint or else by what shrank. */
export function isCounterReset(current: FloatHistogram, previous: FloatHistogram): boolean {
  if (current.counterResetHint === 'reset') return true
  if (current.counterResetHint === 'not_reset') return false
  if (isCustom(current) !== isCustom(previous)) return true
  if (current.count < previous.count) return true
  const now = draftOf(current)
  const before = draftOf(previous)
  if (isCustom(current)) {
    if (hasSameBounds(now.customValues, before.customValues)) {
      return hasShrunk(now.positive, before.positive)
    }
    const bounds = commonBounds(now.customValues, before.customValues)
    return hasShrunk(
      rebucket(now.positive, now.customValues, bounds),
      rebucket(before.positive, before.customValues, bounds),
    )
  }
  if (current.schema > previous.schema) return true
  if (current.zeroThreshold < previous.zeroThreshold) return true
  const { zeroCount, threshold } = widerZeroBucket(before, current.zeroThreshold)
  if (threshold !== current.zeroThreshold || current.zeroCount < zeroCount) return true
  widenZeroBucket(before, current.zeroThreshold)
  return (
    hasShrunk(now.positive, coarsen(before.positive, previous.schema, current.schema)) ||
    hasShrunk(now.negative, coarsen(before.negative, previous.schema, current.schema))
  )
}

/** Whether any bucket holds less than before. */
function hasShrunk(now: BucketList, before: BucketList): boolean {
  let at = 0
  for (let i = 0; i < before.indices.length; i++) {
    const index = before.indices[i] as number
    while (at < now.indices.length && (now.indices[at] as number) < index) at++
    const count = now.indices[at] === index ? (now.counts[at] as number) : 0
    if (count < (before.counts[i] as number)) return true
  }
  return false
}
