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

/** value * power / 2^126, its last bit set if anything was lost. */
// @ts-ignore: decorator
@inline
function scaled(high: u64, low: u64, value: u64): u64 {
  const rest = highHalf(low, value)
  const sum = ((high * value) >> 1) + rest
  const whole = highHalf(high, value) + (sum >> 63)
  return whole | (((sum & MASK63) + MASK63) >> 63)
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

function countDigits(value: u64): u32 {
  let count: u32 = 1
  let rest = value
  while (rest >= 10000) {
    rest /= 10000
    count += 4
  }
  if (rest >= 1000) return count + 3
  if (rest >= 100) return count + 2
  return rest >= 10 ? count + 1 : count
}

/** `count` digits, the last of them at `at + count - 1`. */
function digits(at: usize, count: u32, value: u64): void {
  let end = at + count
  let rest = value
  while (rest >= 100) {
    const next = rest / 100
    end -= 2
    pair(end, <u32>(rest - next * 100))
    rest = next
  }
  if (rest >= 10) pair(end - 2, <u32>rest)
  else store<u8>(end - 1, <u8>(48 + rest))
}

/** Prints the float with these bits; returns the address behind it. At most 26 bytes. */
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
      if (whole << -q == c) {
        const count = countDigits(whole)
        digits(at, count, whole)
        return at + count
      }
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
  const value = scaled(high, low, four << shift)
  const lower = scaled(high, low, (isRegular ? four - 2 : four - 1) << shift)
  const upper = scaled(high, low, (four + 2) << shift)
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
  let exponent = k
  while (true) {
    const next = number / 10
    if (next * 10 != number) break
    number = next
    exponent++
  }
  return place(at, number, exponent)
}

/** number * 10^exponent; `number` does not end with 0. */
function place(target: usize, number: u64, exponent: i32): usize {
  let at = target
  const count = countDigits(number)
  /** Digits before the point. */
  const before = <i32>count + exponent
  if (before > 21 || before < -5) {
    // d.ddde+07
    digits(at + 1, count, number)
    store<u8>(at, load<u8>(at + 1))
    if (count == 1) at += 1
    else {
      store<u8>(at, 46, 1)
      at += 1 + count
    }
    store<u8>(at, 101)
    let power = before - 1
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
  if (exponent >= 0) {
    digits(at, count, number)
    memory.fill(at + count, 48, exponent)
    return at + before
  }
  if (before <= 0) {
    store<u16>(at, 0x2e30)
    memory.fill(at + 2, 48, -before)
    at += 2 - before
    digits(at, count, number)
    return at + count
  }
  digits(at + 1, count, number)
  memory.copy(at, at + 1, before)
  store<u8>(at + before, 46)
  return at + count + 1
}

/**
 * Points of a series: for each of `count` values the text of its time, the value and `"],`. Texts lie 32 bytes apart,
 * their length in the last one (at most 31). Returns the address behind the last comma; needs 64 bytes a point.
 */
export function printPoints(values: usize, count: u32, texts: usize, powers: usize, target: usize): usize {
  let at = target
  for (let i: u32 = 0; i < count; i++) {
    const text = texts + (<usize>i << 5)
    store<u64>(at, load<u64>(text))
    store<u64>(at, load<u64>(text, 8), 8)
    store<u64>(at, load<u64>(text, 16), 16)
    store<u64>(at, load<u64>(text, 24), 24)
    at += load<u8>(text, 31)
    at = printFloat(at, load<u64>(values + (<usize>i << 3)), powers)
    store<u8>(at, 34)
    store<u8>(at, 93, 1)
    store<u8>(at, 44, 2)
    at += 3
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
