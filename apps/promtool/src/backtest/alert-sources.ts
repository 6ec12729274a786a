/** Where a back-test asks: a server, or a data folder. */
import { posix } from 'node:path'
import { Labels, METRIC_NAME } from '@prom/labels'
import { EvaluationError, runQuery } from '@prom/promql-engine'
import { openReadOnlyTsdb } from '@prom/tsdb'
import { type Context, promqlOptions } from '../context.ts'
import { openApi } from '../query/api-client.ts'
import { SILENT } from '../tsdb/silent-log.ts'

const LOOKBACK_MS = 300_000
const SAMPLES_MAX = 50_000_000
/** A server answers at most 11,000 points per series. */
const STEPS_MAX = 10_000

export interface Span {
  readonly startMs: number
  readonly endMs: number
  readonly stepMs: number
}

/** Per element of the expression, without its name, the evaluations at which it was there. */
export type Presence = ReadonlyMap<string, { readonly labels: Labels; readonly at: Set<number> }>

export interface AlertSource {
  /** Rejects with an Error that says why the query failed. */
  ask(query: string, span: Span): Promise<Presence>
  close(): Promise<void>
}

type Found = Map<string, { readonly labels: Labels; readonly at: Set<number> }>

function add(found: Found, labels: Labels, times: Iterable<number>): void {
  const bare = labels.with(METRIC_NAME, '')
  let entry = found.get(bare.key())
  if (!entry) {
    entry = { labels: bare, at: new Set() }
    found.set(bare.key(), entry)
  }
  for (const time of times) entry.at.add(time)
}

export async function openServerSource(
  url: string,
  httpConfigFile: string | undefined,
  context: Context,
): Promise<AlertSource> {
  const api = await openApi({ server: url, httpConfigFile }, context)
  return {
    ask: async (query, { startMs, endMs, stepMs }) => {
      const found: Found = new Map()
      for (let from = startMs; from <= endMs; from += stepMs * STEPS_MAX) {
        const to = Math.min(endMs, from + stepMs * (STEPS_MAX - 1))
        const { data } = await api.ask('/api/v1/query_range', [
          ['query', query],
          ['start', String(from / 1000)],
          ['end', String(to / 1000)],
          ['step', String(stepMs / 1000)],
        ])
        for (const { metric, values = [], histograms = [] } of (data as RangeData).result) {
          const times = [...values, ...histograms].map(([seconds]) => Math.round(seconds * 1000))
          add(found, Labels.from(metric), times)
        }
      }
      return found
    },
    close: () => api.close(),
  }
}

interface RangeData {
  readonly result: readonly {
    readonly metric: Readonly<Record<string, string>>
    readonly values?: readonly (readonly [number, string])[]
    readonly histograms?: readonly (readonly [number, unknown])[]
  }[]
}

/** Throws StorageError if the folder cannot be read. */
export function openFolderSource(path: string, maxt: number, context: Context): AlertSource {
  const { files, cwd } = context.host
  const dir = posix.resolve(cwd, path)
  const db = openReadOnlyTsdb({ dir, shownDir: path, maxt }, { files, log: SILENT })
  const parse = promqlOptions(context)
  return {
    ask: async (query, range) => {
      const found: Found = new Map()
      const { value } = runQuery(
        {
          query,
          range,
          isInstant: false,
          limits: { samplesMax: SAMPLES_MAX },
          openQuerier: (mint, maxt) => db.querier(mint, maxt),
        },
        { lookbackMs: LOOKBACK_MS, subqueryStepMs: range.stepMs, parse, features: {} },
      )
      if (value.type !== 'matrix') throw new EvaluationError('no vector')
      for (const { labels, times } of value.series) add(found, labels, times)
      return found
    },
    close: async () => db.close(),
  }
}
