import { compareBytes, type Labels, type Matcher } from '@prom/labels'
import type {
  ColumnMemory,
  LabelHints,
  Querier,
  SampleColumns,
  SelectHints,
  SeriesSet,
} from '@prom/storage'
import type { Block } from '../block/block.ts'
import type { ChunkMeta } from '../block/chunk-writer.ts'
import { StorageError } from '../errors.ts'
import { selectFromIndex } from './block-select.ts'
import type { BlockSelections, BlockSeries } from './block-selections.ts'
import type { ChunkDecoder } from './chunk-decoder.ts'

/** One block as a Querier. */
export class BlockQuerier implements Querier {
  readonly warnings: readonly string[] = []
  readonly #block: Block
  readonly #decoder: ChunkDecoder
  readonly #selections: BlockSelections

  constructor(block: Block, decoder: ChunkDecoder, selections: BlockSelections) {
    this.#block = block
    this.#decoder = decoder
    this.#selections = selections
  }

  select(matchers: readonly Matcher[], hints: SelectHints): SeriesSet {
    return this.#named(() => {
      const all = this.#selections.of(this.#block, matchers, () => this.#select(matchers))
      const { meta } = this.#block
      // Chunks of a block lie in its range.
      if (hints.mint <= meta.minTime && hints.maxt >= meta.maxTime - 1) {
        return new BlockSeriesSet(this.#block, this.#decoder, all, hints)
      }
      const found: BlockSeries[] = []
      for (const { ref, series } of all) {
        const { labels } = series
        const chunks = overlapping(series.chunks, hints)
        if (chunks.length > 0) found.push({ ref, series: { labels, chunks } })
      }
      return new BlockSeriesSet(this.#block, this.#decoder, found, hints)
    })
  }

  #select(matchers: readonly Matcher[]): BlockSeries[] {
    const { index } = this.#block
    const refs = selectFromIndex(index, matchers)
    return Array.from(refs, (ref) => ({ ref, series: index.series(ref) }))
  }

  labelNames(matchers: readonly Matcher[], _hints: LabelHints): string[] {
    return this.#named(() => {
      const { index } = this.#block
      if (matchers.length === 0) return index.labelNames()
      const names = new Set<string>()
      for (const ref of selectFromIndex(index, matchers)) {
        for (const [name] of index.series(ref).labels) names.add(name)
      }
      return [...names].sort(compareBytes)
    })
  }

  labelValues(name: string, matchers: readonly Matcher[], _hints: LabelHints): string[] {
    return this.#named(() => {
      const { index } = this.#block
      if (matchers.length === 0) return index.labelValues(name)
      const values = new Set<string>()
      for (const ref of selectFromIndex(index, matchers)) {
        const value = index.series(ref).labels.get(name)
        if (value !== '') values.add(value)
      }
      return [...values].sort(compareBytes)
    })
  }

  close(): void {}

  #named<T>(work: () => T): T {
    try {
      return work()
    } catch (err) {
      throw inBlock(this.#block, err)
    }
  }
}

class BlockSeriesSet implements SeriesSet {
  readonly #block: Block
  readonly #decoder: ChunkDecoder
  readonly #found: readonly BlockSeries[]
  readonly #hints: SelectHints

  constructor(
    block: Block,
    decoder: ChunkDecoder,
    found: readonly BlockSeries[],
    hints: SelectHints,
  ) {
    this.#block = block
    this.#decoder = decoder
    this.#found = found
    this.#hints = hints
  }

  get length(): number {
    return this.#found.length
  }

  get sizeBytes(): number {
    return this.#found.length * 200
  }

  get memory(): ColumnMemory {
    return this.#decoder.memory
  }

  labels(index: number): Labels {
    return this.#found[index]!.series.labels
  }

  samples(index: number): SampleColumns {
    const { ref, series } = this.#found[index]!
    const { mint, maxt } = this.#hints
    const deleted = this.#block.tombstones.get(ref)
    try {
      const cached = deleted ? undefined : this.#fromCache(series.chunks)
      if (cached) return cached
      const stored = series.chunks.map(({ ref }: ChunkMeta) => {
        const { encoding, data } = this.#block.chunks.read(ref)
        return { encoding, data: data.slice() }
      })
      let most = 0
      for (const { data } of stored) most += (data[0]! << 8) | data[1]!
      this.#decoder.begin(most)
      for (const { encoding, data } of stored) this.#decoder.add(encoding, data)
      return this.#decoder.end(mint, maxt, deleted)
    } catch (err) {
      throw inBlock(this.#block, err)
    }
  }

  #fromCache(chunks: readonly ChunkMeta[]): SampleColumns | undefined {
    const { serial, chunks: files } = this.#block
    if (serial >= SERIALS_MAX) return undefined
    const keys: number[] = []
    for (const { ref } of chunks) {
      if (ref >= REFS_MAX) return undefined
      keys.push(serial * REFS_MAX + ref)
    }
    const { mint, maxt } = this.#hints
    return this.#decoder.fromBlock(keys, (i) => files.read(chunks[i]!.ref), mint, maxt)
  }

  release(): void {
    this.#decoder.release()
  }
}

/** A chunk's number is that of its block and its place there, exact as a double. */
const REFS_MAX = 2 ** 40
const SERIALS_MAX = 2 ** 13

/** The chunks, ascending in time, that have samples in the range, or might. */
function overlapping(
  chunks: readonly ChunkMeta[],
  { mint, maxt }: Pick<SelectHints, 'mint' | 'maxt'>,
): readonly ChunkMeta[] {
  let from = 0
  let to = chunks.length
  while (from < to && chunks[from]!.maxt < mint) from++
  while (to > from && chunks[to - 1]!.mint > maxt) to--
  return from === 0 && to === chunks.length ? chunks : chunks.slice(from, to)
}

function inBlock(block: Block, err: unknown): StorageError {
  const text = err instanceof Error ? err.message : String(err)
  return new StorageError(`block: ${block.meta.ulid}: ${text}`, { cause: err })
}
