import { encodeUtf8Into, utf8Length } from './utf8.ts'

const TWO_32 = 0x1_0000_0000

/**
 * A growing byte buffer. Fixed-width numbers are big endian, as in all files of the data directory. Integers are
 * JavaScript numbers: exact up to 2^53.
 */
export class Writer {
  #bytes: Uint8Array
  #view: DataView
  length = 0

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity)
    this.#view = new DataView(this.#bytes.buffer)
  }

  /** What was written so far, without a copy: valid until the next write. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.length)
  }

  /** A copy of what was written. */
  take(): Uint8Array {
    return this.#bytes.slice(0, this.length)
  }

  /** Forgets everything, keeps the memory. */
  clear(): void {
    this.length = 0
  }

  u8(value: number): void {
    this.#reserve(1)
    this.#bytes[this.length++] = value
  }

  u16(value: number): void {
    this.#reserve(2)
    this.#view.setUint16(this.length, value)
    this.length += 2
  }

  u32(value: number): void {
    this.#reserve(4)
    this.#view.setUint32(this.length, value)
    this.length += 4
  }

  /** 64 bits, two's complement for negative values. */
  u64(value: number): void {
    this.#reserve(8)
    const high = Math.floor(value / TWO_32)
    this.#view.setUint32(this.length, high >>> 0)
    this.#view.setUint32(this.length + 4, (value - high * TWO_32) >>> 0)
    this.length += 8
  }

  f64(value: number): void {
    this.#reserve(8)
    this.#view.setFloat64(this.length, value)
    this.length += 8
  }

  /** The 64 bits of a float given as two halves: what keeps the payload of a NaN. */
  f64Bits(high: number, low: number): void {
    this.u32(high)
    this.u32(low)
  }

  uvarint(value: number): void {
    this.#reserve(10)
    let rest = value
    while (rest >= TWO_32) {
      this.#bytes[this.length++] = (rest % 128) | 0x80
      rest = Math.floor(rest / 128)
    }
    let low = rest >>> 0
    while (low >= 0x80) {
      this.#bytes[this.length++] = (low & 0x7f) | 0x80
      low >>>= 7
    }
    this.#bytes[this.length++] = low
  }

  /** Zigzag, then uvarint. */
  varint(value: number): void {
    if (value >= -0x4000_0000 && value < 0x4000_0000) {
      this.uvarint(((value << 1) ^ (value >> 31)) >>> 0)
    } else if (Math.abs(value) <= Number.MAX_SAFE_INTEGER / 2) {
      this.uvarint(value < 0 ? -2 * value - 1 : 2 * value)
    } else {
      let wide = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n))
      this.#reserve(10)
      while (wide >= 0x80n) {
        this.#bytes[this.length++] = Number(wide & 0x7fn) | 0x80
        wide >>= 7n
      }
      this.#bytes[this.length++] = Number(wide)
    }
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.length)
    this.length += bytes.length
  }

  /** uvarint length, then UTF-8. */
  string(text: string): void {
    const size = utf8Length(text)
    this.uvarint(size)
    this.#reserve(size)
    encodeUtf8Into(text, this.#bytes, this.length)
    this.length += size
  }

  /** uvarint length, then the bytes. */
  sized(bytes: Uint8Array): void {
    this.uvarint(bytes.length)
    this.raw(bytes)
  }

  zeros(count: number): void {
    this.#reserve(count)
    this.#bytes.fill(0, this.length, this.length + count)
    this.length += count
  }

  /** Overwrites 4 bytes written before, for lengths known late. */
  patchU32(offset: number, value: number): void {
    this.#view.setUint32(offset, value)
  }

  #reserve(count: number): void {
    const needed = this.length + count
    if (needed <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
    grown.set(this.#bytes.subarray(0, this.length))
    this.#bytes = grown
    this.#view = new DataView(grown.buffer)
  }
}
