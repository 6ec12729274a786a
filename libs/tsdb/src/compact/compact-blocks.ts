import { createUlid } from '@prom/model'
import { Block } from '../block/block.ts'
import { type BlockMeta, readMeta, writeMeta } from '../block/meta.ts'
import type { TsdbDeps } from '../contract.ts'
import { PageCache } from '../read/page-cache.ts'
import { MergeSource } from './merge-source.ts'
import { writeBlock } from './write-block.ts'

/** Bytes of block files kept in memory while blocks are merged. */
const CACHE_BYTES = 16 << 20

/**
 * Merges blocks into one. Its parents are left to the caller; if writing fails they are marked, so that they are not
 * tried again. Returns undefined if nothing was left to write.
 */
export function* compactBlocks(
  dataDir: string,
  parents: readonly BlockMeta[],
  deps: Pick<TsdbDeps, 'files' | 'clock' | 'random' | 'log'>,
  chunkFileBytes?: number,
): Generator<void, BlockMeta | undefined> {
  const { files, clock, random, log } = deps
  const started = clock.monotonic()
  const cache = new PageCache(CACHE_BYTES)
  const blocks: Block[] = []
  const ulid = createUlid(clock.now(), random.bytes(10))
  try {
    for (const parent of parents) blocks.push(new Block(files, `${dataDir}/${parent.ulid}`, cache))
    const source = new MergeSource(blocks)
    yield
    const meta = yield* writeBlock(
      files,
      dataDir,
      { ...mergedPlan(ulid, parents), chunkFileBytes },
      source.symbols,
      source.series(),
    )
    log.info('compact blocks', {
      count: parents.length,
      mint: meta?.minTime,
      maxt: meta?.maxTime,
      ulid,
      sources: parents.map((parent) => parent.ulid).join(' '),
      duration: `${(clock.monotonic() - started).toFixed(0)}ms`,
    })
    return meta
  } catch (err) {
    for (const parent of parents) markFailed(dataDir, parent.ulid, deps)
    throw err
  } finally {
    for (const block of blocks) block.close()
  }
}

function mergedPlan(ulid: string, parents: readonly BlockMeta[]) {
  const late = 'from-out-of-order'
  const isLate = parents.every(({ compaction }) => compaction.hints?.includes(late))
  const others = new Set(parents.flatMap(({ compaction }) => compaction.hints ?? []))
  others.delete(late)
  const hints = [...(isLate ? [late] : []), ...others]
  return {
    ulid,
    minTime: Math.min(...parents.map(({ minTime }) => minTime)),
    maxTime: Math.max(...parents.map(({ maxTime }) => maxTime)),
    level: Math.max(...parents.map(({ compaction }) => compaction.level)) + 1,
    sources: [...new Set(parents.flatMap(({ compaction }) => compaction.sources ?? []))].sort(),
    parents: parents.map(({ ulid: parent, minTime, maxTime }) => ({
      ulid: parent,
      minTime,
      maxTime,
    })),
    ...(hints.length > 0 && { hints }),
  }
}

function markFailed(
  dataDir: string,
  ulid: string,
  { files, log }: Pick<TsdbDeps, 'files' | 'log'>,
): void {
  const dir = `${dataDir}/${ulid}`
  try {
    const meta = readMeta(files, dir)
    writeMeta(files, dir, { ...meta, compaction: { ...meta.compaction, failed: true } })
  } catch (err) {
    log.error('setting compaction failed', { block: ulid, err: (err as Error).message })
  }
}
