import type { BlockMeta } from '../block/meta.ts'

const RANGES = 10
const TOMBSTONE_SHARE = 0.05

/** Widths of blocks, ascending: 2 h times powers of three, up to `maxMs`. */
export function compactionRanges(minMs: number, maxMs: number): number[] {
  const ranges: number[] = []
  for (let i = 0, range = minMs; i < RANGES; i++, range *= 3) {
    if (i > 0 && range > maxMs) break
    ranges.push(range)
  }
  return ranges
}

/** Which blocks to compact into one next: spec/storage-formats.md section 19. Empty: nothing to do. */
export function planCompaction(
  metas: readonly BlockMeta[],
  ranges: readonly number[],
  isOverlapAllowed = true,
): BlockMeta[] {
  const sorted = [...metas].sort((a, b) => a.minTime - b.minTime)
  if (sorted.length === 0) return []
  if (isOverlapAllowed) {
    const overlapping = firstOverlap(sorted)
    if (overlapping.length > 0) return overlapping
  }
  const settled = sorted.slice(0, -1)
  for (const range of ranges.slice(1)) {
    const group = firstGroup(settled, range)
    if (group) return group
  }
  return planTombstones(settled, ranges)
}

function firstOverlap(sorted: readonly BlockMeta[]): BlockMeta[] {
  let run: BlockMeta[] = []
  let maxTime = -Infinity
  for (const meta of sorted) {
    if (meta.minTime < maxTime) run.push(meta)
    else {
      if (run.length > 1) return run
      run = [meta]
    }
    maxTime = Math.max(maxTime, meta.maxTime)
  }
  return run.length > 1 ? run : []
}

function firstGroup(sorted: readonly BlockMeta[], range: number): BlockMeta[] | undefined {
  const groups = new Map<number, BlockMeta[]>()
  for (const meta of sorted) {
    const window = Math.floor(meta.minTime / range)
    if (meta.maxTime > (window + 1) * range) continue // Crosses the end of its window.
    groups.set(window, [...(groups.get(window) ?? []), meta])
  }
  const newest = sorted.at(-1)?.minTime ?? 0
  for (const group of groups.values()) {
    if (group.length < 2 || group.some(({ compaction }) => compaction.failed)) continue
    const minTime = group[0]!.minTime
    const maxTime = Math.max(...group.map((meta) => meta.maxTime))
    if (maxTime - minTime === range || maxTime <= newest) return group
  }
  return undefined
}

function planTombstones(sorted: readonly BlockMeta[], ranges: readonly number[]): BlockMeta[] {
  const wide = ranges[Math.floor(ranges.length / 2)] ?? 0
  for (const meta of [...sorted].reverse()) {
    const { numTombstones = 0, numSeries = 0 } = meta.stats
    if (meta.maxTime - meta.minTime < wide) {
      // A small block is worth the work only if all of it goes.
      if (numTombstones > 0 && numTombstones >= numSeries) return [meta]
      break
    }
    if (numTombstones / (numSeries + 1) > TOMBSTONE_SHARE) return [meta]
  }
  return []
}
