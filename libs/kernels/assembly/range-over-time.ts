/**
 * Values of windows put together. As in `range-rate`: window `step` holds the values from `starts[step]` up to, not
 * including, `ends[step]` (u32), at least one; steps `from` up to, not including, `to` of `out` are written.
 */
import { pair } from './range-rate'

const ZERO: v128 = f64x2(0, 0)

/** Compensated sums (`isAverage` 0) or means (1), to the bit as if added one by one. */
export function rangeSums(
  values: usize,
  starts: usize,
  ends: usize,
  from: u32,
  to: u32,
  out: usize,
  isAverage: u32,
): void {
  let step: usize = from
  const last: usize = to
  while (step < last) {
    const start = starts + (step << 2)
    const end = ends + (step << 2)
    const a = load<u32>(start)
    const count = load<u32>(end) - a
    if (step + 4 > last) {
      storeSum(values, a, a + count, out + (step << 3), isAverage)
      step++
      continue
    }
    const b = load<u32>(start, 4)
    const c = load<u32>(start, 8)
    const d = load<u32>(start, 12)
    const isEven =
      load<u32>(end, 4) - b == count &&
      load<u32>(end, 8) - c == count &&
      load<u32>(end, 12) - d == count
    if (!isEven) {
      storeSum(values, a, a + count, out + (step << 3), isAverage)
      step++
      continue
    }
    // Four windows side by side: each is added in its own order.
    let sum0 = ZERO
    let sum1 = ZERO
    let lost0 = ZERO
    let lost1 = ZERO
    for (let i: u32 = 0; i < count; i++) {
      const value0 = pair(values, a + i, b + i)
      const value1 = pair(values, c + i, d + i)
      const total0 = f64x2.add(sum0, value0)
      const total1 = f64x2.add(sum1, value1)
      lost0 = f64x2.add(lost0, roundingOf(sum0, value0, total0))
      lost1 = f64x2.add(lost1, roundingOf(sum1, value1, total1))
      sum0 = total0
      sum1 = total1
    }
    // What is finite in the end always was.
    const check = f64x2.sub(
      f64x2.add(f64x2.add(sum0, lost0), f64x2.add(sum1, lost1)),
      f64x2.add(f64x2.add(sum0, lost0), f64x2.add(sum1, lost1)),
    )
    if (v128.any_true(f64x2.ne(check, ZERO))) {
      for (let k: usize = 0; k < 4; k++) {
        const low = load<u32>(start + (k << 2))
        storeSum(values, low, low + count, out + ((step + k) << 3), isAverage)
      }
    } else if (isAverage) {
      const n = f64x2.splat(<f64>count)
      v128.store(out + (step << 3), f64x2.add(f64x2.div(sum0, n), f64x2.div(lost0, n)))
      v128.store(out + (step << 3) + 16, f64x2.add(f64x2.div(sum1, n), f64x2.div(lost1, n)))
    } else {
      v128.store(out + (step << 3), f64x2.add(sum0, lost0))
      v128.store(out + (step << 3) + 16, f64x2.add(sum1, lost1))
    }
    step += 4
  }
}

/** What `total` lacks of `sum` and `value`, exactly, whichever is larger. */
// @ts-ignore: decorator
@inline
export function roundingOf(sum: v128, value: v128, total: v128): v128 {
  const added = f64x2.sub(total, sum)
  return f64x2.add(f64x2.sub(sum, f64x2.sub(total, added)), f64x2.sub(value, added))
}

function storeSum(values: usize, low: u32, high: u32, out: usize, isAverage: u32): void {
  store<f64>(out, isAverage ? average(values, low, high) : sum(values, low, high))
}

function sum(values: usize, low: u32, high: u32): f64 {
  let sum: f64 = 0
  let lost: f64 = 0
  for (let i = low; i < high; i++) {
    const value = load<f64>(values + ((<usize>i) << 3))
    const total = sum + value
    if (abs(total) == Infinity) lost = 0
    else if (abs(sum) >= abs(value)) lost += sum - total + value
    else lost += value - total + sum
    sum = total
  }
  return abs(sum) == Infinity ? sum : sum + lost
}

/** The mean by a compensated sum, or step by step once the sum would overflow. */
function average(values: usize, low: u32, high: u32): f64 {
  let sum = load<f64>(values + ((<usize>low) << 3))
  let lost: f64 = 0
  let count: f64 = 1
  let isMean = false
  for (let i = low + 1; i < high; i++) {
    let value = load<f64>(values + ((<usize>i) << 3))
    count++
    if (!isMean) {
      const total = sum + value
      if (abs(total) != Infinity) {
        lost += abs(sum) >= abs(value) ? sum - total + value : value - total + sum
        sum = total
        continue
      }
      isMean = true
      sum /= count - 1
      lost /= count - 1
    }
    const q = (count - 1) / count
    sum *= q
    lost *= q
    value /= count
    const total = sum + value
    if (abs(total) == Infinity) lost = 0
    else lost += abs(sum) >= abs(value) ? sum - total + value : value - total + sum
    sum = total
  }
  return isMean ? sum + lost : sum / count + lost / count
}

/** The least values (`isMax` 0) or the greatest (1); NaN only where there is nothing else. */
export function rangeExtremes(
  values: usize,
  starts: usize,
  ends: usize,
  from: u32,
  to: u32,
  out: usize,
  isMax: u32,
): void {
  const edge = isMax ? -Infinity : Infinity
  for (let step: usize = from; step < <usize>to; step++) {
    const low = load<u32>(starts + (step << 2))
    const high = load<u32>(ends + (step << 2))
    let best0 = f64x2.splat(edge)
    let best1 = best0
    let at = values + ((<usize>low) << 3)
    const end = values + ((<usize>high) << 3)
    if (isMax) {
      for (; at + 32 <= end; at += 32) {
        best0 = f64x2.pmax(best0, v128.load(at))
        best1 = f64x2.pmax(best1, v128.load(at + 16))
      }
      for (; at < end; at += 8) best0 = f64x2.pmax(best0, v128.load_splat<f64>(at))
      best0 = f64x2.pmax(best0, best1)
    } else {
      for (; at + 32 <= end; at += 32) {
        best0 = f64x2.pmin(best0, v128.load(at))
        best1 = f64x2.pmin(best1, v128.load(at + 16))
      }
      for (; at < end; at += 8) best0 = f64x2.pmin(best0, v128.load_splat<f64>(at))
      best0 = f64x2.pmin(best0, best1)
    }
    const x = f64x2.extract_lane(best0, 0)
    const y = f64x2.extract_lane(best0, 1)
    let best = isMax ? (y > x ? y : x) : y < x ? y : x
    // Nothing but NaN, or zeros whose sign depends on which came first.
    if (best == edge || best == 0) best = firstExtreme(values, low, high, isMax)
    store<f64>(out + (step << 3), best)
  }
}

function firstExtreme(values: usize, low: u32, high: u32, isMax: u32): f64 {
  let best = load<f64>(values + ((<usize>low) << 3))
  for (let i = low + 1; i < high; i++) {
    const value = load<f64>(values + ((<usize>i) << 3))
    if ((isMax ? value > best : value < best) || best != best) best = value
  }
  return best
}

/** Variances by a compensated running mean. */
export function rangeVariances(
  values: usize,
  starts: usize,
  ends: usize,
  from: u32,
  to: u32,
  out: usize,
  isDeviation: u32,
): void {
  let step: usize = from
  const last: usize = to
  while (step < last) {
    const start = starts + (step << 2)
    const a = load<u32>(start)
    const count = load<u32>(ends + (step << 2)) - a
    let b = a
    let c = a
    let d = a
    // Four windows of one size side by side; otherwise the same one in all lanes.
    let isEven = step + 4 <= last
    if (isEven) {
      b = load<u32>(start, 4)
      c = load<u32>(start, 8)
      d = load<u32>(start, 12)
      const end = ends + (step << 2)
      isEven =
        load<u32>(end, 4) - b == count &&
        load<u32>(end, 8) - c == count &&
        load<u32>(end, 12) - d == count
      if (!isEven) {
        b = a
        c = a
        d = a
      }
    }
    let mean0 = ZERO
    let mean1 = ZERO
    let meanLost0 = ZERO
    let meanLost1 = ZERO
    let sum0 = ZERO
    let sum1 = ZERO
    let sumLost0 = ZERO
    let sumLost1 = ZERO
    for (let i: u32 = 0; i < count; i++) {
      const n = f64x2.splat(<f64>(i + 1))
      const value0 = pair(values, a + i, b + i)
      const value1 = pair(values, c + i, d + i)
      const delta0 = f64x2.sub(value0, f64x2.add(mean0, meanLost0))
      const delta1 = f64x2.sub(value1, f64x2.add(mean1, meanLost1))
      const part0 = f64x2.div(delta0, n)
      const part1 = f64x2.div(delta1, n)
      const total0 = f64x2.add(mean0, part0)
      const total1 = f64x2.add(mean1, part1)
      meanLost0 = lostOf(meanLost0, mean0, part0, total0)
      meanLost1 = lostOf(meanLost1, mean1, part1, total1)
      mean0 = total0
      mean1 = total1
      const square0 = f64x2.mul(delta0, f64x2.sub(value0, f64x2.add(mean0, meanLost0)))
      const square1 = f64x2.mul(delta1, f64x2.sub(value1, f64x2.add(mean1, meanLost1)))
      const all0 = f64x2.add(sum0, square0)
      const all1 = f64x2.add(sum1, square1)
      sumLost0 = lostOf(sumLost0, sum0, square0, all0)
      sumLost1 = lostOf(sumLost1, sum1, square1, all1)
      sum0 = all0
      sum1 = all1
    }
    const n = f64x2.splat(<f64>count)
    let result0 = f64x2.div(f64x2.add(sum0, sumLost0), n)
    let result1 = f64x2.div(f64x2.add(sum1, sumLost1), n)
    if (isDeviation) {
      result0 = f64x2.sqrt(result0)
      result1 = f64x2.sqrt(result1)
    }
    if (isEven) {
      v128.store(out + (step << 3), result0)
      v128.store(out + (step << 3) + 16, result1)
      step += 4
    } else {
      store<f64>(out + (step << 3), f64x2.extract_lane(result0, 0))
      step++
    }
  }
}

/** `lost` and what `total` lacks; 0 where the total is infinite. */
// @ts-ignore: decorator
@inline
function lostOf(lost: v128, sum: v128, value: v128, total: v128): v128 {
  const isLarger = f64x2.ge(f64x2.abs(sum), f64x2.abs(value))
  const large = v128.bitselect(sum, value, isLarger)
  const small = v128.bitselect(value, sum, isLarger)
  const all = f64x2.add(lost, f64x2.add(f64x2.sub(large, total), small))
  const isInfinite = f64x2.eq(f64x2.abs(total), f64x2(Infinity, Infinity))
  return v128.andnot(all, isInfinite)
}

/**
 * Least-squares lines. x is the seconds of a sample's time after `origins[step]`; `sums` holds the compensated sums
 * of x, and behind its `steps` f64 those of x squared. Writes the slope, or, if `seconds` points to a column, the value
 * so many seconds after the origin.
 */
export function rangeLines(
  values: usize,
  times: usize,
  starts: usize,
  ends: usize,
  origins: usize,
  sums: usize,
  steps: u32,
  from: u32,
  to: u32,
  out: usize,
  seconds: usize,
): void {
  const thousand = 1000.0
  for (let step: usize = from; step < <usize>to; step++) {
    const low = load<u32>(starts + (step << 2))
    const high = load<u32>(ends + (step << 2))
    const origin = load<f64>(origins + (step << 3))
    const initial = load<f64>(values + ((<usize>low) << 3))
    let isConstant = true
    // Lane 0 is y, lane 1 is x times y.
    let sum = ZERO
    let lost = ZERO
    for (let i: usize = low; i < <usize>high; i++) {
      const value = load<f64>(values + (i << 3))
      if (i > <usize>low && value != initial) isConstant = false
      const x = (load<f64>(times + (i << 3)) - origin) / thousand
      const both = f64x2.replace_lane(f64x2.splat(value), 1, x * value)
      const total = f64x2.add(sum, both)
      lost = lostOf(lost, sum, both, total)
      sum = total
    }
    let slope: f64 = 0
    let intercept: f64 = initial
    if (isConstant) {
      if (abs(initial) == Infinity) {
        slope = NaN
        intercept = NaN
      }
    } else {
      const count = <f64>(high - low)
      const all = f64x2.add(sum, lost)
      const x = load<f64>(sums + (step << 3))
      const y = f64x2.extract_lane(all, 0)
      const xx = load<f64>(sums + ((<usize>steps) << 3) + (step << 3))
      const covariance = f64x2.extract_lane(all, 1) - (x * y) / count
      const variance = xx - (x * x) / count
      slope = covariance / variance
      intercept = y / count - (slope * x) / count
    }
    const result = seconds ? slope * load<f64>(seconds + (step << 3)) + intercept : slope
    store<f64>(out + (step << 3), result)
  }
}
