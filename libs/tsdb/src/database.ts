import { canCompressZstd, compressZstd, uncompressSnappy, uncompressZstd } from '@prom/compress'
import { createKernelMemory, instantiateKernels } from '@prom/kernels'
import type { Matcher } from '@prom/labels'
import type { MetricFamily } from '@prom/metrics'
import type { Logger } from '@prom/runtime'
import type { Appender } from '@prom/storage'
import { BlockFolder } from './block/block-folder.ts'
import { compactionRanges } from './compact/plan.ts'
import type { RetentionLimits } from './compact/retention.ts'
import type { HeadFacts, StorageLimits, Tsdb, TsdbDeps, TsdbOptions } from './contract.ts'
import { deleteSeries } from './delete-series.ts'
import { StorageError } from './errors.ts'
import { ExemplarRing, type SeriesExemplars } from './exemplars/exemplar-ring.ts'
import { ExemplarWriter } from './exemplars/exemplar-writer.ts'
import { type HeadChunkFiles, readHeadChunkFiles } from './head/head-chunk-files.ts'
import { HeadChunkWriter } from './head/head-chunk-writer.ts'
import { HeadStore } from './head/head-store.ts'
import { ColumnHeadWriter, type HeadWriterOptions, type ReplayedParts } from './head/head-writer.ts'
import { LateAppender } from './head/late-appender.ts'
import { LateSamples } from './head/late-samples.ts'
import { H } from './head/layout.ts'
import { RowAppender } from './head/row-appender.ts'
import { freeChains } from './head/sealed-chunk.ts'
import { removeLeftovers } from './leftovers.ts'
import { FolderLock } from './lock.ts'
import { Maintenance, type Step } from './maintenance.ts'
import { listSnapshots, type SnapshotPlace, writeMemorySnapshot } from './memory-snapshot.ts'
import { DatabaseMetrics } from './metrics.ts'
import { readFacts } from './reader.ts'
import { copyFolder, snapshotName } from './snapshot.ts'
import { readLateMarkers, replayLateLog } from './wal/late-replay.ts'
import { LOG_READER_BYTES, type LogCorruption, type LogReaderTools } from './wal/log-reader.ts'
import { type LogOptions, LogWriter } from './wal/log-writer.ts'
import { repairLog } from './wal/repair.ts'
import { Replay } from './wal/replay.ts'
import { listSegments } from './wal/segments.ts'
import { replaySnapshot } from './wal/snapshot-replay.ts'

const LATE_LOG_BYTES = 4 << 20
const MEMORY_BYTES = 2 ** 32 - 65536
const SEGMENT_BYTES = 128 << 20
const RETENTION_MS = 15 * 24 * 3600 * 1000
const BLOCK_MAX_MS = 31 * 24 * 3600 * 1000
const BLOCK_MIN_MS = 2 * 3600 * 1000

interface Replayed extends Omit<ReplayedParts, 'late' | 'exemplars'> {
  readonly maxRef: number
  readonly aliases: readonly number[]
}

/** The database of one folder, writing. All of it runs in one thread. */
export class Database implements Tsdb {
  readonly dir: string
  readonly head: ColumnHeadWriter
  readonly #deps: TsdbDeps
  readonly #store: HeadStore
  readonly #log: LogWriter
  readonly #lock: FolderLock | undefined
  readonly #metrics: DatabaseMetrics
  readonly #exemplars: ExemplarRing
  readonly #isSnapshotOn: boolean
  readonly #maintenance: Maintenance
  readonly #folder: BlockFolder
  readonly #headChunks: HeadChunkWriter
  readonly #logOptions: LogOptions
  readonly #headOptions: HeadWriterOptions
  #lateLog: LogWriter | undefined
  #isLateLogDamaged = false
  #isMaintaining = false
  /** Who waits until nothing is maintained. */
  readonly #resting: (() => void)[] = []
  #isClosed = false

  constructor(options: TsdbOptions, deps: TsdbDeps) {
    const { files, log, clock } = deps
    this.dir = options.dir
    this.#deps = deps
    const logOptions = chooseLogOptions(options)
    this.#logOptions = {
      ...logOptions,
      timed: (sync) => this.#metrics.wal.timed(sync),
    }
    this.#isSnapshotOn = options.isSnapshotOn ?? false
    this.#exemplars = new ExemplarRing(options.exemplarsMax ?? 0)
    files.mkdirSync(this.dir)
    this.#lock = options.isLockfileOff ? undefined : new FolderLock(this.dir, deps.pid, files, log)
    try {
      removeLeftovers(this.dir, files, log)
      const kernels = instantiateKernels(createKernelMemory(options.memoryBytes ?? MEMORY_BYTES))
      const seed = Math.floor(deps.random.next() * 2 ** 32)
      const blockMinMs = options.blockMinMs ?? BLOCK_MIN_MS
      this.#store = new HeadStore(kernels, seed, blockMinMs, options.samplesPerChunk)
      this.#metrics = new DatabaseMetrics(clock)
      const folder = new BlockFolder(this.dir, files)
      this.#folder = folder
      const settled = folder.check(log).filter(({ compaction }) => !compaction.hints?.length)
      const minValidTime = Math.max(-Infinity, ...settled.map(({ maxTime }) => maxTime))
      this.#store.memory.f64[H.minValidTime >>> 3] = minValidTime
      const started = clock.monotonic()
      log.info('Replaying on-disk memory mappable chunks if any')
      const chunksDir = `${this.dir}/chunks_head`
      const onDisk = readHeadChunkFiles(
        ...([chunksDir, this.#store, minValidTime, files, log] as const),
        readLateMarkers(`${this.dir}/wbl`, this.#readTools()),
      )
      if (onDisk.damage !== undefined) this.#metrics.mmapCorruptions++
      log.info('On-disk memory mappable chunks replay completed')
      const lateSamples = new LateSamples(this.#store)
      const { maxRef, aliases, ...replayed } = this.#replay(lateSamples, onDisk, log)
      this.#metrics.replaySeconds = (clock.monotonic() - started) / 1000
      this.#log = new LogWriter(this.#logOptions, files, kernels, this.#store.regions.log)
      const headOptions: HeadWriterOptions = {
        seriesMax: options.seriesMax ?? 0,
        blockMinMs,
        outOfOrderWindowMs: options.outOfOrderWindowMs ?? 0,
      }
      this.#headOptions = headOptions
      this.#headChunks = new HeadChunkWriter(chunksDir, this.#store, files, onDisk)
      const late = new LateAppender(this.#store, lateSamples, this.#headChunks)
      const exemplars = new ExemplarWriter(this.#exemplars, this.#store, this.#log)
      replayed.metadata.isOn = options.isMetadataLogged ?? false
      const parts = { ...replayed, late, exemplars }
      this.head = new ColumnHeadWriter(this.#store, this.#log, headOptions, maxRef + 1, parts)
      if (headOptions.outOfOrderWindowMs > 0 || files.statSync(`${this.dir}/wbl`))
        this.#openLateLog()
      if (this.#isLateLogDamaged) late.remark()
      this.head.publish(1)
      const limits = chooseLimits(options)
      this.#maintenance = new Maintenance(
        {
          dir: this.dir,
          blockMinMs,
          limits,
          isOverlapAllowed: !options.isOverlapCompactionOff,
          chunkFileBytes: options.chunkFileBytes,
          delayPercent: options.delayPercent ?? 0,
          ranges: compactionRanges(blockMinMs, chooseBlockMax(options, limits)),
          store: this.#store,
          head: this.head,
          log: this.#log,
          logOptions: this.#logOptions,
          readTools: { files, uncompressSnappy, uncompressZstd, kernels },
          folder,
          headChunks: this.#headChunks,
          metrics: this.#metrics,
        },
        deps,
      )
      this.#maintenance.keepAliases(aliases)
      this.#maintenance.applyRetention()
    } catch (err) {
      this.#lock?.release()
      throw err
    }
  }

  get memory(): WebAssembly.Memory {
    return this.#store.kernels.memory
  }

  appender(): Appender {
    return new RowAppender(this.head)
  }

  tick(): void {
    if (this.#isMaintaining) return
    try {
      for (const _ of this.#maintenance.run());
    } catch (err) {
      this.#deps.log.error('compaction failed', { component: 'tsdb', err: (err as Error).message })
    }
  }

  async maintain(pause: () => Promise<void>, signal?: AbortSignal): Promise<void> {
    if (this.#isMaintaining) return
    this.#isMaintaining = true
    try {
      if (this.#maintenance.needsDiskBytes) {
        const { blockSize, blocks } = await this.#deps.files.statfs(this.dir)
        this.#maintenance.diskBytes = blockSize * blocks
      }
      await this.#walk(this.#maintenance.run(true), pause, signal)
      await this.#maintenance.rest()
    } catch (err) {
      this.#deps.log.error('compaction failed', { component: 'tsdb', err: (err as Error).message })
    } finally {
      this.#isMaintaining = false
      this.#onRest()
    }
  }

  async #walk(
    steps: Generator<Step>,
    pause: () => Promise<void>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const aborted = new Promise<void>((resolve) => {
      signal?.addEventListener('abort', () => resolve(), { once: true })
    })
    for (const step of steps) {
      await Promise.race([step ?? pause(), aborted])
      if (!signal?.aborted && !this.#isClosed) continue
      // First the thread, then the memory it worked with.
      await this.#maintenance.endCompactor()
      return
    }
  }

  isCompactable(): boolean {
    return this.#maintenance.isCompactable()
  }

  deleteSeries(matchers: readonly Matcher[], mint: number, maxt: number): void {
    const parts = { dir: this.dir, head: this.head, folder: this.#folder, deps: this.#deps }
    if (deleteSeries(matchers, mint, maxt, parts)) this.#maintenance.publishBlocks()
    this.#maintenance.noteDeletion(matchers, mint, maxt)
  }

  async cleanTombstones(): Promise<void> {
    while (this.#isMaintaining) {
      await new Promise<void>((resolve) => {
        this.#resting.push(resolve)
      })
    }
    if (this.#isClosed) return
    this.#isMaintaining = true
    try {
      const mayWait = this.#deps.startCompactor !== undefined
      for (const step of this.#maintenance.cleanTombstones(mayWait)) if (step) await step
    } finally {
      this.#isMaintaining = false
      this.#onRest()
    }
  }

  snapshot(skipHead: boolean): string {
    const { files, clock, random } = this.#deps
    const name = snapshotName(clock.now(), random.bytes(8))
    const into = `${this.dir}/snapshots/${name}`
    files.mkdirSync(into)
    for (const { meta } of this.#folder.list()) {
      copyFolder(files, `${this.dir}/${meta.ulid}`, `${into}/${meta.ulid}`)
    }
    if (!skipHead) for (const _ of this.#maintenance.snapshotHead(into));
    return name
  }

  exemplars(sets: readonly (readonly Matcher[])[], mint: number, maxt: number): SeriesExemplars[] {
    return this.#exemplars.select(sets, mint, maxt)
  }

  facts(): HeadFacts {
    return readFacts(this.#store.memory)
  }

  collect(): MetricFamily[] {
    return this.#metrics.collect({
      facts: this.facts(),
      totals: this.head.totals,
      late: this.head.late.totals,
      exemplars: this.#exemplars,
      mmapChunks: this.#headChunks.chunksWritten,
      log: this.#log,
      lateLog: this.#lateLog,
      cleanStart: this.#lock ? (this.#lock.wasStale ? 0 : 1) : -1,
      commit: this.#store.memory.u32[H.commit >>> 2]!,
      sizes: this.#folder.headSizes(),
    })
  }

  configure(options: StorageLimits): void {
    if (options.retentionMs !== undefined) this.#maintenance.setLimits(chooseLimits(options))
    const windowMs = options.outOfOrderWindowMs ?? 0
    if (windowMs > 0) this.#openLateLog()
    this.#headOptions.outOfOrderWindowMs = windowMs
    this.#exemplars.resize(options.exemplarsMax ?? 0)
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    void this.#maintenance.endCompactor()
    this.head.logSeries()
    this.#log.close()
    this.#lateLog?.close()
    this.#closeHeadFiles()
    this.#lock?.release()
  }

  #onRest(): void {
    for (const resume of this.#resting.splice(0)) resume()
  }

  /** What spares the next start work. Nothing is lost without it: the log has all samples. */
  #closeHeadFiles(): void {
    const { files, log } = this.#deps
    try {
      for (const _ of this.#headChunks.addClosed());
      this.#headChunks.close()
      if (!this.#isSnapshotOn) return
      const deps = {
        ...{ dataDir: this.dir, head: this.head, exemplars: this.#exemplars, files, log },
        logOptions: this.#logOptions,
        region: this.#store.regions.log,
      }
      writeMemorySnapshot(deps, this.#log.segment, this.#log.position)
    } catch (err) {
      log.error('Failed to write what spares the next start work', { err: (err as Error).message })
    }
  }

  /** The log of out-of-order samples; once there is one it stays. */
  #openLateLog(): void {
    if (this.#lateLog) return
    const { files } = this.#deps
    const timed = (sync: () => void) => this.#metrics.wbl.timed(sync)
    const options = { ...this.#logOptions, dir: `${this.dir}/wbl`, timed }
    files.mkdirSync(options.dir)
    const region = { address: this.#store.heap.allocate(LATE_LOG_BYTES), sizeBytes: LATE_LOG_BYTES }
    this.#lateLog = new LogWriter(options, files, this.#store.kernels, region)
    this.head.late.log = this.#lateLog
  }

  #readTools(): LogReaderTools {
    const logRegion = this.#store.regions.log
    return {
      files: this.#deps.files,
      uncompressSnappy,
      uncompressZstd,
      kernels: this.#store.kernels,
      address: logRegion.address + logRegion.sizeBytes - LOG_READER_BYTES,
    }
  }

  /** The place in the log up to which the newest snapshot knows the head; undefined without one that can be used. */
  #loadSnapshot(
    replay: Replay,
    onDisk: HeadChunkFiles,
    tools: LogReaderTools,
  ): SnapshotPlace | undefined {
    const { files, log } = this.#deps
    const [newest, ...older] = listSnapshots(files, this.dir)
    if (!newest || onDisk.damage !== undefined) return undefined
    const lastSegment = listSegments(files, this.#logOptions.dir).at(-1) ?? -1
    if (lastSegment < newest.segment) {
      // The log began anew since: what they know is not what it continues.
      log.warn('Last WAL segment is less than the last snapshot, deleting snapshots')
      for (const { dir } of [newest, ...older]) files.removeSync(dir)
      return undefined
    }
    const store = this.#store
    const { refs, tombstones } = replay
    const problem = replaySnapshot(newest.dir, {
      ...{ store, refs, tombstones, tools, exemplars: this.#exemplars },
      addSeries: (...args) => replay.addSeries(...args),
    })
    if (problem === undefined) return newest
    this.#metrics.snapshotErrors++
    log.error('Failed to load chunk snapshot', { err: problem })
    return undefined
  }

  #replay(lateSamples: LateSamples, onDisk: HeadChunkFiles, log: Logger): Replayed {
    const { files, clock } = this.#deps
    const logOptions = this.#logOptions
    const store = this.#store
    files.mkdirSync(logOptions.dir)
    const { batch, log: logRegion } = store.regions
    const tools = this.#readTools()
    const started = clock.monotonic()
    log.info('Replaying WAL, this may take a while')
    const replay = new Replay(store, lateSamples, onDisk, this.#exemplars, tools, log)
    if (this.#deps.onReplay) replay.onProgress = this.#deps.onReplay
    const from = this.#isSnapshotOn ? this.#loadSnapshot(replay, onDisk, tools) : undefined
    const { maxRef, aliases, damage } = replay.run(logOptions.dir, from)
    const repair = (name: 'WAL' | 'WBL', broken: LogCorruption | undefined, at: LogOptions) => {
      if (!broken) return
      const err = `read records: ${broken.message}`
      log.warn(`Encountered ${name} read error, attempting repair`, { err })
      this.#metrics.walCorruptions++
      const repairTools = { ...tools, address: batch.address }
      repairLog(broken, at, files, store.kernels, logRegion, repairTools)
      log.info(`Successfully repaired ${name}`)
    }
    repair('WAL', damage, logOptions)
    const lateOptions = { ...logOptions, dir: `${this.dir}/wbl` }
    if (files.statSync(lateOptions.dir)) {
      const { lastChunk } = onDisk
      const parts = { late: lateSamples, refs: replay.refs, lastChunk, tools, log }
      const broken = replayLateLog(lateOptions.dir, parts)
      this.#isLateLogDamaged = broken !== undefined
      repair('WBL', broken, lateOptions)
      lateSamples.retire()
    }
    const seconds = (clock.monotonic() - started) / 1000
    log.info('WAL replay completed', { total_replay_duration: `${seconds.toFixed(3)}s` })
    const { f64 } = store.memory
    replay.tombstones.sweep(f64[H.minValidTime >>> 3]!, (ref) => lateSamples.has(ref))
    replay.tombstones.publish()
    freeChains(store, [...onDisk.inOrder.values(), ...onDisk.late.values()])
    return {
      maxRef: Math.max(maxRef, onDisk.maxRef),
      aliases,
      histograms: replay.histograms,
      tombstones: replay.tombstones,
      metadata: replay.metadata,
    }
  }
}

function chooseLimits(options: StorageLimits): RetentionLimits {
  const sizeBytes = options.retentionBytes ?? 0
  const percentage = options.retentionPercentage ?? 0
  return {
    sizeBytes,
    percentage,
    timeMs: options.retentionMs ?? (sizeBytes > 0 ? 0 : RETENTION_MS),
  }
}

/** A tenth of the retention time, at most 31 days; without a time limit 31 days. */
function chooseBlockMax(options: TsdbOptions, { timeMs }: RetentionLimits): number {
  if (options.blockMaxMs !== undefined) return options.blockMaxMs
  return timeMs > 0 ? Math.min(BLOCK_MAX_MS, timeMs / 10) : BLOCK_MAX_MS
}

function chooseLogOptions(options: TsdbOptions): LogOptions {
  const compression = options.walCompression ?? 'snappy'
  if (compression === 'zstd' && !canCompressZstd()) {
    throw new StorageError('opening storage failed: this runtime cannot write zstd; use snappy')
  }
  return {
    dir: `${options.dir}/wal`,
    segmentBytes: options.walSegmentBytes ?? SEGMENT_BYTES,
    compression,
    zstd: compressZstd,
  }
}
