/** Columns of decoded samples. */
import type { FloatHistogram } from '@prom/histogram'
import { type Intervals, isDeleted } from '../block/tombstones.ts'

/** The first index from `start` up to `end` whose time is not before `time`. */
export function firstFrom(times: Float64Array, start: number, end: number, time: number): number {
  let low = start
  let high = end
  // Mostly it is near one of the ends.
  if (low < high && times[low]! >= time) return low
  if (low < high && times[high - 1]! < time) return high
  while (low < high) {
    const middle = (low + high) >> 1
    if (times[middle]! < time) low = middle + 1
    else high = middle
  }
  return low
}

/** Moves what stays to the front; values are moved as words, so that NaN payloads survive. */
export function dropDeleted(
  { times, values }: { readonly times: Float64Array; readonly values: Float64Array },
  histograms: (FloatHistogram | undefined)[] | undefined,
  start: number,
  end: number,
  deleted: Intervals,
): number {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2)
  let kept = start
  for (let i = start; i < end; i++) {
    if (isDeleted(deleted, times[i]!)) continue
    times[kept] = times[i]!
    words[kept * 2] = words[i * 2]!
    words[kept * 2 + 1] = words[i * 2 + 1]!
    if (histograms) histograms[kept] = histograms[i]
    kept++
  }
  return kept
}
