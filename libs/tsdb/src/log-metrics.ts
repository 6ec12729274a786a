import type { MetricFamily, SummaryVec } from '@prom/metrics'
import { SummaryVec as Summaries } from '@prom/metrics'
import type { Clock } from '@prom/runtime'
import type { LogWriter } from './wal/log-writer.ts'

/** What the writer of a log counts, under the original's names: `prometheus_tsdb_wal_*` and the like. */
export class LogMetrics {
  readonly #prefix: string
  readonly #syncs: SummaryVec
  readonly #clock: Clock
  truncations = 0
  truncationsFailed = 0

  constructor(prefix: string, clock: Clock) {
    this.#prefix = prefix
    this.#clock = clock
    this.#syncs = new Summaries(
      {
        name: `${prefix}_fsync_duration_seconds`,
        help: 'Duration of write log fsync.',
        labelNames: [],
        quantiles: [0.5, 0.9, 0.99],
      },
      clock,
    )
    this.#syncs.of()
  }

  /** Calls `sync` and takes its time. */
  timed(sync: () => void): void {
    const started = this.#clock.monotonic()
    sync()
    this.#syncs.of().observe((this.#clock.monotonic() - started) / 1000)
  }

  collect(log: LogWriter, folderBytes: number): MetricFamily[] {
    const { counts, segment, compression } = log
    const rows: readonly (readonly [string, string, 'gauge' | 'counter', number])[] = [
      [
        'completed_pages_total',
        'Total number of completed pages.',
        'counter',
        counts.completedPages,
      ],
      ['page_flushes_total', 'Total number of page flushes.', 'counter', counts.pageFlushes],
      [
        'record_parts_bytes_written_total',
        'Total number of record part bytes written before flushing, including CRC and compression headers.',
        'counter',
        counts.partBytes,
      ],
      [
        'record_part_writes_total',
        'Total number of record parts written before flushing.',
        'counter',
        counts.parts,
      ],
      [
        'segment_current',
        'Write log segment index that TSDB is currently writing to.',
        'gauge',
        segment,
      ],
      ['storage_size_bytes', 'Size of the write log directory.', 'gauge', folderBytes],
      [
        'truncations_failed_total',
        'Total number of write log truncations that failed.',
        'counter',
        this.truncationsFailed,
      ],
      [
        'truncations_total',
        'Total number of write log truncations attempted.',
        'counter',
        this.truncations,
      ],
      [
        'writes_failed_total',
        'Total number of write log writes that failed.',
        'counter',
        counts.writesFailed,
      ],
    ]
    const families: MetricFamily[] = rows.map(([name, help, type, value]) => ({
      ...{ name: `${this.#prefix}_${name}`, help, type },
      points: [{ labels: [], value }],
    }))
    families.push(...this.#syncs.collect())
    // Compat: shown once a record was compressed.
    if (counts.packedRecords > 0) {
      families.push({
        name: `${this.#prefix}_record_bytes_saved_total`,
        help: 'Total number of bytes saved by the optional record compression. Use this metric to learn about the effectiveness compression.',
        type: 'counter',
        points: [{ labels: ['compression', compression], value: counts.savedBytes }],
      })
    }
    return families
  }
}
