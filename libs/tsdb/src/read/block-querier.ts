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
import type { IndexSeries } from '../block/index-reader.ts'
import { StorageError } from '../errors.ts'
import { selectFromIndex } from './block-select.ts'
import type { ChunkDecoder } from './chunk-decoder.ts'

/** One block as a Querier. */
export class BlockQuerier implements Querier {
  readonly warnings: readonly string[] = []
  readonly #block: Block
  readonly #decoder: ChunkDecoder

  constructor(block: Block, decoder: ChunkDecoder) {
    this.#block = block
    this.#decoder = decoder
  }

  select(matchers: readonly Matcher[], hints: SelectHints): SeriesSet {
    return this.#named(() => {
      const found: { ref: number; series: IndexSeries }[] = []
      for (const ref of selectFromIndex(this.#block.index, matchers)) {
        const series = this.#block.index.series(ref)
        const chunks = series.chunks.filter(
          ({ mint, maxt }) => mint <= hints.maxt && maxt >= hints.mint,
        )
        if (chunks.length > 0) found.push({ ref, series: { labels: series.labels, chunks } })
      }
      return new BlockSeriesSet(this.#block, this.#decoder, found, hints)
    })
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
  readonly #found: readonly { ref: number; series: IndexSeries }[]
  readonly #hints: SelectHints

  constructor(
    block: Block,
    decoder: ChunkDecoder,
    found: readonly { ref: number; series: IndexSeries }[],
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
    try {
      const stored = series.chunks.map(({ ref }: ChunkMeta) => {
        const { encoding, data } = this.#block.chunks.read(ref)
        return { encoding, data: data.slice() }
      })
      let most = 0
      for (const { data } of stored) most += (data[0]! << 8) | data[1]!
      this.#decoder.begin(most)
      for (const { encoding, data } of stored) this.#decoder.add(encoding, data)
      const { mint, maxt } = this.#hints
      return this.#decoder.end(mint, maxt, this.#block.tombstones.get(ref))
    } catch (err) {
      throw inBlock(this.#block, err)
    }
  }

  release(): void {
    this.#decoder.release()
  }
}

function inBlock(block: Block, err: unknown): StorageError {
  const text = err instanceof Error ? err.message : String(err)
  return new StorageError(`block: ${block.meta.ulid}: ${text}`, { cause: err })
}
