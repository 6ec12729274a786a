import {
  addHistograms,
  divideHistogram,
  type FloatHistogram,
  isCounterReset,
  scaleHistogram,
  subtractHistograms,
} from '@prom/histogram'
import { forMetric } from '../notes.ts'
import { firstAfter } from '../operators/columns.ts'
import { mixedLayouts, noteNotCounter, noteNotGauge, type RateKind } from './rate.ts'
import type { RangeCall, Window, WindowResult } from './window.ts'

/** A sample of either kind, and how two of them are calculated with. */
type Value = number | FloatHistogram

interface Arithmetic<V extends Value> {
  /** a - b, or undefined if the layouts do not fit. */
  subtract(a: V, b: V): V | undefined
  add(a: V, b: V): V | undefined
  scale(a: V, factor: number): V
  isReset(now: V, before: V): boolean
}

const FLOATS: Arithmetic<number> = {
  subtract: (a, b) => a - b,
  add: (a, b) => a + b,
  scale: (a, factor) => a * factor,
  isReset: (now, before) => now < before,
}

const HISTOGRAMS: Arithmetic<FloatHistogram> = {
  subtract: (a, b) => subtractHistograms(a, b)?.histogram,
  add: (a, b) => addHistograms(a, b)?.histogram,
  scale: scaleHistogram,
  isReset: isCounterReset,
}

/** rate, increase and delta of `[range] anchored` and `[range] smoothed`: no extrapolation. */
export function extendedDifference(window: Window, call: RangeCall, kind: RateKind): WindowResult {
  const before = window.startMs - call.lookbackMs
  const after = window.endMs + (call.extension === 'smoothed' ? call.lookbackMs : 0)
  const { times, values, first, last, histogramTimes, histograms } = window
  const floatFrom = firstAfter(times, first, last, before)
  const floatTo = firstAfter(times, floatFrom, last, after)
  const { histogramFirst, histogramLast } = window
  const from = firstAfter(histogramTimes, histogramFirst, histogramLast, before)
  const to = firstAfter(histogramTimes, from, histogramLast, after)
  if (floatTo > floatFrom && to > from) {
    const text = 'encountered a mix of histograms and floats'
    call.notes.warn(`${text}${forMetric(call.metricName)}`, call.at)
    return undefined
  }
  if (to > from) {
    const points = histograms.slice(from, to)
    if (points.some(({ schema }) => (schema === -53) !== (points[0]?.schema === -53))) {
      return mixedLayouts(call)
    }
    const result = difference(
      histogramTimes.subarray(from, to),
      points,
      window,
      call,
      kind,
      HISTOGRAMS,
    )
    if (result === 'mixed') return mixedLayouts(call)
    if (!result) return undefined
    noteHints(points, call, kind)
    const gauge: FloatHistogram = { ...result, counterResetHint: 'gauge' }
    return kind.isPerSecond ? divideHistogram(gauge, window.rangeMs / 1000) : gauge
  }
  const points = values.subarray(floatFrom, floatTo)
  const result = difference(times.subarray(floatFrom, floatTo), points, window, call, kind, FLOATS)
  if (typeof result !== 'number') return undefined
  return kind.isPerSecond ? result / (window.rangeMs / 1000) : result
}

function noteHints(points: readonly FloatHistogram[], call: RangeCall, kind: RateKind): void {
  const isGauge = (histogram: FloatHistogram) => histogram.counterResetHint === 'gauge'
  if (kind.isCounter && points.some(isGauge)) noteNotCounter(call)
  if (!kind.isCounter && !points.every(isGauge)) noteNotGauge(call)
}

/** One edge of the window: its value, and the index of the first sample right of it. */
interface Edge<V> {
  readonly value: V
  readonly isReset: boolean
}

function difference<V extends Value>(
  times: Float64Array,
  points: ArrayLike<V>,
  window: Window,
  call: RangeCall,
  { isCounter }: RateKind,
  arithmetic: Arithmetic<V>,
): V | 'mixed' | undefined {
  const { startMs, endMs } = window
  const count = times.length
  if (count === 0 || (times[count - 1] as number) <= startMs) return undefined
  const inside = firstAfter(times, 0, count, startMs)
  let past = firstAfter(times, inside, count, endMs)
  const isSmoothed = call.extension === 'smoothed'
  if (!isSmoothed && past === inside) return undefined
  if (isSmoothed && inside === past && inside === 0) return undefined

  // Samples strictly between the edges; the left edge is the sample at or before the start, or made up.
  const at = (i: number) => points[i] as V
  let firstInside = inside
  let left: Edge<V>
  if (inside === 0) {
    left = { value: at(0), isReset: false }
    firstInside = 1
  } else if (isSmoothed && (times[inside - 1] as number) < startMs) {
    const edge = interpolate(times, at, inside - 1, startMs, isCounter, arithmetic)
    if (!edge) return 'mixed'
    left = edge
  } else left = { value: at(inside - 1), isReset: false }
  const isLeftMade = inside > 0 && isSmoothed && (times[inside - 1] as number) < startMs

  let right: Edge<V> = { value: at(past - 1), isReset: false }
  let isRightMade = false
  if (isSmoothed && past < count && (times[past - 1] ?? Number.NEGATIVE_INFINITY) < endMs) {
    const edge = interpolate(times, at, past - 1, endMs, isCounter, arithmetic)
    if (!edge) return 'mixed'
    right = edge
    isRightMade = true
  }
  if (!isRightMade) past--
  let result = arithmetic.subtract(right.value, left.value)
  if (result === undefined) return 'mixed'
  if (!isCounter) return result

  let previous = left.value
  for (let i = firstInside; i < past; i++) {
    const isFirstAfterMade = isLeftMade && i === firstInside
    if (!isFirstAfterMade && arithmetic.isReset(at(i), previous)) {
      result = arithmetic.add(result, previous)
      if (result === undefined) return 'mixed'
    }
    previous = at(i)
  }
  const isSamePair = isLeftMade && firstInside >= past
  const hasLast = isRightMade
    ? right.isReset && !isSamePair
    : past >= firstInside && !isSamePair && arithmetic.isReset(right.value, previous)
  if (hasLast) result = arithmetic.add(result, previous)
  return result ?? 'mixed'
}

/** The value at `time` between samples `i` and `i + 1`; after a reset the counter started from zero. */
function interpolate<V extends Value>(
  times: Float64Array,
  at: (i: number) => V,
  i: number,
  time: number,
  isCounter: boolean,
  arithmetic: Arithmetic<V>,
): Edge<V> | undefined {
  const fraction = (time - (times[i] as number)) / ((times[i + 1] as number) - (times[i] as number))
  if (isCounter && arithmetic.isReset(at(i + 1), at(i))) {
    return { value: arithmetic.scale(at(i + 1), fraction), isReset: true }
  }
  const step = arithmetic.subtract(at(i + 1), at(i))
  if (step === undefined) return undefined
  const value = arithmetic.add(at(i), arithmetic.scale(step, fraction))
  return value === undefined ? undefined : { value, isReset: false }
}
