import type { VectorSelector } from '@prom/promql-syntax'
import type { Frame } from '../context.ts'
import { FLOAT, NONE, type Operator, type StepSeries } from '../tile.ts'
import { selectInstants } from './select.ts'

/** timestamp() and start_timestamp() of a selector: the times of the samples themselves, in seconds. */
export function sampleTimes(frame: Frame, selector: VectorSelector, isStart: boolean): Operator {
  // Filled while the samples of a tile are picked, in the order of the tile.
  let seconds: { series: number; values: Float64Array; there: Uint8Array }[] = []
  const steps = frame.times.length
  const input = selectInstants(frame, selector, (series, step, timeMs, startMs) => {
    const known = seconds.at(-1)
    let last = known?.series === series ? known : undefined
    if (!last) {
      last = { series, values: new Float64Array(steps), there: new Uint8Array(steps) }
      seconds.push(last)
    }
    last.values[step] = (isStart ? startMs : timeMs) / 1000
    last.there[step] = isStart && startMs === 0 ? NONE : FLOAT
  })
  const hasStarts = frame.context.features.useStartTimestamps === true
  return {
    next() {
      seconds = []
      const tile = input.next()
      if (!tile) return undefined
      if (isStart && !hasStarts) return []
      tile.forEach((series: StepSeries, i) => {
        const times = seconds[i]
        series.histograms = undefined
        if (times) {
          series.values.set(times.values)
          series.kinds.set(times.there)
        }
      })
      return tile.filter(({ kinds }) => kinds.indexOf(FLOAT) >= 0)
    },
  }
}
