/**
 * Prints floats as JSON of the API has them: the shortest digits that read back as the same double, without an
 * exponent from 1e-6 up to 1e21, `NaN`, `+Inf`, `-Inf`.
 *
 * How the digits are found (Raffaello Giulietti's Schubfach): a double is c * 2^q, and every number between the middle
 * to its lower and the middle to its upper neighbour reads back as it. With k such that 10^k is just below the width of
 * that interval, at most two multiples of 10^(k+1) and four of 10^k can lie in it; they are compared with the ends of
 * the interval, all scaled by an approximation of 10^-k that has enough bits to never be wrong.
 *
 * `powers` is the caller's: for each p from -292 to 324 two words, high and low 63 bits of
 * floor(10^p * 2^-(floor(log2(10^p)) - 125)) + 1.
 */

const LEAST_POWER: i32 = -292
const FRACTION: u64 = 0x000fffffffffffff
const HIDDEN: u64 = 0x0010000000000000
const MASK63: u64 = 0x7fffffffffffffff

/** The upper 64 bits of a product. */
// @ts-ignore: decorator
@inline
function highHalf(a: u64, b: u64): u64 {
  const aLow = a & 0xffffffff
  const aHigh = a >> 32
  const bLow = b & 0xffffffff
  const bHigh = b >> 32
  const low = aLow * bLow
  const middle = aHigh * bLow + (low >> 32)
  const other = aLow * bHigh + (middle & 0xffffffff)
  return aHigh * bHigh + (middle >> 32) + (other >> 32)
}

/** From the words of a product its upper part, the last bit set if anything was lost. */
// @ts-ignore: decorator
@inline
function rounded(high1: u64, high0: u64, low1: u64): u64 {
  const sum = (high0 >> 1) + low1
  return (high1 + (sum >> 63)) | (((sum & MASK63) + MASK63) >> 63)
}

/** value * power / 2^126, its last bit set if anything was lost. */
function scaled(high: u64, low: u64, value: u64): u64 {
  return rounded(highHalf(high, value), high * value, highHalf(low, value))
}

// @ts-ignore: decorator
@inline
function log10OfPower2(e: i64): i32 {
  return <i32>((e * 661971961083) >> 41)
}

// @ts-ignore: decorator
@inline
function log10OfThreeQuarters(e: i64): i32 {
  return <i32>((e * 661971961083 - 274743187321) >> 41)
}

// @ts-ignore: decorator
@inline
function log2OfPower10(e: i64): i32 {
  return <i32>((e * 913124641741) >> 38)
}

/** Two digits. */
// @ts-ignore: decorator
@inline
function pair(at: usize, value: u32): void {
  const tens = (value * 103) >> 10
  store<u8>(at, <u8>(48 + tens))
  store<u8>(at, <u8>(48 + value - tens * 10), 1)
}

const ASCII_ZEROS: u64 = 0x3030303030303030

/** The eight digits of a number below 10^8, a byte each, the first one lowest. */
// @ts-ignore: decorator
@inline
function eight(value: u32): u64 {
  const high = value / 10000
  const fours = <u64>high | (<u64>(value - high * 10000) << 32)
  const hundreds = ((fours * 10486) >> 20) & 0x0000007f0000007f
  const twos = hundreds | ((fours - hundreds * 100) << 16)
  const tens = ((twos * 103) >> 10) & 0x000f000f000f000f
  return tens | ((twos - tens * 10) << 8)
}

/** A whole number below 2^53, not 0; returns the address behind it. Writes up to 16 bytes. */
// @ts-ignore: decorator
@inline
function printWhole(target: usize, value: u64): usize {
  let at = target
  if (value < 100000000) {
    const bytes = eight(<u32>value)
    const zeros = ctz(bytes) >> 3
    store<u64>(at, (bytes | ASCII_ZEROS) >> (zeros << 3))
    return at + 8 - <usize>zeros
  }
  const high = value / 100000000
  const bytes = eight(<u32>high)
  const zeros = ctz(bytes) >> 3
  store<u64>(at, (bytes | ASCII_ZEROS) >> (zeros << 3))
  at += 8 - <usize>zeros
  store<u64>(at, eight(<u32>(value - high * 100000000)) | ASCII_ZEROS)
  return at + 8
}

/** Prints the float with these bits, at most 26 bytes; returns the address behind it. Writes over up to 72 bytes. */
function printFloat(target: usize, bits: u64, powers: usize): usize {
  let at = target
  const biased = <u32>((bits >> 52) & 0x7ff)
  const fraction = bits & FRACTION
  if (biased == 0x7ff) {
    if (fraction != 0) {
      store<u8>(at, 78)
      store<u8>(at, 97, 1)
      store<u8>(at, 78, 2)
      return at + 3
    }
    store<u8>(at, bits >> 63 ? 45 : 43)
    store<u8>(at, 73, 1)
    store<u8>(at, 110, 2)
    store<u8>(at, 102, 3)
    return at + 4
  }
  if (bits >> 63) store<u8>(at++, 45)
  if (biased == 0 && fraction == 0) {
    store<u8>(at, 48)
    return at + 1
  }
  let c: u64
  let q: i32
  if (biased == 0) {
    c = fraction
    q = -1074
  } else {
    c = fraction | HIDDEN
    q = <i32>biased - 1075
    // Whole numbers below 2^53 are their own digits.
    if (q <= 0 && q > -53) {
      const whole = c >> -q
      if (whole << -q == c) return printWhole(at, whole)
    }
  }

  const odd = c & 1
  const four = c << 2
  const isRegular = c != HIDDEN || q <= -1074
  const k = isRegular ? log10OfPower2(q) : log10OfThreeQuarters(q)
  const shift = <u64>(q + log2OfPower10(-k) + 2)
  const power = powers + (<usize>(-k - LEAST_POWER) << 4)
  const high = load<u64>(power)
  const low = load<u64>(power, 8)
  let value: u64
  let lower: u64
  let upper: u64
  if (isRegular) {
    // The ends lie 2 << shift to both sides: what that adds to the product needs no multiplication.
    const factor = four << shift
    const low0 = low * factor
    const low1 = highHalf(low, factor)
    const high0 = high * factor
    const high1 = highHalf(high, factor)
    const by = shift + 1
    const other = 64 - by
    const lowBy0 = low << by
    const lowBy1 = low >> other
    const highBy0 = high << by
    const highBy1 = high >> other
    value = rounded(high1, high0, low1)
    const belowHigh0 = high0 - highBy0
    const belowHigh1 = high1 - highBy1 - u64(high0 < highBy0)
    lower = rounded(belowHigh1, belowHigh0, low1 - lowBy1 - u64(low0 < lowBy0))
    const aboveHigh0 = high0 + highBy0
    const aboveHigh1 = high1 + highBy1 + u64(aboveHigh0 < high0)
    upper = rounded(aboveHigh1, aboveHigh0, low1 + lowBy1 + u64(low0 + lowBy0 < low0))
  } else {
    value = scaled(high, low, four << shift)
    lower = scaled(high, low, (four - 1) << shift)
    upper = scaled(high, low, (four + 2) << shift)
  }
  let number = value >> 2
  let isFound = false
  if (number >= 10) {
    const tenBelow = (number / 10) * 10
    const tenAbove = tenBelow + 10
    const isBelowIn = lower + odd <= tenBelow << 2
    const isAboveIn = (tenAbove << 2) + odd <= upper
    if (isBelowIn != isAboveIn) {
      number = isBelowIn ? tenBelow : tenAbove
      isFound = true
    }
  }
  if (!isFound) {
    const above = number + 1
    const isBelowIn = lower + odd <= number << 2
    const isAboveIn = (above << 2) + odd <= upper
    if (isBelowIn != isAboveIn) number = isBelowIn ? number : above
    else {
      const twice = (number + above) << 1
      if (value > twice || (value == twice && (number & 1) != 0)) number = above
    }
  }
  return place(at, number, k)
}

/** number * 10^exponent; `number` has at most 17 digits and is not 0. */
function place(target: usize, number: u64, exponent: i32): usize {
  let at = target
  // All 17 digits, behind what will be written; then without the zeros at both ends.
  const top = number / 10000000000000000
  const rest = number - top * 10000000000000000
  const left = rest / 100000000
  const high = eight(<u32>left)
  const low = eight(<u32>(rest - left * 100000000))
  const all = at + 32
  store<u8>(all, <u8>top | 48)
  store<u64>(all, high | ASCII_ZEROS, 1)
  store<u64>(all, low | ASCII_ZEROS, 9)
  const last = low != 0 ? 16 - <i32>(clz(low) >> 3) : high != 0 ? 8 - <i32>(clz(high) >> 3) : 0
  const first = top != 0 ? 0 : high != 0 ? 1 + <i32>(ctz(high) >> 3) : 9 + <i32>(ctz(low) >> 3)
  const count = last - first + 1
  const digits = all + first
  /** Digits before the point. */
  const before = 17 - first + exponent
  if (before > 21 || before < -5) {
    // d.ddde+07
    store<u8>(at, load<u8>(digits))
    at++
    if (count > 1) {
      store<u8>(at, 46)
      store<u64>(at, load<u64>(digits, 1), 1)
      store<u64>(at, load<u64>(digits, 9), 9)
      at += count
    }
    let power = before - 1
    store<u8>(at, 101)
    store<u8>(at, power < 0 ? 45 : 43, 1)
    at += 2
    if (power < 0) power = -power
    if (power >= 100) {
      store<u8>(at++, <u8>(48 + power / 100))
      power %= 100
    }
    pair(at, power)
    return at + 2
  }
  if (before <= 0) {
    // 0.00000 and the digits
    store<u64>(at, 0x3030303030302e30)
    at += 2 - before
    store<u64>(at, load<u64>(digits))
    store<u64>(at, load<u64>(digits, 8), 8)
    store<u8>(at, load<u8>(digits, 16), 16)
    return at + count
  }
  store<u64>(at, load<u64>(digits))
  store<u64>(at, load<u64>(digits, 8), 8)
  store<u8>(at, load<u8>(digits, 16), 16)
  if (before >= count) {
    for (let i = count; i < before; i++) store<u8>(at + i, 48)
    return at + before
  }
  store<u8>(at + before, 46)
  const fraction = digits + before
  const fractionAt = at + before + 1
  store<u64>(fractionAt, load<u64>(fraction))
  store<u64>(fractionAt, load<u64>(fraction, 8), 8)
  return at + count + 1
}

/**
 * Points of a series: for each of `count` values the text of its time, the value and `"],`. Texts lie 32 bytes apart,
 * their length in the last one (at most 31). Returns the address behind the last comma; needs 64 bytes a point, and
 * as many behind the last one.
 */
export function printPoints(values: usize, count: u32, texts: usize, powers: usize, target: usize): usize {
  let at = target
  let text = texts
  const end = values + (<usize>count << 3)
  let before: u64 = 0
  let beforeAt: usize = 0
  let size: usize = 0
  let isHeld = false
  let held = i64x2.splat(0)
  let rest = held
  for (let from = values; from < end; from += 8) {
    store<u64>(at, load<u64>(text))
    store<u64>(at, load<u64>(text, 8), 8)
    store<u64>(at, load<u64>(text, 16), 16)
    store<u64>(at, load<u64>(text, 24), 24)
    at += load<u8>(text, 31)
    text += 32
    const bits = load<u64>(from)
    if (bits == before && size != 0) {
      // As the one before, with what follows it.
      if (!isHeld) {
        held = v128.load(beforeAt)
        rest = v128.load(beforeAt, 16)
        isHeld = true
      }
      v128.store(at, held)
      v128.store(at, rest, 16)
      at += size
      continue
    }
    beforeAt = at
    at = printFloat(at, bits, powers)
    store<u32>(at, 0x002c5d22)
    at += 3
    before = bits
    size = at - beforeAt
    isHeld = false
  }
  return at
}

/** `count` values one after the other; `ends` gets, as u32, how many bytes there are up to the end of each. */
export function printFloats(values: usize, count: u32, ends: usize, powers: usize, target: usize): void {
  let at = target
  for (let i: u32 = 0; i < count; i++) {
    at = printFloat(at, load<u64>(values + (<usize>i << 3)), powers)
    store<u32>(ends + (<usize>i << 2), <u32>(at - target))
  }
}

/** Texts of up to `length` bytes, 16 at a time: writes over by up to 15 bytes. */
// @ts-ignore: decorator
@inline
function copyText(target: usize, source: usize, length: usize): void {
  let done: usize = 0
  do {
    v128.store(target + done, v128.load(source + done))
    done += 16
  } while (done < length)
}

/**
 * Rows of label sets, each after a comma: `,{"a":"b"}`, or with `values` samples of one moment,
 * `,{"metric":{"a":"b"}<middle>1.5"]}`. `list` has per row a u32 count of texts, then the address and length of each;
 * a text is one or more pairs with a comma behind them, `"a":"b",`. Returns the address behind the last row; needs per
 * row 64 bytes more than its texts and `middle`, and 128 behind the last one.
 */
export function printRows(
  list: usize,
  count: u32,
  values: usize,
  middle: usize,
  middleLength: usize,
  powers: usize,
  target: usize,
): usize {
  let at = target
  let from = list
  for (let i: u32 = 0; i < count; i++) {
    if (values != 0) {
      // ,{"metric":
      store<u64>(at, 0x6972_7465_6d22_7b2c)
      store<u32>(at, 0x7b3a2263, 8)
      at += 12
    } else {
      store<u16>(at, 0x7b2c)
      at += 2
    }
    const texts = load<u32>(from)
    from += 4
    for (let k: u32 = 0; k < texts; k++) {
      const length = <usize>load<u32>(from, 4)
      copyText(at, <usize>load<u32>(from), length)
      at += length
      from += 8
    }
    if (texts == 0) at++
    store<u8>(at - 1, 125)
    if (values != 0) {
      copyText(at, middle, middleLength)
      at = printFloat(at + middleLength, load<u64>(values + (<usize>i << 3)), powers)
      store<u32>(at, 0x007d5d22)
      at += 3
    }
  }
  return at
}
