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
  /** Whether there is so much in storage by now that a first query with cold code would be felt. */
  readonly isWorthWarming?: () => boolean
}

/** How many threads there are, and how many there may be while long queries hold those. */
export interface ThreadCounts {
  readonly threadCount: number
  readonly threadsMax: number
}

/** When, after the start and then again and again, it is looked whether code can be warmed up. */
const WARM_UP_EVERY_MS = 3000
const WARM_UP_TRIES = 40

async function warmUp(
  pool: QueryPool,
  { clock, isWorthWarming }: Pick<QueryPartDeps, 'clock' | 'isWorthWarming'>,
  signal: AbortSignal,
): Promise<void> {
  if (!isWorthWarming) return
  for (let i = 0; i < WARM_UP_TRIES && !signal.aborted; i++) {
    await clock.sleep(WARM_UP_EVERY_MS, signal)
    if (signal.aborted) return
    try {
      if (isWorthWarming() && (await pool.warmUp())) return
    } catch {
      return // There is no head to read: queries tell why, if any come.
    }
  }
}

export function createQueryPart(
  settings: QuerySettings,
  threads: ThreadCounts,
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
    running: () => pool?.running() ?? [],
    cancel: (id) => pool?.cancel(id) ?? false,
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
      const { concurrency: concurrencyMax, timeoutMs, memoryMaxBytes } = settings
      pool = new QueryPool(
        { ...threads, concurrencyMax, timeoutMs, subqueryStepMs, memoryMaxBytes },
        { ...deps, activeQueries },
      )
      try {
        openLog()
      } catch (err) {
        log.error('Cannot open the query log', { file: queryLogFile, err })
      }
      ready()
      void warmUp(pool, deps, signal)
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve()
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
      await pool.close()
      activeQueries.close()
    },
  }
}
