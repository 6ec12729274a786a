import type { HeadMemory } from './head-memory.ts'
import type { Heap } from './heap.ts'
import { C, H, S, SEGMENT_BYTES } from './layout.ts'

const REFILL_BYTES = 1 << 20

/**
 * Chunk segments: the append kernel takes them from a free list and a fresh range, both in the context. This side
 * keeps the range large enough and gives segments back.
 */
export class Arena {
  readonly #m: HeadMemory
  readonly #heap: Heap
  /** End of the fresh range; its start moves in the context. */
  #end = 0

  constructor(memory: HeadMemory, heap: Heap) {
    this.#m = memory
    this.#heap = heap
  }

  /** Makes sure that `count` segments can be taken. Throws StorageError when the memory is full. */
  reserve(count: number): void {
    const { u32 } = this.#m
    const bump = (H.context + C.bump) >>> 2
    const needed = count * SEGMENT_BYTES
    if (this.#end - u32[bump]! >= needed) return
    const size = Math.min(
      Math.max(REFILL_BYTES, 2 ** Math.ceil(Math.log2(needed))),
      Math.max(needed, this.#heap.freshBytes),
    )
    const at = this.#heap.allocate(size)
    for (let rest = u32[bump]!; rest < this.#end; rest += SEGMENT_BYTES) this.free(rest)
    u32[bump] = at
    this.#end = at + size
  }

  /** One zeroed segment. */
  take(): number {
    this.reserve(1)
    const { u32, u8 } = this.#m
    const free = (H.context + C.free) >>> 2
    const bump = (H.context + C.bump) >>> 2
    let at = u32[free]!
    if (at !== 0) u32[free] = u32[(at + S.next) >>> 2]!
    else {
      at = u32[bump]!
      u32[bump] = at + SEGMENT_BYTES
    }
    u8.fill(0, at, at + SEGMENT_BYTES)
    return at
  }

  free(segment: number): void {
    const { u32 } = this.#m
    const free = (H.context + C.free) >>> 2
    u32[(segment + S.next) >>> 2] = u32[free]!
    u32[free] = segment
  }
}
