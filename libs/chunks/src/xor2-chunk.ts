/** Float chunks with start times, encoding 4: spec/storage-formats.md 4.3. They are read, never written. */
import { BitReader } from './bit-stream.ts'
import { STALE_HIGH, STALE_LOW } from './histogram-chunk.ts'
import { StartTimes } from './start-times.ts'
import { XorValue } from './xor-value.ts'

export const ENCODING_XOR2 = 4
/** Widths of the change of a time delta, by the ones before it; plain two's complement. */
const DOD_WIDTHS = [13, 20, 64] as const

/**
 * As `decodeXor`, with start times in `starts` (0 = none). Returns how many samples the bytes held: fewer than the count
 * they claim if they are damaged.
 */
export function decodeXor2(
  chunk: Uint8Array,
  times: Float64Array,
  bits: Uint32Array,
  starts?: Float64Array,
): number {
  if (chunk.length < 3) return 0
  const count = Math.min(times.length, (chunk[0]! << 8) | chunk[1]!)
  const reader = new BitReader(chunk, 3)
  const startTimes = new StartTimes(chunk[2]!)
  // The last value that is no stale marker.
  const base = XorValue.reader()
  let time = 0
  let delta = 0
  let isStale = false
  for (let i = 0; i < count; i++) {
    const timeBefore = time
    if (i === 0) {
      time = reader.varint()
      const high = reader.take(32)
      const low = reader.take(32)
      isStale = high === STALE_HIGH && low === STALE_LOW
      if (!isStale) base.start(high, low)
    } else if (i === 1) {
      delta = reader.uvarint()
      isStale = takeValue(reader, base)
    } else {
      const ones = countOnes(reader, 5)
      isStale = false
      if (ones === 1) base.takeBits(reader, reader.bit() === 1)
      else if (ones === 5) isStale = true
      else if (ones > 1) {
        delta += takeSigned(reader, DOD_WIDTHS[ones - 2]!)
        isStale = takeValue(reader, base)
      }
    }
    if (i > 0) time += delta
    startTimes.take(reader, i, time, timeBefore)
    if (reader.failed) return i
    times[i] = time
    bits[i * 2] = isStale ? STALE_LOW : base.low
    bits[i * 2 + 1] = isStale ? STALE_HIGH : base.high
    if (starts) starts[i] = startTimes.startMs
  }
  return count
}

/** True for a stale marker; else `base` is the value. */
function takeValue(reader: BitReader, base: XorValue): boolean {
  const ones = countOnes(reader, 3)
  if (ones === 1 || ones === 2) base.takeBits(reader, ones === 2)
  return ones === 3
}

/** One bits up to a zero, at most `max`. */
function countOnes(reader: BitReader, max: number): number {
  let ones = 0
  while (ones < max && reader.bit() === 1) ones++
  return ones
}

function takeSigned(reader: BitReader, width: number): number {
  if (width === 64) return reader.takeInt64()
  const value = reader.take(width)
  return value >= 2 ** (width - 1) ? value - 2 ** width : value
}
