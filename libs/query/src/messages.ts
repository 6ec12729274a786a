/** Between the pool on the main thread and a query thread. Plain data only: it crosses threads. */
import type { FloatHistogram } from '@prom/histogram'
import type { QueryStats } from '@prom/promql-engine'
import type {
  AnswerPieces,
  LatestAnswer,
  LatestRequest,
  RemoteReadRequest,
  SelectRequest,
  StatisticsRequest,
} from './contract.ts'

export interface QueryTask {
  readonly kind: 'query'
  readonly query: string
  readonly isInstant: boolean
  readonly startMs: number
  readonly endMs: number
  readonly stepMs: number
  /** What is left of the timeout. */
  readonly timeoutMs: number
  /** 0 takes the engine's. */
  readonly lookbackMs: number
  /** Step of subqueries without one: the global evaluation interval. */
  readonly subqueryStepMs: number
  /** At most this many series (0 = all). */
  readonly limit: number
  readonly stats: 'all' | 'basic' | undefined
  readonly explain: 'true' | 'only' | undefined
  /** How long the query waited for a thread. */
  readonly queueSeconds: number
  /** `json` gives encoded bytes, `vector` columns for rules. */
  readonly output: 'json' | 'vector'
  /** A long answer is sent in pieces while it is printed: see `PieceEvent`. */
  readonly isStreamed: boolean
}

/**
 * A piece of the answer of the query that runs in the thread: in its shared memory until word `word` is 0 again, or
 * in memory of its own. The first one comes with what else there is to say.
 */
export interface PieceEvent {
  readonly first?: Pick<ThreadAnswer, 'warnings' | 'infos'> | undefined
  readonly shared?: {
    readonly buffer: SharedArrayBuffer
    readonly at: number
    readonly length: number
    readonly word: number
  }
  readonly bytes?: Uint8Array<ArrayBuffer>
}

export interface SeriesTask {
  readonly kind: 'series'
  readonly request: SelectRequest
  /** As of a query. */
  readonly isStreamed: boolean
}

export type ThreadTask =
  | QueryTask
  | SeriesTask
  | { readonly kind: 'latest'; readonly request: LatestRequest }
  | { readonly kind: 'statistics'; readonly request: StatisticsRequest }
  | { readonly kind: 'remoteRead'; readonly request: RemoteReadRequest }
  | { readonly kind: 'labelNames'; readonly request: SelectRequest }
  /** Runs what is not asked for, for some milliseconds; answers how far it is: see `WarmUpState`. */
  | { readonly kind: 'warmUp' }
  | { readonly kind: 'labelValues'; readonly name: string; readonly request: SelectRequest }

/** What a thread answers. Which fields are there depends on the task. */
export interface ThreadAnswer {
  readonly data: readonly Uint8Array[]
  readonly vector: VectorColumns | undefined
  readonly strings: readonly string[]
  readonly warnings: readonly string[]
  readonly infos: readonly string[]
  readonly facts: QueryFacts | undefined
  /** Only towards who asked; threads send events. */
  readonly rest?: AnswerPieces | undefined
  release?(): void
  readonly latest?: Omit<LatestAnswer, 'warnings'>
}

export interface VectorColumns {
  readonly labels: readonly (readonly string[])[]
  readonly values: Float64Array
  readonly histograms: readonly (FloatHistogram | undefined)[] | undefined
  readonly isScalar: boolean
}

/** What a query took, for metrics and the query log. */
export interface QueryFacts extends QueryStats {
  readonly prepareSeconds: number
  readonly evalSeconds: number
}

/** Words of the shared flags of a thread: what main tells the query that runs there. */
export const FLAG_STOP = 0
export const STOP_NONE = 0
export const STOP_CANCELED = 1
export const STOP_TIMEOUT = 2
