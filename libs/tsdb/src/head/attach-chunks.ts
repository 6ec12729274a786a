import type { HeadStore } from './head-store.ts'
import { C, H, R, S } from './layout.ts'
import { countChunk, freeChunk } from './sealed-chunk.ts'

/**
 * Gives a series chunks that were read from files, `newest` first, along those it has: for replay, where everything
 * is visible. What overlaps a chunk that is there already, or the open one, is dropped: its samples are in the log.
 */
export function attachChunks(store: HeadStore, record: number, newest: number): void {
  const { u32, f64 } = store.memory
  const open = u32[(record + R.chunk) >>> 2]!
  let limit = open === 0 ? Infinity : f64[(open + S.mint) >>> 3]!
  let here = u32[(record + R.sealed) >>> 2]!
  let loaded = newest
  let newer = record + R.sealed
  while (here !== 0 || loaded !== 0) {
    const isHere =
      loaded === 0 || (here !== 0 && f64[(here + S.mint) >>> 3]! >= f64[(loaded + S.mint) >>> 3]!)
    const chunk = isHere ? here : loaded
    const older = u32[(chunk + S.older) >>> 2]!
    if (isHere) here = older
    else loaded = older
    const isClash =
      f64[(chunk + S.maxt) >>> 3]! >= limit ||
      (!isHere && here !== 0 && f64[(here + S.maxt) >>> 3]! >= f64[(chunk + S.mint) >>> 3]!)
    if (!isHere && isClash) {
      freeChunk(store, chunk)
      continue
    }
    if (!isHere) noteTimes(store, chunk)
    u32[newer >>> 2] = chunk
    newer = chunk + S.older
    limit = f64[(chunk + S.mint) >>> 3]!
  }
  u32[newer >>> 2] = 0
  if (open !== 0) u32[(open + S.older) >>> 2] = u32[(record + R.sealed) >>> 2]!
}

function noteTimes(store: HeadStore, chunk: number): void {
  const { f64 } = store.memory
  const [minTime, maxTime] = [(H.context + C.minTime) >>> 3, (H.context + C.maxTime) >>> 3]
  f64[minTime] = Math.min(f64[minTime]!, f64[(chunk + S.mint) >>> 3]!)
  f64[maxTime] = Math.max(f64[maxTime]!, f64[(chunk + S.maxt) >>> 3]!)
  countChunk(store)
}
