/** What main asks for in place of making roles itself, so that tests can run them in one thread. */
import type { Registry } from '@prom/metrics'
import type { Queries, QueryControl, RemoteSelect, RemoteSelected } from '@prom/query'
import type { Host, LogFormat, Logger, LogLevel, Part } from '@prom/runtime'
import type { OpenedStorage } from '@prom/scrape'
import type { RemoteWriteHandle } from './remote-part.ts'
import type { IngestHandle } from './storage-part.ts'

export interface ThreadSettings {
  readonly version: string
  readonly logLevel: LogLevel
  readonly logFormat: LogFormat
}

export interface QuerySettings {
  readonly timeoutMs: number
  readonly concurrency: number
  readonly samplesMax: number
  /** Bytes all queries may hold together, and one of them; 0: no limit. */
  readonly memoryMaxBytes: number
  readonly memoryPerQueryBytes: number
  readonly lookbackMs: number
  /** The global evaluation interval of the first configuration. */
  readonly subqueryStepMs: number
  readonly features: ReadonlySet<string>
}

export interface RunningQueries extends Queries, QueryControl, Part {
  /** What a reload changes. */
  configure(change: { readonly subqueryStepMs: number; readonly queryLogFile: string }): void
}

/** `remote_read`, as query threads ask for it. */
export interface RemoteReads {
  select(request: RemoteSelect): Promise<RemoteSelected>
  /** Word 1 of each says how many remote storages there are. */
  readonly counts: Set<Int32Array>
  readonly count: number
}

/** Makes the roles; tests make them inside their own thread. */
export interface ServerThreads {
  startIngest(
    settings: ThreadSettings,
    host: Host,
    log: Logger,
    onReplay: (progress: { min: number; max: number; current: number }) => void,
  ): IngestHandle
  startRemoteWrite(settings: ThreadSettings, host: Host, log: Logger): RemoteWriteHandle
  createQueries(
    settings: QuerySettings,
    storage: () => OpenedStorage,
    deps: {
      readonly host: Host
      readonly log: Logger
      readonly metrics: Registry
      readonly remotes: RemoteReads
    },
  ): RunningQueries
}
