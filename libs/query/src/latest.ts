/** The newest sample of each selected series, as federation shows it. */
import type { FloatHistogram } from '@prom/histogram'
import { isStaleBits } from '@prom/model'
import type { Limits } from '@prom/promql-engine'
import { parseSelector } from '@prom/promql-syntax'
import type { LatestRequest } from './contract.ts'
import type { ThreadAnswer } from './messages.ts'
import type { QuerySource } from './query-service.ts'

/** What a row takes. */
const SERIES_BYTES = 300

/** Throws ParseError for a bad selector. Compat: the lookback is open to the left, as in queries. */
export function readLatest(
  source: QuerySource,
  { matcherSets, atMs, lookbackMs }: LatestRequest,
  limits: Limits,
): ThreadAnswer {
  const range = { mint: atMs - lookbackMs + 1, maxt: atMs }
  const querier = source.querier(range.mint, range.maxt)
  try {
    const seen = new Set<string>()
    const labels: (readonly string[])[] = []
    const times: number[] = []
    const values: number[] = []
    const histograms = new Map<number, FloatHistogram>()
    for (const text of matcherSets) {
      limits.check()
      const set = querier.select(parseSelector(text), range)
      for (let i = 0; i < set.length; i++) {
        const own = set.labels(i)
        if (matcherSets.length > 1) {
          const key = own.key()
          if (seen.has(key)) continue
          seen.add(key)
        }
        const samples = set.samples(i)
        const last = samples.end - 1
        if (last < samples.start || isStale(samples.values, last)) continue
        const histogram = samples.histograms?.[last]
        if (histogram) histograms.set(labels.length, histogram)
        labels.push(own.flat())
        times.push(samples.times[last] as number)
        values.push(samples.values[last] as number)
        if (i % 1000 !== 999) continue
        set.release()
        limits.check()
        limits.holdBytes(1000 * SERIES_BYTES)
      }
    }
    const latest = {
      labels,
      times: Float64Array.from(times),
      values: Float64Array.from(values),
      histograms,
    }
    const { warnings } = querier
    return {
      data: [],
      vector: undefined,
      strings: [],
      warnings,
      infos: [],
      facts: undefined,
      latest,
    }
  } finally {
    querier.close()
  }
}

function isStale({ buffer, byteOffset }: Float64Array, index: number): boolean {
  return isStaleBits(new Uint32Array(buffer, byteOffset + index * 8, 2), 0)
}
