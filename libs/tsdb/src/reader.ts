import type { HostFiles } from '@prom/runtime'
import type { Querier } from '@prom/storage'
import type { Block } from './block/block.ts'
import type { AttachOptions, HeadFacts, TsdbReader } from './contract.ts'
import { StorageError } from './errors.ts'
import { viewMemory } from './head/head-memory.ts'
import { H, READERS_MAX } from './head/layout.ts'
import { SymbolStrings } from './head/strings.ts'
import { BlockQuerier } from './read/block-querier.ts'
import { BlockSelections } from './read/block-selections.ts'
import { BlockSet, type OpenFailure } from './read/block-set.ts'
import { ChunkDecoder } from './read/chunk-decoder.ts'
import { HeadQuerier, type HeadView } from './read/head-querier.ts'
import { MergeQuerier } from './read/merge-querier.ts'
import { PageCache } from './read/page-cache.ts'
import { enterEpoch, leaveEpoch } from './reader-slots.ts'

const CACHE_BYTES = 64 << 20

/** One reading thread. Queriers may overlap; the thread's epoch is that of the oldest one still open. */
export class HeadReader implements TsdbReader {
  readonly #view: HeadView
  readonly #readerIndex: number
  readonly #blocks: BlockSet
  readonly #selections = new BlockSelections()
  #blocksVersion = -1
  #failures: readonly OpenFailure[] = []
  #open = 0

  constructor(options: AttachOptions, deps: { readonly files: HostFiles }) {
    const { readerIndex } = options
    if (!(readerIndex >= 0 && readerIndex < READERS_MAX)) {
      throw new StorageError(`reader index ${readerIndex} is out of range`)
    }
    const memory = viewMemory(options.memory)
    const cacheBytes = options.cacheBytes ?? CACHE_BYTES
    this.#readerIndex = readerIndex
    this.#view = {
      memory,
      strings: new SymbolStrings(memory, cacheBytes / 4),
      decoder: new ChunkDecoder(memory, cacheBytes / 2),
      selections: new Map(),
      labelsKept: 0,
      pairScope: { generation: -1 },
      values: new Map(),
    }
    this.#blocks = new BlockSet(options.dir, deps.files, new PageCache(cacheBytes / 4))
    leaveEpoch(memory.i32, readerIndex) // The index may come from a thread that was ended while it read.
  }

  querier(mint: number, maxt: number): Querier {
    const { i32 } = this.#view.memory
    if (this.#open++ === 0) {
      enterEpoch(i32, this.#readerIndex)
      this.#reloadBlocks()
      this.#view.decoder.enter()
    }
    const missing = this.#failures.find((f) => f.minTime <= maxt && f.maxTime > mint)
    if (missing) {
      if (--this.#open === 0) leaveEpoch(i32, this.#readerIndex)
      const { ulid, error } = missing
      throw new StorageError(`block: ${ulid}: ${(error as Error).message}`, { cause: error })
    }
    let isOpen = true
    const finish = () => {
      if (!isOpen) return
      isOpen = false
      this.#view.decoder.release()
      if (--this.#open === 0) leaveEpoch(i32, this.#readerIndex)
    }
    const blocks = this.#blocks.blocks.filter(
      ({ meta }) => meta.minTime <= maxt && meta.maxTime > mint,
    )
    if (blocks.length === 0) return new HeadQuerier(this.#view, mint, maxt, finish)
    // At equal times the first one wins: what was written in order before what was not. The head may have both.
    const head = new HeadQuerier(this.#view, mint, maxt, () => {})
    const [early, late] = [blocks.filter((b) => !isLate(b)), blocks.filter(isLate)]
    const toQuerier = (block: Block) =>
      new BlockQuerier(block, this.#view.decoder, this.#selections)
    const parts = [...early.map(toQuerier), head, ...late.map(toQuerier)]
    return new MergeQuerier(parts, finish)
  }

  facts(): HeadFacts {
    return readFacts(this.#view.memory)
  }

  close(): void {
    this.#blocks.close()
    leaveEpoch(this.#view.memory.i32, this.#readerIndex)
  }

  // The set stays as it is while a querier is open: its files are held by it.
  // What could not be opened is tried again by the next query.
  #reloadBlocks(): void {
    const version = Atomics.load(this.#view.memory.i32, H.blocksVersion >>> 2)
    if (version === this.#blocksVersion && this.#failures.length === 0) return
    this.#failures = this.#blocks.reload()
    this.#blocksVersion = version
  }
}

function isLate({ meta }: Block): boolean {
  return meta.compaction.hints?.includes('from-out-of-order') ?? false
}

export function readFacts({ u32, f64 }: HeadView['memory']): HeadFacts {
  return {
    series: u32[H.series >>> 2]!,
    chunks: u32[H.chunks >>> 2]!,
    minTimeMs: f64[H.minTime >>> 3]!,
    maxTimeMs: f64[H.maxTime >>> 3]!,
    labelPairs: u32[H.pairs >>> 2]!,
    symbols: u32[H.symbols >>> 2]!,
    memoryBytes: u32[H.touched >>> 2]! * 1024,
  }
}
