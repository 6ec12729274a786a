/** `/status/*`, `/alertmanagers`, `/notifications`. */
import type { BuildInfo } from '@prom/daemon'
import type { Queries } from '@prom/query'
import type { Ingest } from '@prom/scrape'
import { ApiError } from './api-error.ts'
import type { Endpoint } from './envelope.ts'
import { readInteger } from './parameters.ts'
import { printTime } from './print-time.ts'

/** Facts of the running server, asked for at each request. */
export interface ServerFacts {
  readonly startTimeMs: number
  readonly cwd: string
  readonly hostname: string
  readonly storageRetention: () => string
  now(): number
  isLastReloadSuccessful(): boolean
  lastReloadMs(): number
  gogc(): string
}

export interface AlertmanagersView {
  activeUrls(): readonly string[]
  droppedUrls(): readonly string[]
}

export function createConfigStatus(yaml: () => string): Endpoint {
  return () => ({ data: { yaml: yaml() } })
}

export function createFlagsStatus(flags: Readonly<Record<string, string>>): Endpoint {
  return () => ({ data: flags })
}

export function createBuildStatus(build: BuildInfo): Endpoint {
  return () => ({ data: build })
}

export function createRuntimeStatus(facts: ServerFacts): Endpoint {
  return () => ({
    data: {
      startTime: printTime(facts.startTimeMs),
      CWD: facts.cwd,
      hostname: facts.hostname,
      serverTime: printTime(facts.now()),
      reloadConfigSuccess: facts.isLastReloadSuccessful(),
      lastConfigTime: printTime(Math.floor(facts.lastReloadMs() / 1000) * 1000),
      corruptionCount: 0,
      goroutineCount: 0,
      GOMAXPROCS: 0,
      GOMEMLIMIT: 0,
      GOGC: facts.gogc(),
      GODEBUG: '',
      storageRetention: facts.storageRetention(),
    },
  })
}

const LIMIT_MAX = 10_000
/** What an empty head says, as JSON: more than a double can hold. */
const NO_MIN_TIME = '9223372036854775807'
const NO_MAX_TIME = '-9223372036854775808'

export function createTsdbStatus(
  ingest: Pick<Ingest, 'headStats'>,
  queries: Pick<Queries, 'statistics'>,
): Endpoint {
  return async ({ params }) => {
    const text = params.get('limit') ?? ''
    const limit = text === '' ? 10 : readInteger(text)
    if (limit === undefined || limit < 1) {
      throw new ApiError('bad_data', 'limit must be a positive number')
    }
    if (limit > LIMIT_MAX) throw new ApiError('bad_data', `limit must not exceed ${LIMIT_MAX}`)
    const head = await ingest.headStats()
    const isEmpty = head.series === 0 || !Number.isFinite(head.minTimeMs)
    const minTime = isEmpty ? NO_MIN_TIME : head.minTimeMs
    const maxTime = isEmpty ? NO_MAX_TIME : head.maxTimeMs
    const counts = `"numSeries":${head.series},"numLabelPairs":${head.labelPairs}`
    const headStats = `{${counts},"chunkCount":${head.chunks},"minTime":${minTime},"maxTime":${maxTime}}`
    const range = isEmpty ? { mint: 0, maxt: 0 } : { mint: head.minTimeMs, maxt: head.maxTimeMs }
    const { data, warnings } = await queries.statistics({ ...range, limit })
    const json = [Buffer.from(`{"headStats":${headStats},`), ...data, Buffer.from('}')]
    return { data: undefined, json, warnings }
  }
}

/** Segment numbers of the log while it is replayed; works before the server is ready. */
export function createReplayStatus(
  progress: () => { min: number; max: number; current: number },
): Endpoint {
  return () => ({ data: progress() })
}

export function createAlertmanagers(view: AlertmanagersView): Endpoint {
  const print = (urls: readonly string[]) => urls.map((url) => ({ url }))
  return () => ({
    data: {
      activeAlertmanagers: print(view.activeUrls()),
      droppedAlertmanagers: print(view.droppedUrls()),
    },
  })
}

export interface Notice {
  readonly text: string
  readonly atMs: number
  readonly isActive: boolean
}

export function createNotifications(active: () => readonly Notice[]): Endpoint {
  return () => ({ data: active().map(printNotice) })
}

export function printNotice({ text, atMs, isActive }: Notice) {
  return { text, date: printTime(atMs), active: isActive }
}
