const TWO_32 = 0x1_0000_0000

/** Writes bits, most significant first, into a growing buffer. */
export class BitWriter {
  #bytes: Uint8Array
  /** Bits written. */
  length = 0

  constructor(capacity = 64) {
    this.#bytes = new Uint8Array(capacity)
  }

  /** Whole bytes so far, the last one zero padded. Not copied. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, (this.length + 7) >> 3)
  }

  /** The low `count` bits (0..32) of `value`. */
  put(value: number, count: number): void {
    this.#reserve(8)
    const bytes = this.#bytes
    const bits = count === 32 ? value >>> 0 : value & ((1 << count) - 1)
    let at = this.length >> 3
    // What is left to write, counted from the start of the byte at `at`.
    let left = (this.length & 7) + count
    this.length += count
    if (left <= 8) {
      bytes[at]! |= bits << (8 - left)
      return
    }
    left -= 8
    bytes[at++]! |= bits >>> left
    while (left >= 8) {
      left -= 8
      bytes[at++] = bits >>> left
    }
    if (left > 0) bytes[at] = bits << (8 - left)
  }

  /** The low `count` bits (0..64) of a 64-bit value given as halves. */
  putWide(high: number, low: number, count: number): void {
    if (count > 32) {
      this.put(high, count - 32)
      this.put(low, 32)
    } else this.put(low, count)
  }

  /** Two's complement of an integer in `count` bits (0..64). */
  putInteger(value: number, count: number): void {
    const high = Math.floor(value / TWO_32)
    this.putWide(high | 0, (value - high * TWO_32) >>> 0, count)
  }

  uvarint(value: number): void {
    let rest = value
    while (rest >= 128) {
      this.put((rest % 128) | 128, 8)
      rest = Math.floor(rest / 128)
    }
    this.put(rest, 8)
  }

  varint(value: number): void {
    this.uvarint(value < 0 ? -2 * value - 1 : 2 * value)
  }

  #reserve(count: number): void {
    if ((this.length >> 3) + count <= this.#bytes.length) return
    const grown = new Uint8Array(this.#bytes.length * 2 + count)
    grown.set(this.#bytes)
    this.#bytes = grown
  }
}

/** Reads what BitWriter wrote. Reading past the end sets `failed` and gives zeros. */
export class BitReader {
  readonly #bytes: Uint8Array
  readonly #end: number
  /** Position in bits. */
  at: number
  failed = false

  constructor(bytes: Uint8Array, offsetBytes = 0) {
    this.#bytes = bytes
    this.#end = bytes.length * 8
    this.at = offsetBytes * 8
  }

  bit(): number {
    if (this.at >= this.#end) {
      this.failed = true
      return 0
    }
    const bit = (this.#bytes[this.at >> 3]! >> (7 - (this.at & 7))) & 1
    this.at++
    return bit
  }

  /** `count` bits (0..32), unsigned. */
  take(count: number): number {
    if (this.at + count > this.#end) {
      this.failed = true
      this.at = this.#end
      return 0
    }
    let value = 0
    let left = count
    while (left > 0) {
      const room = 8 - (this.at & 7)
      const step = left < room ? left : room
      const byte = this.#bytes[this.at >> 3]!
      value = value * (1 << step) + ((byte >> (room - step)) & ((1 << step) - 1))
      this.at += step
      left -= step
    }
    return value
  }

  /** `count` bits (0..64) as an unsigned integer, exact up to 2^53. */
  takeWide(count: number): number {
    return count > 32 ? this.take(count - 32) * TWO_32 + this.take(32) : this.take(count)
  }

  /** 64 bits, two's complement, exact up to 2^53. */
  takeInt64(): number {
    const high = this.take(32) | 0
    return high * TWO_32 + this.take(32)
  }

  uvarint(): number {
    let value = 0
    let scale = 1
    for (let i = 0; i < 10; i++) {
      const byte = this.take(8)
      value += (byte & 127) * scale
      if (byte < 128) return value
      scale *= 128
    }
    this.failed = true
    return 0
  }

  varint(): number {
    const value = this.uvarint()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }
}
