import { canCompressZstd, compressZstd, uncompressSnappy, uncompressZstd } from '@prom/compress'
import { createKernelMemory, instantiateKernels } from '@prom/kernels'
import type { MetricFamily } from '@prom/metrics'
import type { Appender } from '@prom/storage'
import type { HeadFacts, Tsdb, TsdbDeps } from '../contract.ts'
import { StorageError } from '../errors.ts'
import { HeadStore } from '../head/head-store.ts'
import { FolderLock } from '../lock.ts'
import { readFacts } from '../reader.ts'
import { writeCheckpoint } from '../wal/checkpoint.ts'
import { LOG_READER_BYTES, type LogReaderTools } from '../wal/log-reader.ts'
import { type LogOptions, LogWriter } from '../wal/log-writer.ts'
import { repairLog } from '../wal/repair.ts'
import { listSegments } from '../wal/segments.ts'
import { AgentAppender } from './agent-appender.ts'
import { AgentHead } from './agent-head.ts'
import { collectAgent } from './agent-metrics.ts'
import { AgentReplay } from './agent-replay.ts'

const MEMORY_BYTES = 2 ** 32 - 65536
const SEGMENT_BYTES = 128 << 20
const CHECKPOINT_BYTES = 8 << 20
const BLOCK_MIN_MS = 2 * 3600 * 1000

/** Flags of the original's agent mode. */
export interface AgentOptions {
  /** `--storage.agent.path`. */
  readonly dir: string
  readonly walCompression?: 'none' | 'snappy' | 'zstd'
  readonly walSegmentBytes?: number
  readonly isLockfileOff?: boolean
  /** Samples that have been sent are kept for this long; default 5 minutes. */
  readonly retentionMinMs?: number
  /** Samples are dropped after this, sent or not; default 4 hours. */
  readonly retentionMaxMs?: number
  /** Default 2 hours. */
  readonly truncateFrequencyMs?: number
  readonly outOfOrderWindowMs?: number
  readonly memoryBytes?: number
}

/** A storage that is only a log, for what is sent on: the original's agent mode, its folder both ways. */
export class AgentStorage implements Tsdb {
  readonly dir: string
  readonly head: AgentHead
  readonly #options: Required<Pick<AgentOptions, 'retentionMinMs' | 'retentionMaxMs'>>
  readonly #deps: TsdbDeps
  readonly #store: HeadStore
  readonly #log: LogWriter
  readonly #logOptions: LogOptions
  readonly #lock: FolderLock | undefined
  readonly #frequencyMs: number
  /** Log refs of forgotten series, and the segment that was written when they were forgotten. */
  readonly #deleted = new Map<number, number>()
  #sentMs = 0
  #truncatedAt: number
  #isMaintaining = false
  #isClosed = false
  readonly #numbers = {
    ...{ replaySeconds: 0, corruptions: 0, truncations: 0, truncateSeconds: 0 },
    ...{ checkpoints: 0, checkpointsFailed: 0 },
  }

  /** Throws StorageError with the original's text when it cannot be opened. */
  constructor(options: AgentOptions, deps: TsdbDeps) {
    const { files, log, clock } = deps
    this.dir = options.dir
    this.#deps = deps
    this.#options = {
      retentionMinMs: options.retentionMinMs ?? 300_000,
      retentionMaxMs: options.retentionMaxMs ?? 4 * 3600_000,
    }
    this.#frequencyMs = options.truncateFrequencyMs ?? 2 * 3600_000
    this.#truncatedAt = clock.monotonic()
    const compression = options.walCompression ?? 'snappy'
    if (compression === 'zstd' && !canCompressZstd()) {
      throw new StorageError('opening storage failed: this runtime cannot write zstd; use snappy')
    }
    this.#logOptions = {
      dir: `${options.dir}/wal`,
      segmentBytes: options.walSegmentBytes ?? SEGMENT_BYTES,
      compression,
      zstd: compressZstd,
    }
    files.mkdirSync(this.dir)
    this.#lock = options.isLockfileOff ? undefined : new FolderLock(this.dir, deps.pid, files, log)
    try {
      files.mkdirSync(this.#logOptions.dir)
      this.#removeHalfCheckpoints()
      const kernels = instantiateKernels(createKernelMemory(options.memoryBytes ?? MEMORY_BYTES))
      const seed = Math.floor(deps.random.next() * 2 ** 32)
      this.#store = new HeadStore(kernels, seed, BLOCK_MIN_MS)
      const replay = this.#replay()
      this.#log = new LogWriter(this.#logOptions, files, kernels, this.#store.regions.log)
      this.head = new AgentHead(this.#store, this.#log, replay.maxRef + 1)
      this.head.newestMs = replay.newestMs
      this.head.outOfOrderWindowMs = options.outOfOrderWindowMs ?? 0
      for (const ref of replay.repeated) this.#deleted.set(ref, this.#log.segment)
    } catch (err) {
      this.#lock?.release()
      throw err
    }
  }

  get memory(): WebAssembly.Memory {
    return this.#store.kernels.memory
  }

  appender(): Appender {
    return new AgentAppender(this.head)
  }

  tick(): void {
    for (const _ of this.#truncate());
  }

  /** The lowest time that all remote storages have got; what is older may go. */
  noteSent(timeMs: number): void {
    this.#sentMs = timeMs
  }

  async maintain(pause: () => Promise<void>): Promise<void> {
    if (this.#isMaintaining || !this.isCompactable()) return
    this.#isMaintaining = true
    try {
      for (const _ of this.#truncate()) {
        await pause()
        if (this.#isClosed) return
      }
    } finally {
      this.#isMaintaining = false
    }
  }

  isCompactable(): boolean {
    return this.#deps.clock.monotonic() - this.#truncatedAt >= this.#frequencyMs
  }

  deleteSeries(): void {
    throw new StorageError('unsupported operation with WAL-only storage')
  }

  async cleanTombstones(): Promise<void> {
    throw new StorageError('unsupported operation with WAL-only storage')
  }

  snapshot(): string {
    throw new StorageError('unsupported operation with WAL-only storage')
  }

  exemplars(): [] {
    return []
  }

  facts(): HeadFacts {
    return readFacts(this.#store.memory)
  }

  collect(): MetricFamily[] {
    return collectAgent({
      ...this.#numbers,
      series: this.facts().series,
      deletedSeries: this.#deleted.size,
      totals: this.head.totals,
      newestMs: this.head.newestMs,
      cleanStart: this.#lock ? (this.#lock.wasStale ? 0 : 1) : -1,
      log: this.#log,
      walBytes: this.#walBytes(),
    })
  }

  configure({ outOfOrderWindowMs = 0 }: { readonly outOfOrderWindowMs?: number }): void {
    this.head.outOfOrderWindowMs = outOfOrderWindowMs
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.head.logSeries()
    this.#log.close()
    this.#lock?.release()
  }

  /** Forgets idle series and drops what has been sent long enough ago, or is too old. */
  *#truncate(): Generator<void> {
    const { clock, log, files } = this.#deps
    const { retentionMinMs, retentionMaxMs } = this.#options
    const started = clock.monotonic()
    this.#truncatedAt = started
    const mint = Math.max(this.#sentMs - retentionMinMs, clock.now() - retentionMaxMs, 0)
    log.debug('Truncating the WAL', { ts: mint })
    for (const ref of this.head.forgetBefore(mint)) this.#deleted.set(ref, this.#log.segment)
    const address = this.#store.heap.allocate(CHECKPOINT_BYTES)
    this.#numbers.truncations++
    try {
      const segments = listSegments(files, this.#logOptions.dir)
      this.head.logSeries()
      this.#log.nextSegment()
      const first = segments[0] ?? 0
      const last = first + Math.floor(((this.#log.segment - 1 - first) * 2) / 3)
      const live = this.#store.liveWalRefs(this.head.lastWalRef)
      const keeps = (ref: number) => live.has(ref) || (this.#deleted.get(ref) ?? -1) > last
      const region = { address, sizeBytes: CHECKPOINT_BYTES - LOG_READER_BYTES }
      const tools = { ...this.#readTools(), address: address + region.sizeBytes }
      const { kernels } = this.#store
      const deps = { options: this.#logOptions, files, kernels, region, tools }
      const isDone = yield* writeCheckpoint(deps, this.#log.segment, mint, keeps)
      if (!isDone) return
      this.#numbers.checkpoints++
      for (const [ref, segment] of this.#deleted) if (segment <= last) this.#deleted.delete(ref)
    } catch (err) {
      this.#numbers.checkpointsFailed++
      log.error('Failed to truncate WAL', { err })
    } finally {
      this.#store.heap.free(address, CHECKPOINT_BYTES)
      this.#numbers.truncateSeconds += (clock.monotonic() - started) / 1000
    }
  }

  #replay(): AgentReplay {
    const { clock, files, log, onReplay } = this.#deps
    const { regions, kernels } = this.#store
    const started = clock.monotonic()
    const { dir } = this.#logOptions
    log.info('replaying WAL, this may take a while', { dir })
    const address = regions.log.address + regions.log.sizeBytes - LOG_READER_BYTES
    const tools = { ...this.#readTools(), address }
    const replay = new AgentReplay(this.#store, tools, log)
    const damage = replay.run(dir, onReplay ?? (() => {}))
    if (damage) {
      log.warn('encountered WAL read error, attempting repair', { err: damage })
      this.#numbers.corruptions++
      const repairTools = { ...tools, address: regions.batch.address }
      repairLog(damage, this.#logOptions, files, kernels, regions.log, repairTools)
      log.info('successfully repaired WAL')
    }
    this.#numbers.replaySeconds = (clock.monotonic() - started) / 1000
    return replay
  }

  #readTools(): Omit<LogReaderTools, 'address'> {
    const { files } = this.#deps
    return { files, uncompressSnappy, uncompressZstd, kernels: this.#store.kernels }
  }

  #removeHalfCheckpoints(): void {
    const { files } = this.#deps
    const { dir } = this.#logOptions
    for (const name of files.listSync(dir)) {
      if (/^checkpoint\..*\.tmp$/.test(name)) files.removeSync(`${dir}/${name}`)
    }
  }

  #walBytes(): number {
    const { files } = this.#deps
    const { dir } = this.#logOptions
    const sizes = files
      .listSync(dir)
      .map((name) => files.statSync(`${dir}/${name}`)?.sizeBytes ?? 0)
    return sizes.reduce((sum, size) => sum + size, 0)
  }
}
