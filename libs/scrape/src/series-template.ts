import { ENTRY, ENTRY_COMMENT, ENTRY_TIMED } from '@prom/kernels'
import type { BodyMemory } from './body-memory.ts'
import { ScrapeError } from './errors.ts'
import type { Slot } from './slot-space.ts'

/**
 * One target's template between scrapes: per line of its last body a hash, a ref and a length; 16 bytes each, in
 * kernel memory.
 */
export class SeriesTemplate {
  readonly #memory: BodyMemory
  #slot: Slot | undefined
  #count = 0

  constructor(memory: BodyMemory) {
    this.#memory = memory
  }

  /** Lines of the last body. */
  get count(): number {
    return this.#count
  }

  /** Of the first entry; of no meaning if there is none. */
  get address(): number {
    return this.#slot?.address ?? 0
  }

  /** Takes over `count` entries at `address`. Throws ScrapeError if there is no room. */
  save(address: number, count: number): void {
    const { templates, bytes } = this.#memory
    const sizeBytes = count * ENTRY.sizeBytes
    if (!this.#slot || this.#slot.sizeBytes < sizeBytes || this.#slot.sizeBytes > sizeBytes * 4) {
      this.clear()
      this.#slot = templates.acquire(sizeBytes)
      if (!this.#slot) throw new ScrapeError('no memory left for scrape caches', { limit: 'body' })
    }
    bytes.copyWithin(this.#slot.address, address, address + sizeBytes)
    this.#count = count
  }

  /** Gives its memory back; it can be used again. */
  clear(): void {
    if (this.#slot) this.#memory.templates.release(this.#slot)
    this.#slot = undefined
    this.#count = 0
  }

  /** Series of the last body; a line that repeats a series repeats its ref. */
  *refs(options: { readonly withTimed: boolean } = { withTimed: true }): Generator<number> {
    const { view } = this.#memory
    const skipped = ENTRY_COMMENT | (options.withTimed ? 0 : ENTRY_TIMED)
    for (let i = 0; i < this.#count; i++) {
      const entry = this.address + i * ENTRY.sizeBytes
      const ref = view.getUint32(entry + ENTRY.ref, true)
      if (ref !== 0 && (view.getUint32(entry + ENTRY.packed, true) & skipped) === 0) yield ref
    }
  }

  get sizeBytes(): number {
    return this.#slot?.sizeBytes ?? 0
  }
}
