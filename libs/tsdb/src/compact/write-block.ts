import { ENCODING_XOR, ENCODING_XOR2 } from '@prom/chunks'
import type { Labels } from '@prom/labels'
import type { HostFiles } from '@prom/runtime'
import { type ChunkData, ChunkWriter } from '../block/chunk-writer.ts'
import { IndexWriter, sortSymbols } from '../block/index-writer.ts'
import { type BlockMeta, type BlockParent, writeMeta } from '../block/meta.ts'
import { writeTombstones } from '../block/tombstones.ts'

/** Series between two pauses of a block being written. */
const SERIES_PER_STEP = 500

export interface BlockSeries {
  /** Labels, or names and values in turn by their places among the symbols; valid until the next series. */
  readonly labels: Labels | Uint32Array
  /** Ascending, not overlapping, at least one. */
  readonly chunks: readonly ChunkData[]
}

export interface BlockPlan {
  readonly ulid: string
  readonly minTime: number
  readonly maxTime: number
  readonly level: number
  /** Undefined: the block itself. */
  readonly sources?: readonly string[]
  readonly parents?: readonly BlockParent[]
  readonly hints?: readonly string[]
  /** Size at which a chunk file is full; default 512 MiB. */
  readonly chunkFileBytes?: number | undefined
  /** Told of each chunk written. */
  readonly onChunk?: (samples: number, sizeBytes: number, rangeMs: number) => void
}

/**
 * Writes a block beside its place and renames it. Pauses (yields) every few hundred series, so that the caller can
 * do other work meanwhile. Returns undefined, and leaves nothing, if there was no sample.
 */
export function* writeBlock(
  files: HostFiles,
  dataDir: string,
  plan: BlockPlan,
  symbols: Set<string> | readonly string[],
  series: Iterable<BlockSeries>,
): Generator<void, BlockMeta | undefined> {
  const beside = `${dataDir}/${plan.ulid}.tmp-for-creation`
  files.removeSync(beside)
  files.mkdirSync(beside)
  let chunkWriter: ChunkWriter | undefined
  let indexWriter: IndexWriter | undefined
  const stats = {
    numSamples: 0,
    numFloatSamples: 0,
    numHistogramSamples: 0,
    numSeries: 0,
    numChunks: 0,
  }
  try {
    chunkWriter = new ChunkWriter(files, `${beside}/chunks`, plan.chunkFileBytes)
    indexWriter = new IndexWriter(files, `${beside}/index`)
    indexWriter.symbols(symbols instanceof Set ? sortSymbols(symbols) : symbols)
    for (const { labels, chunks } of series) {
      const metas = chunkWriter.write(chunks)
      if (labels instanceof Uint32Array) indexWriter.seriesOfOrdinals(labels, metas)
      else indexWriter.series(labels, metas)
      stats.numSeries++
      stats.numChunks += chunks.length
      for (const chunk of chunks) {
        const { encoding, data, mint, maxt } = chunk
        // Histograms with start times have flags above the count.
        const count = ((data[0]! << 8) | data[1]!) & (encoding > ENCODING_XOR2 ? 0x3fff : 0xffff)
        plan.onChunk?.(count, data.length, maxt - mint)
        stats.numSamples += count
        if (encoding === ENCODING_XOR || encoding === ENCODING_XOR2) stats.numFloatSamples += count
        else stats.numHistogramSamples += count
      }
      if (stats.numSeries % SERIES_PER_STEP === 0) yield
    }
    chunkWriter.close()
    indexWriter.finish()
  } catch (err) {
    chunkWriter?.abandon()
    indexWriter?.abandon()
    files.removeSync(beside)
    throw err
  }
  if (stats.numSamples === 0) {
    files.removeSync(beside)
    return undefined
  }
  const { ulid, minTime, maxTime, level, sources = [ulid], parents, hints } = plan
  const meta: BlockMeta = {
    ulid,
    minTime,
    maxTime,
    stats,
    compaction: { level, sources, ...(parents && { parents }), ...(hints && { hints }) },
    version: 1,
  }
  writeMeta(files, beside, meta)
  writeTombstones(files, beside, new Map())
  files.syncFolderSync(beside)
  files.renameSync(beside, `${dataDir}/${ulid}`)
  files.syncFolderSync(dataDir)
  return meta
}
