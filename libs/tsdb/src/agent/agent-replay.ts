import type { Logger } from '@prom/runtime'
import type { ReplayProgress } from '../contract.ts'
import type { HeadStore } from '../head/head-store.ts'
import { C, H, R, ROWS_PER_CALL } from '../head/layout.ts'
import { decodeHistogramRows, isHistogramRecord } from '../wal/histogram-record.ts'
import { LOG_READER_BYTES, LogCorruption, type LogReaderTools, readLog } from '../wal/log-reader.ts'
import { decodeSeries, RECORD_SAMPLES, RECORD_SERIES } from '../wal/record.ts'
import { RefTable } from '../wal/ref-table.ts'
import { lastCheckpoint, listSegments } from '../wal/segments.ts'
import { addAgentSeries } from './agent-head.ts'

/** Reads series and their newest times of a log into an empty store. */
export class AgentReplay {
  readonly #store: HeadStore
  readonly #tools: LogReaderTools
  readonly #log: Logger
  readonly #refs: RefTable
  /** Refs of series that the log names more than once, and the segment of the last mention. */
  readonly repeated: number[] = []
  newestMs = -Infinity

  constructor(store: HeadStore, tools: LogReaderTools, log: Logger) {
    this.#store = store
    this.#tools = tools
    this.#log = log
    this.#refs = new RefTable(store.memory, store.regions.scratch)
  }

  get maxRef(): number {
    return this.#refs.maxRef
  }

  /** Returns the damage that ended it, if any. */
  run(dir: string, onProgress: (progress: ReplayProgress) => void): LogCorruption | undefined {
    const { files } = this.#tools
    const checkpoint = lastCheckpoint(files, dir)
    const segments = listSegments(files, dir).filter((one) => one > (checkpoint?.index ?? -1))
    const min = segments[0] ?? 0
    const max = segments.at(-1) ?? 0
    onProgress({ min, max, current: min })
    try {
      if (checkpoint) {
        const inside = listSegments(files, checkpoint.dir)
        readLog(checkpoint.dir, inside, this.#tools, (record) => this.#take(record))
        this.#log.info('WAL checkpoint loaded')
      }
      readLog(
        dir,
        segments,
        this.#tools,
        (record) => this.#take(record),
        (segment) => {
          onProgress({ min, max, current: segment })
          this.#log.info('WAL segment loaded', { segment, maxSegment: max })
        },
      )
      return undefined
    } catch (err) {
      if (!(err instanceof LogCorruption)) throw err
      return err
    }
  }

  #take(record: Uint8Array): string | undefined {
    const type = record[0]
    let isSound = true
    if (type === RECORD_SERIES) isSound = this.#takeSeries(record)
    else if (type === RECORD_SAMPLES) isSound = this.#takeSamples(record)
    else if (type !== undefined && isHistogramRecord(type)) {
      isSound = decodeHistogramRows(record, ({ walRef, timeMs }) =>
        this.#note(this.#refs.get(walRef), timeMs),
      )
    }
    return isSound ? undefined : 'decode record: invalid record'
  }

  #takeSeries(record: Uint8Array): boolean {
    const { series } = this.#store
    return decodeSeries(record, (walRef, offsets, count) => {
      if (this.#refs.get(walRef) !== 0) return
      const pairs = this.#store.pairsOfBytes(record, offsets, count)
      const known = series.find(pairs, count)
      if (known !== 0) this.repeated.push(walRef)
      this.#refs.set(walRef, known || addAgentSeries(this.#store, pairs, count, walRef))
    })
  }

  #takeSamples(record: Uint8Array): boolean {
    const { memory, kernels, regions, heap } = this.#store
    const room = regions.log.sizeBytes - LOG_READER_BYTES
    const at = record.length <= room ? regions.log.address : heap.allocate(record.length)
    memory.u8.set(record, at)
    const rowsMax = Math.min(regions.rowsMax, ROWS_PER_CALL)
    const times = regions.batch.address
    const refs = times + regions.rowsMax * 16
    const nextAt = H.context + C.nextOffset
    let isSound = true
    for (let from = 0; isSound && from < record.length; from = memory.u32[nextAt >>> 2]!) {
      const count = kernels.exports.walSamples(
        at,
        record.length,
        from,
        this.#refs.address,
        this.#refs.pages,
        refs,
        times,
        times + regions.rowsMax * 8,
        rowsMax,
        nextAt,
      )
      isSound = count >= 0
      for (let row = 0; row < count; row++) {
        this.#note(memory.u32[(refs >>> 2) + row]!, memory.f64[(times >>> 3) + row]!)
      }
    }
    if (at !== regions.log.address) heap.free(at, record.length)
    return isSound
  }

  #note(ref: number, timeMs: number): void {
    if (ref === 0) return
    const { series, memory } = this.#store
    const newest = (series.record(ref) + R.lastTime) >>> 3
    if (timeMs > memory.f64[newest]!) memory.f64[newest] = timeMs
    if (timeMs > this.newestMs) this.newestMs = timeMs
  }
}
