// tidy: table
import {
  exponentialBounds,
  Histogram,
  type MetricFamily,
  type MetricPoint,
  type MetricType,
} from '@prom/metrics'
import type { Clock } from '@prom/runtime'
import type { HeadFacts } from './contract.ts'
import type { ExemplarRing } from './exemplars/exemplar-ring.ts'
import type { HeadTotals } from './head/head-totals.ts'
import type { LateAppender } from './head/late-appender.ts'
import { LogMetrics } from './log-metrics.ts'
import type { LogWriter } from './wal/log-writer.ts'

export interface MetricSources {
  readonly facts: HeadFacts
  readonly totals: HeadTotals
  readonly late: LateAppender['totals']
  readonly exemplars: ExemplarRing | undefined
  readonly mmapChunks: number
  readonly log: LogWriter
  readonly lateLog: LogWriter | undefined
  readonly cleanStart: number
  readonly commit: number
  /** Bytes of folders. */
  readonly sizes: { readonly wal: number; readonly wbl: number; readonly headChunks: number }
}

/** What an empty head shows: the ends of a signed 64-bit number. */
const NO_MIN = 2 ** 63
const NO_MAX = -(2 ** 63)

/** The prometheus_tsdb_* families: names and helps are the original's. */
export class DatabaseMetrics {
  retentionMs = 0
  retentionBytes = 0
  readonly compactionDuration = new Histogram({
    name: 'prometheus_tsdb_compaction_duration_seconds',
    help: 'Duration of compaction runs',
    bounds: Array.from({ length: 14 }, (_, i) => 2 ** i),
  })
  readonly tombstoneCleanup = new Histogram({
    name: 'prometheus_tsdb_tombstone_cleanup_seconds',
    help: 'The time taken to recompact blocks to remove tombstones.',
    bounds: [],
  })
  readonly #chunkRange = new Histogram({
    name: 'prometheus_tsdb_compaction_chunk_range_seconds',
    help: 'Final time range of chunks on their first compaction',
    bounds: exponentialBounds(100, 4, 10),
  })
  readonly #chunkSamples = new Histogram({
    name: 'prometheus_tsdb_compaction_chunk_samples',
    help: 'Final number of samples on their first compaction',
    bounds: exponentialBounds(4, 1.5, 12),
  })
  readonly #chunkSize = new Histogram({
    name: 'prometheus_tsdb_compaction_chunk_size_bytes',
    help: 'Final size of chunks on their first compaction',
    bounds: exponentialBounds(32, 1.5, 12),
  })
  readonly wal: LogMetrics
  readonly wbl: LogMetrics
  snapshotErrors = 0
  checkpointDeletions = 0
  checkpointDeletionsFailed = 0
  verticalCompactions = 0
  /** A block is being written. */
  isPopulating = false
  gcSeconds = 0
  walTruncateSeconds = 0
  replaySeconds = 0
  walCorruptions = 0
  mmapCorruptions = 0
  truncations = 0
  truncationsFailed = 0
  checkpoints = 0
  checkpointsFailed = 0
  compactions = 0
  compactionsFailed = 0
  compactionsTriggered = 0
  reloads = 1
  reloadsFailed = 0
  timeRetentions = 0
  sizeRetentions = 0
  blocksLoaded = 0
  blocksBytes = 0
  symbolTableBytes = 0
  lowestBlockTime = Infinity

  constructor(clock: Clock) {
    this.wal = new LogMetrics('prometheus_tsdb_wal', clock)
    this.wbl = new LogMetrics('prometheus_tsdb_out_of_order_wbl', clock)
  }

  /** A chunk on its first way into a block. */
  observeChunk(samples: number, sizeBytes: number, rangeMs: number): void {
    this.#chunkSamples.observe(samples)
    this.#chunkSize.observe(sizeBytes)
    // Compat: the name says seconds, the values are milliseconds.
    this.#chunkRange.observe(rangeMs)
  }

  collect({
    facts,
    totals,
    late,
    exemplars,
    mmapChunks,
    log,
    lateLog,
    cleanStart,
    commit,
    sizes,
  }: MetricSources): MetricFamily[] {
    const minTime = Number.isFinite(facts.minTimeMs) ? facts.minTimeMs : NO_MIN
    const maxTime = Number.isFinite(facts.maxTimeMs) ? facts.maxTimeMs : NO_MAX
    const lowest = Math.min(minTime, this.lowestBlockTime)
    const float = ['type', 'float']
    return [
      ...this.compactionDuration.collect(),
      ...this.tombstoneCleanup.collect(),
      ...this.#chunkRange.collect(),
      ...this.#chunkSamples.collect(),
      ...this.#chunkSize.collect(),
      counter(
        'prometheus_tsdb_snapshot_replay_error_total',
        'Total number snapshot replays that failed.',
        this.snapshotErrors,
      ),
      counter(
        'prometheus_tsdb_checkpoint_deletions_failed_total',
        'Total number of checkpoint deletions that failed.',
        this.checkpointDeletionsFailed,
      ),
      counter(
        'prometheus_tsdb_checkpoint_deletions_total',
        'Total number of checkpoint deletions attempted.',
        this.checkpointDeletions,
      ),
      gauge(
        'prometheus_tsdb_compaction_populating_block',
        'Set to 1 when a block is currently being written to the disk.',
        this.isPopulating ? 1 : 0,
      ),
      counter(
        'prometheus_tsdb_compactions_skipped_total',
        'Total number of skipped compactions due to disabled auto compaction.',
        0,
      ),
      gauge(
        'prometheus_tsdb_symbol_table_size_bytes',
        'Size of symbol table in memory for loaded blocks',
        this.symbolTableBytes,
      ),
      counter(
        'prometheus_tsdb_vertical_compactions_total',
        'Total number of compactions done on overlapping blocks.',
        this.verticalCompactions,
      ),
      ...(exemplars ? exemplarMetrics(exemplars) : []),
      summary(
        'prometheus_tsdb_head_gc_duration_seconds',
        'Runtime of garbage collection in the head block.',
        this.truncations,
        this.gcSeconds,
      ),
      summary(
        'prometheus_tsdb_wal_truncate_duration_seconds',
        'Duration of WAL truncation.',
        this.wal.truncations,
        this.walTruncateSeconds,
      ),
      gauge(
        'prometheus_tsdb_head_chunks_storage_size_bytes',
        'Size of the chunks_head directory.',
        sizes.headChunks,
      ),
      gauge(
        'prometheus_tsdb_blocks_loaded',
        'Number of currently loaded data blocks',
        this.blocksLoaded,
      ),
      counter(
        'prometheus_tsdb_checkpoint_creations_failed_total',
        'Total number of checkpoint creations that failed.',
        this.checkpointsFailed,
      ),
      counter(
        'prometheus_tsdb_checkpoint_creations_total',
        'Total number of checkpoint creations attempted.',
        this.checkpoints,
      ),
      gauge(
        'prometheus_tsdb_clean_start',
        '-1: lockfile is disabled. 0: a lockfile from a previous execution was replaced. 1: lockfile creation was clean',
        cleanStart,
      ),
      counter(
        'prometheus_tsdb_compactions_failed_total',
        'Total number of compactions that failed for the partition.',
        this.compactionsFailed,
      ),
      counter(
        'prometheus_tsdb_compactions_total',
        'Total number of compactions that were executed for the partition.',
        this.compactions,
      ),
      counter(
        'prometheus_tsdb_compactions_triggered_total',
        'Total number of triggered compactions for the partition.',
        this.compactionsTriggered,
      ),
      gauge(
        'prometheus_tsdb_data_replay_duration_seconds',
        'Time taken to replay the data on disk.',
        this.replaySeconds,
      ),
      gauge(
        'prometheus_tsdb_head_active_appenders',
        'Number of currently active appender transactions',
        0,
      ),
      gauge(
        'prometheus_tsdb_head_chunks',
        'Total number of chunks in the head block.',
        facts.chunks,
      ),
      counter(
        'prometheus_tsdb_head_chunks_created_total',
        'Total number of chunks created in the head',
        totals.chunksCreated,
      ),
      counter(
        'prometheus_tsdb_head_chunks_removed_total',
        'Total number of chunks removed in the head',
        totals.chunksRemoved,
      ),
      gauge(
        'prometheus_tsdb_head_max_time',
        'Maximum timestamp of the head block. The unit is decided by the library consumer.',
        maxTime,
      ),
      gauge(
        'prometheus_tsdb_head_max_time_seconds',
        'Maximum timestamp of the head block.',
        maxTime / 1000,
      ),
      gauge(
        'prometheus_tsdb_head_min_time',
        'Minimum time bound of the head block. The unit is decided by the library consumer.',
        minTime,
      ),
      gauge(
        'prometheus_tsdb_head_min_time_seconds',
        'Minimum time bound of the head block.',
        minTime / 1000,
      ),
      family(
        'prometheus_tsdb_head_out_of_order_samples_appended_total',
        'Total number of appended out of order samples.',
        'counter',
        [
          { labels: float, value: late.floats },
          { labels: ['type', 'histogram'], value: late.histograms },
        ],
      ),
      family(
        'prometheus_tsdb_head_samples_appended_total',
        'Total number of appended samples.',
        'counter',
        [
          { labels: float, value: totals.samples - totals.histograms },
          { labels: ['type', 'histogram'], value: totals.histograms },
        ],
      ),
      gauge(
        'prometheus_tsdb_head_series',
        'Total number of series in the head block.',
        facts.series,
      ),
      counter(
        'prometheus_tsdb_head_series_created_total',
        'Total number of series created in the head',
        totals.seriesCreated,
      ),
      counter(
        'prometheus_tsdb_head_series_not_found_total',
        'Total number of requests for series that were not found.',
        0,
      ),
      counter(
        'prometheus_tsdb_head_series_removed_total',
        'Total number of series removed in the head',
        totals.seriesRemoved,
      ),
      counter(
        'prometheus_tsdb_head_truncations_failed_total',
        'Total number of head truncations that failed.',
        this.truncationsFailed,
      ),
      counter(
        'prometheus_tsdb_head_truncations_total',
        'Total number of head truncations attempted.',
        this.truncations,
      ),
      gauge(
        'prometheus_tsdb_isolation_high_watermark',
        'The highest TSDB append ID that has been given out.',
        commit,
      ),
      gauge(
        'prometheus_tsdb_isolation_low_watermark',
        'The lowest TSDB append ID that is still referenced.',
        commit,
      ),
      gauge(
        'prometheus_tsdb_lowest_timestamp',
        'Lowest timestamp value stored in the database. The unit is decided by the library consumer.',
        lowest,
      ),
      gauge(
        'prometheus_tsdb_lowest_timestamp_seconds',
        'Lowest timestamp value stored in the database.',
        lowest / 1000,
      ),
      counter(
        'prometheus_tsdb_mmap_chunk_corruptions_total',
        'Total number of memory-mapped chunk corruptions.',
        this.mmapCorruptions,
      ),
      counter(
        'prometheus_tsdb_mmap_chunks_total',
        'Total number of chunks that were memory-mapped.',
        mmapChunks,
      ),
      family(
        'prometheus_tsdb_out_of_bound_samples_total',
        'Total number of out of bound samples ingestion failed attempts with out of order support disabled.',
        'counter',
        [{ labels: float, value: totals.outOfBounds }],
      ),
      family(
        'prometheus_tsdb_out_of_order_samples_total',
        'Total number of out of order samples ingestion failed attempts due to out of order being disabled.',
        'counter',
        [
          { labels: float, value: totals.outOfOrder - totals.histogramsOutOfOrder },
          { labels: ['type', 'histogram'], value: totals.histogramsOutOfOrder },
        ],
      ),
      counter(
        'prometheus_tsdb_reloads_failures_total',
        'Number of times the database failed to reloadBlocks block data from disk.',
        this.reloadsFailed,
      ),
      counter(
        'prometheus_tsdb_reloads_total',
        'Number of times the database reloaded block data from disk.',
        this.reloads,
      ),
      gauge(
        'prometheus_tsdb_retention_limit_bytes',
        'Max number of bytes to be retained in the tsdb blocks, configured 0 means disabled',
        this.retentionBytes,
      ),
      gauge(
        'prometheus_tsdb_retention_limit_seconds',
        'How long to retain samples in storage.',
        this.retentionMs / 1000,
      ),
      counter(
        'prometheus_tsdb_size_retentions_total',
        'The number of times that blocks were deleted because the maximum number of bytes was exceeded.',
        this.sizeRetentions,
      ),
      gauge(
        'prometheus_tsdb_storage_blocks_bytes',
        'The number of bytes that are currently used for local storage by all blocks.',
        this.blocksBytes,
      ),
      counter(
        'prometheus_tsdb_time_retentions_total',
        'The number of times that blocks were deleted because the maximum time limit was exceeded.',
        this.timeRetentions,
      ),
      family(
        'prometheus_tsdb_too_old_samples_total',
        'Total number of out of order samples ingestion failed attempts with out of support enabled, but sample outside of time window.',
        'counter',
        [{ labels: float, value: totals.tooOld }],
      ),
      counter(
        'prometheus_tsdb_wal_corruptions_total',
        'Total number of WAL corruptions.',
        this.walCorruptions,
      ),
      ...this.wal.collect(log, sizes.wal),
      ...(lateLog ? this.wbl.collect(lateLog, sizes.wbl) : []),
    ]
  }
}

function exemplarMetrics(ring: ExemplarRing): MetricFamily[] {
  return [
    counter(
      'prometheus_tsdb_exemplar_exemplars_appended_total',
      'Total number of appended exemplars.',
      ring.totals.appended,
    ),
    gauge(
      'prometheus_tsdb_exemplar_exemplars_in_storage',
      'Number of exemplars currently in circular storage.',
      ring.count,
    ),
    gauge(
      'prometheus_tsdb_exemplar_last_exemplars_timestamp_seconds',
      'The timestamp of the oldest exemplar stored in circular storage. Useful to check for what timerange the current exemplar buffer limit allows. This usually means the last timestampfor all exemplars for a typical setup. This is not true though if one of the series timestamp is in future compared to rest series.',
      ring.oldestTimeMs / 1000,
    ),
    gauge(
      'prometheus_tsdb_exemplar_max_exemplars',
      'Total number of exemplars the exemplar storage can store, resizeable.',
      ring.capacity,
    ),
    counter(
      'prometheus_tsdb_exemplar_out_of_order_exemplars_total',
      'Total number of out of order exemplar ingestion failed attempts.',
      ring.totals.outOfOrder,
    ),
    gauge(
      'prometheus_tsdb_exemplar_series_with_exemplars_in_storage',
      'Number of series with exemplars currently in circular storage.',
      ring.seriesCount,
    ),
  ]
}

function gauge(name: string, help: string, value: number): MetricFamily {
  return family(name, help, 'gauge', [{ labels: [], value }])
}

function counter(name: string, help: string, value: number): MetricFamily {
  return family(name, help, 'counter', [{ labels: [], value }])
}

function summary(name: string, help: string, count: number, sum: number): MetricFamily {
  return family(name, help, 'summary', [{ labels: [], value: { count, sum, quantiles: [] } }])
}

function family(name: string, help: string, type: MetricType, points: MetricPoint[]): MetricFamily {
  return { name, help, type, points }
}
