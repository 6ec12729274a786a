/** Reads the log as it grows and hands what is new to a queue. */
import { decodeUtf8 } from '@prom/bytes'
import { Labels } from '@prom/labels'
import type { Clock, HostFiles, Logger } from '@prom/runtime'
import {
  decodeHistogramRows,
  decodeSeries,
  type HistogramRow,
  isHistogramRecord,
  LogCorruption,
  LogTail,
  lastCheckpoint,
  listSegments,
  RECORD_EXEMPLARS,
  RECORD_METADATA,
  RECORD_SAMPLES,
  RECORD_SERIES,
  RECORD_TOMBSTONES,
} from '@prom/tsdb'
import { LateTail } from './late-tail.ts'
import type { QueueNumbers } from './queue-metrics.ts'
import type { SentSeriesTable } from './sent-series.ts'
import { readExemplarRecord, readMetadataRecord, SampleRecord } from './wal-records.ts'

const POLL_MS = 100
const RETRY_MS = 5000
/** Records read in one go before others get their turn. */
const RECORDS_PER_TURN = 64

/** An exemplar of the log. */
export interface ExemplarRow {
  readonly ref: number
  readonly timeMs: number
  readonly low: number
  readonly high: number
  readonly labels: readonly string[]
}

/** What new rows are handed to; it may make the watcher wait. */
export interface RowSink {
  samples(record: SampleRecord, startMs: number): Promise<void>
  histograms(rows: readonly HistogramRow[]): Promise<void>
  exemplars(rows: readonly ExemplarRow[]): Promise<void>
}

export interface WatcherDeps {
  readonly clock: Clock
  readonly files: HostFiles
  readonly log: Logger
  readonly numbers: QueueNumbers
  readonly series: SentSeriesTable
  readonly sink: RowSink
  readonly takesExemplars: boolean
  readonly takesHistograms: boolean
}

export class WalWatcher {
  readonly #dir: string
  readonly #deps: WatcherDeps
  readonly #startMs: number
  readonly #samples = new SampleRecord()
  /** Everything before this place has been handed over. */
  #doneSegment = -1
  #doneOffset = 0
  #checkpoint = -1
  #isSending = false
  readonly #drain = new AbortController()
  readonly #late: LateTail
  /** Records of late samples whose series are in the log by the time its end is met again. */
  #lateRecords: Uint8Array[] = []

  /** Rows newer than now are handed over. */
  constructor(walDir: string, deps: WatcherDeps) {
    this.#dir = walDir
    this.#deps = deps
    this.#startMs = deps.clock.now()
    this.#late = new LateTail(`${walDir.replace(/[^/]+$/, '')}wbl`, deps.files)
  }

  /** Follows the log until `signal` aborts; what is in the log by then is read to its end if `drain` was called. */
  async run(signal: AbortSignal): Promise<void> {
    const { log, clock } = this.#deps
    log.info('Starting WAL watcher', { queue: this.#deps.numbers.consumer })
    while (!signal.aborted) {
      try {
        await this.#follow(signal)
        break
      } catch (err) {
        log.error('error tailing WAL', { err })
        if (err instanceof LogCorruption && this.#doneSegment > err.segment) continue
        await clock.sleep(RETRY_MS, signal)
      }
    }
    this.#late.close()
    log.info('WAL watcher stopped', { queue: this.#deps.numbers.consumer })
  }

  /** Lets `run` end as soon as it has met the end of the log. */
  drain(): void {
    this.#drain.abort()
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { files, log, series } = this.#deps
    log.info('Replaying WAL', { queue: this.#deps.numbers.consumer })
    const checkpoint = lastCheckpoint(files, this.#dir)
    if (checkpoint) {
      await this.#readCheckpoint(checkpoint, signal)
      this.#checkpoint = checkpoint.index
    }
    const segments = listSegments(files, this.#dir)
    const last = segments.at(-1) ?? 0
    let current = segments.find((segment) => segment > (checkpoint?.index ?? -1)) ?? last
    while (!signal.aborted) {
      const isWhole = await this.#readSegment(current, current >= last, signal)
      if (!isWhole) return
      const newest = lastCheckpoint(files, this.#dir)
      if (newest && newest.index > this.#checkpoint && newest.index <= current) {
        await this.#readCheckpoint(newest, signal)
        this.#checkpoint = newest.index
        series.forgetBefore(newest.index)
      }
      const after = listSegments(files, this.#dir).find((segment) => segment > current)
      if (after !== undefined && after > current + 1) {
        log.warn('Segments of the WAL were deleted before they were sent', {
          from: current + 1,
          to: after - 1,
        })
      }
      current = after ?? current + 1
    }
  }

  async #readCheckpoint(
    { dir, index }: { readonly dir: string; readonly index: number },
    signal: AbortSignal,
  ): Promise<void> {
    for (const segment of listSegments(this.#deps.files, dir)) {
      const tail = new LogTail(dir, segment, this.#deps.files)
      try {
        for (let read = 1; !signal.aborted; read++) {
          const record = tail.next()
          if (!record) break
          this.#takeKnown(record, index)
          if (read % RECORDS_PER_TURN === 0) await this.#pause()
        }
      } finally {
        tail.close()
      }
    }
  }

  /**
   * Reads a segment: one that is complete for its series, the last one (`isTail`) for all that comes. True when the
   * next one is there.
   */
  async #readSegment(segment: number, isTail: boolean, signal: AbortSignal): Promise<boolean> {
    const { clock, files, numbers } = this.#deps
    const tail = new LogTail(this.#dir, segment, files)
    numbers.currentSegment = segment
    let isNextThere = !isTail
    let read = 0
    try {
      while (!signal.aborted) {
        const record = tail.next()
        if (record) {
          await this.#take(record, segment, tail.offset, isTail)
          if (++read % RECORDS_PER_TURN === 0) await this.#pause()
          continue
        }
        if (isTail && (await this.#takeLate())) continue
        if (isNextThere) {
          if (isTail) this.#done(segment + 1, 0)
          return true
        }
        // The writer fills a segment before it begins the next: look once more, then go on.
        isNextThere =
          files.statSync(`${this.#dir}/${String(segment + 1).padStart(8, '0')}`) !== undefined
        if (isNextThere) continue
        if (this.#drain.signal.aborted) return false
        await clock.sleep(POLL_MS, AbortSignal.any([signal, this.#drain.signal]))
      }
      return false
    } catch (err) {
      if (
        err instanceof LogCorruption &&
        files.statSync(`${this.#dir}/${String(segment + 1).padStart(8, '0')}`)
      ) {
        this.#done(segment + 1, 0)
      }
      throw err
    } finally {
      tail.close()
    }
  }

  /** The end of the log is met: hands over the late records of last time, and takes new ones; true if there were any. */
  async #takeLate(): Promise<boolean> {
    const { log, numbers } = this.#deps
    const ready = this.#lateRecords
    this.#lateRecords = []
    for (const record of ready) {
      if (!(await this.#takeRows(record))) numbers.decodeFailures++
    }
    try {
      this.#lateRecords = this.#late.read()
    } catch (err) {
      log.error('error tailing WBL', { err })
    }
    return ready.length + this.#lateRecords.length > 0
  }

  #done(segment: number, offset: number): void {
    if (segment < this.#doneSegment) return
    if (segment === this.#doneSegment && offset < this.#doneOffset) return
    this.#doneSegment = segment
    this.#doneOffset = offset
  }

  async #take(record: Uint8Array, segment: number, offset: number, isTail: boolean): Promise<void> {
    if (this.#takeKnown(record, segment) || !isTail) return
    const isOld =
      segment < this.#doneSegment || (segment === this.#doneSegment && offset <= this.#doneOffset)
    if (isOld) return
    const isSound = await this.#takeRows(record)
    if (!isSound) this.#deps.numbers.decodeFailures++
    this.#done(segment, offset)
  }

  /** Series and metadata; false for a record of another kind. */
  #takeKnown(record: Uint8Array, segment: number): boolean {
    const { numbers, series } = this.#deps
    const type = record[0]
    numbers.countRecord(recordName(type))
    if (type === RECORD_SERIES) {
      const isSound = decodeSeries(record, (ref, offsets, count) => {
        series.add(ref, segment, () => labelsAt(record, offsets, count))
      })
      if (!isSound) numbers.decodeFailures++
      return true
    }
    if (type === RECORD_METADATA) {
      const isSound = readMetadataRecord(record, (ref, metadata) =>
        series.setMetadata(ref, metadata),
      )
      if (!isSound) numbers.decodeFailures++
      return true
    }
    return false
  }

  async #takeRows(record: Uint8Array): Promise<boolean> {
    const { sink, takesExemplars, takesHistograms } = this.#deps
    const type = record[0] ?? 0
    if (type === RECORD_SAMPLES) {
      const isSound = this.#samples.read(record)
      this.#noteSending()
      await sink.samples(this.#samples, this.#startMs)
      return isSound
    }
    if (isHistogramRecord(type) && takesHistograms) {
      const rows: HistogramRow[] = []
      const isSound = decodeHistogramRows(record, (row) => {
        if (row.timeMs > this.#startMs) rows.push(row)
      })
      await sink.histograms(rows)
      return isSound
    }
    if (type === RECORD_EXEMPLARS && takesExemplars) {
      const rows: ExemplarRow[] = []
      const isSound = readExemplarRecord(record, (row) => rows.push(row))
      await sink.exemplars(rows)
      return isSound
    }
    return true
  }

  #noteSending(): void {
    if (this.#isSending) return
    this.#isSending = true
    const duration = `${(this.#deps.clock.now() - this.#startMs) / 1000}s`
    this.#deps.log.info('Done replaying WAL', { duration })
  }

  /** Lets timers and sockets have their turn. */
  #pause(): Promise<void> {
    return this.#deps.clock.sleep(1)
  }
}

function labelsAt(record: Uint8Array, offsets: Uint32Array, count: number): Labels {
  const flat: string[] = []
  for (let i = 0; i < count * 2; i++) {
    flat.push(decodeUtf8(record.subarray(offsets[i * 2], offsets[i * 2 + 1])))
  }
  return Labels.fromSortedFlat(flat)
}

const NAMES: Readonly<Record<number, string>> = {
  [RECORD_SERIES]: 'series',
  [RECORD_SAMPLES]: 'samples',
  [RECORD_TOMBSTONES]: 'tombstones',
  [RECORD_EXEMPLARS]: 'exemplars',
  [RECORD_METADATA]: 'metadata',
  7: 'histogram_samples',
  8: 'float_histogram_samples',
  9: 'custom_buckets_histogram_samples',
  10: 'custom_buckets_float_histogram_samples',
}

function recordName(type: number | undefined): string {
  return NAMES[type ?? 0] ?? 'unknown'
}
