import { type BlockMeta, readMeta, writeMeta } from '../block/meta.ts'
import type { TsdbDeps } from '../contract.ts'

/** What the meta.json of a block says that is made of others. */
export function mergedPlan(ulid: string, parents: readonly BlockMeta[]) {
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

/** Notes in a block that compacting it failed, so that it is not tried again and again. */
export function markFailed(
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
