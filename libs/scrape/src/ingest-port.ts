import type { MatchType } from '@prom/labels'
import type { MetricFamily } from '@prom/metrics'
import type { OtlpBody, OtlpOutcome, OtlpSettings } from '@prom/remote'
import type { Port } from '@prom/runtime'
import type { AgentOptions, ReplayProgress, StorageLimits, TsdbOptions } from '@prom/tsdb'
import type {
  AppendOutcome,
  AppendRows,
  HeadStats,
  Ingest,
  PoolPlan,
  TargetMetadata,
  TargetStatus,
} from './contract.ts'

export interface IngestOptions {
  readonly tsdb: TsdbOptions
  /** Agent mode: a log and nothing else, in place of the database. */
  readonly agent?: AgentOptions
  /** Differs between servers (hostname and external labels), so that two do not scrape at the same moment. */
  readonly offsetSeed: number
  /** `--scrape.timestamp-tolerance` in milliseconds; 0 without `--scrape.adjust-timestamps`. */
  readonly toleranceMs: number
  /** Between two runs of storage's housekeeping. */
  readonly tickMs: number
}

/** What query threads need to read along: `attachTsdbReader({ ...opened, readerIndex })`. */
export interface OpenedStorage {
  readonly memory: WebAssembly.Memory
  readonly dir: string
}

/** What a reload changes in storage. */
export type StorageChange = StorageLimits

/** Matchers as plain data. */
export type PlainMatchers = readonly {
  readonly type: MatchType
  readonly name: string
  readonly value: string
}[]

/** A series and its exemplars as plain data; labels are flat sorted pairs. */
export interface PlainExemplars {
  readonly labels: readonly string[]
  readonly exemplars: readonly {
    readonly labels: readonly string[]
    readonly value: number
    readonly timeMs: number
  }[]
}

/** The ingest thread as main drives it. */
export interface IngestControl extends Ingest {
  /** Opens storage (takes the lock, replays the log); before it, all else is refused. Rejects with its reason. */
  open(options: IngestOptions): Promise<OpenedStorage>
  configureStorage(change: StorageChange): Promise<void>
  /** Marks samples of matching series as deleted, one set of matchers after the other. */
  deleteSeries(matcherSets: readonly PlainMatchers[], mint: number, maxt: number): Promise<void>
  /** Exemplars of series that match one of the sets, within the closed range. */
  exemplars(
    matcherSets: readonly PlainMatchers[],
    mint: number,
    maxt: number,
  ): Promise<readonly PlainExemplars[]>
  /** Rewrites blocks without what was deleted in them. */
  cleanTombstones(): Promise<void>
  /** Copies the blocks (and the head, unless `skipHead`) below `snapshots/`; resolves with the folder's name. */
  snapshot(skipHead: boolean): Promise<string>
  /** Metrics over OTLP. */
  otlp(body: OtlpBody, settings: OtlpSettings): Promise<OtlpOutcome>
  /** Agent mode: the lowest time that all remote storages have got. */
  noteSent(timeMs: number): Promise<void>
  /** Stops scraping, closes storage; the thread may then end. */
  close(): Promise<void>
}

/** A call on its way to the thread. */
export interface IngestRequest {
  readonly method: keyof IngestControl
  readonly args: readonly unknown[]
}

/** Told while `open` replays the log. */
export interface IngestEvent {
  readonly replay: ReplayProgress
}

/** Makes an `IngestControl` of a port whose other side is `serveIngest`. */
export function createIngestPort(
  port: Port<IngestRequest, unknown, IngestEvent>,
  onReplay: (progress: ReplayProgress) => void = () => {},
): IngestControl {
  port.onEvent(({ replay }) => onReplay(replay))
  const call = <T>(
    method: IngestRequest['method'],
    args: readonly unknown[] = [],
    transfer: ArrayBufferLike[] = [],
  ) => port.call({ method, args }, transfer) as Promise<T>
  return {
    open: (options: IngestOptions) => call<OpenedStorage>('open', [options]),
    configureStorage: (change: StorageChange) => call<void>('configureStorage', [change]),
    deleteSeries: (...args) => call<void>('deleteSeries', args),
    exemplars: (...args) => call<readonly PlainExemplars[]>('exemplars', args),
    cleanTombstones: () => call<void>('cleanTombstones'),
    snapshot: (skipHead: boolean) => call<string>('snapshot', [skipHead]),
    append: (rows: AppendRows) => call<AppendOutcome>('append', [rows]),
    remoteWrite: (body: Uint8Array, version: 1 | 2) => {
      const isWhole = body.byteLength === body.buffer.byteLength
      return call('remoteWrite', [body, version], isWhole ? [body.buffer] : [])
    },
    targets: () => call<readonly TargetStatus[]>('targets'),
    metadata: () => call<readonly TargetMetadata[]>('metadata'),
    metrics: () => call<readonly MetricFamily[]>('metrics'),
    headStats: () => call<HeadStats>('headStats'),
    syncPools: (plans: readonly PoolPlan[], removed: readonly string[]) =>
      call<void>('syncPools', [plans, removed]),
    otlp: (body: OtlpBody, settings: OtlpSettings) => {
      const { buffer, byteLength } = body.bytes
      return call('otlp', [body, settings], byteLength === buffer.byteLength ? [buffer] : [])
    },
    noteSent: (timeMs: number) => call<void>('noteSent', [timeMs]),
    close: () => call<void>('close'),
  }
}

/** The other side: answers each request with the method of the same name. */
export function serveIngest(control: IngestControl): (request: IngestRequest) => Promise<unknown> {
  return async ({ method, args }) => {
    const call = control[method] as (...args: readonly unknown[]) => Promise<unknown>
    return call.apply(control, args as unknown[])
  }
}
