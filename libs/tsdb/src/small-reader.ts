import type { HostFiles } from '@prom/runtime'
import type { Querier } from '@prom/storage'
import { listBlockSpans } from './block/block-spans.ts'
import type { AttachOptions } from './contract.ts'
import { viewMemory } from './head/head-memory.ts'
import { H } from './head/layout.ts'
import { SymbolStrings } from './head/strings.ts'
import { ChunkDecoder } from './read/chunk-decoder.ts'
import { HeadQuerier, type HeadView } from './read/head-querier.ts'
import { type SelectionBound, SelectionTooLarge } from './read/selection-bound.ts'
import { enterEpoch, leaveEpoch } from './reader-slots.ts'

/**
 * Reads a little of the head where nobody may wait: what would take longer, or needs blocks or samples out of order, is
 * refused with SelectionTooLarge. Of blocks it knows only which times they cover.
 */
export class SmallReader {
  readonly #view: HeadView
  readonly #options: AttachOptions
  readonly #files: HostFiles
  readonly #bound: SelectionBound
  #blocksVersion = -1
  /** From here on there is nothing in blocks. */
  #headFrom = Number.POSITIVE_INFINITY

  constructor(
    options: AttachOptions,
    bound: SelectionBound,
    { files }: { readonly files: HostFiles },
  ) {
    const memory = viewMemory(options.memory)
    const cacheBytes = options.cacheBytes ?? 4 << 20
    this.#options = options
    this.#files = files
    this.#bound = bound
    this.#view = {
      memory,
      strings: new SymbolStrings(memory, cacheBytes / 2),
      decoder: new ChunkDecoder(memory, cacheBytes / 2),
      selections: new Map(),
      labelsKept: 0,
      pairScope: { generation: -1 },
      values: new Map(),
    }
  }

  /** A view of this moment; one at a time. */
  querier(mint: number, maxt: number): Querier {
    const { i32, u32 } = this.#view.memory
    if (u32[H.lateSeries >>> 2] !== 0) throw new SelectionTooLarge()
    // The writer is at work: whoever looks now may have to wait for it.
    if ((Atomics.load(i32, H.sequence >>> 2) & 1) !== 0) throw new SelectionTooLarge()
    const { readerIndex } = this.#options
    enterEpoch(i32, readerIndex)
    const leave = () => leaveEpoch(i32, readerIndex)
    if (mint < this.#findHead() && mint <= maxt) {
      leave()
      throw new SelectionTooLarge()
    }
    const { decoder } = this.#view
    decoder.enter()
    const finish = () => {
      decoder.release()
      leave()
    }
    return new HeadQuerier(this.#view, mint, maxt, finish, this.#bound)
  }

  /** How many series the head holds by now. */
  get seriesCount(): number {
    return this.#view.memory.u32[H.series >>> 2] as number
  }

  close(): void {
    leaveEpoch(this.#view.memory.i32, this.#options.readerIndex)
  }

  #findHead(): number {
    const version = Atomics.load(this.#view.memory.i32, H.blocksVersion >>> 2)
    if (version !== this.#blocksVersion) {
      this.#blocksVersion = version
      let end = Number.NEGATIVE_INFINITY
      for (const { maxTime } of listBlockSpans(this.#files, this.#options.dir)) {
        end = Math.max(end, maxTime)
      }
      this.#headFrom = end
    }
    return this.#headFrom
  }
}
