import { createUlid } from '@prom/model'
import { LateSource } from './compact/late-source.ts'
import { writeBlock } from './compact/write-block.ts'
import type { TsdbDeps } from './contract.ts'
import type { HeadChunkWriter } from './head/head-chunk-writer.ts'
import type { ColumnHeadWriter } from './head/head-writer.ts'
import { H } from './head/layout.ts'
import { oldestEpoch } from './reader-slots.ts'
import { segmentName } from './wal/segments.ts'

export interface LateCompactionParts {
  readonly dir: string
  readonly blockMinMs: number
  readonly head: ColumnHeadWriter
  readonly headChunks: HeadChunkWriter
  readonly chunkFileBytes?: number | undefined
}

const NO_ULID = '0'.repeat(26)

/** Out-of-order samples to blocks of their own, one per window of two hours; then their memory and log are given up. */
export class LateCompaction {
  readonly #parts: LateCompactionParts
  readonly #deps: TsdbDeps
  /** Blocks are there; memory follows when every reader knows them. */
  #pending: { commit: number; epoch: number; segment: number; lateChunk: number } | undefined
  /** Number of the last out-of-order chunk on disk that nobody needs. */
  lateDone = 0

  constructor(parts: LateCompactionParts, deps: TsdbDeps) {
    this.#parts = parts
    this.#deps = deps
  }

  get isPending(): boolean {
    return this.#pending !== undefined
  }

  /** Writes the blocks; `onBlocks` makes them known. */
  *run(onBlocks: () => void): Generator<void> {
    const { head, headChunks, dir } = this.#parts
    const { late, store } = head
    if (this.#pending || late.samples.isEmpty) return
    const commit = store.memory.u32[H.commit >>> 2]!
    const segment = late.log?.nextSegment() ?? -1
    headChunks.cut()
    const lateChunk = headChunks.lastLate
    yield* this.writeBlocks(dir)
    onBlocks()
    const epoch = Atomics.add(store.memory.i32, H.epoch >>> 2, 1)
    this.#pending = { commit, epoch, segment, lateChunk }
  }

  /** Blocks of all out-of-order samples of the head, in the folder `into`. */
  *writeBlocks(into: string): Generator<void> {
    const { head, blockMinMs } = this.#parts
    const { late, store } = head
    const { clock, random, files, log } = this.#deps
    if (late.samples.isEmpty) return
    yield* late.sealAll()
    const source = new LateSource(store, late.samples, head.tombstones.stones)
    for (const minTime of source.windows(blockMinMs)) {
      const ulid = createUlid(clock.now(), random.bytes(10))
      const maxTime = minTime + blockMinMs
      const parents = [{ ulid: NO_ULID, minTime: 0, maxTime: 0 }]
      const hints = ['from-out-of-order']
      const { chunkFileBytes } = this.#parts
      const plan = { ulid, minTime, maxTime, level: 1, parents, hints, chunkFileBytes }
      const started = clock.monotonic()
      const series = source.within(minTime, maxTime)
      const meta = yield* writeBlock(files, into, plan, source.symbols, series)
      if (!meta) continue
      const duration = `${(clock.monotonic() - started).toFixed(0)}ms`
      log.info('write block', { mint: minTime, maxt: maxTime, ulid, duration, ooo: true })
    }
  }

  /** Once no reader is left that does not know the blocks. */
  /** Returns whether the log was cut. */
  truncate(): boolean {
    const { head, dir } = this.#parts
    const pending = this.#pending
    if (!pending || oldestEpoch(head.store.memory.i32) <= pending.epoch) return false
    this.#pending = undefined
    head.late.samples.drop(pending.commit)
    this.lateDone = pending.lateChunk
    const { files } = this.#deps
    for (const name of pending.segment < 0 ? [] : files.listSync(`${dir}/wbl`)) {
      if (/^\d+$/.test(name) && Number(name) <= pending.segment) {
        files.removeSync(`${dir}/wbl/${segmentName(Number(name))}`)
      }
    }
    return pending.segment >= 0
  }
}
