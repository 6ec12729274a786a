import { Writer } from '@prom/bytes'
import type { AnyHistogram } from '@prom/chunks'
import type { Kernels } from '@prom/kernels'
import { EMPTY_LABELS, type Labels } from '@prom/labels'
import { STALE_HIGH, STALE_LOW } from '@prom/model'
import { AppendError, type MetricMetadata } from '@prom/storage'
import {
  type ColumnBatch,
  type ColumnCounts,
  type HeadWriter,
  ROW_LATE,
  ROW_OUT_OF_BOUNDS,
  ROW_OUT_OF_ORDER,
  ROW_REFUSED,
  ROW_STORED,
  ROW_TOO_OLD,
} from '../contract.ts'
import type { ExemplarEntry, ExemplarWriter } from '../exemplars/exemplar-writer.ts'
import { encodeHistogramRows, type HistogramRow } from '../wal/histogram-record.ts'
import type { LogWriter } from '../wal/log-writer.ts'
import { RECORD_SERIES, RECORD_TOMBSTONES } from '../wal/record.ts'
import { SharedColumnBatch } from './column-batch.ts'
import type { HeadHistograms } from './head-histograms.ts'
import type { HeadStore } from './head-store.ts'
import type { HeadTombstones } from './head-tombstones.ts'
import { type HeadTotals, noTotals } from './head-totals.ts'
import type { LateAppender } from './late-appender.ts'
import { B, BATCHES, C, H, R, type Region, ROWS_PER_CALL } from './layout.ts'
import type { SeriesMetadata } from './series-metadata.ts'

/** A series record of the log is closed at about this size. */
const SERIES_RECORD_BYTES = 64 << 10

export interface HeadWriterOptions {
  readonly seriesMax: number
  readonly blockMinMs: number
  outOfOrderWindowMs: number
}

/** A histogram of a batch. */
export interface HistogramEntry {
  readonly ref: number
  readonly timeMs: number
  readonly histogram: AnyHistogram
}

/** What replay has filled already. */
export interface ReplayedParts {
  readonly histograms: HeadHistograms
  readonly tombstones: HeadTombstones
  readonly late: LateAppender
  readonly exemplars: ExemplarWriter
  readonly metadata: SeriesMetadata
}

/** Counter in the append context by ROW_* status. */
const COUNTERS = [
  C.stored,
  C.outOfOrder,
  C.duplicates,
  C.outOfBounds,
  C.tooOld,
  C.unknown,
  C.refused,
] as const

/** Batches into the head: check, encode, log, publish. */
export class ColumnHeadWriter implements HeadWriter {
  readonly store: HeadStore
  readonly #log: LogWriter
  readonly #options: HeadWriterOptions
  readonly #batch: SharedColumnBatch
  readonly #series = new Writer(4096)
  readonly #records = new Writer(4096)
  readonly histograms: HeadHistograms
  readonly tombstones: HeadTombstones
  /** Out-of-order samples. */
  readonly late: LateAppender
  readonly exemplars: ExemplarWriter
  readonly metadata: SeriesMetadata
  #nextWalRef: number
  readonly totals: HeadTotals = noTotals()

  /** `nextWalRef` is greater than any ref the log or the head chunk files ever had. */
  constructor(
    store: HeadStore,
    log: LogWriter,
    options: HeadWriterOptions,
    nextWalRef: number,
    replayed: ReplayedParts,
  ) {
    this.store = store
    this.#log = log
    this.#options = options
    this.#batch = new SharedColumnBatch(store.memory, store.regions.batch, store.regions.rowsMax)
    this.#nextWalRef = nextWalRef
    this.histograms = replayed.histograms
    this.tombstones = replayed.tombstones
    this.late = replayed.late
    this.exemplars = replayed.exemplars
    this.metadata = replayed.metadata
  }

  get kernels(): Kernels {
    return this.store.kernels
  }

  get scratch(): Region {
    return this.store.regions.scratch
  }

  get batch(): ColumnBatch {
    return this.#batch
  }

  get lastWalRef(): number {
    return this.#nextWalRef - 1
  }

  /** Samples before this are refused, or late where a window is configured. */
  get appendableMin(): number {
    const { f64 } = this.store.memory
    const maxTime = f64[(H.context + C.maxTime) >>> 3]!
    return Math.max(f64[H.minValidTime >>> 3]!, maxTime - this.#options.blockMinMs / 2)
  }

  /** Out-of-order samples are taken from this time on; Infinity: none are. */
  get lateMin(): number {
    const { outOfOrderWindowMs } = this.#options
    const { f64 } = this.store.memory
    return outOfOrderWindowMs > 0
      ? f64[(H.context + C.maxTime) >>> 3]! - outOfOrderWindowMs
      : Infinity
  }

  resolve(labels: Labels): number {
    const count = checkLabels(labels)
    const { store } = this
    const pairs = store.pairsOf(labels)
    const known = store.series.find(pairs, count)
    if (known !== 0) return known

    const { seriesMax } = this.#options
    if (seriesMax > 0 && store.memory.u32[H.series >>> 2]! >= seriesMax) {
      this.totals.seriesNotCreated++
      throw new AppendError('series limit', `head series limit of ${seriesMax} exceeded`)
    }
    return this.#create(pairs, count)
  }

  find(labels: Labels): number {
    return this.store.series.find(this.store.pairsOf(labels), labels.size)
  }

  isLive(ref: number): boolean {
    return this.store.series.record(ref) !== 0
  }

  labelsOf(ref: number): Labels {
    const record = this.store.series.record(ref)
    return record === 0 ? EMPTY_LABELS : this.store.labelsOf(record)
  }

  firstRefused(count: number): number {
    const { f64 } = this.store.memory
    f64[(H.context + C.appendableMin) >>> 3] = this.appendableMin
    f64[(H.context + C.lateMin) >>> 3] = this.lateMin
    const { refs, times, values } = this.#batch.addresses
    return this.kernels.exports.headCheck(H.context, refs, times, values, count)
  }

  appendColumns(count: number, timeMs?: number): ColumnCounts {
    return this.commit(count, timeMs, [])
  }

  /** As `appendColumns`, with histograms in the same batch. */
  commit(
    count: number,
    timeMs: number | undefined,
    histograms: readonly HistogramEntry[],
  ): ColumnCounts {
    // What an earlier failure left; nothing of this batch happens before it is written.
    this.#log.flush()
    this.late.flush()
    this.logSeries()
    this.metadata.log(this.#log)
    const { memory, kernels, arena } = this.store
    const { u32, i32, f64 } = memory
    const context = H.context
    const commit = (u32[H.commit >>> 2]! + 1) >>> 0
    u32[(context + C.commit) >>> 2] = commit
    for (let field = C.stored; field <= C.refused; field += 4) u32[(context + field) >>> 2] = 0
    const appendableMin = this.appendableMin
    f64[(context + C.appendableMin) >>> 3] = appendableMin
    const lateMin = this.lateMin
    f64[(context + C.lateMin) >>> 3] = lateMin
    u32[(context + C.late) >>> 2] = 0

    this.#noteTimes(commit, count, timeMs, histograms)
    const { refs, times, values, statuses } = this.#batch.addresses
    const hasTime = timeMs !== undefined
    for (let row = 0; row < count; row += ROWS_PER_CALL) {
      const rows = Math.min(ROWS_PER_CALL, count - row)
      arena.reserve(rows * 2)
      Atomics.add(i32, H.sequence >>> 2, 1)
      const size = kernels.exports.headAppend(
        context,
        refs + row * 4,
        hasTime ? 0 : times + row * 8,
        timeMs ?? 0,
        values + row * 8,
        statuses + row,
        rows,
        this.#log.inbox.address,
        0,
      )
      Atomics.add(i32, H.sequence >>> 2, 1)
      if (size > 0) this.#log.addInbox(size)
    }
    const rows: HistogramRow[] = []
    if (u32[(context + C.refused) >>> 2] !== 0) this.#retryRefused(count, timeMs, commit, rows)
    for (const { ref, timeMs: at, histogram } of histograms) {
      this.#putHistogram(ref, at, histogram, histogram.kind, commit, rows)
    }
    if (u32[(context + C.late) >>> 2] !== 0) this.#takeLate(count, timeMs, commit)
    encodeHistogramRows(rows, this.#records, (record) => this.#log.add(record))
    this.#log.flush()
    this.late.flush()
    this.publish(commit)
    return this.#count()
  }

  appendExemplars(entries: readonly ExemplarEntry[]): {
    readonly stored: number
    readonly outOfOrder: number
  } {
    this.logSeries()
    const counts = this.exemplars.add(entries)
    this.#log.flush()
    return counts
  }

  get takesExemplars(): boolean {
    return this.exemplars.ring.capacity > 0
  }

  get takesMetadata(): boolean {
    return this.metadata.isOn
  }

  setMetadata(ref: number, metadata: MetricMetadata): void {
    this.metadata.set(ref, metadata)
  }

  /** Tells readers of an earlier moment which samples are of this batch, before there are any. */
  #noteTimes(
    commit: number,
    count: number,
    timeMs: number | undefined,
    histograms: readonly HistogramEntry[],
  ): void {
    let min = Infinity
    let max = -Infinity
    if (timeMs !== undefined) min = max = timeMs
    else {
      const { times } = this.#batch
      for (let row = 0; row < count; row++) {
        const time = times[row]!
        if (time < min) min = time
        if (time > max) max = time
      }
    }
    for (const { timeMs: time } of histograms) {
      if (time < min) min = time
      if (time > max) max = time
    }
    const { u32, f64 } = this.store.memory
    const at = H.batches + (commit % BATCHES) * B.sizeBytes
    u32[(at + B.commit) >>> 2] = commit
    f64[(at + B.minTime) >>> 3] = min
    f64[(at + B.maxTime) >>> 3] = max
  }

  /** Adds deleted ranges to series of the head: logged, then seen by the next queries. */
  deleteRanges(refs: Iterable<number>, mint: number, maxt: number): void {
    const record = this.#records
    record.clear()
    record.u8(RECORD_TOMBSTONES)
    for (const ref of refs) {
      const at = this.store.series.record(ref)
      if (at === 0) continue
      record.u64(this.store.memory.u32[(at + R.walRef) >>> 2]!)
      record.varint(mint)
      record.varint(maxt)
      this.tombstones.add(ref, mint, maxt)
    }
    if (record.length === 1) return
    this.#log.add(record.bytes())
    this.#log.flush()
    this.tombstones.publish()
  }

  /** After a truncation at `mint`. */
  sweep(mint: number): void {
    this.histograms.sweep()
    this.metadata.sweep()
    this.tombstones.sweep(mint, (ref) => this.late.samples.has(ref))
  }

  /** Makes everything written so far visible as batch `commit`. */
  publish(commit: number): void {
    const { u32, i32, f64 } = this.store.memory
    f64[H.minTime >>> 3] = f64[(H.context + C.minTime) >>> 3]!
    f64[H.maxTime >>> 3] = f64[(H.context + C.maxTime) >>> 3]!
    u32[H.chunks >>> 2] = u32[(H.context + C.chunks) >>> 2]! - this.totals.chunksRemoved
    this.totals.chunksCreated = u32[(H.context + C.chunks) >>> 2]!
    Atomics.store(i32, H.commit >>> 2, commit)
  }

  /** Composes the log record of series created since the last one. */
  logSeries(): void {
    if (this.#series.length === 0) return
    this.#log.add(this.#series.bytes())
    this.#series.clear()
  }

  /**
   * Rows the kernel left because the series holds histograms: a stale marker becomes a stale histogram, a float ends
   * the histogram chunk.
   */
  #retryRefused(
    count: number,
    timeMs: number | undefined,
    commit: number,
    rows: HistogramRow[],
  ): void {
    const { memory, kernels, arena } = this.store
    const { refs, times, values, statuses } = this.#batch
    const { addresses } = this.#batch
    const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2)
    const refused = (H.context + C.refused) >>> 2
    for (let row = 0; row < count; row++) {
      if (statuses[row] !== ROW_REFUSED) continue
      memory.u32[refused] = memory.u32[refused]! - 1
      const ref = refs[row]!
      const at = timeMs ?? times[row]!
      const kind = this.histograms.kindOf(ref)
      if (kind && words[row * 2] === STALE_LOW && words[row * 2 + 1] === STALE_HIGH) {
        statuses[row] = this.#putHistogram(ref, at, undefined, kind, commit, rows)
        continue
      }
      arena.reserve(4)
      Atomics.add(memory.i32, H.sequence >>> 2, 1)
      if (at > this.#lastTime(ref)) this.histograms.seal(ref)
      const size = kernels.exports.headAppend(
        H.context,
        addresses.refs + row * 4,
        0,
        at,
        addresses.values + row * 8,
        addresses.statuses + row,
        1,
        this.#log.inbox.address,
        0,
      )
      Atomics.add(memory.i32, H.sequence >>> 2, 1)
      if (size > 0) this.#log.addInbox(size)
    }
  }

  #lastTime(ref: number): number {
    return this.store.memory.f64[(this.store.series.record(ref) + R.lastTime) >>> 3]!
  }

  #putHistogram(
    ref: number,
    timeMs: number,
    histogram: AnyHistogram | undefined,
    kind: 'int' | 'float',
    commit: number,
    rows: HistogramRow[],
  ): number {
    const { memory, series } = this.store
    const { u32, i32 } = memory
    Atomics.add(i32, H.sequence >>> 2, 1)
    let status = this.histograms.append(ref, timeMs, histogram, commit, this.appendableMin)
    Atomics.add(i32, H.sequence >>> 2, 1)
    const isLate = status === ROW_OUT_OF_BOUNDS || status === ROW_OUT_OF_ORDER
    if (isLate && this.#options.outOfOrderWindowMs > 0) {
      status = this.#putLateHistogram(ref, timeMs, histogram, kind, commit)
    }
    if (status === ROW_OUT_OF_ORDER) this.totals.histogramsOutOfOrder++
    const counter = (H.context + COUNTERS[status]!) >>> 2
    u32[counter] = u32[counter]! + 1
    if (status === ROW_STORED && !isLate) {
      this.totals.histograms++
      const walRef = u32[(series.record(ref) + R.walRef) >>> 2]!
      rows.push({ walRef, timeMs, histogram, kind })
    }
    return status
  }

  #putLateHistogram(
    ref: number,
    timeMs: number,
    histogram: AnyHistogram | undefined,
    kind: 'int' | 'float',
    commit: number,
  ): number {
    if (timeMs < this.lateMin) return ROW_TOO_OLD
    this.late.append(ref, { timeMs, high: 0, low: 0, histogram, kind }, commit)
    return ROW_STORED
  }

  /** Rows the kernel left because they are out of order, within the window. */
  #takeLate(count: number, timeMs: number | undefined, commit: number): void {
    const { refs, times, values, statuses } = this.#batch
    const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2)
    const { u32 } = this.store.memory
    const stored = (H.context + C.stored) >>> 2
    for (let row = 0; row < count; row++) {
      if (statuses[row] !== ROW_LATE) continue
      statuses[row] = ROW_STORED
      u32[stored] = u32[stored]! + 1
      const [high, low] = [words[row * 2 + 1]!, words[row * 2]!]
      const sample = { timeMs: timeMs ?? times[row]!, high, low }
      this.late.append(refs[row]!, sample, commit)
    }
  }

  #create(pairs: Uint32Array, count: number): number {
    const ref = this.store.series.add(pairs, count, this.#nextWalRef)
    const writer = this.#series
    if (writer.length === 0) writer.u8(RECORD_SERIES)
    writer.u64(this.#nextWalRef++)
    this.store.writeLabels(this.store.series.record(ref), writer)
    if (writer.length > SERIES_RECORD_BYTES) this.logSeries()
    this.totals.seriesCreated++
    return ref
  }

  #count(): ColumnCounts {
    const { u32 } = this.store.memory
    const at = (field: number) => u32[(H.context + field) >>> 2]!
    const counts = {
      samples: at(C.stored),
      outOfOrder: at(C.outOfOrder),
      duplicates: at(C.duplicates),
      outOfBounds: at(C.outOfBounds),
      tooOld: at(C.tooOld),
      unknownSeries: at(C.unknown),
      refused: at(C.refused),
    }
    const { totals } = this
    totals.samples += counts.samples
    totals.outOfOrder += counts.outOfOrder
    totals.duplicates += counts.duplicates
    totals.outOfBounds += counts.outOfBounds
    totals.tooOld += counts.tooOld
    totals.refused += counts.refused
    return counts
  }
}

/** How many labels there are; throws AppendError if they are none of a series. */
export function checkLabels(labels: Labels): number {
  const count = labels.size
  if (count === 0) throw new AppendError('invalid sample', 'empty labelset: invalid sample')
  for (let i = 1; i < count; i++) {
    if (labels.nameAt(i) === labels.nameAt(i - 1)) {
      const name = JSON.stringify(labels.nameAt(i))
      throw new AppendError('invalid sample', `label name ${name} is not unique: invalid sample`)
    }
  }
  return count
}
