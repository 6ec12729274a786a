import { Writer } from '@prom/bytes'
import { encodeHistogramRows, type HistogramRow } from '../wal/histogram-record.ts'
import type { LogWriter } from '../wal/log-writer.ts'
import { RECORD_MMAP_MARKERS, RECORD_SAMPLES } from '../wal/record.ts'
import type { HeadChunkWriter } from './head-chunk-writer.ts'
import type { HeadStore } from './head-store.ts'
import type { LateSample, LateSamples } from './late-samples.ts'
import { R } from './layout.ts'

/** A samples record is closed at about this size. */
const RECORD_BYTES = 64 << 10
const HISTOGRAM_ROWS = 256
const SERIES_PER_STEP = 1000

/**
 * Out-of-order samples on their way in: memory, head chunk files, and the write-behind log, in that order of events
 * within the log: samples, the marker that they are in a chunk, further samples.
 */
export class LateAppender {
  readonly samples: LateSamples
  readonly #store: HeadStore
  readonly #chunks: HeadChunkWriter
  readonly #floats = new Writer(4096)
  readonly #record = new Writer(4096)
  #firstRef = 0
  #firstTime = 0
  #histograms: HistogramRow[] = []
  /** The write-behind log, once there is one. */
  log: LogWriter | undefined
  readonly totals = { floats: 0, histograms: 0 }

  constructor(store: HeadStore, samples: LateSamples, chunks: HeadChunkWriter) {
    this.#store = store
    this.samples = samples
    this.#chunks = chunks
  }

  /** Takes a sample of a live series as part of batch `commit`; false if it was there already. */
  append(ref: number, sample: LateSample, commit: number): boolean {
    const isNew = this.samples.insert(ref, sample, commit, (at, chunks) => this.#mark(at, chunks))
    if (!isNew) return false
    if (sample.kind === undefined) this.totals.floats++
    else this.totals.histograms++
    const walRef = this.#walRef(ref)
    if (sample.kind !== undefined) {
      const { timeMs, histogram, kind } = sample
      this.#histograms.push({ walRef, timeMs, histogram, kind })
      if (this.#histograms.length >= HISTOGRAM_ROWS) this.#compose()
    } else this.#logFloat(walRef, sample)
    return true
  }

  /** Puts chunks of full rows into files, and what came in into the log. Throws StorageError; call again then. */
  flush(): void {
    this.#chunks.flush()
    this.#compose()
    this.log?.flush()
    this.samples.retire()
  }

  /** Makes chunks, in files, of all rows there are at the start. Pauses now and then. */
  *sealAll(): Generator<void> {
    let count = 0
    for (const ref of this.samples.refs()) {
      if (this.#store.series.record(ref) === 0) continue
      const walRef = this.#walRef(ref)
      for (const chunk of this.samples.seal(ref)) this.#chunks.add(walRef, chunk, true)
      if (++count % SERIES_PER_STEP !== 0) continue
      this.flush()
      yield
    }
    this.flush()
  }

  /** After damage to the log: writes down anew what is in chunks, so that the next start does not need what was lost. */
  remark(): void {
    for (const ref of this.samples.refs()) {
      if (this.#store.series.record(ref) === 0) continue
      this.samples.seal(ref)
      this.#mark(ref, this.samples.chunksOf(ref).reverse())
    }
    this.flush()
  }

  #mark(ref: number, chunks: readonly number[]): void {
    this.#compose()
    const walRef = this.#walRef(ref)
    const record = this.#record
    record.clear()
    record.u8(RECORD_MMAP_MARKERS)
    // Compat: rows that follow no chunk are announced by chunk 0.
    if (chunks.length === 0) {
      record.u64(walRef)
      record.u64(0)
    }
    for (const chunk of chunks) {
      record.u64(walRef)
      record.u64(this.#chunks.add(walRef, chunk, true))
    }
    this.log?.add(record.bytes())
  }

  #logFloat(walRef: number, { timeMs, high, low }: LateSample): void {
    const record = this.#floats
    if (record.length === 0) {
      record.u8(RECORD_SAMPLES)
      record.u64(walRef)
      record.u64(timeMs)
      this.#firstRef = walRef
      this.#firstTime = timeMs
    }
    record.varint(walRef - this.#firstRef)
    record.varint(timeMs - this.#firstTime)
    record.f64Bits(high, low)
    if (record.length > RECORD_BYTES) this.#compose()
  }

  #compose(): void {
    if (this.#floats.length > 0) this.log?.add(this.#floats.bytes())
    this.#floats.clear()
    if (this.#histograms.length === 0) return
    const rows = this.#histograms
    this.#histograms = []
    encodeHistogramRows(rows, this.#record, (record: Uint8Array) => this.log?.add(record))
  }

  #walRef(ref: number): number {
    return this.#store.memory.u32[(this.#store.series.record(ref) + R.walRef) >>> 2]!
  }
}
