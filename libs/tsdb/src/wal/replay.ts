import type { Logger } from '@prom/runtime'
import { type ReplayProgress, ROW_REFUSED } from '../contract.ts'
import type { ExemplarRing } from '../exemplars/exemplar-ring.ts'
import { attachChunks } from '../head/attach-chunks.ts'
import type { HeadChunkFiles } from '../head/head-chunk-files.ts'
import { HeadHistograms } from '../head/head-histograms.ts'
import type { HeadStore } from '../head/head-store.ts'
import { HeadTombstones } from '../head/head-tombstones.ts'
import type { LateSamples } from '../head/late-samples.ts'
import { C, H, R, ROWS_PER_CALL } from '../head/layout.ts'
import { SeriesMetadata } from '../head/series-metadata.ts'
import { decodeExemplars } from './exemplar-record.ts'
import { decodeHistogramRows, isHistogramRecord } from './histogram-record.ts'
import { LOG_READER_BYTES, LogCorruption, type LogReaderTools, readLog } from './log-reader.ts'
import { decodeMetadata } from './metadata-record.ts'
import {
  decodeSeries,
  decodeTombstones,
  RECORD_EXEMPLARS,
  RECORD_LABELS_MAX,
  RECORD_METADATA,
  RECORD_SAMPLES,
  RECORD_SERIES,
  RECORD_STARTED_SAMPLES,
  RECORD_TOMBSTONES,
} from './record.ts'
import { RefTable } from './ref-table.ts'
import { lastCheckpoint, listSegments } from './segments.ts'
import { decodeStartedHistograms, isStartedRecord, toPlainSamples } from './started-record.ts'

export interface ReplayOutcome {
  /** Greatest series ref seen. */
  readonly maxRef: number
  /** Samples whose series the log does not have. */
  readonly unknown: number
  /** Refs that mean a series the head knows by another ref: samples after them in the log need their records. */
  readonly aliases: readonly number[]
  readonly damage: LogCorruption | undefined
}

/**
 * Reads the log of a data folder into an empty head: the newest checkpoint, then the segments after it. Damage in a
 * segment ends the replay and is returned; damage in a checkpoint is thrown, and no file is touched.
 */
export class Replay {
  readonly #store: HeadStore
  readonly #tools: LogReaderTools
  readonly #log: Logger
  readonly refs: RefTable
  #unknown = 0
  readonly #aliases: number[] = []
  /** The series before in the same record: its labels are often the next one's. */
  #recordBefore: Uint8Array | undefined
  readonly #offsetsBefore = new Uint32Array(RECORD_LABELS_MAX * 4)
  #countBefore = 0
  /** Where a record is laid for the kernel, if it lies elsewhere. */
  readonly #recordAt: number
  readonly #recordMax: number
  readonly histograms: HeadHistograms
  readonly tombstones: HeadTombstones
  readonly metadata: SeriesMetadata
  readonly #exemplars: ExemplarRing
  readonly #late: LateSamples
  /** Chunks that were on disk; a series takes its own when its record comes. */
  readonly #headChunks: HeadChunkFiles
  onProgress: (progress: ReplayProgress) => void = () => {}

  constructor(
    store: HeadStore,
    late: LateSamples,
    headChunks: HeadChunkFiles,
    exemplars: ExemplarRing,
    tools: LogReaderTools,
    log: Logger,
  ) {
    this.#late = late
    this.#exemplars = exemplars
    this.#headChunks = headChunks
    this.#store = store
    const { address } = store.regions.log
    const sizeBytes = (store.regions.log.sizeBytes - LOG_READER_BYTES) >>> 1
    this.#recordAt = address
    this.#recordMax = sizeBytes
    this.#tools = { ...tools, room: { address: address + sizeBytes, sizeBytes } }
    this.#log = log
    this.refs = new RefTable(store.memory, store.regions.scratch)
    this.histograms = new HeadHistograms(store)
    this.tombstones = new HeadTombstones(store)
    this.metadata = new SeriesMetadata(store)
  }

  /** `from`: what is before this place of the log is known already. */
  run(walDir: string, from = { segment: -1, offset: 0 }): ReplayOutcome {
    const { files } = this.#tools
    const { f64 } = this.#store.memory
    f64[(H.context + C.appendableMin) >>> 3] = f64[H.minValidTime >>> 3]!
    f64[(H.context + C.lateMin) >>> 3] = Infinity
    const newest = lastCheckpoint(files, walDir)
    const checkpoint = newest && newest.index >= from.segment ? newest : undefined
    const all = listSegments(files, walDir)
    const segments = all.filter(
      (segment) => segment > (checkpoint?.index ?? -1) && segment >= from.segment,
    )
    const min = segments[0] ?? 0
    const max = segments.at(-1) ?? 0
    this.onProgress({ min, max, current: min })
    let damage: LogCorruption | undefined
    if (checkpoint) {
      const parts = listSegments(files, checkpoint.dir)
      readLog(checkpoint.dir, parts, this.#tools, (record, _segment, _end, address) =>
        this.#take(record, address),
      )
      this.#log.info('WAL checkpoint loaded')
    }
    try {
      readLog(
        walDir,
        segments,
        this.#tools,
        (record, _segment, _end, address) => this.#take(record, address),
        (segment) => {
          this.onProgress({ min, max, current: segment })
          this.#log.info('WAL segment loaded', { segment, maxSegment: max })
        },
        segments[0] === from.segment ? from.offset : 0,
      )
    } catch (err) {
      if (!(err instanceof LogCorruption)) throw err
      damage = err
    }
    if (this.#unknown > 0) {
      this.#log.warn('Unknown series references', { samples: this.#unknown })
    }
    return { maxRef: this.refs.maxRef, unknown: this.#unknown, aliases: this.#aliases, damage }
  }

  #take(record: Uint8Array, address: number): string | undefined {
    if (record.length === 0) return undefined
    switch (record[0]) {
      case RECORD_SERIES:
        return this.#takeSeries(record) ? undefined : 'decode series: invalid record'
      case RECORD_SAMPLES:
        return this.#takeSamples(record, address) ? undefined : 'decode samples: invalid record'
      default:
        return this.#takeOther(address === 0 ? record : record.slice())
          ? undefined
          : 'decode record: invalid record'
    }
  }

  #takeOther(record: Uint8Array): boolean {
    const type = record[0]!
    const minValid = this.#store.memory.f64[H.minValidTime >>> 3]!
    if (type === RECORD_STARTED_SAMPLES) {
      const plain = toPlainSamples(record)
      return plain !== undefined && (plain.length === 1 || this.#takeSamples(plain, 0))
    }
    if (isHistogramRecord(type) || isStartedRecord(type)) {
      const decode = isStartedRecord(type) ? decodeStartedHistograms : decodeHistogramRows
      return decode(record, ({ walRef, timeMs, histogram }) => {
        const ref = this.refs.get(walRef)
        if (ref === 0) this.#unknown++
        else this.histograms.append(ref, timeMs, histogram, 0, minValid)
      })
    }
    if (type === RECORD_TOMBSTONES) {
      return decodeTombstones(record, (walRef, mint, maxt) => {
        const ref = this.refs.get(walRef)
        // Older ones may be about out-of-order samples, which are read later.
        if (ref !== 0) this.tombstones.add(ref, mint, maxt)
      })
    }
    if (type === RECORD_EXEMPLARS && this.#exemplars.capacity > 0) {
      return decodeExemplars(record, 1, ({ walRef, timeMs, value, labels }) => {
        const ref = this.refs.get(walRef)
        if (ref === 0 || timeMs < minValid) return
        const series = this.#store.labelsOf(this.#store.series.record(ref))
        this.#exemplars.add(series, { labels, value, timeMs })
      })
    }
    if (type === RECORD_METADATA) {
      return decodeMetadata(record, ({ walRef, metadata }) => {
        const ref = this.refs.get(walRef)
        if (ref !== 0) this.metadata.restore(ref, metadata)
      })
    }
    return true // What later versions may write.
  }

  #takeSeries(record: Uint8Array): boolean {
    this.#recordBefore = undefined
    return decodeSeries(record, (walRef, offsets, count) => {
      this.addSeries(walRef, record, offsets, count)
    })
  }

  /** Makes a series known, with its chunks from disk; `offsets` say where its labels are in `record`. */
  addSeries(walRef: number, record: Uint8Array, offsets: Uint32Array, count: number): number {
    const { series } = this.#store
    const known = this.refs.get(walRef)
    if (known !== 0) return known
    const before = this.#offsetsBefore
    const beforeCount = record === this.#recordBefore ? this.#countBefore : 0
    const pairs = this.#store.pairsOfBytes(record, offsets, count, before, beforeCount)
    for (let i = 0; i < count * 4; i++) before[i] = offsets[i]!
    this.#recordBefore = record
    this.#countBefore = count
    let ref = series.find(pairs, count)
    if (ref === 0) ref = series.add(pairs, count, walRef)
    else this.#aliases.push(walRef)
    this.refs.set(walRef, ref)
    this.#attach(ref, walRef)
    return ref
  }

  #attach(ref: number, walRef: number): void {
    const { inOrder, late } = this.#headChunks
    const newest = inOrder.get(walRef)
    if (newest !== undefined) attachChunks(this.#store, this.#store.series.record(ref), newest)
    inOrder.delete(walRef)
    const newestLate = late.get(walRef)
    if (newestLate !== undefined) this.#late.attach(ref, newestLate)
    late.delete(walRef)
  }

  #takeSamples(record: Uint8Array, address: number): boolean {
    const { heap, memory } = this.#store
    const { length } = record
    if (address !== 0) return this.#takeSamplesAt(length, address)
    if (length <= this.#recordMax) {
      memory.u8.set(record, this.#recordAt)
      return this.#takeSamplesAt(length, this.#recordAt)
    }
    const at = heap.allocate(length)
    try {
      memory.u8.set(record, at)
      return this.#takeSamplesAt(length, at)
    } finally {
      heap.free(at, length)
    }
  }

  /** Floats of series that hold histograms: each ends the histogram chunk. */
  #retryRefused(
    count: number,
    at: { refs: number; times: number; values: number; statuses: number },
  ): void {
    const { memory, kernels, arena } = this.#store
    for (let row = 0; row < count; row++) {
      if (memory.u8[at.statuses + row] !== ROW_REFUSED) continue
      const ref = memory.u32[(at.refs + row * 4) >>> 2]!
      const time = memory.f64[(at.times + row * 8) >>> 3]!
      const record = this.#store.series.record(ref)
      if (time <= memory.f64[(record + R.lastTime) >>> 3]!) continue
      this.histograms.seal(ref)
      arena.reserve(4)
      const values = at.values + row * 8
      const refs = at.refs + row * 4
      kernels.exports.headAppend(H.context, refs, 0, time, values, at.statuses + row, 1, 0, 1)
    }
  }

  #takeSamplesAt(length: number, at: number): boolean {
    const { memory, kernels, regions, arena } = this.#store
    const { exports } = kernels
    const rowsMax = Math.min(regions.rowsMax, ROWS_PER_CALL)
    const times = regions.batch.address
    const values = times + regions.rowsMax * 8
    const refs = values + regions.rowsMax * 8
    const statuses = values + regions.rowsMax * 12
    const context = H.context
    const nextAt = context + C.nextOffset
    for (let from = 0; from < length; from = memory.u32[nextAt >>> 2]!) {
      const count = exports.walSamples(
        at,
        length,
        from,
        this.refs.address,
        this.refs.pages,
        refs,
        times,
        values,
        rowsMax,
        nextAt,
      )
      if (count < 0) return false
      arena.reserve(count * 2)
      memory.u32[(context + C.unknown) >>> 2] = 0
      memory.u32[(context + C.refused) >>> 2] = 0
      exports.headAppend(context, refs, times, 0, values, statuses, count, 0, 1)
      if (memory.u32[(context + C.refused) >>> 2] !== 0) {
        this.#retryRefused(count, { refs, times, values, statuses })
      }
      this.#unknown += memory.u32[(context + C.unknown) >>> 2]!
    }
    return true
  }
}
