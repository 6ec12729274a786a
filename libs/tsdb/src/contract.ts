/** What the rest of the server sees of storage: the writer (ingest thread) and readers (query threads). */
import type { Kernels } from '@prom/kernels'
import type { Labels, Matcher } from '@prom/labels'
import type { MetricFamily } from '@prom/metrics'
import type { Clock, HostFiles, Logger, Random } from '@prom/runtime'
import type { AppendCounts, Appender, MetricMetadata, Querier } from '@prom/storage'
import type { CompactionResult } from './compact/compaction-job.ts'
import type { CompactionRequest } from './compact/compaction-service.ts'
import type { SeriesExemplars } from './exemplars/exemplar-ring.ts'
import type { ExemplarEntry } from './exemplars/exemplar-writer.ts'

/** Flags of the original, in our units. Defaults are the original's. */
export interface TsdbOptions {
  /** `--storage.tsdb.path`. */
  readonly dir: string
  /** 0 = off. Default 15 days, unless `retentionBytes` is given. */
  readonly retentionMs?: number
  /** 0 = off. */
  readonly retentionBytes?: number
  /** Default snappy. zstd is written only where the runtime has it. */
  readonly walCompression?: 'none' | 'snappy' | 'zstd'
  /** Default 128 MiB; a multiple of 32 KiB. */
  readonly walSegmentBytes?: number
  readonly isLockfileOff?: boolean
  readonly outOfOrderWindowMs?: number
  /** 0: exemplars are dropped. Undefined: there is no storage for them, nor metrics. */
  readonly exemplarsMax?: number
  /** Feature memory-snapshot-on-shutdown. */
  readonly isSnapshotOn?: boolean
  /** Feature metadata-wal-records. */
  readonly isMetadataLogged?: boolean
  /** Address space of the head, at most 4 GiB (default 4 GiB). Pages are used only when touched. */
  readonly memoryBytes?: number
  /** Refuses further series (0 = only the memory limits them). */
  readonly seriesMax?: number
  /** Width of a level-1 block, default 2 h. */
  readonly blockMinMs?: number
  readonly blockMaxMs?: number
  /** Share of the file system that blocks may take, in place of `retentionBytes`; 0 = off. */
  readonly retentionPercentage?: number
  /** Samples a head chunk is planned to have; default 120. */
  readonly samplesPerChunk?: number
  /** Size at which a chunk file of a block is full; default 512 MiB. */
  readonly chunkFileBytes?: number
  /** Blocks that overlap stay as they are. */
  readonly isOverlapCompactionOff?: boolean
  /** Feature delayed-compaction: the head waits up to this share of a block's width; 0 = off. */
  readonly delayPercent?: number
}

export interface TsdbDeps {
  readonly files: HostFiles
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  /** Written into the lock file, so that a second process is refused. */
  readonly pid?: number
  /**
   * Starts a thread that runs `serveCompaction` over this memory. Without it blocks are written in steps between
   * appends.
   */
  readonly startCompactor?: (memory: WebAssembly.Memory) => Compactor
  /** Told while the log is replayed. */
  readonly onReplay?: (progress: ReplayProgress) => void
}

/** A thread that writes blocks, one at a time. */
export interface Compactor {
  /** Rejects with the error of the job, or if the thread has ended. */
  run(request: CompactionRequest): Promise<CompactionResult>
  /** Ends it at once, whatever it does. */
  terminate(): Promise<void>
}

/** Why a row of a batch was not stored; 0 = stored, or equal to what is there. */
export const ROW_STORED = 0
export const ROW_OUT_OF_ORDER = 1
export const ROW_DUPLICATE = 2
export const ROW_OUT_OF_BOUNDS = 3
export const ROW_TOO_OLD = 4
/** The ref is 0 or no longer valid: resolve the labels again. */
export const ROW_UNKNOWN_SERIES = 5
/** The series holds histograms at the moment, or the head is full: append by the row Appender. */
export const ROW_REFUSED = 6
/** Out of order but within the window; never seen after `appendColumns`. */
export const ROW_LATE = 7

/**
 * Columns of one commit, in the head's shared memory, reused from batch to batch. Fill rows 0..count, then
 * `HeadWriter.appendColumns`. All rows become visible together.
 */
export interface ColumnBatch {
  /** Grows the views to at least `rows`; rows filled so far are kept, the view objects change. */
  reserve(rows: number): void
  readonly capacity: number
  readonly refs: Uint32Array
  /** Milliseconds; read only when `appendColumns` gets no `timeMs`. */
  readonly times: Float64Array
  readonly values: Float64Array
  /** ROW_* of each row after `appendColumns`. */
  readonly statuses: Uint8Array
  /** Byte addresses of the columns, for kernels. */
  readonly addresses: { refs: number; times: number; values: number; statuses: number }
  /** Puts the stale marker into `values[row]`; its bits do not survive as a JavaScript number. */
  setStale(row: number): void
}

export interface ColumnCounts extends AppendCounts {
  readonly unknownSeries: number
  readonly refused: number
}

/** The only writer of the head. Lives in one thread; everything is synchronous. */
export interface HeadWriter {
  /** Kernels over the shared memory, and a piece of it that is the ingest thread's to use. */
  readonly kernels: Kernels
  readonly scratch: { readonly address: number; readonly sizeBytes: number }
  readonly batch: ColumnBatch
  /**
   * The ref of a series, created (and logged) if new. Never 0. A ref stays valid while its series has samples in
   * the head; a ref whose series is gone is refused row by row with ROW_UNKNOWN_SERIES, never mixed up.
   * Throws AppendError 'series limit' or 'invalid sample'.
   */
  resolve(labels: Labels): number
  /** The ref of an existing series, or 0. */
  find(labels: Labels): number
  isLive(ref: number): boolean
  labelsOf(ref: number): Labels
  /**
   * Appends rows 0..count of `batch` (all at `timeMs`, if given) and publishes them: order checks, log, bits in one
   * kernel call. A refused row does not stop the others. Throws StorageError if the log cannot be written: then
   * nothing was published, and the next call tries the log again first.
   */
  appendColumns(count: number, timeMs?: number): ColumnCounts
  /**
   * The first of rows 0..count of `batch` (with times of their own) that the row Appender would refuse, or whose series
   * is gone, by what is stored now; `count`: none.
   */
  firstRefused(count: number): number
  /** Stores exemplars of series that are live; to be called after their samples. Without storage for them, none. */
  appendExemplars(entries: readonly ExemplarEntry[]): {
    readonly stored: number
    readonly outOfOrder: number
  }
  /** Whether exemplars are stored at all. */
  readonly takesExemplars: boolean
  /** Whether metadata are logged; without, `setMetadata` does nothing. */
  readonly takesMetadata: boolean
  /** Notes what a series is; logged with the next batch if it is new. */
  setMetadata(ref: number, metadata: MetricMetadata): void
}

export interface HeadFacts {
  readonly series: number
  readonly chunks: number
  /** Milliseconds; +Infinity / -Infinity while empty. */
  readonly minTimeMs: number
  readonly maxTimeMs: number
  readonly labelPairs: number
  readonly symbols: number
  /** Of the head's memory, what was ever in use. */
  readonly memoryBytes: number
}

export interface ReplayProgress {
  readonly min: number
  readonly max: number
  readonly current: number
}

/** What a reload changes. Retention that is not given stays. */
export type StorageLimits = Pick<
  TsdbOptions,
  'outOfOrderWindowMs' | 'exemplarsMax' | 'retentionMs' | 'retentionBytes' | 'retentionPercentage'
>

/** Writer side of the database. Made by `openTsdb`. */
export interface Tsdb {
  readonly dir: string
  /** Hand it to query threads: `attachTsdbReader({ memory, dir, ... })`. */
  readonly memory: WebAssembly.Memory
  readonly head: HeadWriter
  /** Rows for rules, remote write and tests; one batch per appender. */
  appender(): Appender
  /** Housekeeping: call about once a minute, never inside a batch. Blocks the thread until it is done. */
  tick(): void
  /**
   * As `tick`, in small steps with a `pause` after each, during which appends may happen. Never two at a time:
   * a call while one is under way returns at once. Errors are logged and counted; the next call tries again. Ends
   * soon after `signal` aborts, the block that was being written is left out.
   */
  maintain(pause: () => Promise<void>, signal?: AbortSignal): Promise<void>
  /** Whether the head holds enough for a block; `maintain` should not wait for its minute then. */
  isCompactable(): boolean
  /** Marks samples within [mint, maxt] of matching series as deleted, in head and blocks; logged. */
  deleteSeries(matchers: readonly Matcher[], mint: number, maxt: number): void
  /** Rewrites blocks without what was deleted in them; after `maintain`, if that is under way. */
  cleanTombstones(): Promise<void>
  /** Copies all blocks, and the head as a block unless `skipHead`, to `<dir>/snapshots/<name>`; returns the name. */
  snapshot(skipHead: boolean): string
  /** Exemplars within the closed range of series that match one of the sets, in label order. */
  exemplars(
    matcherSets: readonly (readonly Matcher[])[],
    mint: number,
    maxt: number,
  ): SeriesExemplars[]
  facts(): HeadFacts
  /** prometheus_tsdb_* families. */
  collect(): MetricFamily[]
  /** Agent mode: the lowest time that all remote storages have got. */
  noteSent?(timeMs: number): void
  /** Applies what a reload changes. */
  configure(options: StorageLimits): void
  close(): void
}

export interface AttachOptions {
  readonly memory: WebAssembly.Memory
  readonly dir: string
  /** 0..63, one per reading thread; a thread that replaces a dead one takes over its index. */
  readonly readerIndex: number
  /** Budget of decoded columns and label strings kept between queries; default 64 MiB. */
  readonly cacheBytes?: number
}

/** Reader side: one per thread. */
export interface TsdbReader {
  /** A view of this moment. Close it: until then nothing it may read is freed. */
  querier(mint: number, maxt: number): Querier
  facts(): HeadFacts
  close(): void
}
