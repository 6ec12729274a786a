import type { Labels } from '@prom/labels'
import type { Block } from '../block/block.ts'
import type { ChunkData } from '../block/chunk-writer.ts'
import type { IndexSeries } from '../block/index-reader.ts'
import type { Intervals } from '../block/tombstones.ts'
import { decodeSamples, encodeSamples, mergeSamples } from './recode.ts'
import type { BlockSeries } from './write-block.ts'

interface Head {
  readonly block: Block
  readonly refs: Uint32Array
  at: number
  series: IndexSeries
}

interface Piece extends ChunkData {
  readonly deleted: Intervals
}

/**
 * Several blocks as the series of one. Chunks that overlap nothing and lose nothing pass as they are; others are
 * decoded, merged and encoded anew. Memory is that of one series.
 */
export class MergeSource {
  readonly #blocks: readonly Block[]
  readonly symbols = new Set<string>()

  constructor(blocks: readonly Block[]) {
    // At equal times the first one wins: what was written in order before what was not.
    this.#blocks = [...blocks].sort(
      (a, b) => lateness(a) - lateness(b) || a.meta.minTime - b.meta.minTime,
    )
    for (const block of blocks) for (const symbol of block.index.symbols()) this.symbols.add(symbol)
  }

  *series(): IterableIterator<BlockSeries> {
    const heads: Head[] = []
    for (const block of this.#blocks) {
      const refs = block.index.allPostings()
      if (refs.length > 0) heads.push({ block, refs, at: 0, series: block.index.series(refs[0]!) })
    }
    while (heads.length > 0) {
      let labels: Labels = heads[0]!.series.labels
      for (const { series } of heads) if (series.labels.compare(labels) < 0) labels = series.labels
      const pieces: Piece[] = []
      for (const head of [...heads]) {
        if (head.series.labels.compare(labels) !== 0) continue
        pieces.push(...readPieces(head))
        if (++head.at < head.refs.length) head.series = head.block.index.series(head.refs[head.at]!)
        else heads.splice(heads.indexOf(head), 1)
      }
      const chunks = mergePieces(pieces)
      if (chunks.length > 0) yield { labels, chunks }
    }
  }
}

function lateness({ meta }: Block): number {
  return meta.compaction.hints?.includes('from-out-of-order') ? 1 : 0
}

function readPieces({ block, refs, at, series }: Head): Piece[] {
  const deleted = block.tombstones.get(refs[at]!) ?? []
  return series.chunks.map(({ mint, maxt, ref }) => {
    const { encoding, data } = block.chunks.read(ref)
    return { mint, maxt, encoding, data: data.slice(), deleted }
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

function touches({ mint, maxt, deleted }: Piece): boolean {
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
