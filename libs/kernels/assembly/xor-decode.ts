/**
 * Decodes up to `count` samples of an XOR chunk (without its two bytes of sample count) into columns of times (f64
 * milliseconds) and values (raw bits). Returns how many samples the bytes really held. Reads at most 16 bytes past
 * the end, which the caller owns.
 */
export function xorDecode(source: usize, length: u32, count: u32, times: usize, values: usize): u32 {
  const bitEnd: u64 = (<u64>length) << 3
  let bit: u64 = 0
  if (count == 0) return 0

  // Sample 0: zigzag varint, raw value. Sample 1: uvarint delta, both byte aligned so far.
  let zigzag: u64 = 0
  let shift: u64 = 0
  let byte: u32 = 0
  let at: u32 = 0
  do {
    if (at >= length || shift > 63) return 0
    byte = load<u8>(source + at++)
    zigzag |= (<u64>(byte & 0x7f)) << shift
    shift += 7
  } while (byte & 0x80)
  let t: i64 = <i64>(zigzag >> 1) ^ -(<i64>(zigzag & 1))
  if (at + 8 > length) return 0
  let value = bswap<u64>(load<u64>(source + at))
  at += 8
  store<f64>(times, <f64>t)
  store<u64>(values, value)
  if (count == 1) return 1

  let delta: i64 = 0
  let leading: u32 = 0
  let trailing: u32 = 0
  let unsigned: u64 = 0
  shift = 0
  do {
    if (at >= length || shift > 63) return 1
    byte = load<u8>(source + at++)
    unsigned |= (<u64>(byte & 0x7f)) << shift
    shift += 7
  } while (byte & 0x80)
  delta = <i64>unsigned
  bit = (<u64>at) << 3

  for (let i: u32 = 1; i < count; i++) {
    if (i > 1) {
      const word = peek(source, bit)
      if (word >> 63 == 0) bit += 1
      else if (word >> 62 == 2) {
        delta += signed((word >> 48) & 0x3fff, 14)
        bit += 16
      } else if (word >> 61 == 6) {
        delta += signed((word >> 44) & 0x1ffff, 17)
        bit += 20
      } else if (word >> 60 == 14) {
        delta += signed((word >> 40) & 0xfffff, 20)
        bit += 24
      } else {
        delta += <i64>peek64(source, bit + 4)
        bit += 68
      }
    }
    t += delta

    if (bit >= bitEnd) return i
    const word = peek(source, bit)
    if (word >> 63 == 0) bit += 1
    else {
      let width: u32
      if (word >> 62 == 3) {
        leading = <u32>((word >> 57) & 31)
        width = <u32>((word >> 51) & 63)
        if (width == 0) width = 64
        if (leading + width > 64) return i
        trailing = 64 - leading - width
        bit += 13
      } else {
        width = 64 - leading - trailing
        bit += 2
      }
      const bits = width <= 56 ? peek(source, bit) >> (64 - width) : peek64(source, bit) >> (64 - width)
      value ^= bits << trailing
      bit += width
    }
    if (bit > bitEnd) return i
    store<f64>(times + ((<usize>i) << 3), <f64>t)
    store<u64>(values + ((<usize>i) << 3), value)
  }
  return count
}

/** At least 57 valid bits from bit `at`, left aligned. */
// @ts-ignore: decorator
@inline
function peek(source: usize, at: u64): u64 {
  return bswap<u64>(load<u64>(source + <usize>(at >> 3))) << (at & 7)
}

// @ts-ignore: decorator
@inline
function peek64(source: usize, at: u64): u64 {
  const used = at & 7
  const word = peek(source, at)
  return used == 0 ? word : word | ((<u64>load<u8>(source + <usize>(at >> 3) + 8)) >> (8 - used))
}

// The range of an n-bit field is -(2^(n-1)-1) .. 2^(n-1).
// @ts-ignore: decorator
@inline
function signed(bits: u64, width: u32): i64 {
  return bits > ((<u64>1) << (width - 1)) ? <i64>bits - ((<i64>1) << width) : <i64>bits
}
