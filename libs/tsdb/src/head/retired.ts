import { oldestEpoch } from '../reader-slots.ts'
import type { HeadMemory } from './head-memory.ts'
import { H } from './layout.ts'

/** Memory nobody finds any more, kept until no reader can still be looking at it. */
export class Retired {
  readonly #m: HeadMemory
  readonly #waiting: { readonly epoch: number; readonly free: () => void }[] = []

  constructor(memory: HeadMemory) {
    this.#m = memory
  }

  /** To be called after the memory was unlinked; `free` runs once every present reader has left. */
  add(free: () => void): void {
    const epoch = Atomics.add(this.#m.i32, H.epoch >>> 2, 1)
    this.#waiting.push({ epoch, free })
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** Frees what no reader can see any more. */
  collect(): void {
    if (this.#waiting.length === 0) return
    const oldest = oldestEpoch(this.#m.i32)
    let isFreed = false
    while (this.#waiting.length > 0 && this.#waiting[0]!.epoch < oldest) {
      this.#waiting.shift()!.free()
      isFreed = true
    }
    if (isFreed) Atomics.add(this.#m.i32, H.generation >>> 2, 1)
  }
}
