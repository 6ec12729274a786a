import { putDeltaOfDelta, takeDeltaOfDelta } from './bit-codes.ts'
import { BitReader, BitWriter } from './bit-stream.ts'
import { XorValue } from './xor-value.ts'

export const ENCODING_XOR = 1

/** Writes one XOR chunk (encoding 1): the plain twin of the head's append kernel, and the encoder of compaction. */
export class XorEncoder {
  readonly #bits = new BitWriter(256)
  readonly #value = XorValue.writer()
  #delta = 0
  #time = 0
  count = 0

  constructor() {
    this.#bits.put(0, 16)
  }

  /** Time in milliseconds, value as its 64 bits in two halves. */
  append(timeMs: number, high: number, low: number): void {
    const bits = this.#bits
    if (this.count === 0) {
      bits.varint(timeMs)
      bits.putWide(high, low, 64)
      this.#value.start(high, low)
    } else {
      const delta = timeMs - this.#time
      if (this.count === 1) bits.uvarint(delta)
      else putDeltaOfDelta(bits, delta - this.#delta)
      this.#value.put(bits, high, low)
      this.#delta = delta
    }
    this.#time = timeMs
    this.count++
  }

  /** Bytes so far, the last one maybe begun. */
  get sizeBytes(): number {
    return (this.#bits.length + 7) >> 3
  }

  /** The chunk, a copy. */
  finish(): Uint8Array {
    const bytes = this.#bits.bytes().slice()
    bytes[0] = this.count >> 8
    bytes[1] = this.count & 0xff
    return bytes
  }
}

/**
 * Decodes an XOR chunk, its two bytes of sample count included. `bits` holds the values as little-endian halves (low
 * word first), as a Float64Array lies in memory. Returns how many samples the bytes held: fewer than the count they
 * claim if they are damaged.
 */
export function decodeXor(chunk: Uint8Array, times: Float64Array, bits: Uint32Array): number {
  if (chunk.length < 2) return 0
  const count = Math.min(times.length, (chunk[0]! << 8) | chunk[1]!)
  const reader = new BitReader(chunk, 2)
  const value = XorValue.reader()
  let time = 0
  let delta = 0
  for (let i = 0; i < count; i++) {
    if (i === 0) {
      time = reader.varint()
      const high = reader.take(32)
      value.start(high, reader.take(32))
    } else {
      if (i === 1) delta = reader.uvarint()
      else delta += takeDeltaOfDelta(reader)
      time += delta
      value.take(reader)
    }
    if (reader.failed) return i
    times[i] = time
    bits[i * 2] = value.low
    bits[i * 2 + 1] = value.high
  }
  return count
}
