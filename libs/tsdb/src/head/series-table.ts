import { StorageError } from '../errors.ts'
import type { HeadMemory } from './head-memory.ts'
import type { Heap } from './heap.ts'
import { C, H, R, RECORD_BYTES, RECORDS, SLOT_BITS, SLOT_MASK } from './layout.ts'
import type { Pairs } from './pairs.ts'
import { finish } from './symbols.ts'

/**
 * Series records and the table that finds them by label set. A ref is generation and slot; a slot that is reused
 * gets another generation, so an old ref is recognised as dead.
 */
export class SeriesTable {
  readonly #m: HeadMemory
  readonly #heap: Heap
  readonly #pairs: Pairs
  readonly #seriesMax: number
  /** hash, slot per entry; slot 0 = empty, 0xffffffff = removed. Writer's own: readers come by postings. */
  #table = new Uint32Array(2048)
  #entries = 0
  readonly #freeSlots: number[] = []

  constructor(memory: HeadMemory, heap: Heap, pairs: Pairs, seriesMax: number) {
    this.#m = memory
    this.#heap = heap
    this.#pairs = pairs
    this.#seriesMax = seriesMax
    memory.u32[H.slots >>> 2] = 1 // Slot 0 is never used: ref 0 means unknown.
    memory.u32[(H.context + C.records) >>> 2] = RECORDS
    memory.u32[(H.context + C.slots) >>> 2] = 1
  }

  /** The ref of the series with these pairs (in label order), or 0. */
  find(pairs: Uint32Array, count: number): number {
    const { u32 } = this.#m
    const table = this.#table
    const mask = (table.length >> 1) - 1
    const hash = hashPairs(pairs, count)
    for (let i = hash & mask; ; i = (i + 1) & mask) {
      const slot = table[i * 2 + 1]!
      if (slot === 0) return 0
      if (table[i * 2] !== hash || slot === 0xffffffff) continue
      const record = (RECORDS + slot * RECORD_BYTES) >>> 2
      const labels = u32[record + (R.labels >>> 2)]! >>> 2
      if (u32[labels] !== count) continue
      let k = 0
      while (k < count && u32[labels + 1 + k] === pairs[k]) k++
      if (k === count) return u32[record]!
    }
  }

  /** Adds a series that is not there yet. Throws StorageError when the memory is full. */
  add(pairs: Uint32Array, count: number, walRef: number): number {
    const { u32 } = this.#m
    let slot = this.#freeSlots.pop()
    if (slot === undefined) {
      slot = u32[H.slots >>> 2]!
      if (slot > this.#seriesMax) throw new StorageError('the memory of the head is full')
    }
    const labels = this.#heap.allocate(4 + count * 4)
    u32[labels >>> 2] = count
    for (let i = 0; i < count; i++) u32[(labels >>> 2) + 1 + i] = pairs[i]!

    const record = RECORDS + slot * RECORD_BYTES
    const base = record >>> 2
    // A freed record keeps its old generation in the last word.
    const generation = slot === u32[H.slots >>> 2] ? 1 : (u32[base + 15]! + 1) & 0xff || 1
    for (let i = 1; i < 16; i++) u32[base + i] = 0
    u32[base + (R.walRef >>> 2)] = walRef
    u32[base + (R.labels >>> 2)] = labels
    const ref = ((generation << SLOT_BITS) | slot) >>> 0
    u32[base] = ref
    if (slot === u32[H.slots >>> 2]) {
      u32[H.slots >>> 2] = slot + 1
      u32[(H.context + C.slots) >>> 2] = slot + 1
    }
    this.#insert(hashPairs(pairs, count), slot)
    for (let i = 0; i < count; i++) this.#pairs.list(pairs[i]!, ref)
    this.#pairs.list(u32[H.allPair >>> 2]!, ref)
    u32[H.series >>> 2] = u32[H.series >>> 2]! + 1
    u32[H.seriesVersion >>> 2] = u32[H.seriesVersion >>> 2]! + 1
    return ref
  }

  /** The record of a ref that is alive, or 0. */
  record(ref: number): number {
    const { u32 } = this.#m
    const slot = ref & SLOT_MASK
    if (ref === 0 || slot >= u32[H.slots >>> 2]!) return 0
    const record = RECORDS + slot * RECORD_BYTES
    return u32[record >>> 2] === ref ? record : 0
  }

  /**
   * Takes a series without chunks out of the table. Its slot and labels are reused after `release`, once no reader
   * can look at them any more. Returns how to release.
   */
  remove(ref: number): () => void {
    const { u32 } = this.#m
    const slot = ref & SLOT_MASK
    const base = (RECORDS + slot * RECORD_BYTES) >>> 2
    const labels = u32[base + (R.labels >>> 2)]!
    const count = u32[labels >>> 2]!
    const pairs = u32.slice((labels >>> 2) + 1, (labels >>> 2) + 1 + count)
    this.#erase(hashPairs(pairs, count), slot)
    u32[base] = 0
    u32[base + 15] = ref >>> SLOT_BITS
    u32[H.series >>> 2] = u32[H.series >>> 2]! - 1
    u32[H.seriesVersion >>> 2] = u32[H.seriesVersion >>> 2]! + 1
    return () => {
      this.#heap.free(labels, 4 + count * 4)
      this.#freeSlots.push(slot)
    }
  }

  #insert(hash: number, slot: number): void {
    if ((this.#entries + 1) * 8 > this.#table.length * 3) this.#rehash()
    const table = this.#table
    const mask = (table.length >> 1) - 1
    let i = hash & mask
    while (table[i * 2 + 1] !== 0) i = (i + 1) & mask
    table[i * 2] = hash
    table[i * 2 + 1] = slot
    this.#entries++
  }

  #erase(hash: number, slot: number): void {
    const table = this.#table
    const mask = (table.length >> 1) - 1
    for (let i = hash & mask; table[i * 2 + 1] !== 0; i = (i + 1) & mask) {
      if (table[i * 2 + 1] !== slot) continue
      table[i * 2 + 1] = 0xffffffff
      return
    }
  }

  #rehash(): void {
    const old = this.#table
    const live = this.#m.u32[H.series >>> 2]!
    let size = 2048
    while (live * 8 > size * 2) size *= 2
    const table = new Uint32Array(size)
    const mask = (size >> 1) - 1
    let entries = 0
    for (let i = 0; i < old.length; i += 2) {
      const slot = old[i + 1]!
      if (slot === 0 || slot === 0xffffffff) continue
      let at = old[i]! & mask
      while (table[at * 2 + 1] !== 0) at = (at + 1) & mask
      table[at * 2] = old[i]!
      table[at * 2 + 1] = slot
      entries++
    }
    this.#table = table
    this.#entries = entries
  }
}

function hashPairs(pairs: Uint32Array, count: number): number {
  let hash = count
  for (let i = 0; i < count; i++) {
    hash = Math.imul(hash ^ (pairs[i]! >>> 4), 0x9e3779b1)
    hash ^= hash >>> 15
  }
  return finish(hash)
}
