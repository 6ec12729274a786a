/** Which thread a query gets: a few that are always there, more while long queries hold those, one kept for rules. */
import type { QueryThreadPort } from './query-pool.ts'

export interface Slot<Job> {
  readonly index: number
  /** How the pool tells the query that runs there to stop. */
  readonly flags: Int32Array
  port: QueryThreadPort | undefined
  job: Job | undefined
}

export interface SlotCounts {
  /** Threads for ordinary times. */
  readonly usual: number
  /** Never more than these, that of rules included. */
  readonly max: number
}

export class ThreadSlots<Job> {
  readonly #slots: Slot<Job>[]
  readonly #usual: number
  /** Ad-hoc queries may use so many by now. */
  #open: number

  constructor({ usual, max }: SlotCounts) {
    this.#usual = Math.max(1, Math.min(usual, max))
    this.#open = this.#usual
    this.#slots = Array.from({ length: Math.max(this.#usual, max) }, (_, index) => ({
      index,
      flags: new Int32Array(new SharedArrayBuffer(8)),
      port: undefined,
      job: undefined,
    }))
  }

  get all(): readonly Slot<Job>[] {
    return this.#slots
  }

  get usual(): readonly Slot<Job>[] {
    return this.#slots.slice(0, this.#usual)
  }

  /** The slots that ad-hoc queries may use by now. */
  get open(): readonly Slot<Job>[] {
    return this.#slots.slice(0, this.#open)
  }

  /** A slot without a job. Rules may use every slot; what they need beyond the others is theirs alone. */
  free(priority: 'rule' | 'ad-hoc'): Slot<Job> | undefined {
    const count = priority === 'rule' ? this.#slots.length : this.#open
    for (let i = 0; i < count; i++) {
      const slot = this.#slots[i] as Slot<Job>
      if (slot.job === undefined) return slot
    }
    return undefined
  }

  /** One more slot for ad-hoc queries; false if there is none, or if the last one is all that is left for rules. */
  grow(): boolean {
    if (this.#open >= this.#slots.length - 1) return false
    this.#open++
    return true
  }

  /** Takes back what was added, once nothing runs there; returns the slots whose threads may end. */
  shrink(): Slot<Job>[] {
    const extra = this.#slots.slice(this.#usual)
    if (extra.some(({ job }) => job !== undefined)) return []
    this.#open = this.#usual
    return extra.filter(({ port }) => port !== undefined)
  }
}
