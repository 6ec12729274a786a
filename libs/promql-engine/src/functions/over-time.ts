import { type FloatHistogram, HistogramSum } from '@prom/histogram'
import { forMetric } from '../notes.ts'
import { KahanSum } from './kahan.ts'
import { quantileOf } from './quantile.ts'
import {
  countFloats,
  countHistograms,
  type RangeCall,
  type Window,
  type WindowFunction,
  type WindowResult,
} from './window.ts'

const kahan = new KahanSum()
const second = new KahanSum()

/** True, with a warning, if floats and histograms are mixed. */
export function isMixed(window: Window, call: RangeCall): boolean {
  if (countFloats(window) === 0 || countHistograms(window) === 0) return false
  call.notes.warn(
    `encountered a mix of histograms and floats${forMetric(call.metricName)}`,
    call.at,
  )
  return true
}

/** For functions of floats only: an info when histograms were passed over beside floats. */
function noteIgnored(window: Window, call: RangeCall): void {
  if (countHistograms(window) === 0) return
  call.notes.info(
    `ignored histograms in a range containing both floats and histograms${forMetric(call.metricName)}`,
    call.at,
  )
}

const ofFloats =
  (compute: (window: Window, call: RangeCall) => number | undefined): WindowFunction =>
  (window, call) => {
    if (countFloats(window) === 0) return undefined
    noteIgnored(window, call)
    return compute(window, call)
  }

export const sumOverTime: WindowFunction = (window, call) => {
  if (isMixed(window, call)) return undefined
  if (countFloats(window) === 0) return sumHistograms(window, call, false)
  kahan.reset()
  for (let i = window.from; i < window.to; i++) kahan.add(window.values[i] as number)
  return kahan.result()
}

export const avgOverTime: WindowFunction = (window, call) => {
  if (isMixed(window, call)) return undefined
  if (countFloats(window) === 0) return sumHistograms(window, call, true)
  return average(window.values, window.from, window.to)
}

/** The mean by a compensated sum, or step by step once the sum would overflow. */
export function average(values: Float64Array, from: number, to: number): number {
  kahan.reset(values[from] as number)
  let count = 1
  let isIncremental = false
  for (let i = from + 1; i < to; i++) {
    const value = values[i] as number
    count++
    if (!isIncremental) {
      const { sum, lost } = kahan
      kahan.add(value)
      if (kahan.sum !== Number.POSITIVE_INFINITY && kahan.sum !== Number.NEGATIVE_INFINITY) continue
      isIncremental = true
      kahan.sum = sum / (count - 1)
      kahan.lost = lost / (count - 1)
    }
    const q = (count - 1) / count
    kahan.sum *= q
    kahan.lost *= q
    kahan.add(value / count)
  }
  return isIncremental ? kahan.sum + kahan.lost : kahan.sum / count + kahan.lost / count
}

function sumHistograms(window: Window, call: RangeCall, isAverage: boolean): WindowResult {
  const first = window.histograms[window.histogramFrom]
  if (!first || countHistograms(window) === 0) return undefined
  const sum = new HistogramSum(first, isAverage)
  for (let i = window.histogramFrom + 1; i < window.histogramTo; i++) {
    if (!sum.add(window.histograms[i] as FloatHistogram)) {
      const mix = 'vector contains a mix of histograms with exponential and custom buckets schemas'
      call.notes.warn(`${mix}${forMetric(call.metricName)}`, call.at)
      return undefined
    }
  }
  if (sum.hasConflict) {
    call.notes.warn('conflicting counter resets during histogram aggregation', call.at)
  }
  if (sum.isRebucketed) {
    call.notes.info('mismatched custom buckets were reconciled during aggregation', call.at)
  }
  return sum.result()
}

export const minOverTime = ofFloats(({ values, from, to }) => {
  let min = values[from] as number
  for (let i = from + 1; i < to; i++) {
    const value = values[i] as number
    if (value < min || Number.isNaN(min)) min = value
  }
  return min
})

export const maxOverTime = ofFloats(({ values, from, to }) => {
  let max = values[from] as number
  for (let i = from + 1; i < to; i++) {
    const value = values[i] as number
    if (value > max || Number.isNaN(max)) max = value
  }
  return max
})

export const countOverTime: WindowFunction = (window) => {
  const count = countFloats(window) + countHistograms(window)
  return count === 0 ? undefined : count
}

export const presentOverTime: WindowFunction = (window) =>
  countFloats(window) + countHistograms(window) === 0 ? undefined : 1

export const lastOverTime: WindowFunction = (window) => {
  const { times, values, to, histogramTimes, histograms, histogramTo } = window
  const hasFloat = countFloats(window) > 0
  if (countHistograms(window) > 0) {
    const time = histogramTimes[histogramTo - 1] as number
    if (!hasFloat || time > (times[to - 1] as number)) return histograms[histogramTo - 1]
  }
  return hasFloat ? values[to - 1] : undefined
}

export const firstOverTime: WindowFunction = (window) => {
  const { times, values, from, histogramTimes, histograms, histogramFrom } = window
  const hasFloat = countFloats(window) > 0
  if (countHistograms(window) > 0) {
    const time = histogramTimes[histogramFrom] as number
    if (!hasFloat || time < (times[from] as number)) return histograms[histogramFrom]
  }
  return hasFloat ? values[from] : undefined
}

const timeOf =
  (isLast: boolean): WindowFunction =>
  (window) => {
    const float = isLast ? window.to - 1 : window.from
    const histogram = isLast ? window.histogramTo - 1 : window.histogramFrom
    const floatTime = countFloats(window) > 0 ? (window.times[float] as number) : undefined
    const histogramTime =
      countHistograms(window) > 0 ? (window.histogramTimes[histogram] as number) : undefined
    if (floatTime === undefined && histogramTime === undefined) return undefined
    const pick = isLast ? Math.max : Math.min
    return (
      pick(floatTime ?? (histogramTime as number), histogramTime ?? (floatTime as number)) / 1000
    )
  }

export const tsOfLastOverTime = timeOf(true)
export const tsOfFirstOverTime = timeOf(false)

export const tsOfMinOverTime = ofFloats(({ times, values, from, to }) => {
  let best = from
  for (let i = from + 1; i < to; i++) {
    const min = values[best] as number
    if ((values[i] as number) <= min || Number.isNaN(min)) best = i
  }
  return (times[best] as number) / 1000
})

export const tsOfMaxOverTime = ofFloats(({ times, values, from, to }) => {
  let best = from
  for (let i = from + 1; i < to; i++) {
    const max = values[best] as number
    if ((values[i] as number) >= max || Number.isNaN(max)) best = i
  }
  return (times[best] as number) / 1000
})

function variance({ values, from, to }: Window): number {
  kahan.reset()
  second.reset()
  let count = 0
  for (let i = from; i < to; i++) {
    const value = values[i] as number
    count++
    const delta = value - (kahan.sum + kahan.lost)
    kahan.add(delta / count)
    second.add(delta * (value - (kahan.sum + kahan.lost)))
  }
  return (second.sum + second.lost) / count
}

export const stdvarOverTime = ofFloats(variance)
export const stddevOverTime = ofFloats((window) => Math.sqrt(variance(window)))

export const quantileOverTime = ofFloats(({ values, from, to }, call) => {
  const q = call.parameters[0] as number
  return quantileOf(q, values.slice(from, to))
})

export const madOverTime = ofFloats(({ values, from, to }) => {
  const sorted = values.slice(from, to)
  const median = quantileOf(0.5, sorted)
  return quantileOf(
    0.5,
    sorted.map((value) => Math.abs(value - median)),
  )
})
