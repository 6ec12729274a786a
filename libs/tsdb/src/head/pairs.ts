import type { HeadMemory } from './head-memory.ts'
import type { Heap } from './heap.ts'
import { H, NAME_BYTES, P, PAIR_BYTES, POSTINGS_HEADER_BYTES } from './layout.ts'
import { finish, growTable, newTable, putEntry } from './symbols.ts'

/** Refs per block of postings: small for the many rare pairs, a page for the few common ones. */
const BLOCK_CAPACITIES = [2, 6, 14, 62, 254, 1022]

/**
 * Label pairs (name symbol, value symbol) and their postings: lists of refs in the order the series came. A pair is
 * its address. A ref whose series is gone stays listed until the next purge; its record tells.
 */
export class Pairs {
  readonly #m: HeadMemory
  readonly #heap: Heap

  constructor(memory: HeadMemory, heap: Heap) {
    this.#m = memory
    this.#heap = heap
    const { u32 } = memory
    u32[H.pairTable >>> 2] = newTable(memory, heap, 10)
    u32[H.allPair >>> 2] = heap.allocate(PAIR_BYTES)
  }

  /** The pair of two symbols, added if new. */
  intern(name: number, value: number): number {
    const known = findPair(this.#m, name, value)
    if (known !== 0) return known

    const { u32 } = this.#m
    const at = this.#heap.allocate(PAIR_BYTES)
    const hash = hashPair(name, value)
    u32[(at + P.name) >>> 2] = name
    u32[(at + P.value) >>> 2] = value
    u32[(at + P.hash) >>> 2] = hash
    let table = u32[H.pairTable >>> 2]!
    if (u32[(table >>> 2) + 1]! * 4 >= 2 ** u32[table >>> 2]! * 3) {
      table = growTable(this.#m, this.#heap, table, (entry) => u32[(entry + P.hash) >>> 2]!)
      u32[H.pairTable >>> 2] = table
    }
    putEntry(u32, table, hash, at)
    const record = this.#nameRecord(name)
    u32[(at + P.nextOfName) >>> 2] = u32[(record >>> 2) + 1]!
    u32[(record >>> 2) + 1] = at
    u32[(record >>> 2) + 2] = u32[(record >>> 2) + 2]! + 1
    u32[H.pairs >>> 2] = u32[H.pairs >>> 2]! + 1
    return at
  }

  /** Lists `ref` under the pair. */
  list(pair: number, ref: number): void {
    const { u32 } = this.#m
    const base = pair >>> 2
    let tail = u32[base + (P.tail >>> 2)]!
    let used = u32[base + (P.tailUsed >>> 2)]!
    const count = u32[base + (P.count >>> 2)]!
    if (tail === 0 || used === u32[(tail >>> 2) + 1]!) {
      const capacity = nextCapacity(tail === 0 ? 0 : u32[(tail >>> 2) + 1]!)
      const block = this.#heap.allocate(POSTINGS_HEADER_BYTES + capacity * 4)
      u32[(block >>> 2) + 1] = capacity
      if (tail === 0) u32[base + (P.first >>> 2)] = block
      else u32[tail >>> 2] = block
      tail = block
      used = 0
      u32[base + (P.tail >>> 2)] = block
    }
    u32[(tail >>> 2) + 2 + used] = ref
    u32[base + (P.tailUsed >>> 2)] = used + 1
    u32[base + (P.count >>> 2)] = count + 1
  }

  #nameRecord(symbol: number): number {
    const { u32 } = this.#m
    let record = u32[(symbol >>> 2) + 2]!
    if (record === 0) {
      record = this.#heap.allocate(NAME_BYTES)
      u32[record >>> 2] = symbol
      u32[(record >>> 2) + 3] = u32[H.firstName >>> 2]!
      u32[H.firstName >>> 2] = record
      u32[(symbol >>> 2) + 2] = record
    }
    return record
  }
}

/** The pair of two symbols, or 0; for writer and readers alike. */
export function findPair({ u32 }: HeadMemory, name: number, value: number): number {
  const table = u32[H.pairTable >>> 2]!
  const mask = 2 ** u32[table >>> 2]! - 1
  for (let i = hashPair(name, value) & mask; ; i = (i + 1) & mask) {
    const at = u32[(table >>> 2) + 2 + i]!
    if (at === 0) return 0
    if (u32[at >>> 2] === name && u32[(at >>> 2) + 1] === value) return at
  }
}

/** Appends the refs listed under the pair to `into` at `at`; returns the new end. */
export function readPostings(
  { u32 }: HeadMemory,
  pair: number,
  into: Uint32Array,
  at: number,
): number {
  let left = Math.min(u32[(pair + P.count) >>> 2]!, into.length - at)
  let end = at
  for (
    let block = u32[(pair + P.first) >>> 2]!;
    block !== 0 && left > 0;
    block = u32[block >>> 2]!
  ) {
    const count = Math.min(left, u32[(block >>> 2) + 1]!)
    into.set(u32.subarray((block >>> 2) + 2, (block >>> 2) + 2 + count), end)
    end += count
    left -= count
  }
  return end
}

function hashPair(name: number, value: number): number {
  return finish(Math.imul(name, 0x9e3779b1) ^ (value >>> 2))
}

function nextCapacity(before: number): number {
  for (const capacity of BLOCK_CAPACITIES) if (capacity > before) return capacity
  return BLOCK_CAPACITIES.at(-1) as number
}
