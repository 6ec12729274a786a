import type { Queries, QueryOptions } from './contract.ts'
import type { QueryTask, ThreadAnswer, ThreadTask, VectorColumns } from './messages.ts'

export interface TaskDefaults {
  /** `--query.timeout`; no query gets more. */
  readonly timeoutMs: number
  /** The global evaluation interval. */
  readonly subqueryStepMs: number
}

type RunTask = (task: ThreadTask, options: QueryOptions) => Promise<ThreadAnswer>

/** Queries on top of tasks, whoever runs them. `defaults` is asked for each query: a reload may change it. */
export function createTaskQueries(run: RunTask, defaults: () => TaskDefaults): Queries {
  return {
    instant: (query, timeMs, options = {}) =>
      run(makeTask(query, instantAt(timeMs), true, 'json', options, defaults()), options),
    range: (query, range, options = {}) =>
      run(makeTask(query, range, false, 'json', options, defaults()), options),
    async vector(query, timeMs, options = {}) {
      const task = makeTask(query, instantAt(timeMs), true, 'vector', options, defaults())
      const { vector, warnings, infos } = await run(task, options)
      return { ...(vector as VectorColumns), warnings, infos }
    },
    series: (request, options = {}) =>
      run({ kind: 'series', request, isStreamed: options.isStreamed ?? false }, options),
    async labelNames(request, options = {}) {
      const { data, strings, warnings } = await run({ kind: 'labelNames', request }, options)
      return { names: [...strings], warnings, ...(data.length > 0 && { json: data }) }
    },
    async labelValues(name, request, options = {}) {
      const task = { kind: 'labelValues', name, request } as const
      const { data, strings, warnings } = await run(task, options)
      return { values: [...strings], warnings, ...(data.length > 0 && { json: data }) }
    },
    remoteRead: (request) => run({ kind: 'remoteRead', request }, {}),
    statistics: (request) => run({ kind: 'statistics', request }, {}),
    async latest(request, options = {}) {
      const { latest, warnings } = await run({ kind: 'latest', request }, options)
      return { ...(latest as NonNullable<typeof latest>), warnings }
    },
  }
}

const instantAt = (timeMs: number) => ({ startMs: timeMs, endMs: timeMs, stepMs: 0 })

function makeTask(
  query: string,
  range: { readonly startMs: number; readonly endMs: number; readonly stepMs: number },
  isInstant: boolean,
  output: 'json' | 'vector',
  options: QueryOptions,
  defaults: TaskDefaults,
): QueryTask {
  return {
    kind: 'query',
    query,
    isInstant,
    ...range,
    timeoutMs: Math.min(options.timeoutMs ?? defaults.timeoutMs, defaults.timeoutMs),
    lookbackMs: options.lookbackMs ?? 0,
    subqueryStepMs: defaults.subqueryStepMs,
    limit: options.limit ?? 0,
    stats: options.stats,
    explain: options.explain,
    queueSeconds: 0,
    output,
    isStreamed: options.isStreamed ?? false,
  }
}
