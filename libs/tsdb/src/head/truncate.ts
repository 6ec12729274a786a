import type { HeadStore } from './head-store.ts'
import type { HeadTotals } from './head-totals.ts'
import { C, H, R, RECORD_BYTES, RECORDS, S } from './layout.ts'
import { purgePairs } from './purge.ts'
import { freeChunk } from './sealed-chunk.ts'

/**
 * Drops chunks that end before `mint` (they are in blocks), then series without chunks, then the labels only those
 * had. Readers that began before still see everything: memory is reused when they have left. Returns the log
 * refs of the removed series.
 */
export function truncateHead(store: HeadStore, totals: HeadTotals, mint: number): number[] {
  const { u32, f64, i32 } = store.memory
  const removed: number[] = []
  const chunks: number[] = []
  const releases: (() => void)[] = []
  const slots = u32[H.slots >>> 2]!
  const late = store.regions.late.address >>> 2
  let lowest = Infinity
  Atomics.add(i32, H.sequence >>> 2, 1)
  for (let slot = 1; slot < slots; slot++) {
    const record = RECORDS + slot * RECORD_BYTES
    const ref = u32[record >>> 2]!
    if (ref === 0) continue
    dropOld(store, record, mint, chunks)
    const oldest = oldestTime(store, record)
    if (oldest < lowest) lowest = oldest
    if (oldest !== Infinity || u32[late + slot] !== 0) continue
    removed.push(u32[(record + R.walRef) >>> 2]!)
    releases.push(store.series.remove(ref))
  }
  Atomics.add(i32, H.sequence >>> 2, 1)

  const purged = removed.length > 0 ? purgePairs(store) : () => {}
  store.retired.add(() => {
    for (const chunk of chunks) freeChunk(store, chunk)
    for (const release of releases) release()
    purged()
  })
  totals.chunksRemoved += chunks.length
  totals.seriesRemoved += removed.length
  u32[H.chunks >>> 2] = u32[(H.context + C.chunks) >>> 2]! - totals.chunksRemoved
  const minTime = Number.isFinite(lowest) ? Math.max(mint, lowest) : mint
  f64[(H.context + C.minTime) >>> 3] = minTime
  f64[H.minTime >>> 3] = minTime
  f64[H.minValidTime >>> 3] = mint
  store.retired.collect()
  return removed
}

function dropOld({ memory }: HeadStore, record: number, mint: number, dropped: number[]): void {
  const { u32, f64 } = memory
  const open = u32[(record + R.chunk) >>> 2]!
  if (open !== 0 && f64[(record + R.lastTime) >>> 3]! < mint) {
    dropped.push(open)
    u32[(record + R.chunk) >>> 2] = 0
  }
  let newer = record + R.sealed
  for (let chunk = u32[newer >>> 2]!; chunk !== 0; chunk = u32[newer >>> 2]!) {
    if (f64[(chunk + S.maxt) >>> 3]! < mint) {
      u32[newer >>> 2] = 0
      for (let old = chunk; old !== 0; old = u32[(old + S.older) >>> 2]!) dropped.push(old)
      break
    }
    newer = chunk + S.older
  }
  // The open chunk names the chunk before it as well; it is the same one, or gone.
  if (u32[(record + R.chunk) >>> 2] !== 0) {
    u32[(open + S.older) >>> 2] = u32[(record + R.sealed) >>> 2]!
  }
}

function oldestTime({ memory }: HeadStore, record: number): number {
  const { u32, f64 } = memory
  const open = u32[(record + R.chunk) >>> 2]!
  let oldest = open === 0 ? Infinity : f64[(open + S.mint) >>> 3]!
  for (
    let chunk = u32[(record + R.sealed) >>> 2]!;
    chunk !== 0;
    chunk = u32[(chunk + S.older) >>> 2]!
  ) {
    oldest = f64[(chunk + S.mint) >>> 3]!
  }
  return oldest
}
