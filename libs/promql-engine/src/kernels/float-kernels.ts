// tidy: table
import { average } from '../functions/over-time.ts'
import type { FloatColumns } from '../operators/columns.ts'
import { spansOf, type Windows } from '../operators/windows.ts'
import { FLOAT, type StepSeries } from '../tile.ts'

/** Ends of the windows and their length. */
export interface KernelRange {
  readonly ends: Float64Array
  readonly rangeMs: number
}

/**
 * Computes one value per step from windows of floats: no histograms, no stale markers, no start times. Returns how
 * many steps have a value. Gives bit for bit what the function of the same name in `functions/` gives.
 */
export type FloatKernel = (
  floats: FloatColumns,
  windows: Windows,
  range: KernelRange,
  out: StepSeries,
) => number

const KERNELS: Readonly<Record<string, FloatKernel>> = {
  rate: (floats, windows, range, out) => extrapolated(floats, windows, range, out, true, true),
  increase: (floats, windows, range, out) => extrapolated(floats, windows, range, out, true, false),
  delta: (floats, windows, range, out) => extrapolated(floats, windows, range, out, false, false),
  sum_over_time: sumOverTime,
  avg_over_time: avgOverTime,
  min_over_time: minOverTime,
  max_over_time: maxOverTime,
  count_over_time: countOverTime,
  last_over_time: lastOverTime,
}

export function floatKernel(name: string): FloatKernel | undefined {
  return Object.hasOwn(KERNELS, name) ? KERNELS[name] : undefined
}

/** For each sample, how many counter resets there are up to it, from the first on. */
function countResets({ values, start, end }: FloatColumns): Uint32Array | undefined {
  let previous = values[start] as number
  let i = start + 1
  for (; i < end; i++) {
    const value = values[i] as number
    if (value < previous) break
    previous = value
  }
  if (i >= end) return undefined
  const resets = new Uint32Array(end)
  let count = 0
  previous = values[i - 1] as number
  for (; i < end; i++) {
    const value = values[i] as number
    if (value < previous) count++
    resets[i] = count
    previous = value
  }
  return resets
}

/** Samples `from`..`to` grown to the whole window; see the extrapolation of `rate`. */
function extrapolated(
  floats: FloatColumns,
  windows: Windows,
  { ends, rangeMs }: KernelRange,
  out: StepSeries,
  isCounter: boolean,
  isPerSecond: boolean,
): number {
  const { times, values, start } = floats
  const { from, to } = windows
  const spans = spansOf(windows, times, start, ends, rangeMs)
  const { sampled, before, after } = spans
  const factor = isPerSecond ? spans.factorPerSecond : spans.factor
  const { kinds } = out
  const result = out.values
  const resets = isCounter && !floats.facts?.isRising ? countResets(floats) : undefined
  const rangeSeconds = rangeMs / 1000
  let found = 0
  for (let step = 0; step < from.length; step++) {
    if (to[step]! - from[step]! < 2) continue
    const low = start + from[step]!
    const high = start + to[step]! - 1
    const first = values[low]!
    let difference = values[high]! - first
    if (resets !== undefined && resets[high] !== resets[low]) {
      // The drops are added one by one, in the original's order: a prefix sum would round differently.
      let previous = first
      for (let i = low + 1; i <= high; i++) {
        const value = values[i]!
        if (value < previous) difference += previous
        previous = value
      }
    }
    let grow = factor[step]!
    if (isCounter && difference > 0 && first >= 0) {
      const reach = sampled[step]!
      // First a test without division; only what is near needs the exact one.
      if (reach * first <= before[step]! * difference * 1.000001) {
        const untilZero = reach * (first / difference)
        if (untilZero < before[step]!) {
          grow = reach === 0 ? 1 : (reach + untilZero + after[step]!) / reach
          if (isPerSecond) grow /= rangeSeconds
        }
      }
    }
    result[step] = difference * grow
    kinds[step] = FLOAT
    found++
  }
  return found
}

function sumOverTime(
  { values, start }: FloatColumns,
  { from, to }: Windows,
  _: KernelRange,
  out: StepSeries,
): number {
  let found = 0
  for (let step = 0; step < from.length; step++) {
    const high = start + to[step]!
    let i = start + from[step]!
    if (i === high) continue
    let sum = 0
    let lost = 0
    for (; i < high; i++) {
      const value = values[i]!
      const total = sum + value
      if (total === Number.POSITIVE_INFINITY || total === Number.NEGATIVE_INFINITY) lost = 0
      else if (Math.abs(sum) >= Math.abs(value)) lost += sum - total + value
      else lost += value - total + sum
      sum = total
    }
    const isInfinite = sum === Number.POSITIVE_INFINITY || sum === Number.NEGATIVE_INFINITY
    out.values[step] = isInfinite ? sum : sum + lost
    out.kinds[step] = FLOAT
    found++
  }
  return found
}

function avgOverTime(
  { values, start }: FloatColumns,
  { from, to }: Windows,
  _: KernelRange,
  out: StepSeries,
): number {
  let found = 0
  for (let step = 0; step < from.length; step++) {
    if (from[step] === to[step]) continue
    out.values[step] = average(values, start + from[step]!, start + to[step]!)
    out.kinds[step] = FLOAT
    found++
  }
  return found
}

function minOverTime(
  { values, start }: FloatColumns,
  { from, to }: Windows,
  _: KernelRange,
  out: StepSeries,
): number {
  let found = 0
  for (let step = 0; step < from.length; step++) {
    const high = start + to[step]!
    const low = start + from[step]!
    if (low === high) continue
    let min = values[low]!
    for (let i = low + 1; i < high; i++) {
      const value = values[i]!
      if (value < min || Number.isNaN(min)) min = value
    }
    out.values[step] = min
    out.kinds[step] = FLOAT
    found++
  }
  return found
}

function maxOverTime(
  { values, start }: FloatColumns,
  { from, to }: Windows,
  _: KernelRange,
  out: StepSeries,
): number {
  let found = 0
  for (let step = 0; step < from.length; step++) {
    const high = start + to[step]!
    const low = start + from[step]!
    if (low === high) continue
    let max = values[low]!
    for (let i = low + 1; i < high; i++) {
      const value = values[i]!
      if (value > max || Number.isNaN(max)) max = value
    }
    out.values[step] = max
    out.kinds[step] = FLOAT
    found++
  }
  return found
}

function countOverTime(
  _floats: FloatColumns,
  { from, to }: Windows,
  _: KernelRange,
  out: StepSeries,
): number {
  let found = 0
  for (let step = 0; step < from.length; step++) {
    const count = to[step]! - from[step]!
    if (count === 0) continue
    out.values[step] = count
    out.kinds[step] = FLOAT
    found++
  }
  return found
}

function lastOverTime(
  { values, start }: FloatColumns,
  { from, to }: Windows,
  _: KernelRange,
  out: StepSeries,
): number {
  let found = 0
  for (let step = 0; step < from.length; step++) {
    if (from[step] === to[step]) continue
    out.values[step] = values[start + to[step]! - 1]!
    out.kinds[step] = FLOAT
    found++
  }
  return found
}
