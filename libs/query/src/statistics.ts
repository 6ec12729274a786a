/** What series are made of: which names and labels have the most values, bytes and series. */
import { METRIC_NAME } from '@prom/labels'
import type { Limits } from '@prom/promql-engine'
import type { StatisticsRequest } from './contract.ts'
import type { ThreadAnswer } from './messages.ts'
import type { QuerySource } from './query-service.ts'

/** Series between two looks at whether to stop. */
const STOP_EVERY = 1000
/** What counting a label pair takes. */
const PAIR_BYTES = 200

export function readStatistics(
  source: QuerySource,
  { mint, maxt, limit }: StatisticsRequest,
  limits: Limits,
): ThreadAnswer {
  const perName = new Map<string, number>()
  const perPair = new Map<string, number>()
  const bytesPerLabel = new Map<string, number>()
  const valuesPerLabel = new Map<string, number>()
  const querier = source.querier(mint, maxt)
  try {
    let counted = 0
    const set = querier.select([], { mint, maxt, func: 'series' })
    for (let i = 0; i < set.length; i++) {
      if (i % STOP_EVERY === 0) {
        limits.check()
        limits.holdBytes((perPair.size - counted) * PAIR_BYTES)
        counted = perPair.size
      }
      const labels = set.labels(i)
      for (let at = 0; at < labels.size; at++) {
        const name = labels.nameAt(at)
        const value = labels.valueAt(at)
        const pair = `${name}=${value}`
        const count = perPair.get(pair) ?? 0
        perPair.set(pair, count + 1)
        if (count === 0) add(valuesPerLabel, name, 1)
        add(bytesPerLabel, name, value.length)
        if (name === METRIC_NAME) add(perName, value, 1)
      }
    }
    const lists = {
      seriesCountByMetricName: largest(perName, limit),
      labelValueCountByLabelName: largest(valuesPerLabel, limit),
      memoryInBytesByLabelName: largest(bytesPerLabel, limit),
      seriesCountByLabelValuePair: largest(perPair, limit),
    }
    const data = [new TextEncoder().encode(JSON.stringify(lists).slice(1, -1))]
    const { warnings } = querier
    return { data, vector: undefined, strings: [], warnings, infos: [], facts: undefined }
  } finally {
    querier.close()
  }
}

function add(counts: Map<string, number>, key: string, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by)
}

function largest(counts: ReadonlyMap<string, number>, limit: number) {
  return [...counts]
    .sort(([aName, a], [bName, b]) => b - a || (aName < bName ? -1 : 1))
    .slice(0, limit)
    .map(([name, value]) => ({ name, value }))
}
