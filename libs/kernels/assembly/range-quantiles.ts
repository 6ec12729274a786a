/**
 * Quantiles of windows, as in `range-over-time`. The values of the window at hand are kept in order, as numbers that
 * sort like them: from step to step only what is new goes in, and what is old goes out.
 */

/** NaN is less than everything, -0 less than 0. */
// @ts-ignore: decorator
@inline
function keyOf(value: f64): i64 {
  if (value != value) return i64.MIN_VALUE
  const bits = reinterpret<i64>(value)
  return bits ^ ((bits >> 63) & i64.MAX_VALUE)
}

// @ts-ignore: decorator
@inline
function valueOf(key: i64): f64 {
  if (key == i64.MIN_VALUE) return NaN
  return reinterpret<f64>(key ^ ((key >> 63) & i64.MAX_VALUE))
}

/** The first place in `count` ordered keys whose key is not less. */
function placeOf(keys: usize, count: u32, key: i64): u32 {
  let low: u32 = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >> 1
    if (load<i64>(keys + ((<usize>middle) << 3)) < key) low = middle + 1
    else high = middle
  }
  return low
}

/** `quantiles` is a column, one per step; `keys` has room for the longest window. */
export function rangeQuantiles(
  values: usize,
  starts: usize,
  ends: usize,
  from: u32,
  to: u32,
  out: usize,
  quantiles: usize,
  keys: usize,
): void {
  let low: u32 = 0
  let high: u32 = 0
  let count: u32 = 0
  for (let step: usize = from; step < <usize>to; step++) {
    const start = load<u32>(starts + (step << 2))
    const end = load<u32>(ends + (step << 2))
    if (start >= high) {
      low = start
      high = start
      count = 0
    }
    for (; low < start; low++) {
      const place = placeOf(keys, count, keyOf(load<f64>(values + ((<usize>low) << 3))))
      const at = keys + ((<usize>place) << 3)
      count--
      memory.copy(at, at + 8, (<usize>(count - place)) << 3)
    }
    for (; high < end; high++) {
      const key = keyOf(load<f64>(values + ((<usize>high) << 3)))
      const place = placeOf(keys, count, key)
      const at = keys + ((<usize>place) << 3)
      memory.copy(at + 8, at, (<usize>(count - place)) << 3)
      store<i64>(at, key)
      count++
    }
    store<f64>(out + (step << 3), quantileOf(load<f64>(quantiles + (step << 3)), keys, count))
  }
}

function quantileOf(q: f64, keys: usize, count: u32): f64 {
  if (q != q) return NaN
  if (q < 0) return -Infinity
  if (q > 1) return Infinity
  const rank = q * <f64>(count - 1)
  const whole = floor(rank)
  const lower = <u32>whole
  const upper = min(count - 1, lower + 1)
  const weight = rank - whole
  const below = valueOf(load<i64>(keys + ((<usize>lower) << 3)))
  const above = valueOf(load<i64>(keys + ((<usize>upper) << 3)))
  return below * (1 - weight) + above * weight
}
