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

  // One look at the bits serves the time and, mostly, the whole value: 57 of them are there.
  let keptWidth: u32 = 64
  for (let i: u32 = 1; i < count; i++) {
    let rest: u64
    let left: u32
    if (i > 1) {
      rest = peek(source, bit)
      if (<i64>rest >= 0) {
        bit += 1
        rest <<= 1
        left = 56
      } else {
        if (rest >> 62 == 2) {
          delta += signed((rest >> 48) & 0x3fff, 14)
          bit += 16
        } else if (rest >> 61 == 6) {
          delta += signed((rest >> 44) & 0x1ffff, 17)
          bit += 20
        } else if (rest >> 60 == 14) {
          delta += signed((rest >> 40) & 0xfffff, 20)
          bit += 24
        } else {
          delta += <i64>peek64(source, bit + 4)
          bit += 68
        }
        rest = peek(source, bit)
        left = 57
      }
    } else {
      rest = peek(source, bit)
      left = 57
    }
    t += delta

    if (bit >= bitEnd) return i
    if (<i64>rest >= 0) bit += 1
    else {
      let head: u32 = 2
      if (<i64>(rest << 1) < 0) {
        leading = <u32>((rest >> 57) & 31)
        keptWidth = <u32>((rest >> 51) & 63)
        if (keptWidth == 0) keptWidth = 64
        if (leading + keptWidth > 64) return i
        trailing = 64 - leading - keptWidth
        head = 13
      }
      let bits: u64
      if (head + keptWidth <= left) bits = (rest << head) >> (64 - keptWidth)
      else if (keptWidth <= 57) bits = peek(source, bit + head) >> (64 - keptWidth)
      else bits = peek64(source, bit + head) >> (64 - keptWidth)
      value ^= bits << trailing
      bit += head + keptWidth
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
