import type { HeadMemory } from '../head/head-memory.ts'
import { B, BATCHES, H } from '../head/layout.ts'

/**
 * Times of the batches that came after a moment. A series that got several batches since then no longer knows how
 * much of it was there: its samples at times of these batches were not.
 */
export class LaterBatches {
  readonly #times = new Set<number>()
  /** First and last time of batches that have more than one. */
  readonly #ranges: number[] = []
  /** False: so many came that their times are forgotten. */
  readonly isKnown: boolean

  constructor({ i32, u32, f64 }: HeadMemory, commit: number) {
    // The batch that is being written is not published yet, but samples of it may be there.
    const count = (Atomics.load(i32, H.commit >>> 2) + 1 - commit) | 0
    this.isKnown = count < BATCHES
    for (let i = 1; this.isKnown && i <= count; i++) {
      const number = (commit + i) >>> 0
      const at = H.batches + (number % BATCHES) * B.sizeBytes
      if (u32[(at + B.commit) >>> 2] !== number) continue
      const [min, max] = [f64[(at + B.minTime) >>> 3]!, f64[(at + B.maxTime) >>> 3]!]
      if (min === max) this.#times.add(min)
      else if (min < max) this.#ranges.push(min, max)
    }
  }

  has(timeMs: number): boolean {
    if (this.#times.has(timeMs)) return true
    for (let i = 0; i < this.#ranges.length; i += 2) {
      if (timeMs >= this.#ranges[i]! && timeMs <= this.#ranges[i + 1]!) return true
    }
    return false
  }
}
