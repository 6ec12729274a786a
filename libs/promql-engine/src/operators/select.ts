import { isStaleBits } from '@prom/model'
import type { VectorSelector } from '@prom/promql-syntax'
import type { SampleColumns, SelectHints, SeriesSet } from '@prom/storage'
import type { Frame } from '../context.ts'
import {
  FLOAT,
  histogramBytes,
  histogramSamples,
  type Operator,
  SeriesSlab,
  type StepSeries,
  setHistogram,
  TILE_SIZE,
  type Tile,
  tileBytes,
} from '../tile.ts'
import { bitsOf } from './columns.ts'
import { smoothSelected } from './smooth.ts'
import { withKnownHint } from './stats-hints.ts'
import { WindowCache } from './windows.ts'

/** Decoded samples of a tile: a few long series are as much as many short ones. */
export const TILE_SAMPLES_MAX = 1 << 20

/** The moments a selector looks at, one per step: `@` and offset applied. */
export function lookupTimes(
  { times }: Frame,
  selector: { readonly timestampMs: number | undefined; readonly offsetMs: number },
): Float64Array {
  const at = new Float64Array(times.length)
  for (let i = 0; i < at.length; i++) {
    at[i] = (selector.timestampMs ?? (times[i] as number)) - selector.offsetMs
  }
  return at
}

/** Selects the series of `selector` over what `at` needs; at most once per node and run. */
export function selectSeries(
  frame: Frame,
  selector: VectorSelector,
  at: Float64Array,
  beforeMs: number,
  afterMs: number,
  hints: Partial<SelectHints> = {},
): SeriesSet {
  const { context } = frame
  context.limits.check()
  const first = at[0] ?? 0
  const last = at[at.length - 1] ?? 0
  const set = context.querier.select(selector.matchers, {
    mint: Math.min(first, last) - beforeMs + 1,
    maxt: Math.max(first, last) + afterMs,
    stepMs: frame.stepMs,
    anyOrder: true,
    ...hints,
  })
  context.limits.check()
  context.limits.holdBytes(set.sizeBytes)
  return set
}

/** The newest sample of each series at each step, no older than the lookback. */
export function selectInstants(
  frame: Frame,
  selector: VectorSelector,
  onPick?: (series: number, step: number, timeMs: number, startMs: number) => void,
): Operator {
  const { context } = frame
  const at = lookupTimes(frame, selector)
  if (selector.smoothed) return smoothSelected(frame, selector, at)
  const set = selectSeries(frame, selector, at, context.lookbackMs, 0)
  const slab = new SeriesSlab(at.length, Math.min(TILE_SIZE, set.length))
  const cache = new WindowCache(at, context.lookbackMs)
  const isStats = context.statsSelectors.has(selector)
  let index = 0
  return {
    recycle: () => slab.recycle(),
    next() {
      if (index >= set.length) return undefined
      context.limits.check()
      slab.keep()
      const tile: Tile = []
      const end = Math.min(index + TILE_SIZE, set.length)
      let found = 0
      let read = 0
      for (; index < end && read < TILE_SAMPLES_MAX; index++) {
        const columns = set.samples(index)
        read += columns.end - columns.start
        context.limits.holdBytes(tileBytes(1, at.length))
        const series = slab.make(set.labels(index))
        const count = pick(frame, columns, cache, series, index, isStats, onPick)
        if (count === 0) {
          slab.undo()
          context.limits.releaseBytes(tileBytes(1, at.length))
          continue
        }
        found += count
        tile.push(series)
      }
      set.release()
      context.limits.samplesRead += read
      context.limits.queryableSamples += found
      context.limits.hold(found)
      return tile
    },
  }
}

function pick(
  frame: Frame,
  columns: SampleColumns,
  cache: WindowCache,
  series: StepSeries,
  index: number,
  isStats: boolean,
  onPick: ((series: number, step: number, timeMs: number, startMs: number) => void) | undefined,
): number {
  const { times, values, histograms } = columns
  const { from, to } = cache.of(times, columns.start, columns.end, columns.facts?.isShared)
  const { kinds } = series
  const out = series.values
  let bits: Uint32Array | undefined
  let count = 0
  let last = -1
  const isCounted = frame.context.limits.perStep !== undefined
  for (let step = 0; step < to.length; step++) {
    if ((to[step] as number) === (from[step] as number)) continue
    const newest = columns.start + (to[step] as number) - 1
    const histogram = histograms?.[newest]
    if (histogram) {
      const previous = isStats ? histograms?.[newest - 1] : undefined
      const isKnown = newest > columns.start && previous !== undefined
      setHistogram(series, step, isKnown ? withKnownHint(histogram, previous) : histogram)
    } else {
      const value = values[newest] as number
      if (Number.isNaN(value)) {
        bits ??= bitsOf(values)
        if (isStaleBits(bits, newest)) continue
      }
      out[step] = value
      kinds[step] = FLOAT
    }
    const weight = histogram ? histogramSamples(histogram) : 1
    count += weight
    if (histogram) frame.context.limits.holdBytes(histogramBytes(histogram))
    if (isCounted) {
      frame.context.limits.countAt(step, frame.isOuter, weight)
      if (newest !== last) frame.context.limits.countReadAt(step, frame.isOuter, weight)
    }
    last = newest
    onPick?.(index, step, times[newest] as number, columns.startTimes?.[newest] ?? 0)
  }
  return count
}
