import type { Matcher } from '@prom/labels'
import { createUlid } from '@prom/model'
import type { BlockFolder } from './block/block-folder.ts'
import type { BlockMeta } from './block/meta.ts'
import {
  type CompactionJob,
  type CompactionResult,
  runCompaction,
} from './compact/compaction-job.ts'
import { CHUNK_SCRATCH_BYTES } from './compact/head-source.ts'
import { markFailed } from './compact/merged-plan.ts'
import { planCompaction } from './compact/plan.ts'
import {
  beyondSize,
  beyondTime,
  type RetentionLimits,
  type SizedBlock,
  sizeLimit,
} from './compact/retention.ts'
import type { Compactor, TsdbDeps } from './contract.ts'
import { deleteFromBlock } from './delete-series.ts'
import type { HeadChunkWriter } from './head/head-chunk-writer.ts'
import type { HeadStore } from './head/head-store.ts'
import type { ColumnHeadWriter } from './head/head-writer.ts'
import { C, COMPACTION_READER, H } from './head/layout.ts'
import { truncateHead } from './head/truncate.ts'
import { LateCompaction } from './late-compaction.ts'
import type { DatabaseMetrics } from './metrics.ts'
import { leaveEpoch, oldestEpoch } from './reader-slots.ts'
import { writeCheckpoint } from './wal/checkpoint.ts'
import { LOG_READER_BYTES, type LogReaderTools } from './wal/log-reader.ts'
import type { LogOptions, LogWriter } from './wal/log-writer.ts'

const RETRY_MS = 60_000
const CHECKPOINT_BYTES = 8 << 20
/** How long the compaction thread waits for another block before its memory is given back. */
const COMPACTOR_IDLE_MS = 30_000

/** Between two steps: nothing, or what the next step waits for. */
export type Step = Promise<unknown> | undefined

interface Deletion {
  readonly matchers: readonly Matcher[]
  readonly mint: number
  readonly maxt: number
}

export interface MaintenanceParts {
  readonly dir: string
  readonly blockMinMs: number
  limits: RetentionLimits
  /** Compact blocks that overlap. */
  readonly isOverlapAllowed: boolean
  readonly chunkFileBytes: number | undefined
  /** The head waits up to this share of a block's width before it is compacted; 0 = not at all. */
  readonly delayPercent: number
  /** Widths of blocks, ascending. */
  readonly ranges: readonly number[]
  readonly store: HeadStore
  readonly head: ColumnHeadWriter
  readonly log: LogWriter
  readonly logOptions: LogOptions
  readonly readTools: Omit<LogReaderTools, 'address'>
  readonly folder: BlockFolder
  readonly headChunks: HeadChunkWriter
  readonly metrics: DatabaseMetrics
}

/**
 * What keeps the database from growing without bound: full two hours of the head become a block, their memory and
 * log are given back, old blocks are deleted. One step at a time; appends may happen between steps.
 */
export class Maintenance {
  readonly #parts: MaintenanceParts
  readonly #deps: TsdbDeps
  /** The block is there; memory follows when every reader knows the block. */
  #pending: { readonly mint: number; readonly epoch: number } | undefined
  readonly #late: LateCompaction
  /** The head was compacted: out-of-order samples come next. */
  #isLateDue = false
  /** Size of the file system, once known. */
  diskBytes = 0
  /** When the head became compactable, and how long it waits from then on, monotonic. */
  #delayUntil: number | undefined
  /** No compaction before this monotonic time. */
  #notBefore = 0
  /** Blocks may be written by another thread: whoever runs the steps waits where they say so. */
  #mayWait = false
  #compactor: Compactor | undefined
  #compactorUsed = 0
  /** Deletions since the block under way was begun: it may have samples of theirs. */
  #deletions: Deletion[] | undefined
  /** Log refs of removed series, and until when their series records are kept. */
  readonly #expiries = new Map<number, number>()

  constructor(parts: MaintenanceParts, deps: TsdbDeps) {
    this.#parts = parts
    this.#deps = deps
    this.#late = new LateCompaction(parts, deps)
  }

  /** With `mayWait` the caller waits for the promises that come out; without, none do. */
  *run(mayWait = false): Generator<Step> {
    this.#mayWait = mayWait
    this.#parts.store.retired.collect()
    this.applyRetention() // First of all: it may be what makes room for the rest.
    yield* this.#writeHeadChunks()
    this.#truncateLate()
    yield* this.#truncatePending()
    while (!this.#pending && this.#mayCompact()) {
      yield* this.#compactHead()
      yield* this.#truncatePending()
    }
    if (this.#isLateDue && !this.#pending) {
      yield* silent(this.#late.run(() => this.#publishBlocks()))
      this.#isLateDue = false
      this.#truncateLate()
    }
    yield* this.#compactBlocks()
    this.applyRetention()
  }

  #truncateLate(): void {
    if (this.#late.truncate()) this.#parts.metrics.wbl.truncations++
  }

  /** To be told of every deletion, when head and blocks have it. */
  noteDeletion(matchers: readonly Matcher[], mint: number, maxt: number): void {
    this.#deletions?.push({ matchers, mint, maxt })
  }

  /** Ends the thread that writes blocks, and with it what it is at. */
  async endCompactor(): Promise<void> {
    const compactor = this.#compactor
    this.#compactor = undefined
    await compactor?.terminate()
    leaveEpoch(this.#parts.store.memory.i32, COMPACTION_READER)
  }

  /** To be called when nothing is under way: a thread that had no work for a while is ended. */
  async rest(): Promise<void> {
    const idleMs = this.#deps.clock.monotonic() - this.#compactorUsed
    if (this.#compactor && idleMs > COMPACTOR_IDLE_MS) await this.endCompactor()
  }

  *#writeHeadChunks(): Generator<Step> {
    try {
      yield* silent(this.#parts.headChunks.addClosed())
    } catch (err) {
      // Nothing depends on them: the log has the same samples.
      this.#deps.log.error('Failed to write head chunks', { err: (err as Error).message })
    }
  }

  /** Writes every block with deleted ranges anew, without them. */
  *cleanTombstones(mayWait = false): Generator<Step> {
    this.#mayWait = mayWait
    const { clock } = this.#deps
    const started = clock.monotonic()
    for (const { meta } of this.#parts.folder.list()) {
      if (meta.stats.numTombstones) yield* this.#replace([meta])
    }
    this.#parts.metrics.tombstoneCleanup.observe((clock.monotonic() - started) / 1000)
  }

  /** A block of the head's present content, in another folder. */
  *snapshotHead(into: string): Generator<Step> {
    this.#mayWait = false
    const { store } = this.#parts
    const { f64 } = store.memory
    const minTime = f64[H.minTime >>> 3]!
    const maxTime = f64[H.maxTime >>> 3]! + 1
    if (!(minTime < maxTime)) return
    yield* this.#write({ ...this.#target(into), from: 'head', minTime, maxTime }, false)
    yield* silent(this.#late.writeBlocks(into))
  }

  /** After replay: series records under these refs stay in checkpoints while samples of that time may. */
  keepAliases(walRefs: readonly number[]): void {
    const { f64 } = this.#parts.store.memory
    for (const ref of walRefs) this.#expiries.set(ref, f64[(H.context + C.maxTime) >>> 3]!)
  }

  setLimits(limits: RetentionLimits): void {
    this.#parts.limits = limits
  }

  get needsDiskBytes(): boolean {
    return this.#parts.limits.percentage > 0
  }

  /** To be called after the set of blocks or their tombstones changed. */
  publishBlocks(): void {
    this.#publishBlocks()
  }

  *#compactBlocks(): Generator<Step> {
    const { folder, ranges, metrics } = this.#parts
    for (;;) {
      const metas = folder.list().map(({ meta }) => meta)
      const planned = planCompaction(metas, ranges, this.#parts.isOverlapAllowed)
      if (planned.length === 0) return
      metrics.compactionsTriggered++
      yield* this.#replace(planned)
      if (this.#hasBlock()) return // The head comes first.
    }
  }

  *#replace(parents: readonly BlockMeta[]): Generator<Step> {
    const { dir, folder, metrics } = this.#parts
    const { clock, log } = this.#deps
    const started = clock.monotonic()
    const target = this.#target(dir)
    try {
      metrics.isPopulating = true
      const job = { ...target, from: 'blocks' as const, dataDir: dir, parents }
      const { meta } = yield* this.#write(job, true)
      log.info('compact blocks', {
        count: parents.length,
        mint: meta?.minTime,
        maxt: meta?.maxTime,
        ulid: target.ulid,
        sources: parents.map((parent) => parent.ulid).join(' '),
        duration: `${(clock.monotonic() - started).toFixed(0)}ms`,
      })
    } catch (err) {
      metrics.compactionsFailed++
      for (const { ulid } of parents) markFailed(dir, ulid, this.#deps)
      throw err
    } finally {
      metrics.isPopulating = false
    }
    metrics.compactions++
    if (overlap(parents)) metrics.verticalCompactions++
    metrics.compactionDuration.observe((clock.monotonic() - started) / 1000)
    for (const { ulid } of parents) folder.remove(ulid)
    this.#publishBlocks()
  }

  #target(dir: string): { dir: string; ulid: string; chunkFileBytes: number | undefined } {
    const { clock, random } = this.#deps
    const ulid = createUlid(clock.now(), random.bytes(10))
    return { dir, ulid, chunkFileBytes: this.#parts.chunkFileBytes }
  }

  /** Writes a block, here or in the thread for it. `isOurs`: what is deleted meanwhile is deleted in it as well. */
  *#write(job: CompactionJob, isOurs: boolean): Generator<Step, CompactionResult> {
    this.#deletions = isOurs ? [] : undefined
    const { heap } = this.#parts.store
    const scratch = heap.allocate(CHUNK_SCRATCH_BYTES)
    try {
      const result = yield* this.#perform(job, scratch)
      for (const { matchers, mint, maxt } of result.meta ? (this.#deletions ?? []) : []) {
        deleteFromBlock(`${job.dir}/${job.ulid}`, matchers, mint, maxt, this.#deps)
      }
      return result
    } finally {
      heap.free(scratch, CHUNK_SCRATCH_BYTES)
      this.#deletions = undefined
    }
  }

  *#perform(job: CompactionJob, scratch: number): Generator<Step, CompactionResult> {
    const { clock, files, startCompactor } = this.#deps
    const { memory, strings, kernels } = this.#parts.store
    if (!startCompactor || !this.#mayWait) {
      return yield* silent(runCompaction(job, { memory, strings, kernels, files, clock, scratch }))
    }
    this.#compactor ??= startCompactor(kernels.memory)
    let result: CompactionResult | undefined
    let failure: unknown
    yield this.#compactor.run({ job, scratch }).then(
      (done) => {
        result = done
      },
      (err) => {
        failure = err
      },
    )
    this.#compactorUsed = clock.monotonic()
    if (result) return result
    yield this.endCompactor() // It may be the thread itself that is broken.
    throw failure
  }

  applyRetention(): void {
    const { folder, limits, metrics } = this.#parts
    const sizeBytes = sizeLimit(limits, this.diskBytes)
    metrics.retentionBytes = sizeBytes
    metrics.retentionMs = limits.timeMs
    const blocks: SizedBlock[] = folder.list()
    const late = beyondTime(blocks, limits)
    if (late.length > 0) metrics.timeRetentions++
    const over = beyondSize(blocks, folder.headBytes(), sizeBytes)
    if (over.length > 0) metrics.sizeRetentions++
    const doomed = new Set([...late, ...over])
    for (const ulid of doomed) {
      this.#deps.log.info('Deleting obsolete block', { block: ulid })
      folder.remove(ulid)
    }
    if (doomed.size > 0) this.#publishBlocks()
    metrics.blocksLoaded = blocks.length - doomed.size
    metrics.blocksBytes = blocks.reduce(
      (sum, b) => sum + (doomed.has(b.meta.ulid) ? 0 : b.sizeBytes),
      0,
    )
    const kept = blocks.filter((b) => !doomed.has(b.meta.ulid))
    metrics.symbolTableBytes = folder.symbolTableBytes(kept)
    metrics.lowestBlockTime = Math.min(Infinity, ...kept.map(({ meta }) => meta.minTime))
  }

  /** As `#hasBlock`, but not for a minute after a failure: a full disk must not be asked every second. */
  isCompactable(): boolean {
    return this.#mayCompact() && this.#deps.clock.monotonic() >= this.#notBefore
  }

  /** With delayed compaction the head waits a random while first, so that many servers do not do it at once. */
  #mayCompact(): boolean {
    const { delayPercent, blockMinMs } = this.#parts
    const { clock, random } = this.#deps
    if (!this.#hasBlock()) {
      this.#delayUntil = undefined
      return false
    }
    if (delayPercent === 0) return true
    this.#delayUntil ??= clock.monotonic() + (random.next() * blockMinMs * delayPercent) / 100
    return clock.monotonic() >= this.#delayUntil
  }

  #hasBlock(): boolean {
    const { f64 } = this.#parts.store.memory
    const width = f64[(H.context + C.maxTime) >>> 3]! - f64[(H.context + C.minTime) >>> 3]!
    return width > this.#parts.blockMinMs * 1.5
  }

  *#compactHead(): Generator<Step> {
    const { store, blockMinMs, metrics, dir } = this.#parts
    const { clock, log } = this.#deps
    const mint = store.memory.f64[(H.context + C.minTime) >>> 3]!
    const maxt = Math.trunc(mint / blockMinMs) * blockMinMs + blockMinMs
    const started = clock.monotonic()
    metrics.compactionsTriggered++
    const target = this.#target(dir)
    const { ulid } = target
    try {
      metrics.isPopulating = true
      const job = { ...target, from: 'head' as const, minTime: mint, maxTime: maxt }
      const { meta, chunks } = yield* this.#write(job, true)
      for (let i = 0; i < chunks.length; i += 3) {
        metrics.observeChunk(chunks[i]!, chunks[i + 1]!, chunks[i + 2]!)
      }
      if (meta) {
        log.info('write block', {
          mint,
          maxt,
          ulid,
          duration: `${(clock.monotonic() - started).toFixed(0)}ms`,
          ooo: false,
        })
      }
    } catch (err) {
      metrics.compactionsFailed++
      this.#notBefore = clock.monotonic() + RETRY_MS
      throw err
    } finally {
      metrics.isPopulating = false
    }
    metrics.compactions++
    metrics.compactionDuration.observe((clock.monotonic() - started) / 1000)
    this.#publishBlocks()
    this.#isLateDue = true
    this.#pending = { mint: maxt, epoch: Atomics.add(store.memory.i32, H.epoch >>> 2, 1) }
  }

  *#truncatePending(): Generator<Step> {
    const { store, head, metrics } = this.#parts
    const pending = this.#pending
    if (!pending || oldestEpoch(store.memory.i32) <= pending.epoch) return
    this.#pending = undefined
    metrics.truncations++
    const started = this.#deps.clock.monotonic()
    const { mint } = pending
    const removed = truncateHead(store, head.totals, mint)
    head.sweep(mint)
    const minTime = store.memory.f64[H.minTime >>> 3]!
    metrics.gcSeconds += (this.#deps.clock.monotonic() - started) / 1000
    for (const walRef of removed) this.#expiries.set(walRef, minTime)
    const { headChunks } = this.#parts
    try {
      // The next chunks go to a file of their own, so that this one can go when they are in a block.
      headChunks.cut()
    } catch (err) {
      this.#deps.log.error('Failed to write head chunks', { err: (err as Error).message })
    }
    headChunks.truncate(mint, this.#late.lateDone)
    this.#deps.log.info('Head GC completed', { caller: 'truncateMemory' })
    yield
    yield* this.#truncateLog(mint)
  }

  *#truncateLog(mint: number): Generator<Step> {
    const { store, log, logOptions, metrics, readTools } = this.#parts
    metrics.wal.truncations++
    const started = this.#deps.clock.monotonic()
    const address = store.heap.allocate(CHECKPOINT_BYTES)
    try {
      log.nextSegment()
      const live = this.#liveRefs()
      const keeps = (ref: number) => live.has(ref) || (this.#expiries.get(ref) ?? -Infinity) >= mint
      const region = { address, sizeBytes: CHECKPOINT_BYTES - LOG_READER_BYTES }
      const tools = { ...readTools, address: address + region.sizeBytes }
      const { files } = this.#deps
      const deps = { options: logOptions, files, kernels: store.kernels, region, tools }
      // Out-of-order samples are compacted after this: what was deleted of them must stay so.
      const stonesFrom = this.#parts.head.late.samples.isEmpty ? mint : -Infinity
      metrics.checkpoints++
      metrics.checkpointDeletions++
      const isDone = yield* silent(writeCheckpoint(deps, log.segment, mint, keeps, stonesFrom))
      if (!isDone) {
        metrics.checkpoints--
        metrics.checkpointDeletions--
      }
      metrics.walTruncateSeconds += (this.#deps.clock.monotonic() - started) / 1000
      for (const [ref, expiry] of this.#expiries) if (expiry < mint) this.#expiries.delete(ref)
    } catch (err) {
      metrics.wal.truncationsFailed++
      metrics.checkpointsFailed++
      this.#deps.log.error('WAL truncation failed', { err: (err as Error).message })
    } finally {
      store.heap.free(address, CHECKPOINT_BYTES)
    }
  }

  #liveRefs(): { has(ref: number): boolean } {
    return this.#parts.store.liveWalRefs(this.#parts.head.lastWalRef)
  }

  #publishBlocks(): void {
    const { store, metrics } = this.#parts
    metrics.reloads++
    Atomics.add(store.memory.i32, H.blocksVersion >>> 2, 1)
  }
}

function overlap(metas: readonly BlockMeta[]): boolean {
  const sorted = [...metas].sort((a, b) => a.minTime - b.minTime)
  return sorted.some((meta, i) => i > 0 && meta.minTime < sorted[i - 1]!.maxTime)
}

/** The steps of something that never waits. */
function* silent<T>(steps: Generator<void, T>): Generator<Step, T> {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value as T
    yield undefined
  }
}
