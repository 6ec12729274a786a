import { addInterval, type Stones } from '../block/tombstones.ts'
import type { HeadMemory } from './head-memory.ts'
import type { HeadStore } from './head-store.ts'
import { H } from './layout.ts'

const STONE_BYTES = 24

/**
 * Deleted ranges of series in the head, by ref. Rare, so every change writes the whole table anew where readers
 * look: u32 count, u32 0, then per range u32 ref, u32 0, f64 mint, f64 maxt.
 */
export class HeadTombstones {
  readonly #store: HeadStore
  readonly stones: Stones = new Map()
  #address = 0
  #sizeBytes = 0

  constructor(store: HeadStore) {
    this.#store = store
  }

  add(ref: number, mint: number, maxt: number): void {
    this.stones.set(ref, addInterval(this.stones.get(ref) ?? [], mint, maxt))
  }

  /** Forgets series that are gone, and ranges before `mint` unless `isLate` says that the series has samples there. */
  sweep(mint: number, isLate: (ref: number) => boolean): void {
    let isChanged = false
    for (const [ref, intervals] of this.stones) {
      const isLive = this.#store.series.record(ref) !== 0
      if (isLive && (intervals.at(-1)! >= mint || isLate(ref))) continue
      this.stones.delete(ref)
      isChanged = true
    }
    if (isChanged) this.publish()
  }

  publish(): void {
    const { memory, heap, retired } = this.#store
    const { u32, f64 } = memory
    let count = 0
    for (const intervals of this.stones.values()) count += intervals.length / 2
    const size = 8 + count * STONE_BYTES
    const address = heap.allocate(size)
    u32[address >>> 2] = count
    let at = address + 8
    for (const [ref, intervals] of this.stones) {
      for (let i = 0; i < intervals.length; i += 2) {
        u32[at >>> 2] = ref
        f64[(at + 8) >>> 3] = intervals[i]!
        f64[(at + 16) >>> 3] = intervals[i + 1]!
        at += STONE_BYTES
      }
    }
    const old = this.#address
    const oldSize = this.#sizeBytes
    this.#address = address
    this.#sizeBytes = size
    Atomics.store(memory.i32, H.tombstones >>> 2, address)
    if (old !== 0) retired.add(() => heap.free(old, oldSize))
  }
}

/** The deleted ranges as a reader sees them now. */
export function readHeadTombstones({ i32, u32, f64 }: HeadMemory): Stones {
  const stones: Stones = new Map()
  const address = Atomics.load(i32, H.tombstones >>> 2) >>> 0
  if (address === 0) return stones
  let at = address + 8
  for (let left = u32[address >>> 2]!; left > 0; left--) {
    const ref = u32[at >>> 2]!
    stones.set(ref, [...(stones.get(ref) ?? []), f64[(at + 8) >>> 3]!, f64[(at + 16) >>> 3]!])
    at += STONE_BYTES
  }
  return stones
}
