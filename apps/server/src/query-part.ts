/** The pool of query threads as a part: it exists once storage is open. */
import {
  ActiveQueryLog,
  type Queries,
  QueryError,
  QueryLog,
  QueryPool,
  type QueryPoolDeps,
} from '@prom/query'
import type { QuerySettings, RunningQueries } from './threads.ts'

export interface QueryPartDeps extends Omit<QueryPoolDeps, 'activeQueries'> {
  readonly files: ConstructorParameters<typeof ActiveQueryLog>[2]['files']
  /** Where storage lies; asked once it is open. */
  readonly dir: () => string
}

/** More threads than cores would only take time from each other. */
export function createQueryPart(
  settings: QuerySettings,
  threadCount: number,
  deps: QueryPartDeps,
): RunningQueries {
  let pool: QueryPool | undefined
  let { subqueryStepMs } = settings
  let queryLogFile = ''
  // Opened anew at each reload, so that the file may have been rotated.
  const openLog = () => {
    const { files, clock } = deps
    pool?.setQueryLog(
      queryLogFile === '' ? undefined : new QueryLog(queryLogFile, { files, clock }),
    )
  }
  const ask = (): Queries => {
    if (!pool) throw new QueryError('unavailable', 'TSDB not ready')
    return pool
  }
  return {
    instant: async (...args) => ask().instant(...args),
    range: async (...args) => ask().range(...args),
    vector: async (...args) => ask().vector(...args),
    series: async (...args) => ask().series(...args),
    labelNames: async (...args) => ask().labelNames(...args),
    labelValues: async (...args) => ask().labelValues(...args),
    remoteRead: async (...args) => ask().remoteRead(...args),
    statistics: async (...args) => ask().statistics(...args),
    latest: async (...args) => ask().latest(...args),
    configure: (change) => {
      subqueryStepMs = change.subqueryStepMs
      queryLogFile = change.queryLogFile
      pool?.configure(change)
      openLog()
    },
    run: async (signal, ready) => {
      const { files, clock, log } = deps
      const activeQueries = new ActiveQueryLog(deps.dir(), settings.concurrency, {
        ...{ files, clock, log },
      })
      const { concurrency: concurrencyMax, timeoutMs } = settings
      pool = new QueryPool(
        { threadCount, concurrencyMax, timeoutMs, subqueryStepMs },
        { ...deps, activeQueries },
      )
      try {
        openLog()
      } catch (err) {
        log.error('Cannot open the query log', { file: queryLogFile, err })
      }
      ready()
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve()
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
      await pool.close()
      activeQueries.close()
    },
  }
}
