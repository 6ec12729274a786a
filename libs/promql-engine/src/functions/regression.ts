import { printFloat } from '@prom/model'
import { fail } from '../errors.ts'
import { forMetric } from '../notes.ts'
import { KahanSum } from './kahan.ts'
import {
  countFloats,
  countHistograms,
  type RangeCall,
  type Window,
  type WindowFunction,
} from './window.ts'

const sums = { x: new KahanSum(), y: new KahanSum(), xy: new KahanSum(), x2: new KahanSum() }

/** Least-squares line through the floats of a window; x is seconds after `interceptMs`. */
function fit({ times, values, from, to }: Window, interceptMs: number): [number, number] {
  const { x: sumX, y: sumY, xy: sumXY, x2: sumX2 } = sums
  for (const sum of Object.values(sums)) sum.reset()
  const initial = values[from] as number
  let isConstant = true
  for (let i = from; i < to; i++) {
    const value = values[i] as number
    if (i > from && value !== initial) isConstant = false
    const x = ((times[i] as number) - interceptMs) / 1000
    sumX.add(x)
    sumY.add(value)
    sumXY.add(x * value)
    sumX2.add(x * x)
  }
  if (isConstant) {
    return Math.abs(initial) === Number.POSITIVE_INFINITY ? [Number.NaN, Number.NaN] : [0, initial]
  }
  const count = to - from
  const x = sumX.sum + sumX.lost
  const y = sumY.sum + sumY.lost
  const covariance = sumXY.sum + sumXY.lost - (x * y) / count
  const variance = sumX2.sum + sumX2.lost - (x * x) / count
  const slope = covariance / variance
  return [slope, y / count - (slope * x) / count]
}

function noteIgnored(window: Window, call: RangeCall): void {
  if (countFloats(window) === 0 || countHistograms(window) === 0) return
  const text = 'ignored histograms in a range containing both floats and histograms'
  call.notes.info(`${text}${forMetric(call.metricName)}`, call.at)
}

export const deriv: WindowFunction = (window, call) => {
  noteIgnored(window, call)
  if (countFloats(window) < 2) return undefined
  return fit(window, window.times[window.from] as number)[0]
}

export const predictLinear: WindowFunction = (window, call) => {
  noteIgnored(window, call)
  if (countFloats(window) < 2) return undefined
  const [slope, intercept] = fit(window, window.atMs)
  return slope * (call.parameters[0] as number) + intercept
}

export const doubleExponentialSmoothing: WindowFunction = (window, call) => {
  const [smoothing, trend] = call.parameters as [number, number]
  if (!(smoothing > 0 && smoothing < 1)) {
    const got = printFloat(smoothing, 'f', 6)
    fail(`invalid smoothing factor. Expected: 0 < sf < 1, got: ${got}`)
  }
  if (!(trend > 0 && trend < 1)) {
    fail(`invalid trend factor. Expected: 0 < tf < 1, got: ${printFloat(trend, 'f', 6)}`)
  }
  noteIgnored(window, call)
  if (countFloats(window) < 2) return undefined
  const { values, from, to } = window
  let before = 0
  let level = values[from] as number
  let slope = (values[from + 1] as number) - level
  for (let i = from + 1; i < to; i++) {
    const x = smoothing * (values[i] as number)
    if (i > from + 1) slope = trend * (level - before) + (1 - trend) * slope
    const y = (1 - smoothing) * (level + slope)
    before = level
    level = x + y
  }
  return level
}
