import {
  addHistograms,
  type Combined,
  divideHistogram,
  type FloatHistogram,
  isCounterReset,
  makeFloatHistogram,
  scaleHistogram,
  subtractHistograms,
} from '@prom/histogram'
import { forMetric } from '../notes.ts'
import { extendedDifference } from './extended-rate.ts'
import { isMixed } from './over-time.ts'
import { isResetByStart, overlapsByStart } from './start-times.ts'
import {
  countFloats,
  countHistograms,
  type RangeCall,
  type Window,
  type WindowFunction,
  type WindowResult,
} from './window.ts'

/** What differs between rate, increase and delta. */
export interface RateKind {
  readonly isCounter: boolean
  readonly isPerSecond: boolean
}

const makeRate =
  (kind: RateKind): WindowFunction =>
  (window, call) => {
    if (call.extension) return extendedDifference(window, call, kind)
    if (isMixed(window, call)) return undefined
    if (countHistograms(window) > 0) return histogramDifference(window, call, kind)
    return floatDifference(window, call, kind)
  }

export const rate = makeRate({ isCounter: true, isPerSecond: true })
export const increase = makeRate({ isCounter: true, isPerSecond: false })
export const delta = makeRate({ isCounter: false, isPerSecond: false })

function floatDifference(window: Window, call: RangeCall, kind: RateKind): WindowResult {
  const { values, times, from, to } = window
  const starts = call.features.useStartTimestamps ? window.startTimes : undefined
  if (to === from) return undefined
  const firstStart = starts ? usableStart(window, starts[from] as number, times[from] as number) : 0
  if (to - from < 2 && firstStart === 0) return undefined
  const first = values[from] as number
  let result = (values[to - 1] as number) - first
  if (kind.isCounter) {
    let previous = first
    for (let i = from + 1; i < to; i++) {
      const value = values[i] as number
      if (value < previous || (starts && isReset(window, starts, i, call))) result += previous
      previous = value
    }
    if (firstStart !== 0) result += first
  }
  const factor = extrapolation(
    window,
    times[from] as number,
    times[to - 1] as number,
    to - from,
    kind.isCounter ? firstStart : 0,
    kind.isCounter && result > 0 && first >= 0 ? first / result : -1,
  )
  return result * (kind.isPerSecond ? factor / (window.rangeMs / 1000) : factor)
}

function isReset(window: Window, starts: Float64Array, i: number, call: RangeCall): boolean {
  const { times } = window
  const time = times[i] as number
  const before = times[i - 1] as number
  const start = starts[i] as number
  const startBefore = starts[i - 1] as number
  if (overlapsByStart(start, time, startBefore, before)) noteOverlap(call)
  return isResetByStart(start, time, startBefore, before)
}

function noteOverlap(call: RangeCall): void {
  const text = 'sample has start time that overlaps with previous sample timestamp'
  call.notes.warn(`${text}${forMetric(call.metricName)}`, call.at)
}

/** The first sample's start time if it lies inside the window, else 0. */
function usableStart(window: Window, startMs: number, firstMs: number): number {
  return startMs > window.startMs && startMs < firstMs ? startMs : 0
}

/**
 * By how much the difference between the first and the last of `count` samples grows to cover the window.
 * `toZero` is how far, in sampled intervals, the first sample lies from a counter of zero; -1 if that is no matter.
 */
function extrapolation(
  window: Window,
  firstMs: number,
  lastMs: number,
  count: number,
  startMs: number,
  toZero: number,
): number {
  let sampled = (lastMs - firstMs) / 1000
  const average = sampled / (count - 1)
  const threshold = average * 1.1
  let before = (firstMs - window.startMs) / 1000
  let after = (window.endMs - lastMs) / 1000
  if (after >= threshold) after = average / 2
  if (startMs !== 0) {
    if (count < 2) after = 0
    before = 0
    sampled = (lastMs - startMs) / 1000
  } else {
    if (before >= threshold) before = average / 2
    if (toZero >= 0) {
      const untilZero = sampled * toZero
      if (untilZero < before) before = untilZero
    }
  }
  return sampled === 0 ? 1 : (sampled + before + after) / sampled
}

function histogramDifference(window: Window, call: RangeCall, kind: RateKind): WindowResult {
  const { histogramFrom: from, histogramTo: to, histogramTimes: times, histograms } = window
  const starts = call.features.useStartTimestamps ? window.histogramStartTimes : undefined
  const firstStart = starts ? usableStart(window, starts[from] as number, times[from] as number) : 0
  if (to - from < 2 && firstStart === 0) return undefined
  const points = histograms.slice(from, to)
  const isResetAt = (i: number): boolean => {
    if (!starts) return false
    const time = times[from + i] as number
    const before = times[from + i - 1] as number
    const start = starts[from + i] as number
    const startBefore = starts[from + i - 1] as number
    if (overlapsByStart(start, time, startBefore, before)) noteOverlap(call)
    return isResetByStart(start, time, startBefore, before)
  }
  let result = differenceOf(points, call, kind.isCounter, isResetAt)
  if (!result) return undefined
  const first = points[0] as FloatHistogram
  const counterStart = kind.isCounter ? firstStart : 0
  if (counterStart !== 0) {
    const sum = addHistograms(result, first)
    if (!sum) return mixedLayouts(call)
    result = { ...sum.histogram, counterResetHint: 'gauge' }
  }
  const factor = extrapolation(
    window,
    times[from] as number,
    times[to - 1] as number,
    to - from,
    counterStart,
    kind.isCounter && result.count > 0 && first.count >= 0 ? first.count / result.count : -1,
  )
  return scaleHistogram(result, kind.isPerSecond ? factor / (window.rangeMs / 1000) : factor)
}

export function mixedLayouts(call: RangeCall): undefined {
  const text = 'vector contains a mix of histograms with exponential and custom buckets schemas'
  call.notes.warn(`${text}${forMetric(call.metricName)}`, call.at)
  return undefined
}

export function noteNotCounter(call: RangeCall): void {
  const name = JSON.stringify(call.metricName)
  call.notes.warn(`this native histogram metric is not a counter: ${name}`, call.at)
}

export function noteNotGauge(call: RangeCall): void {
  const name = JSON.stringify(call.metricName)
  call.notes.warn(`this native histogram metric is not a gauge: ${name}`, call.at)
}

export function noteRebucketed(combined: Combined, what: string, call: RangeCall): void {
  if (!combined.isRebucketed) return
  call.notes.info(`mismatched custom buckets were reconciled during ${what}`, call.at)
}

/** Last minus first, with what resets took away added again. The result is a gauge. */
function differenceOf(
  points: readonly FloatHistogram[],
  call: RangeCall,
  isCounter: boolean,
  isResetAt: (i: number) => boolean,
): FloatHistogram | undefined {
  const last = points[points.length - 1] as FloatHistogram
  let previous = points[0] as FloatHistogram
  const isGauge = (histogram: FloatHistogram) => histogram.counterResetHint === 'gauge'
  if (isCounter && points.some(isGauge)) noteNotCounter(call)
  if (!isCounter && !(isGauge(previous) && isGauge(last))) noteNotGauge(call)
  const second = points[1]
  if (isCounter && second && (isCounterReset(second, previous) || isResetAt(1))) {
    // The layout of a first sample before a reset is no matter, and neither is what it lost: it is added as is.
    if (!isResetAt(1)) previous = emptyLike(second)
    else
      previous =
        (second.schema === -53) === (previous.schema === -53) ? previous : emptyLike(second)
  }
  const custom = previous.schema === -53
  const considered = isCounter ? points.slice(1) : [last]
  if (considered.some(({ schema }) => (schema === -53) !== custom)) return mixedLayouts(call)
  const start = subtractHistograms(last, previous)
  if (!start) return mixedLayouts(call)
  noteRebucketed(start, 'subtraction', call)
  let result = start.histogram
  if (isCounter) {
    for (let i = 1; i < points.length; i++) {
      const current = points[i] as FloatHistogram
      if (isCounterReset(current, previous) || isResetAt(i)) {
        const sum = addHistograms(result, previous)
        if (!sum) return mixedLayouts(call)
        noteRebucketed(sum, 'addition', call)
        result = sum.histogram
      }
      previous = current
    }
  }
  return { ...result, counterResetHint: 'gauge' }
}

/** A histogram without observations in the layout of another. */
function emptyLike({ schema, customValues }: FloatHistogram): FloatHistogram {
  return makeFloatHistogram({ schema, customValues })
}

interface Point {
  readonly time: number
  readonly start: number
  readonly value: number
  readonly histogram: FloatHistogram | undefined
}

/** The last two samples of whichever kind, oldest first. */
function lastTwo(window: Window): Point[] {
  const points: Point[] = []
  for (let i = Math.max(window.from, window.to - 2); i < window.to; i++) {
    points.push({
      time: window.times[i] as number,
      start: window.startTimes?.[i] ?? 0,
      value: window.values[i] as number,
      histogram: undefined,
    })
  }
  for (
    let i = Math.max(window.histogramFrom, window.histogramTo - 2);
    i < window.histogramTo;
    i++
  ) {
    points.push({
      time: window.histogramTimes[i] as number,
      start: window.histogramStartTimes?.[i] ?? 0,
      value: 0,
      histogram: window.histograms[i],
    })
  }
  return points.sort((a, b) => a.time - b.time).slice(-2)
}

const makeInstant =
  (isCounter: boolean): WindowFunction =>
  (window, call) => {
    if (countFloats(window) + countHistograms(window) < 2) return undefined
    const [a, b] = lastTwo(window) as [Point, Point]
    const seconds = (b.time - a.time) / 1000
    if (seconds === 0) return undefined
    if ((a.histogram === undefined) !== (b.histogram === undefined)) {
      const text = 'encountered a mix of histograms and floats'
      call.notes.warn(`${text}${forMetric(call.metricName)}`, call.at)
      return undefined
    }
    const usesStart = isCounter && call.features.useStartTimestamps === true
    if (usesStart && overlapsByStart(b.start, b.time, a.start, a.time)) noteOverlap(call)
    const isStarted = usesStart && isResetByStart(b.start, b.time, a.start, a.time)
    if (!a.histogram || !b.histogram) {
      const isReset = isStarted || (isCounter && b.value < a.value)
      const result = isReset ? b.value : b.value - a.value
      return isCounter ? result / seconds : result
    }
    const isGauge = (point: Point) => point.histogram?.counterResetHint === 'gauge'
    if (isCounter && (isGauge(a) || isGauge(b))) noteNotCounter(call)
    if (!isCounter && !(isGauge(a) && isGauge(b))) noteNotGauge(call)
    let result = b.histogram
    if (!isStarted && !(isCounter && isCounterReset(b.histogram, a.histogram))) {
      const difference = subtractHistograms(b.histogram, a.histogram)
      if (!difference) return mixedLayouts(call)
      noteRebucketed(difference, 'subtraction', call)
      result = difference.histogram
    }
    const gauge: FloatHistogram = { ...result, counterResetHint: 'gauge' }
    return isCounter ? divideHistogram(gauge, seconds) : gauge
  }

export const irate = makeInstant(true)
export const idelta = makeInstant(false)
