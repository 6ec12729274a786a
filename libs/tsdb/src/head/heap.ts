import { StorageError } from '../errors.ts'
import type { HeadMemory } from './head-memory.ts'
import { H, type Region } from './layout.ts'

const PAGE_BYTES = 65536
const SMALL_MAX = 256
const SMALL_STEP = 16

/**
 * Gives out pieces of the shared memory. Sizes up to 256 bytes are rounded up to 16, larger ones to powers of two.
 * Freed pieces are reused for the same size only. Only the writer allocates; readers may still look at a piece
 * after it was given back, so whoever frees decides when that is safe.
 */
export class Heap {
  readonly #u32: Uint32Array
  readonly #u8: Uint8Array
  readonly #start: number
  readonly #end: number
  /** First address never given out. */
  #fresh: number
  /** First free piece of each class, linked through the first word. */
  readonly #free = new Map<number, number>()
  readonly #open = new Map<number, { at: number; end: number }>()
  usedBytes = 0

  constructor(memory: HeadMemory, region: Region) {
    this.#u32 = memory.u32
    this.#u8 = memory.u8
    this.#start = region.address
    this.#fresh = region.address
    this.#end = region.address + region.sizeBytes
  }

  /** Bytes never touched yet. */
  get freshBytes(): number {
    return this.#end - this.#fresh
  }

  /** A zeroed piece of at least `size` bytes. Throws StorageError when the memory is full. */
  allocate(size: number): number {
    const rounded = roundUp(size)
    const head = this.#free.get(rounded)
    let at: number
    if (head !== undefined && head !== 0) {
      at = head
      this.#free.set(rounded, this.#u32[at >>> 2]!)
      this.#u8.fill(0, at, at + rounded)
    } else at = rounded < PAGE_BYTES / 2 ? this.#carve(rounded) : this.#take(rounded)
    this.usedBytes += rounded
    return at
  }

  free(at: number, size: number): void {
    const rounded = roundUp(size)
    this.#u32[at >>> 2] = this.#free.get(rounded) ?? 0
    this.#free.set(rounded, at)
    this.usedBytes -= rounded
  }

  #carve(size: number): number {
    let open = this.#open.get(size)
    if (!open || open.at + size > open.end) {
      const at = this.#take(PAGE_BYTES)
      open = { at, end: at + PAGE_BYTES }
      this.#open.set(size, open)
    }
    open.at += size
    return open.at - size
  }

  #take(size: number): number {
    if (this.#fresh + size > this.#end) throw new StorageError('the memory of the head is full')
    this.#fresh += size
    this.#u32[H.touched >>> 2] = (this.#fresh - this.#start) >>> 10
    return this.#fresh - size
  }
}

function roundUp(size: number): number {
  if (size <= SMALL_MAX) return Math.max(SMALL_STEP, Math.ceil(size / SMALL_STEP) * SMALL_STEP)
  return 2 ** Math.ceil(Math.log2(size))
}
