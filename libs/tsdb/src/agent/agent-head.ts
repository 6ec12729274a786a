import { Writer } from '@prom/bytes'
import type { AnyHistogram } from '@prom/chunks'
import type { Kernels } from '@prom/kernels'
import { EMPTY_LABELS, type Labels } from '@prom/labels'
import type { MetricMetadata } from '@prom/storage'
import {
  type ColumnBatch,
  type ColumnCounts,
  type HeadWriter,
  ROW_OUT_OF_ORDER,
  ROW_STORED,
  ROW_UNKNOWN_SERIES,
} from '../contract.ts'
import type { ExemplarEntry } from '../exemplars/exemplar-writer.ts'
import { SharedColumnBatch } from '../head/column-batch.ts'
import type { HeadStore } from '../head/head-store.ts'
import { checkLabels, type HistogramEntry } from '../head/head-writer.ts'
import { H, R, RECORD_BYTES, RECORDS, type Region } from '../head/layout.ts'
import { purgePairs } from '../head/purge.ts'
import { type ExemplarRow, encodeExemplars } from '../wal/exemplar-record.ts'
import { encodeHistogramRows, type HistogramRow } from '../wal/histogram-record.ts'
import type { LogWriter } from '../wal/log-writer.ts'
import { RECORD_SAMPLES, RECORD_SERIES } from '../wal/record.ts'

const SERIES_RECORD_BYTES = 64 << 10
/** Rows of one samples record. */
const ROWS_PER_RECORD = 1 << 15

export interface AgentTotals {
  samples: number
  histograms: number
  exemplars: number
  outOfOrder: number
}

/** The head of a log-only storage: series and the newest time of each; samples go to the log and nowhere else. */
export class AgentHead implements HeadWriter {
  readonly store: HeadStore
  readonly takesExemplars = true
  readonly takesMetadata = false
  readonly totals: AgentTotals = { samples: 0, histograms: 0, exemplars: 0, outOfOrder: 0 }
  outOfOrderWindowMs = 0
  /** Milliseconds; -Infinity before the first sample. */
  newestMs = -Infinity
  readonly #log: LogWriter
  readonly #batch: SharedColumnBatch
  readonly #series = new Writer(4096)
  readonly #record = new Writer(4096)
  /** The newest exemplar of a series, printed: the same one again is not logged. */
  readonly #exemplars = new Map<number, { readonly timeMs: number; readonly text: string }>()
  #nextWalRef: number

  /** `nextWalRef` is greater than any ref the log ever had. */
  constructor(store: HeadStore, log: LogWriter, nextWalRef: number) {
    this.store = store
    this.#log = log
    this.#nextWalRef = nextWalRef
    this.#batch = new SharedColumnBatch(store.memory, store.regions.batch, store.regions.rowsMax)
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

  resolve(labels: Labels): number {
    const count = checkLabels(labels)
    const { store } = this
    const pairs = store.pairsOf(labels)
    const known = store.series.find(pairs, count)
    if (known !== 0) return known
    const walRef = this.#nextWalRef++
    const ref = addAgentSeries(store, pairs, count, walRef)
    const writer = this.#series
    if (writer.length === 0) writer.u8(RECORD_SERIES)
    writer.u64(walRef)
    store.writeLabels(store.series.record(ref), writer)
    if (writer.length > SERIES_RECORD_BYTES) this.logSeries()
    return ref
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

  appendColumns(count: number, timeMs?: number): ColumnCounts {
    return this.commit(count, timeMs, [], [])
  }

  firstRefused(count: number): number {
    const { refs, times } = this.#batch
    let row = 0
    while (row < count && this.isLive(refs[row]!) && this.isInOrder(refs[row]!, times[row]!)) row++
    return row
  }

  /** Whether storage would take a sample of the series at `timeMs`. */
  isInOrder(ref: number, timeMs: number): boolean {
    return timeMs > this.#newestOf(ref) - this.outOfOrderWindowMs
  }

  /** Writes one batch to the log. Throws StorageError; what it held is then written by the next call. */
  commit(
    count: number,
    timeMs: number | undefined,
    histograms: readonly HistogramEntry[],
    exemplars: readonly ExemplarEntry[],
  ): ColumnCounts {
    this.#log.flush()
    this.logSeries()
    const counts = {
      ...{ samples: 0, outOfOrder: 0, duplicates: 0, outOfBounds: 0, tooOld: 0 },
      ...{ unknownSeries: 0, refused: 0 },
    }
    this.#logSamples(count, timeMs, counts)
    counts.samples += this.#logHistograms(histograms)
    this.#logExemplars(exemplars)
    this.#log.flush()
    this.totals.outOfOrder += counts.outOfOrder
    return counts
  }

  appendExemplars(entries: readonly ExemplarEntry[]): {
    readonly stored: number
    readonly outOfOrder: number
  } {
    const stored = this.#logExemplars(entries)
    this.#log.flush()
    return { stored, outOfOrder: 0 }
  }

  setMetadata(_ref: number, _metadata: MetricMetadata): void {}

  /** Composes the log record of series created since the last one. */
  logSeries(): void {
    if (this.#series.length === 0) return
    this.#log.add(this.#series.bytes())
    this.#series.clear()
  }

  /** Forgets series whose newest sample is before `mint`; returns their refs in the log. */
  forgetBefore(mint: number): number[] {
    const { store } = this
    const { u32, f64 } = store.memory
    const removed: number[] = []
    const releases: (() => void)[] = []
    const slots = u32[H.slots >>> 2]!
    for (let slot = 1; slot < slots; slot++) {
      const record = RECORDS + slot * RECORD_BYTES
      const ref = u32[record >>> 2]!
      if (ref === 0 || f64[(record + R.lastTime) >>> 3]! >= mint) continue
      removed.push(u32[(record + R.walRef) >>> 2]!)
      this.#exemplars.delete(ref)
      releases.push(store.series.remove(ref))
    }
    if (removed.length === 0) return removed
    const purged = purgePairs(store)
    // Nobody reads along: memory is free at once.
    for (const release of releases) release()
    purged()
    return removed
  }

  #logSamples(
    count: number,
    timeMs: number | undefined,
    counts: { samples: number; outOfOrder: number; unknownSeries: number },
  ): void {
    const { memory, series } = this.store
    const { u32, f64 } = memory
    const { refs, times, values, statuses } = this.#batch
    const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2)
    const writer = this.#record
    writer.clear()
    let firstRef = 0
    let firstTime = 0
    let rows = 0
    for (let row = 0; row < count; row++) {
      const record = series.record(refs[row]!)
      if (record === 0) {
        statuses[row] = ROW_UNKNOWN_SERIES
        counts.unknownSeries++
        continue
      }
      const at = timeMs ?? times[row]!
      const newest = (record + R.lastTime) >>> 3
      if (at <= f64[newest]! - this.outOfOrderWindowMs) {
        statuses[row] = ROW_OUT_OF_ORDER
        counts.outOfOrder++
        continue
      }
      statuses[row] = ROW_STORED
      if (at > f64[newest]!) f64[newest] = at
      if (at > this.newestMs) this.newestMs = at
      const walRef = u32[(record + R.walRef) >>> 2]!
      if (rows === 0) {
        writer.u8(RECORD_SAMPLES)
        writer.u64(walRef)
        writer.u64(at)
        firstRef = walRef
        firstTime = at
      }
      writer.varint(walRef - firstRef)
      writer.varint(at - firstTime)
      writer.f64Bits(words[row * 2 + 1]!, words[row * 2]!)
      counts.samples++
      this.totals.samples++
      if (++rows < ROWS_PER_RECORD) continue
      this.#log.add(writer.bytes())
      writer.clear()
      rows = 0
    }
    if (rows > 0) this.#log.add(writer.bytes())
  }

  #logHistograms(entries: readonly HistogramEntry[]): number {
    const { memory, series } = this.store
    const rows: HistogramRow[] = []
    for (const { ref, timeMs, histogram } of entries) {
      const record = series.record(ref)
      if (record === 0 || !this.isInOrder(ref, timeMs)) continue
      this.#note(record, timeMs)
      const walRef = memory.u32[(record + R.walRef) >>> 2]!
      rows.push({ walRef, timeMs, histogram, kind: (histogram as AnyHistogram).kind })
    }
    encodeHistogramRows(rows, this.#record, (record) => this.#log.add(record))
    this.totals.histograms += rows.length
    return rows.length
  }

  #logExemplars(entries: readonly ExemplarEntry[]): number {
    const { memory, series } = this.store
    const rows: ExemplarRow[] = []
    for (const { ref, exemplar } of entries) {
      const record = series.record(ref)
      if (record === 0) continue
      const text = `${exemplar.value} ${exemplar.labels.key()}`
      const last = this.#exemplars.get(ref)
      if (last && (last.text === text || last.timeMs > exemplar.timeMs)) continue
      this.#exemplars.set(ref, { timeMs: exemplar.timeMs, text })
      rows.push({ walRef: memory.u32[(record + R.walRef) >>> 2]!, ...exemplar })
    }
    if (rows.length > 0) this.#log.add(encodeExemplars(rows, this.#record))
    this.totals.exemplars += rows.length
    return rows.length
  }

  #note(record: number, timeMs: number): void {
    const { f64 } = this.store.memory
    const newest = (record + R.lastTime) >>> 3
    if (timeMs > f64[newest]!) f64[newest] = timeMs
    if (timeMs > this.newestMs) this.newestMs = timeMs
  }

  #newestOf(ref: number): number {
    const record = this.store.series.record(ref)
    return record === 0 ? -Infinity : this.store.memory.f64[(record + R.lastTime) >>> 3]!
  }
}

/** A new series without samples. */
export function addAgentSeries(
  store: HeadStore,
  pairs: Uint32Array,
  count: number,
  walRef: number,
): number {
  const ref = store.series.add(pairs, count, walRef)
  store.memory.f64[(store.series.record(ref) + R.lastTime) >>> 3] = -Infinity
  return ref
}
