import { equalHistograms, type FloatHistogram, isCounterReset } from '@prom/histogram'
import { firstAfter } from '../operators/columns.ts'
import { isResetByStart } from './start-times.ts'
import {
  countFloats,
  countHistograms,
  type RangeCall,
  type Window,
  type WindowFunction,
} from './window.ts'

interface Point {
  readonly time: number
  readonly start: number
  readonly value: number
  readonly histogram: FloatHistogram | undefined
}

/** All samples in order of time; with anchored, the last one before the window comes first. */
function pointsOf(window: Window, call: RangeCall): Point[] {
  const points: Point[] = []
  const addFloats = (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      points.push({
        time: window.times[i] as number,
        start: window.startTimes?.[i] ?? 0,
        value: window.values[i] as number,
        histogram: undefined,
      })
    }
  }
  const addHistograms = (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      points.push({
        time: window.histogramTimes[i] as number,
        start: window.histogramStartTimes?.[i] ?? 0,
        value: 0,
        histogram: window.histograms[i],
      })
    }
  }
  addFloats(window.from, window.to)
  addHistograms(window.histogramFrom, window.histogramTo)
  if (points.length === 0) return points
  if (call.extension === 'anchored') {
    const inside = points.splice(0)
    const before = window.startMs - call.lookbackMs
    addFloats(firstAfter(window.times, window.first, window.from, before), window.from)
    const { histogramFirst, histogramFrom } = window
    const earliest = firstAfter(window.histogramTimes, histogramFirst, histogramFrom, before)
    addHistograms(earliest, histogramFrom)
    const anchor = points.sort((a, b) => a.time - b.time).at(-1)
    points.splice(0, points.length, ...(anchor ? [anchor] : []), ...inside)
  }
  return points.sort((a, b) => a.time - b.time)
}

export const resets: WindowFunction = (window, call) => {
  const total = countFloats(window) + countHistograms(window)
  if (total === 0) return undefined
  if (countHistograms(window) === 0 && !call.extension && !window.startTimes) {
    const { values, from, to } = window
    let count = 0
    for (let i = from + 1; i < to; i++) {
      if ((values[i] as number) < (values[i - 1] as number)) count++
    }
    return count
  }
  const points = pointsOf(window, call)
  const usesStart = call.features.useStartTimestamps
  return countPairs(points, (a, b) => {
    if (usesStart && isResetByStart(b.start, b.time, a.start, a.time)) return true
    if (a.histogram && b.histogram) return isCounterReset(b.histogram, a.histogram)
    if (a.histogram || b.histogram) return true
    return b.value < a.value
  })
}

export const changes: WindowFunction = (window, call) => {
  const total = countFloats(window) + countHistograms(window)
  if (total === 0) return undefined
  return countPairs(pointsOf(window, call), (a, b) => {
    if (a.histogram && b.histogram) return !equalHistograms(a.histogram, b.histogram)
    if (a.histogram || b.histogram) return true
    return a.value !== b.value && !(Number.isNaN(a.value) && Number.isNaN(b.value))
  })
}

function countPairs(points: readonly Point[], counts: (a: Point, b: Point) => boolean): number {
  let count = 0
  for (let i = 1; i < points.length; i++) {
    if (counts(points[i - 1] as Point, points[i] as Point)) count++
  }
  return count
}
