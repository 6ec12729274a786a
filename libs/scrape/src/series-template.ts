import { ENTRY, ENTRY_COMMENT, ENTRY_TIMED } from '@prom/kernels'

const EMPTY = new Uint8Array(0)

/** One target's template between scrapes: per line of its last body a hash, a ref and a length; 16 bytes each. */
export class SeriesTemplate {
  #bytes: Uint8Array = EMPTY
  #count = 0

  /** Lines of the last body. */
  get count(): number {
    return this.#count
  }

  entries(): Uint8Array {
    return this.#bytes.subarray(0, this.#count * ENTRY.sizeBytes)
  }

  /** Takes over `count` entries at `address`. */
  save(memory: Uint8Array, address: number, count: number): void {
    const sizeBytes = count * ENTRY.sizeBytes
    if (this.#bytes.length < sizeBytes || this.#bytes.length > sizeBytes * 2) {
      this.#bytes = new Uint8Array(sizeBytes + (sizeBytes >> 4))
    }
    this.#bytes.set(memory.subarray(address, address + sizeBytes))
    this.#count = count
  }

  clear(): void {
    this.#bytes = EMPTY
    this.#count = 0
  }

  /** Series of the last body; a line that repeats a series repeats its ref. */
  *refs(options: { readonly withTimed: boolean } = { withTimed: true }): Generator<number> {
    const { buffer, byteOffset } = this.#bytes
    const view = new DataView(buffer, byteOffset)
    const skipped = ENTRY_COMMENT | (options.withTimed ? 0 : ENTRY_TIMED)
    for (let i = 0; i < this.#count; i++) {
      const entry = i * ENTRY.sizeBytes
      const ref = view.getUint32(entry + ENTRY.ref, true)
      if (ref !== 0 && (view.getUint32(entry + ENTRY.packed, true) & skipped) === 0) yield ref
    }
  }

  get sizeBytes(): number {
    return this.#bytes.length
  }
}
