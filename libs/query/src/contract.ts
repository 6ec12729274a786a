/** What the rest of the server asks of the query threads; all times are milliseconds. */
import type { FloatHistogram } from '@prom/histogram'
import type { MatchType } from '@prom/labels'

export interface QueryOptions {
  readonly timeoutMs?: number
  readonly lookbackMs?: number
  /** At most this many series in the answer (0 = all); a cut answer carries a warning. */
  readonly limit?: number
  readonly stats?: 'all' | 'basic' | undefined
  /** Adds how the query is evaluated to the answer; `only` leaves out the evaluation. */
  readonly explain?: 'true' | 'only' | undefined
  /** Ad-hoc queries wait behind rules when the pool is full. */
  readonly priority?: 'rule' | 'ad-hoc'
  readonly signal?: AbortSignal
  /** Who asks, for the query log. */
  readonly origin?: import('./query-log.ts').QueryOrigin | undefined
  /** A long answer may come as `rest`. */
  readonly isStreamed?: boolean
}

/** Who asks, and when they no longer want to know. */
export type AskOptions = Pick<QueryOptions, 'signal' | 'origin' | 'isStreamed'>

/** `errorType` is the API's: bad_data, execution, canceled, timeout, internal, too_many ... */
export interface QueryFailure {
  readonly errorType: string
  readonly error: string
}

export interface QueryAnswer {
  /** The JSON of `data` (`{"resultType":...,"result":...}`), finished bytes in one or more pieces. */
  readonly data: readonly Uint8Array[]
  readonly warnings: readonly string[]
  readonly infos: readonly string[]
  /** The answer while it is being printed, if it is a long one and was asked for so; `data` is empty then. */
  readonly rest?: AnswerPieces | undefined
  /** To be called when the answer has been sent or is given up: until then it counts as memory of queries. */
  release?(): void
}

/** Pieces of an answer, in order. */
export interface AnswerPieces {
  /** The next one, undefined behind the last. Rejects with a QueryError if there will be no more. */
  next(): Promise<AnswerPiece | undefined>
}

export interface AnswerPiece {
  readonly bytes: Uint8Array
  /** To be called once `bytes` has been sent: it is used again. */
  release(): void
}

/** One of the queries that run or wait. */
export interface RunningQuery {
  readonly id: number
  /** `query`, or what else is asked of storage: series, labelNames ... */
  readonly kind: string
  /** Empty for what is no query. */
  readonly query: string
  readonly priority: 'rule' | 'ad-hoc'
  readonly startedMs: number
  /** It has a thread; otherwise it waits for one. */
  readonly isRunning: boolean
  readonly memoryBytes: number
  readonly origin: import('./query-log.ts').QueryOrigin | undefined
}

/** What is being asked right now, and how to end it. */
export interface QueryControl {
  /** Queries that run or wait, oldest first. */
  running(): readonly RunningQuery[]
  /** False if there is none such. */
  cancel(id: number): boolean
}

/** An instant vector for rules: one row per series. `labels` are flat sorted name/value pairs. */
export interface VectorAnswer {
  readonly labels: readonly (readonly string[])[]
  readonly values: Float64Array
  /** Present where the row is a histogram. */
  readonly histograms: readonly (import('@prom/histogram').FloatHistogram | undefined)[] | undefined
  readonly isScalar: boolean
  readonly warnings: readonly string[]
  readonly infos: readonly string[]
}

export interface SelectRequest {
  /** Sets of matchers, each as the user wrote it (`{job="x"}`); a series of any set counts. */
  readonly matcherSets: readonly string[]
  readonly mint: number
  readonly maxt: number
  readonly limit?: number
  /** Names and values of labels: as `json`. */
  readonly isJson?: boolean
}

/** A list of names or values as JSON, where it was asked for so; the list is empty then. */
interface ListJson {
  readonly json?: readonly Uint8Array[]
  readonly warnings: readonly string[]
}

/** The newest sample of each series, at most `lookbackMs` old at `atMs`; for federation. */
export interface LatestRequest {
  readonly matcherSets: readonly string[]
  readonly atMs: number
  readonly lookbackMs: number
}

/** One row per series; stale ones and histograms are left out. `labels` are flat sorted pairs. */
export interface LatestAnswer {
  readonly labels: readonly (readonly string[])[]
  readonly times: Float64Array
  readonly values: Float64Array
  /** By row, where the sample is a histogram. */
  readonly histograms: ReadonlyMap<number, FloatHistogram>
  readonly warnings: readonly string[]
}

export interface RemoteReadRequest {
  readonly queries: readonly {
    readonly mint: number
    readonly maxt: number
    readonly matchers: readonly {
      readonly type: MatchType
      readonly name: string
      readonly value: string
    }[]
  }[]
  /** Added to series that have no label of that name. */
  readonly externalLabels: ReadonlyMap<string, string>
  /** Of all queries together; 0: no limit. */
  readonly samplesMax: number
  /** Set: answers in the streamed form, in frames of about this many bytes, without a limit of samples. */
  readonly frameBytesMax?: number
}

export interface StatisticsRequest {
  readonly mint: number
  readonly maxt: number
  /** How many entries each list has. */
  readonly limit: number
}

/** Implemented by QueryPool (threads) and by InlineQueries (tests). Failures reject with QueryError. */
export interface Queries {
  instant(query: string, timeMs: number, options?: QueryOptions): Promise<QueryAnswer>
  range(
    query: string,
    range: { readonly startMs: number; readonly endMs: number; readonly stepMs: number },
    options?: QueryOptions,
  ): Promise<QueryAnswer>
  vector(query: string, timeMs: number, options?: QueryOptions): Promise<VectorAnswer>
  /** JSON array of label objects. */
  series(request: SelectRequest, options?: AskOptions): Promise<QueryAnswer>
  labelNames(request: SelectRequest, options?: AskOptions): Promise<ListJson & { names: string[] }>
  labelValues(
    name: string,
    request: SelectRequest,
    options?: AskOptions,
  ): Promise<ListJson & { values: string[] }>
  latest(request: LatestRequest, options?: AskOptions): Promise<LatestAnswer>
  /** The body of a remote-read answer: packed in the samples form, frames in the streamed one. */
  remoteRead(request: RemoteReadRequest): Promise<QueryAnswer>
  /** What the series of a time range are made of, as JSON members without braces; for status/tsdb. */
  statistics(request: StatisticsRequest): Promise<QueryAnswer>
}

export class QueryError extends Error {
  readonly errorType: string
  /** Which limit of the query was met, if one was. */
  readonly limit?: string

  constructor(errorType: string, message: string, limit?: string) {
    super(message)
    this.errorType = errorType
    if (limit !== undefined) this.limit = limit
  }
}
