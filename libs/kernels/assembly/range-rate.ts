/**
 * Rates of one series, two steps at a time. Window `step` holds the values from `starts[step]` up to, not including,
 * `ends[step]` (u32, counted from `values`), at least two. What is known of the windows' times lies at `spans`:
 * five columns of `steps` f64: the seconds from the first to the last sample, from the window's start to the first,
 * from the last to its end, the factor by which a difference grows, and that factor divided by `rangeSeconds`.
 */

const ZERO: v128 = f64x2(0, 0)
const SOME_MORE: v128 = f64x2(1.000001, 1.000001)

/**
 * Writes steps `from` up to, not including, `to` of `out`. `resetsIn`: how many values to look through for counter
 * resets, 0 if there are none. `isPerSecond` 0 gives the growth, 1 the rate.
 */
export function rangeRate(
  values: usize,
  starts: usize,
  ends: usize,
  spans: usize,
  steps: u32,
  from: u32,
  to: u32,
  out: usize,
  isCounter: u32,
  resetsIn: u32,
  rangeSeconds: f64,
  isPerSecond: u32,
): void {
  const column = (<usize>steps) << 3
  const before = spans + column
  const factors = spans + column * (isPerSecond ? 4 : 3)
  let step: usize = from
  const last: usize = to
  for (; step + 1 < last; step += 2) {
    const start = starts + (step << 2)
    const end = ends + (step << 2)
    const at = step << 3
    const first = pair(values, load<u32>(start), load<u32>(start, 4))
    const difference = f64x2.sub(pair(values - 8, load<u32>(end), load<u32>(end, 4)), first)
    v128.store(out + at, f64x2.mul(difference, v128.load(factors + at)))
    if (!isCounter) continue
    // Few windows reach back to where the counter was zero: a test without division for both.
    const reached = f64x2.mul(v128.load(spans + at), first)
    const room = f64x2.mul(f64x2.mul(v128.load(before + at), difference), SOME_MORE)
    const isNear = v128.and(
      v128.and(f64x2.gt(difference, ZERO), f64x2.ge(first, ZERO)),
      f64x2.le(reached, room),
    )
    if (!v128.any_true(isNear)) continue
    fromZero(spans, column, at, f64x2.extract_lane(first, 0), f64x2.extract_lane(difference, 0), out, rangeSeconds, isPerSecond)
    fromZero(spans, column, at + 8, f64x2.extract_lane(first, 1), f64x2.extract_lane(difference, 1), out, rangeSeconds, isPerSecond)
  }
  if (step < last) {
    const at = step << 3
    const first = load<f64>(values + ((<usize>load<u32>(starts + (step << 2))) << 3))
    const difference = load<f64>(values - 8 + ((<usize>load<u32>(ends + (step << 2))) << 3)) - first
    store<f64>(out + at, difference * load<f64>(factors + at))
    if (isCounter) fromZero(spans, column, at, first, difference, out, rangeSeconds, isPerSecond)
  }
  if (resetsIn) {
    mendResets(values, resetsIn, starts, ends, spans, column, from, to, out, rangeSeconds, isPerSecond)
  }
}

/** Steps whose windows have a reset, once more: the drops are added one by one, in order. */
function mendResets(
  values: usize,
  count: u32,
  starts: usize,
  ends: usize,
  spans: usize,
  column: usize,
  from: u32,
  to: u32,
  out: usize,
  rangeSeconds: f64,
  isPerSecond: u32,
): void {
  const factors = spans + column * (isPerSecond ? 4 : 3)
  let step = from
  let previous = load<f64>(values)
  for (let i: u32 = 1; i < count && step < to; i++) {
    const value = load<f64>(values + ((<usize>i) << 3))
    const isReset = value < previous
    previous = value
    if (!isReset) continue
    while (step < to && load<u32>(ends + ((<usize>step) << 2)) <= i) step++
    for (; step < to; step++) {
      const low = load<u32>(starts + ((<usize>step) << 2))
      if (low >= i) break
      const high = load<u32>(ends + ((<usize>step) << 2))
      const first = load<f64>(values + ((<usize>low) << 3))
      let difference = load<f64>(values - 8 + ((<usize>high) << 3)) - first
      let before = first
      for (let k = low + 1; k < high; k++) {
        const now = load<f64>(values + ((<usize>k) << 3))
        if (now < before) difference += before
        before = now
      }
      const at = (<usize>step) << 3
      store<f64>(out + at, difference * load<f64>(factors + at))
      fromZero(spans, column, at, first, difference, out, rangeSeconds, isPerSecond)
    }
  }
}

/** A counter does not begin below zero: the window is covered no further than to where it was zero. */
function fromZero(
  spans: usize,
  column: usize,
  at: usize,
  first: f64,
  difference: f64,
  out: usize,
  rangeSeconds: f64,
  isPerSecond: u32,
): void {
  if (!(difference > 0) || !(first >= 0)) return
  const sampled = load<f64>(spans + at)
  const untilZero = sampled * (first / difference)
  if (!(untilZero < load<f64>(spans + column + at))) return
  const after = load<f64>(spans + column * 2 + at)
  let factor = sampled == 0 ? 1.0 : (sampled + untilZero + after) / sampled
  if (isPerSecond) factor /= rangeSeconds
  store<f64>(out + at, difference * factor)
}

/** The values at two indices. */
// @ts-ignore: decorator
@inline
export function pair(values: usize, a: u32, b: u32): v128 {
  const low = v128.load_zero<f64>(values + ((<usize>a) << 3))
  return v128.load_lane<f64>(values + ((<usize>b) << 3), low, 1)
}

/**
 * The difference of the last two values of each window, or what a counter has grown. `seconds`, if not 0: a column of
 * the seconds between the two samples, to divide by.
 */
export function rangeLastDifference(
  values: usize,
  ends: usize,
  seconds: usize,
  from: u32,
  to: u32,
  out: usize,
  isCounter: u32,
): void {
  for (let step: usize = from; step < <usize>to; step++) {
    const at = values + ((<usize>load<u32>(ends + (step << 2))) << 3)
    const value = load<f64>(at - 8)
    const before = load<f64>(at - 16)
    let result = isCounter && value < before ? value : value - before
    if (isCounter) result /= load<f64>(seconds + (step << 3))
    store<f64>(out + (step << 3), result)
  }
}

/** How often a value differs from the one before (`isReset` 0) or is less (1). `counts` is scratch, `count` u32. */
export function rangeChanges(
  values: usize,
  count: u32,
  starts: usize,
  ends: usize,
  from: u32,
  to: u32,
  out: usize,
  isReset: u32,
  counts: usize,
): void {
  let found: u32 = 0
  let previous = load<f64>(values)
  store<u32>(counts, 0)
  for (let i: usize = 1; i < <usize>count; i++) {
    const value = load<f64>(values + (i << 3))
    if (isReset) {
      if (value < previous) found++
    } else if (value != previous && !(value != value && previous != previous)) found++
    previous = value
    store<u32>(counts + (i << 2), found)
  }
  for (let step: usize = from; step < <usize>to; step++) {
    const low = load<u32>(counts + ((<usize>load<u32>(starts + (step << 2))) << 2))
    const high = load<u32>(counts - 4 + ((<usize>load<u32>(ends + (step << 2))) << 2))
    store<f64>(out + (step << 3), <f64>(high - low))
  }
}
