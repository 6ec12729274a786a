import type { Block } from '../block/block.ts'
import { lengthBytes } from '../block/chunk-reader.ts'
import { ChunkRun, countOf } from '../block/chunk-run.ts'
import type { ChunkData } from '../block/chunk-writer.ts'
import { IndexEntry } from '../block/index-entry.ts'
import type { Intervals } from '../block/tombstones.ts'
import { mergeSymbols } from './merge-symbols.ts'
import { decodeSamples, encodeSamples, mergeSamples } from './recode.ts'
import type { SeriesColumns } from './write-block.ts'

interface Cursor {
  readonly block: Block
  readonly refs: Uint32Array
  readonly entry: IndexEntry
  /** From the block's numbers of symbols to places among all. */
  readonly places: (symbol: number) => number
  at: number
  /** Of the present series: names and values in turn, by their places. */
  labels: Uint32Array
  labelCount: number
}

interface Piece extends ChunkData {
  readonly deleted: Intervals
}

/**
 * Several blocks as the series of one. Chunks that overlap nothing and lose nothing pass as they are; others are
 * decoded, merged and encoded anew. Memory is that of the symbols and of one series.
 */
export class MergeSource {
  readonly #cursors: readonly Cursor[]
  /** Ascending by bytes, '' first. */
  readonly symbols: readonly string[]
  readonly #run = new ChunkRun()

  constructor(blocks: readonly Block[]) {
    // At equal times the first one wins: what was written in order before what was not.
    const sorted = [...blocks].sort(
      (a, b) => lateness(a) - lateness(b) || a.meta.minTime - b.meta.minTime,
    )
    const { symbols, places } = mergeSymbols(sorted.map(({ index }) => index))
    this.symbols = symbols
    this.#cursors = sorted.map((block, i) => ({
      ...{ block, refs: block.index.allPostings(), entry: new IndexEntry(), places: places[i]! },
      ...{ at: -1, labels: new Uint32Array(64), labelCount: 0 },
    }))
  }

  *series(): IterableIterator<SeriesColumns> {
    let cursors = this.#cursors.filter((cursor) => advance(cursor))
    const same: Cursor[] = []
    while (cursors.length > 0) {
      let first = cursors[0]!
      for (const cursor of cursors) if (compareSeries(cursor, first) < 0) first = cursor
      same.length = 0
      for (const cursor of cursors) if (compareSeries(cursor, first) === 0) same.push(cursor)
      this.#fill(same)
      if (this.#run.count > 0) {
        yield { ordinals: first.labels, labelCount: first.labelCount, run: this.#run }
      }
      let hasEnded = false
      for (const cursor of same) if (!advance(cursor)) hasEnded = true
      if (hasEnded) cursors = cursors.filter(({ at, refs }) => at < refs.length)
    }
  }

  #fill(cursors: readonly Cursor[]): void {
    const run = this.#run
    run.clear()
    if (!isPlain(cursors)) {
      for (const chunk of mergePieces(cursors.flatMap(readPieces))) run.add(chunk)
      return
    }
    for (const { block, entry } of cursors) {
      for (let i = 0; i < entry.chunkCount; i++) {
        const record = block.chunks.record(entry.refs[i]!)
        const start = lengthBytes(record)
        const encoding = record[start]!
        const samples = countOf(encoding, record.subarray(start + 1, start + 3))
        run.begin(entry.mints[i]!, entry.maxts[i]!, encoding, samples)
        run.addBytes(record)
      }
    }
  }
}

/** To the next series; false after the last one. */
function advance(cursor: Cursor): boolean {
  const { block, refs, entry, places } = cursor
  if (++cursor.at >= refs.length) return false
  block.index.readEntry(refs[cursor.at]!, entry)
  const count = entry.labelCount * 2
  if (count > cursor.labels.length) cursor.labels = new Uint32Array(count * 2)
  for (let i = 0; i < count; i++) cursor.labels[i] = places(entry.symbols[i]!)
  cursor.labelCount = entry.labelCount
  return true
}

/** Places of symbols compare as their bytes do. */
function compareSeries(a: Cursor, b: Cursor): number {
  const count = Math.min(a.labelCount, b.labelCount) * 2
  for (let i = 0; i < count; i++) {
    const difference = a.labels[i]! - b.labels[i]!
    if (difference !== 0) return difference
  }
  return a.labelCount - b.labelCount
}

/** Whether the chunks can stay as they are, one block's after the other's. */
function isPlain(cursors: readonly Cursor[]): boolean {
  let last = -Infinity
  for (const { block, entry, refs, at } of cursors) {
    const deleted = block.tombstones.size === 0 ? undefined : block.tombstones.get(refs[at]!)
    for (let i = 0; i < entry.chunkCount; i++) {
      const mint = entry.mints[i]!
      const maxt = entry.maxts[i]!
      if (mint <= last || (deleted && touches({ mint, maxt, deleted }))) return false
      last = maxt
    }
  }
  return true
}

function lateness({ meta }: Block): number {
  return meta.compaction.hints?.includes('from-out-of-order') ? 1 : 0
}

function readPieces({ block, refs, at, entry }: Cursor): Piece[] {
  const deleted = block.tombstones.get(refs[at]!) ?? []
  return Array.from({ length: entry.chunkCount }, (_, i) => {
    const { encoding, data } = block.chunks.read(entry.refs[i]!)
    return { mint: entry.mints[i]!, maxt: entry.maxts[i]!, encoding, data: data.slice(), deleted }
  })
}

function mergePieces(pieces: readonly Piece[]): ChunkData[] {
  const sorted = [...pieces].sort((a, b) => a.mint - b.mint)
  const chunks: ChunkData[] = []
  for (let start = 0; start < sorted.length; ) {
    let end = start + 1
    let maxt = sorted[start]!.maxt
    while (end < sorted.length && sorted[end]!.mint <= maxt)
      maxt = Math.max(maxt, sorted[end++]!.maxt)
    const group = withoutCopies(sorted.slice(start, end))
    const only = group[0]!
    if (group.length === 1 && !touches(only)) chunks.push(only)
    else {
      // The order of blocks decides at equal times, not the order of chunks.
      const inOrder = pieces.filter((piece) => group.includes(piece))
      const samples = mergeSamples(
        inOrder.map(decodeSamples),
        inOrder.map(({ deleted }) => deleted),
      )
      chunks.push(...encodeSamples(samples))
    }
    start = end
  }
  return chunks
}

function touches({ mint, maxt, deleted }: Pick<Piece, 'mint' | 'maxt' | 'deleted'>): boolean {
  for (let i = 0; i < deleted.length; i += 2) {
    if (deleted[i]! <= maxt && deleted[i + 1]! >= mint) return true
  }
  return false
}

function withoutCopies(group: readonly Piece[]): Piece[] {
  return group.filter((piece, i) => !group.slice(0, i).some((other) => isCopy(piece, other)))
}

function isCopy(a: Piece, b: Piece): boolean {
  return (
    a.encoding === b.encoding &&
    a.deleted.length === 0 &&
    b.deleted.length === 0 &&
    a.data.length === b.data.length &&
    a.data.every((byte, i) => byte === b.data[i])
  )
}
