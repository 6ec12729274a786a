/**
 * Adds the column of one series to what an aggregation gathers: steps `from` up to, not including, `to`, all of
 * them there. `counts`, `values` and `extra` are columns of f64; before the first series they are 0, `values` of
 * least and greatest values NaN.
 */
import { roundingOf } from './range-over-time'

const ONE: v128 = f64x2(1, 1)

export function addCounts(counts: usize, from: u32, to: u32): void {
  let at = counts + ((<usize>from) << 3)
  const end = counts + ((<usize>to) << 3)
  for (; at + 16 <= end; at += 16) v128.store(at, f64x2.add(v128.load(at), ONE))
  if (at < end) store<f64>(at, load<f64>(at) + 1)
}

/**
 * Compensated sums. Returns `to`, or, with `isAverage`, the first step whose sum has become infinite: it and what
 * follows is as before.
 */
export function addSums(
  values: usize,
  extra: usize,
  column: usize,
  from: u32,
  to: u32,
  isAverage: u32,
): u32 {
  let at = (<usize>from) << 3
  const end = (<usize>to) << 3
  for (; at + 16 <= end; at += 16) {
    const sum = v128.load(values + at)
    const value = v128.load(column + at)
    const total = f64x2.add(sum, value)
    const lost = f64x2.add(v128.load(extra + at), roundingOf(sum, value, total))
    // Infinite, NaN, or so large that the rounding cannot be told.
    if (v128.any_true(f64x2.ne(f64x2.sub(lost, lost), f64x2(0, 0)))) {
      if (!addSum(values, extra, column, at, isAverage)) return <u32>(at >> 3)
      if (!addSum(values, extra, column, at + 8, isAverage)) return <u32>((at + 8) >> 3)
      continue
    }
    v128.store(values + at, total)
    v128.store(extra + at, lost)
  }
  if (at < end && !addSum(values, extra, column, at, isAverage)) return <u32>(at >> 3)
  return to
}

function addSum(values: usize, extra: usize, column: usize, at: usize, isAverage: u32): bool {
  const sum = load<f64>(values + at)
  const value = load<f64>(column + at)
  const total = sum + value
  let lost: f64 = 0
  if (abs(total) != Infinity) {
    lost = load<f64>(extra + at)
    lost += abs(sum) >= abs(value) ? sum - total + value : value - total + sum
  } else if (isAverage) return false
  store<f64>(values + at, total)
  store<f64>(extra + at, lost)
  return true
}

/** The least (`isMax` 0) or the greatest values; NaN only where there is nothing else. */
export function addExtremes(values: usize, column: usize, from: u32, to: u32, isMax: u32): void {
  let at = (<usize>from) << 3
  const end = (<usize>to) << 3
  for (; at + 16 <= end; at += 16) {
    const best = v128.load(values + at)
    const value = v128.load(column + at)
    const isBetter = isMax ? f64x2.gt(value, best) : f64x2.lt(value, best)
    const isTaken = v128.or(isBetter, f64x2.ne(best, best))
    v128.store(values + at, v128.bitselect(value, best, isTaken))
  }
  if (at < end) {
    const best = load<f64>(values + at)
    const value = load<f64>(column + at)
    if ((isMax ? value > best : value < best) || best != best) store<f64>(values + at, value)
  }
}

/** Sums of squared distances in `values`, running means in `extra`. Counts, too. */
export function addVariances(
  counts: usize,
  values: usize,
  extra: usize,
  column: usize,
  from: u32,
  to: u32,
): void {
  let at = (<usize>from) << 3
  const end = (<usize>to) << 3
  for (; at + 16 <= end; at += 16) {
    const count = f64x2.add(v128.load(counts + at), ONE)
    const value = v128.load(column + at)
    const mean = v128.load(extra + at)
    const delta = f64x2.sub(value, mean)
    const moved = f64x2.add(mean, f64x2.div(delta, count))
    const square = f64x2.mul(delta, f64x2.sub(value, moved))
    v128.store(counts + at, count)
    v128.store(extra + at, moved)
    v128.store(values + at, f64x2.add(v128.load(values + at), square))
  }
  if (at < end) {
    const count = load<f64>(counts + at) + 1
    const value = load<f64>(column + at)
    const mean = load<f64>(extra + at)
    const delta = value - mean
    const moved = mean + delta / count
    store<f64>(counts + at, count)
    store<f64>(extra + at, moved)
    store<f64>(values + at, load<f64>(values + at) + delta * (value - moved))
  }
}
