import { ENCODING_XOR, ENCODING_XOR2 } from '@prom/chunks'
import type { Labels } from '@prom/labels'
import type { HostFiles } from '@prom/runtime'
import { ChunkRun } from '../block/chunk-run.ts'
import { type ChunkData, ChunkWriter } from '../block/chunk-writer.ts'
import { IndexWriter, sortSymbols } from '../block/index-writer.ts'
import { type BlockMeta, type BlockParent, writeMeta } from '../block/meta.ts'
import { writeTombstones } from '../block/tombstones.ts'

/** Series between two pauses of a block being written. */
const SERIES_PER_STEP = 500

export interface BlockSeries {
  readonly labels: Labels
  /** Ascending, not overlapping, at least one. */
  readonly chunks: readonly ChunkData[]
}

/** A series without an object of its own; all of it is valid until the next one. */
export interface SeriesColumns {
  /** Names and values in turn, by their places among the symbols. */
  readonly ordinals: Uint32Array
  readonly labelCount: number
  /** Ascending, not overlapping, at least one. */
  readonly run: ChunkRun
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
  series: Iterable<BlockSeries | SeriesColumns>,
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
    const own = new ChunkRun()
    for (const one of series) {
      const run = 'run' in one ? one.run : own
      if (!('run' in one)) {
        own.clear()
        for (const chunk of one.chunks) own.add(chunk)
      }
      chunkWriter.write(run)
      if ('run' in one) indexWriter.seriesOfOrdinals(one.ordinals, one.labelCount, run)
      else indexWriter.series(one.labels, run)
      stats.numSeries++
      stats.numChunks += run.count
      for (let i = 0; i < run.count; i++) {
        const count = run.samples[i]!
        const encoding = run.encodings[i]!
        if (plan.onChunk) {
          const end = i + 1 < run.count ? run.starts[i + 1]! : run.length
          plan.onChunk(count, dataBytes(end - run.starts[i]!), run.maxts[i]! - run.mints[i]!)
        }
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

/** Of a record of a chunk file, what is data: not the length before, the encoding, the checksum behind. */
function dataBytes(recordBytes: number): number {
  const rest = recordBytes - 5
  return rest - (rest <= 128 ? 1 : rest <= 16_385 ? 2 : 3)
}
