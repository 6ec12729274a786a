import { decodeUtf8 } from './utf8.ts'

const TWO_32 = 0x1_0000_0000

/**
 * Reads what a Writer wrote, or what a stranger did: reading past the end or a malformed varint sets `failed`,
 * and from then on every read gives 0 or nothing. Check `failed` once per record.
 */
export class Reader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly end: number
  offset: number
  failed = false

  constructor(bytes: Uint8Array, offset = 0, end = bytes.length) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.offset = offset
    this.end = Math.min(end, bytes.length)
  }

  get left(): number {
    return this.failed ? 0 : this.end - this.offset
  }

  u8(): number {
    return this.#has(1) ? (this.#bytes[this.offset++] as number) : 0
  }

  u16(): number {
    if (!this.#has(2)) return 0
    this.offset += 2
    return this.#view.getUint16(this.offset - 2)
  }

  u32(): number {
    if (!this.#has(4)) return 0
    this.offset += 4
    return this.#view.getUint32(this.offset - 4)
  }

  /** Exact up to 2^53. */
  u64(): number {
    const high = this.u32()
    return high * TWO_32 + this.u32()
  }

  /** Two's complement, exact up to 2^53. */
  i64(): number {
    const high = this.u32() | 0
    return high * TWO_32 + this.u32()
  }

  f64(): number {
    if (!this.#has(8)) return 0
    this.offset += 8
    return this.#view.getFloat64(this.offset - 8)
  }

  uvarint(): number {
    let value = 0
    let scale = 1
    for (let i = 0; i < 10; i++) {
      const byte = this.u8()
      if (this.failed) return 0
      if (byte < 0x80) {
        if (i === 9 && byte > 1) break
        return value + byte * scale
      }
      value += (byte & 0x7f) * scale
      scale *= 128
    }
    this.failed = true
    return 0
  }

  /** A uvarint that must fit 32 bits. */
  uvarint32(): number {
    const value = this.uvarint()
    if (value < TWO_32) return value
    this.failed = true
    return 0
  }

  /** Zigzag. Exact up to 2^53, and for all of 64 bits to the nearest number. */
  varint(): number {
    const start = this.offset
    const value = this.uvarint()
    if (value < TWO_32) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
    if (value <= Number.MAX_SAFE_INTEGER)
      return value % 2 === 0 ? value / 2 : -Math.floor(value / 2) - 1
    let wide = 0n
    for (let i = start, shift = 0n; i < this.offset; i++, shift += 7n) {
      wide |= BigInt((this.#bytes[i] as number) & 0x7f) << shift
    }
    return Number(BigInt.asIntN(64, (wide >> 1n) ^ -(wide & 1n)))
  }

  /** The next `count` bytes, not copied. */
  raw(count: number): Uint8Array {
    if (!this.#has(count)) return new Uint8Array(0)
    this.offset += count
    return this.#bytes.subarray(this.offset - count, this.offset)
  }

  /** uvarint length, then that many bytes, not copied. */
  sized(): Uint8Array {
    return this.raw(this.uvarint())
  }

  /** uvarint length, then UTF-8. */
  string(): string {
    return decodeUtf8(this.sized())
  }

  skip(count: number): void {
    if (this.#has(count)) this.offset += count
  }

  #has(count: number): boolean {
    if (this.failed || count > this.end - this.offset) {
      this.failed = true
      return false
    }
    return true
  }
}
