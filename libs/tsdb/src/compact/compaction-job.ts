import type { Kernels } from '@prom/kernels'
import type { Clock, HostFiles } from '@prom/runtime'
import { Block } from '../block/block.ts'
import type { BlockMeta } from '../block/meta.ts'
import type { HeadMemory } from '../head/head-memory.ts'
import { readHeadTombstones } from '../head/head-tombstones.ts'
import type { SymbolStrings } from '../head/strings.ts'
import { PageCache } from '../read/page-cache.ts'
import { HeadSource } from './head-source.ts'
import { MergeSource } from './merge-source.ts'
import { mergedPlan } from './merged-plan.ts'
import { writeBlock } from './write-block.ts'

/** Bytes of block files kept in memory while blocks are merged. */
const CACHE_BYTES = 16 << 20

interface JobTarget {
  /** The folder that gets the block. */
  readonly dir: string
  readonly ulid: string
  readonly chunkFileBytes: number | undefined
}

/** One block to write. Plain data: it crosses threads. */
export type CompactionJob =
  | (JobTarget & {
      readonly from: 'head'
      readonly minTime: number
      readonly maxTime: number
    })
  | (JobTarget & {
      readonly from: 'blocks'
      readonly dataDir: string
      readonly parents: readonly BlockMeta[]
    })

export interface CompactionResult {
  /** Undefined: nothing was left to write. */
  readonly meta: BlockMeta | undefined
  /** Of each chunk of a block of the head in turn: samples, bytes, milliseconds it covers. */
  readonly chunks: Float64Array
}

export interface CompactionView {
  readonly memory: HeadMemory
  readonly strings: SymbolStrings
  readonly kernels: Kernels
  readonly files: HostFiles
  readonly clock: Clock
  /** For a block of the head: room in its memory, of CHUNK_SCRATCH_BYTES. */
  readonly scratch: number
}

/** Writes one block; pauses (yields) now and then. Throws with nothing left behind. */
export function* runCompaction(
  job: CompactionJob,
  view: CompactionView,
): Generator<void, CompactionResult> {
  return job.from === 'head' ? yield* fromHead(job, view) : yield* fromBlocks(job, view)
}

function* fromHead(
  job: CompactionJob & { from: 'head' },
  view: CompactionView,
): Generator<void, CompactionResult> {
  const { dir, ulid, minTime, maxTime, chunkFileBytes } = job
  const { files, memory, strings, kernels, scratch } = view
  const stones = readHeadTombstones(memory)
  const source = new HeadSource({ memory, strings, kernels, scratch }, stones, minTime, maxTime)
  yield
  let chunks = new Float64Array(3 * 1024)
  let end = 0
  const onChunk = (samples: number, sizeBytes: number, rangeMs: number) => {
    if (end === chunks.length) {
      const grown = new Float64Array(end * 2)
      grown.set(chunks)
      chunks = grown
    }
    chunks[end++] = samples
    chunks[end++] = sizeBytes
    chunks[end++] = rangeMs
  }
  const plan = { ulid, minTime, maxTime, level: 1, chunkFileBytes, onChunk }
  const meta = yield* writeBlock(files, dir, plan, source.symbols, source.series())
  // Nothing is freed for a block that cannot be read.
  if (meta) new Block(files, `${dir}/${ulid}`, new PageCache(1 << 20)).close()
  return { meta, chunks: chunks.slice(0, end) }
}

function* fromBlocks(
  { dir, dataDir, ulid, parents, chunkFileBytes }: CompactionJob & { from: 'blocks' },
  { files }: CompactionView,
): Generator<void, CompactionResult> {
  const cache = new PageCache(CACHE_BYTES)
  const blocks: Block[] = []
  try {
    for (const parent of parents) blocks.push(new Block(files, `${dataDir}/${parent.ulid}`, cache))
    const source = new MergeSource(blocks)
    yield
    const plan = { ...mergedPlan(ulid, parents), chunkFileBytes }
    const meta = yield* writeBlock(files, dir, plan, source.symbols, source.series())
    return { meta, chunks: new Float64Array(0) }
  } finally {
    for (const block of blocks) block.close()
  }
}
