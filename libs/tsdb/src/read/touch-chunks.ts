import { S } from '../head/layout.ts'

/** How far each chunk is followed; longer ones are rare. */
const SEGMENTS_MAX = 6
const segments = new Uint32Array(64)

/**
 * Follows the segments of chunks `from` up to, not including, `to` (or the first 64 of them) side by side, so that they
 * are near when they are read: one after the other each would be waited for, as only the one before says where it lies.
 */
export function touchChunks(u32: Uint32Array, chunks: Uint32Array, from: number, to: number): void {
  const count = Math.min(to - from, segments.length)
  for (let i = 0; i < count; i++) segments[i] = chunks[from + i]!
  for (let isAny = true, steps = 0; isAny && steps < SEGMENTS_MAX; steps++) {
    isAny = false
    for (let i = 0; i < count; i++) {
      const segment = segments[i]!
      if (segment === 0) continue
      segments[i] = u32[(segment + S.next) >>> 2]!
      isAny = true
    }
  }
}
