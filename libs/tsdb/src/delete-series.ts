import type { Matcher } from '@prom/labels'
import { Block } from './block/block.ts'
import type { BlockFolder } from './block/block-folder.ts'
import { writeMeta } from './block/meta.ts'
import { addInterval, writeTombstones } from './block/tombstones.ts'
import type { TsdbDeps } from './contract.ts'
import type { ColumnHeadWriter } from './head/head-writer.ts'
import { H } from './head/layout.ts'
import { selectFromIndex } from './read/block-select.ts'
import { selectRefs } from './read/head-select.ts'
import { PageCache } from './read/page-cache.ts'

/**
 * Marks the samples of matching series within [mint, maxt] as deleted, in the head and in every block. Returns
 * whether a block changed.
 */
export function deleteSeries(
  matchers: readonly Matcher[],
  mint: number,
  maxt: number,
  {
    dir,
    head,
    folder,
    deps,
  }: { dir: string; head: ColumnHeadWriter; folder: BlockFolder; deps: TsdbDeps },
): boolean {
  let isChanged = false
  for (const { meta } of folder.list()) {
    if (meta.minTime > maxt || meta.maxTime <= mint) continue
    if (deleteFromBlock(`${dir}/${meta.ulid}`, matchers, mint, maxt, deps)) isChanged = true
  }
  const { memory, strings } = head.store
  const { f64 } = memory
  const low = Math.max(mint, Math.min(f64[H.minTime >>> 3]!, f64[H.lateMinTime >>> 3]!))
  const high = Math.min(maxt, Math.max(f64[H.maxTime >>> 3]!, f64[H.lateMaxTime >>> 3]!))
  if (low <= high) head.deleteRanges(selectRefs(memory, strings, matchers), low, high)
  return isChanged
}

/** The same in one block; returns whether it had such samples. */
export function deleteFromBlock(
  blockDir: string,
  matchers: readonly Matcher[],
  mint: number,
  maxt: number,
  { files }: Pick<TsdbDeps, 'files'>,
): boolean {
  const block = new Block(files, blockDir, new PageCache(4 << 20))
  try {
    const { index, meta, tombstones } = block
    let isChanged = false
    for (const ref of selectFromIndex(index, matchers)) {
      const { chunks } = index.series(ref)
      if (!chunks.some((chunk) => chunk.mint <= maxt && chunk.maxt >= mint)) continue
      const low = Math.max(mint, meta.minTime)
      const high = Math.min(maxt, meta.maxTime - 1)
      tombstones.set(ref, addInterval(tombstones.get(ref) ?? [], low, high))
      isChanged = true
    }
    if (!isChanged) return false
    const numTombstones = writeTombstones(files, blockDir, tombstones)
    writeMeta(files, blockDir, { ...meta, stats: { ...meta.stats, numTombstones } })
    return true
  } finally {
    block.close()
  }
}
