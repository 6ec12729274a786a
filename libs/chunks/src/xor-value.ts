import type { BitReader, BitWriter } from './bit-stream.ts'

/**
 * The float stream of chunks: each value as the XOR with the one before, within a window of significant bits. One
 * object per stream, for writing or for reading. Values are 64 bits as two unsigned halves.
 */
export class XorValue {
  high = 0
  low = 0
  /** 255 = the writer has no window yet. */
  #leading: number
  #trailing = 0

  constructor(leading: 255 | 0) {
    this.#leading = leading
  }

  static writer(): XorValue {
    return new XorValue(255)
  }

  static reader(): XorValue {
    return new XorValue(0)
  }

  /** Sets the first value, which is stored raw by the caller. */
  start(high: number, low: number): void {
    this.high = high >>> 0
    this.low = low >>> 0
  }

  put(bits: BitWriter, high: number, low: number): void {
    const xorHigh = (high ^ this.high) >>> 0
    const xorLow = (low ^ this.low) >>> 0
    this.start(high, low)
    if (xorHigh === 0 && xorLow === 0) {
      bits.put(0, 1)
      return
    }
    const leading = Math.min(31, xorHigh === 0 ? 32 + Math.clz32(xorLow) : Math.clz32(xorHigh))
    const trailing = xorLow === 0 ? 32 + trailingZeros(xorHigh) : trailingZeros(xorLow)
    if (leading >= this.#leading && trailing >= this.#trailing) {
      bits.put(2, 2)
      putShifted(bits, xorHigh, xorLow, this.#trailing, 64 - this.#leading - this.#trailing)
      return
    }
    this.#leading = leading
    this.#trailing = trailing
    const width = 64 - leading - trailing
    bits.put(3, 2)
    bits.put(leading, 5)
    bits.put(width & 63, 6)
    putShifted(bits, xorHigh, xorLow, trailing, width)
  }

  /** Reads the next value into `high` and `low`. */
  take(bits: BitReader): void {
    if (bits.bit() !== 0) this.takeBits(bits, bits.bit() === 1)
  }

  /** Reads the changed bits of a value, with a new window before them or within the one there is. */
  takeBits(bits: BitReader, hasWindow: boolean): void {
    if (hasWindow) {
      this.#leading = bits.take(5)
      const width = bits.take(6) || 64
      this.#trailing = 64 - this.#leading - width
      if (this.#trailing < 0) {
        bits.failed = true
        this.#trailing = 0
        return
      }
    }
    const width = 64 - this.#leading - this.#trailing
    const high = width > 32 ? bits.take(width - 32) : 0
    const low = bits.take(Math.min(32, width))
    const shift = this.#trailing
    if (shift === 0) {
      this.high = (this.high ^ high) >>> 0
      this.low = (this.low ^ low) >>> 0
    } else if (shift < 32) {
      this.high = (this.high ^ ((high << shift) | (low >>> (32 - shift)))) >>> 0
      this.low = (this.low ^ (low << shift)) >>> 0
    } else this.high = (this.high ^ (low << (shift - 32))) >>> 0
  }
}

function putShifted(
  bits: BitWriter,
  high: number,
  low: number,
  shift: number,
  width: number,
): void {
  if (shift === 0) bits.putWide(high, low, width)
  else if (shift < 32) bits.putWide(high >>> shift, (low >>> shift) | (high << (32 - shift)), width)
  else bits.putWide(0, high >>> (shift - 32), width)
}

function trailingZeros(value: number): number {
  return 31 - Math.clz32(value & -value)
}
