import type { Labels } from '@prom/labels'
import type { ChunkData } from '../block/chunk-writer.ts'
import type { Stones } from '../block/tombstones.ts'
import type { HeadStore } from '../head/head-store.ts'
import type { LateSamples } from '../head/late-samples.ts'
import { S } from '../head/layout.ts'
import { readSealedChunk } from '../head/sealed-chunk.ts'
import { decodeSamples, encodeSamples, mergeSamples } from './recode.ts'
import type { BlockSeries } from './write-block.ts'

/** The out-of-order chunks of the head as series of blocks. Rows that are no chunk yet are not seen. */
export class LateSource {
  readonly #store: HeadStore
  readonly #stones: Stones
  readonly #series: { readonly ref: number; readonly labels: Labels; readonly chunks: number[] }[]
  readonly symbols = new Set<string>()

  constructor(store: HeadStore, late: LateSamples, stones: Stones) {
    this.#store = store
    this.#stones = stones
    this.#series = late
      .refs()
      .map((ref) => ({
        ref,
        labels: store.labelsOf(store.series.record(ref)),
        chunks: late.chunksOf(ref),
      }))
      .filter(({ chunks }) => chunks.length > 0)
      .sort((a, b) => a.labels.compare(b.labels))
    for (const { labels } of this.#series) {
      for (const text of labels.flat()) this.symbols.add(text)
    }
  }

  /** Starts of the windows of `widthMs` that hold samples, ascending. */
  windows(widthMs: number): number[] {
    const found = new Set<number>()
    for (const { chunks } of this.#series) {
      for (const chunk of chunks) {
        const { mint, maxt } = this.#range(chunk)
        for (let at = Math.floor(mint / widthMs) * widthMs; at <= maxt; at += widthMs) found.add(at)
      }
    }
    return [...found].sort((a, b) => a - b)
  }

  *within(minTime: number, maxTime: number): IterableIterator<BlockSeries> {
    for (const { ref, labels, chunks } of this.#series) {
      const lists = chunks
        .filter((chunk) => {
          const { mint, maxt } = this.#range(chunk)
          return mint < maxTime && maxt >= minTime
        })
        .map((chunk) => this.#decode(chunk))
      if (lists.length === 0) continue
      const deleted = this.#stones.get(ref) ?? []
      const merged = mergeSamples(
        lists,
        lists.map(() => deleted),
      ).filter(({ timeMs }) => timeMs >= minTime && timeMs < maxTime)
      const encoded: ChunkData[] = encodeSamples(merged)
      if (encoded.length > 0) yield { labels, chunks: encoded }
    }
  }

  #range(chunk: number): { mint: number; maxt: number } {
    const { f64 } = this.#store.memory
    return { mint: f64[(chunk + S.mint) >>> 3]!, maxt: f64[(chunk + S.maxt) >>> 3]! }
  }

  #decode(chunk: number) {
    const { memory } = this.#store
    const encoding = memory.u32[(chunk + S.flags) >>> 2]! & 0xff
    return decodeSamples({ encoding, data: readSealedChunk(memory, chunk) })
  }
}
