const BLOCK_MS = 2 * 3600 * 1000
const STEP = 3
const STEPS = 10

/** The widest of 2 h, 6 h, 18 h ... that is not more than `maxMs`. */
export function blockRange(maxMs: number): number {
  let rangeMs = BLOCK_MS
  for (let step = 1; step < STEPS && rangeMs * STEP <= maxMs; step++) rangeMs *= STEP
  return rangeMs
}
