/** The variable-length codes chunks share: spec/storage-formats.md 4.1. */
import type { BitReader, BitWriter } from './bit-stream.ts'

const DOD_WIDTHS = [14, 17, 20] as const
const VARBIT_WIDTHS = [3, 6, 9, 12, 18, 25, 56] as const

/** Change of a timestamp delta in an XOR chunk. */
export function putDeltaOfDelta(bits: BitWriter, value: number): void {
  if (value === 0) {
    bits.put(0, 1)
    return
  }
  for (let i = 0; i < DOD_WIDTHS.length; i++) {
    const width = DOD_WIDTHS[i]!
    if (!fits(value, width)) continue
    bits.put(2 ** (i + 2) - 2, i + 2)
    bits.putInteger(value, width)
    return
  }
  bits.put(15, 4)
  bits.putInteger(value, 64)
}

export function takeDeltaOfDelta(bits: BitReader): number {
  if (bits.bit() === 0) return 0
  for (const width of DOD_WIDTHS) if (bits.bit() === 0) return signed(bits.take(width), width)
  return bits.takeInt64()
}

/** Signed integer of histogram chunks. */
export function putVarbit(bits: BitWriter, value: number): void {
  if (value === 0) {
    bits.put(0, 1)
    return
  }
  for (let i = 0; i < VARBIT_WIDTHS.length; i++) {
    const width = VARBIT_WIDTHS[i]!
    if (!fits(value, width)) continue
    bits.put(2 ** (i + 2) - 2, i + 2)
    bits.putInteger(value, width)
    return
  }
  bits.put(255, 8)
  bits.putInteger(value, 64)
}

export function takeVarbit(bits: BitReader): number {
  if (bits.bit() === 0) return 0
  for (const width of VARBIT_WIDTHS)
    if (bits.bit() === 0) return signed(bits.takeWide(width), width)
  return bits.takeInt64()
}

/** Unsigned integer of histogram chunks: same prefixes, plain fields. */
export function putVarbitUnsigned(bits: BitWriter, value: number): void {
  if (value === 0) {
    bits.put(0, 1)
    return
  }
  for (let i = 0; i < VARBIT_WIDTHS.length; i++) {
    const width = VARBIT_WIDTHS[i]!
    if (value >= 2 ** width) continue
    bits.put(2 ** (i + 2) - 2, i + 2)
    bits.putInteger(value, width)
    return
  }
  bits.put(255, 8)
  bits.putInteger(value, 64)
}

export function takeVarbitUnsigned(bits: BitReader): number {
  if (bits.bit() === 0) return 0
  for (const width of VARBIT_WIDTHS) if (bits.bit() === 0) return bits.takeWide(width)
  return bits.takeWide(64)
}

// The range of an n-bit field is -(2^(n-1)-1) .. 2^(n-1).
function fits(value: number, width: number): boolean {
  return value >= 1 - 2 ** (width - 1) && value <= 2 ** (width - 1)
}

function signed(bits: number, width: number): number {
  return bits > 2 ** (width - 1) ? bits - 2 ** width : bits
}
