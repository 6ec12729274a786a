import {
  addHistograms,
  type FloatHistogram,
  scaleHistogram,
  subtractHistograms,
} from '@prom/histogram'
import { METRIC_NAME } from '@prom/labels'
import type { VectorSelector } from '@prom/promql-syntax'
import type { Frame } from '../context.ts'
import { forMetric } from '../notes.ts'
import {
  FLOAT,
  makeHeldSeries,
  type Operator,
  setHistogram,
  TILE_SIZE,
  type Tile,
} from '../tile.ts'
import { firstAfter, splitColumns } from './columns.ts'
import { selectSeries } from './select.ts'

/** `metric smoothed`: values between samples, on the straight line from one to the next. */
export function smoothSelected(frame: Frame, selector: VectorSelector, at: Float64Array): Operator {
  const { context } = frame
  const { lookbackMs } = context
  const set = selectSeries(frame, selector, at, lookbackMs, lookbackMs)
  let index = 0
  return {
    next() {
      if (index >= set.length) return undefined
      context.limits.check()
      const tile: Tile = []
      const end = Math.min(index + TILE_SIZE, set.length)
      for (; index < end; index++) {
        const labels = set.labels(index)
        const series = makeHeldSeries(context.limits, labels, at.length)
        const { floats, histograms } = splitColumns(set.samples(index))
        let found = 0
        for (let step = 0; step < at.length; step++) {
          const time = at[step] as number
          const f = neighbours(floats.times, floats.start, floats.end, time, lookbackMs)
          const h = neighbours(histograms.times, histograms.start, histograms.end, time, lookbackMs)
          if (f.count > 0 && h.count > 0) {
            const name = forMetric(labels.get(METRIC_NAME))
            const text = `encountered a mix of histograms and floats${name}`
            context.notes.warn(text, selector.range)
          } else if (f.before >= 0) {
            series.values[step] = between(floats.times, floats.values, f, time)
            series.kinds[step] = FLOAT
            found++
          } else if (h.before >= 0) {
            const value = histogramBetween(histograms.times, histograms.histograms, h, time)
            if (value) {
              setHistogram(series, step, value)
              found++
            } else {
              const text =
                'vector contains a mix of histograms with exponential and custom buckets schemas'
              context.notes.warn(`${text}${forMetric(labels.get(METRIC_NAME))}`, selector.range)
            }
          }
        }
        if (found > 0) tile.push(series)
        context.limits.hold(found)
      }
      set.release()
      return tile
    },
  }
}

interface Neighbours {
  /** Samples within the lookback on either side. */
  readonly count: number
  /** Newest sample at or before the time, -1 if there is none. */
  readonly before: number
  /** Oldest sample after the time, -1 if there is none. */
  readonly after: number
}

function neighbours(
  times: Float64Array,
  start: number,
  end: number,
  time: number,
  lookbackMs: number,
): Neighbours {
  const next = firstAfter(times, start, end, time)
  const before = next > start && (times[next - 1] as number) > time - lookbackMs ? next - 1 : -1
  const after = next < end && (times[next] as number) <= time + lookbackMs ? next : -1
  const isExact = before >= 0 && times[before] === time
  return {
    count: (before >= 0 ? 1 : 0) + (after >= 0 && !isExact ? 1 : 0),
    before,
    after: isExact ? -1 : after,
  }
}

function fractionOf(times: Float64Array, { before, after }: Neighbours, time: number): number {
  const from = times[before] as number
  return (time - from) / ((times[after] as number) - from)
}

function between(times: Float64Array, values: Float64Array, at: Neighbours, time: number): number {
  const value = values[at.before] as number
  if (at.after < 0) return value
  return value + ((values[at.after] as number) - value) * fractionOf(times, at, time)
}

function histogramBetween(
  times: Float64Array,
  histograms: readonly FloatHistogram[],
  at: Neighbours,
  time: number,
): FloatHistogram | undefined {
  const value = histograms[at.before] as FloatHistogram
  if (at.after < 0) return value
  const step = subtractHistograms(histograms[at.after] as FloatHistogram, value)
  if (!step) return undefined
  return addHistograms(value, scaleHistogram(step.histogram, fractionOf(times, at, time)))
    ?.histogram
}
