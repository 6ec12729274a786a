import { StorageError } from '../errors.ts'
import type { HeadMemory } from '../head/head-memory.ts'
import type { Region } from '../head/layout.ts'

const PAGE_REFS = 1024
const PAGE_BYTES = PAGE_REFS * 4
const DIRECTORY_BYTES_MAX = 16 << 20

/**
 * From refs in the log to refs of the head, during replay, where the kernel can look: a directory of pages, each
 * with 1024 head refs. Several log refs may mean one series. The region must be untouched, that is zero.
 */
export class RefTable {
  readonly #u32: Uint32Array
  readonly address: number
  /** Entries of the directory. */
  readonly pages: number
  readonly #end: number
  #nextPage: number
  maxRef = 0

  constructor(memory: HeadMemory, region: Region) {
    this.#u32 = memory.u32
    this.address = region.address
    const directoryBytes = Math.min(DIRECTORY_BYTES_MAX, Math.floor(region.sizeBytes / 4096) * 1024)
    this.pages = directoryBytes / 4
    this.#nextPage = region.address + directoryBytes
    this.#end = region.address + region.sizeBytes
  }

  /** The head ref, 0 if unknown. */
  get(ref: number): number {
    const page = this.#page(ref)
    return page === 0 ? 0 : this.#u32[(page >>> 2) + (ref % PAGE_REFS)]!
  }

  set(ref: number, headRef: number): void {
    if (ref < 1 || ref >= this.pages * PAGE_REFS) {
      throw new StorageError(`series ref ${ref} is out of range`)
    }
    let page = this.#page(ref)
    if (page === 0) {
      page = this.#nextPage
      if (page + PAGE_BYTES > this.#end) {
        throw new StorageError('the log has more series than the memory of the head can take')
      }
      this.#nextPage += PAGE_BYTES
      this.#u32[(this.address >>> 2) + Math.floor(ref / PAGE_REFS)] = page
    }
    this.#u32[(page >>> 2) + (ref % PAGE_REFS)] = headRef
    if (ref > this.maxRef) this.maxRef = ref
  }

  #page(ref: number): number {
    const index = Math.floor(ref / PAGE_REFS)
    return index < this.pages ? this.#u32[(this.address >>> 2) + index]! : 0
  }
}
