import { xxhash64 } from '@prom/bytes'

/**
 * The first moment from `nowMs` on at which the target `key` is scraped: each target has its own place in the
 * interval, the same after every restart. Whole milliseconds.
 */
export function firstSlot(nowMs: number, intervalMs: number, key: string, seed: number): number {
  const offset = Math.floor(placeOf(key, seed) * intervalMs)
  const slot = Math.floor(nowMs / intervalMs) * intervalMs + offset
  return slot < nowMs ? slot + intervalMs : slot
}

/** The slot after `slotMs` that is still to come; missed ones are skipped. */
export function nextSlot(slotMs: number, nowMs: number, intervalMs: number): number {
  const missed = Math.max(0, Math.floor((nowMs - slotMs) / intervalMs))
  return slotMs + (missed + 1) * intervalMs
}

/** The time to store a scrape at: that of its slot if it began within 1 % of the interval and the tolerance. */
export function scrapeTime(
  slotMs: number,
  startMs: number,
  intervalMs: number,
  toleranceMs: number,
): number {
  const tolerance = Math.min(intervalMs / 100, toleranceMs)
  return Math.abs(startMs - slotMs) <= tolerance ? slotMs : startMs
}

/** In [0, 1), even over all targets. */
function placeOf(key: string, seed: number): number {
  const hash = xxhash64(Buffer.from(`${seed}\xff${key}`))
  return Number(hash >> 32n) / 2 ** 32
}
