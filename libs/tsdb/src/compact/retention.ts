import type { BlockMeta } from '../block/meta.ts'

export interface SizedBlock {
  readonly meta: BlockMeta
  readonly sizeBytes: number
}

export interface RetentionLimits {
  /** 0 = off. */
  readonly timeMs: number
  readonly sizeBytes: number
  /** Of the file system, in place of `sizeBytes`; 0 = off. */
  readonly percentage: number
}

/** Blocks beyond the time limit, seen from the newest block (not from now): it and all older ones. */
export function beyondTime(blocks: readonly SizedBlock[], { timeMs }: RetentionLimits): string[] {
  if (timeMs <= 0 || blocks.length === 0) return []
  const sorted = newestFirst(blocks)
  const newest = sorted[0]!.meta.maxTime
  const first = sorted.findIndex(({ meta }, i) => i > 0 && newest - meta.maxTime >= timeMs)
  return first < 0 ? [] : sorted.slice(first).map(({ meta }) => meta.ulid)
}

/** The size limit in bytes, 0 = none, on a file system of this size (0 = not known yet). */
export function sizeLimit({ sizeBytes, percentage }: RetentionLimits, diskBytes: number): number {
  return percentage > 0 ? Math.floor((diskBytes / 100) * percentage) : sizeBytes
}

/** Blocks beyond the size limit: newest to oldest, the first that exceeds it and all older ones. */
export function beyondSize(
  blocks: readonly SizedBlock[],
  headBytes: number,
  sizeBytes: number,
): string[] {
  if (sizeBytes <= 0) return []
  const sorted = newestFirst(blocks)
  let sum = headBytes
  for (let i = 0; i < sorted.length; i++) {
    sum += sorted[i]!.sizeBytes
    if (sum > sizeBytes) return sorted.slice(i).map(({ meta }) => meta.ulid)
  }
  return []
}

function newestFirst(blocks: readonly SizedBlock[]): SizedBlock[] {
  return [...blocks].sort((a, b) => b.meta.maxTime - a.meta.maxTime)
}
