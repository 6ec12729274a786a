import type { HeadMemory } from './head-memory.ts'
import type { Heap } from './heap.ts'
import { H, SYMBOL_HEADER_BYTES } from './layout.ts'

/**
 * Label names and values as bytes, each stored once. A symbol is its address: u32 hash, u32 length, u32 name record,
 * then the bytes. The table: u32 log2 of its capacity, u32 entries, then addresses (0 = empty).
 */
export class Symbols {
  readonly #m: HeadMemory
  readonly #heap: Heap
  readonly #seed: number

  constructor(memory: HeadMemory, heap: Heap, seed: number) {
    this.#m = memory
    this.#heap = heap
    this.#seed = seed
    memory.u32[H.symbolTable >>> 2] = newTable(memory, heap, 10)
  }

  /** The symbol of the bytes, added if new. */
  intern(bytes: Uint8Array, start: number, end: number): number {
    const hash = hashBytes(bytes, start, end, this.#seed)
    const known = findSymbol(this.#m, hash, bytes, start, end)
    if (known !== 0) return known

    const { u32, u8 } = this.#m
    const length = end - start
    const at = this.#heap.allocate(SYMBOL_HEADER_BYTES + length)
    u32[at >>> 2] = hash
    u32[(at >>> 2) + 1] = length
    for (let i = 0; i < length; i++) u8[at + SYMBOL_HEADER_BYTES + i] = bytes[start + i]!
    this.#insert(at, hash)
    u32[H.symbols >>> 2] = u32[H.symbols >>> 2]! + 1
    return at
  }

  #insert(symbol: number, hash: number): void {
    const { u32 } = this.#m
    let table = u32[H.symbolTable >>> 2]!
    if (u32[(table >>> 2) + 1]! * 4 >= 2 ** u32[table >>> 2]! * 3) {
      table = growTable(this.#m, this.#heap, table, (entry) => u32[entry >>> 2]!)
      u32[H.symbolTable >>> 2] = table
    }
    putEntry(u32, table, hash, symbol)
  }
}

/** The symbol of the bytes, or 0; for writer and readers alike. */
export function findSymbol(
  { u32, u8 }: HeadMemory,
  hash: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  const table = u32[H.symbolTable >>> 2]!
  const mask = 2 ** u32[table >>> 2]! - 1
  const length = end - start
  for (let i = hash & mask; ; i = (i + 1) & mask) {
    const at = u32[(table >>> 2) + 2 + i]!
    if (at === 0) return 0
    if (u32[at >>> 2] !== hash || u32[(at >>> 2) + 1] !== length) continue
    let k = 0
    while (k < length && u8[at + SYMBOL_HEADER_BYTES + k] === bytes[start + k]) k++
    if (k === length) return at
  }
}

/** Seeded, because values come from strangers: chosen collisions must not slow the table down. */
export function hashBytes(bytes: Uint8Array, start: number, end: number, seed: number): number {
  let hash = seed ^ (end - start)
  let i = start
  for (; i + 4 <= end; i += 4) {
    const word = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24)
    hash = Math.imul(
      rotate(hash ^ Math.imul(rotate(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593), 13),
      5,
    )
    hash = (hash + 0xe6546b64) | 0
  }
  for (; i < end; i++) hash = Math.imul(rotate(hash ^ bytes[i]!, 7), 0xcc9e2d51)
  return finish(hash)
}

export function finish(hash: number): number {
  let mixed = hash ^ (hash >>> 16)
  mixed = Math.imul(mixed, 0x85ebca6b)
  mixed ^= mixed >>> 13
  mixed = Math.imul(mixed, 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}

/** An open-addressing table of addresses: u32 log2 capacity, u32 entries, then the addresses. */
export function newTable({ u32 }: HeadMemory, heap: Heap, log2: number): number {
  const table = heap.allocate(8 + 4 * 2 ** log2)
  u32[table >>> 2] = log2
  return table
}

/** A table of twice the size with the same entries. The old one is left to readers that still look at it. */
export function growTable(
  memory: HeadMemory,
  heap: Heap,
  table: number,
  hashOf: (entry: number) => number,
): number {
  const { u32 } = memory
  const log2 = u32[table >>> 2]!
  const grown = newTable(memory, heap, log2 + 1)
  for (let i = 0; i < 2 ** log2; i++) {
    const entry = u32[(table >>> 2) + 2 + i]!
    if (entry !== 0) putEntry(u32, grown, hashOf(entry), entry)
  }
  return grown
}

export function putEntry(u32: Uint32Array, table: number, hash: number, entry: number): void {
  const mask = 2 ** u32[table >>> 2]! - 1
  let i = hash & mask
  while (u32[(table >>> 2) + 2 + i] !== 0) i = (i + 1) & mask
  u32[(table >>> 2) + 2 + i] = entry
  u32[(table >>> 2) + 1] = u32[(table >>> 2) + 1]! + 1
}
