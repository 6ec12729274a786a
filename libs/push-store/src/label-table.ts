import type { PackedFamily } from './packed-family.ts'
import { PointCursor } from './packed-family.ts'

const FIRST_SLOTS = 64

/** Which label sets there are, as bytes: an open table that asks for no string and no object per sample. */
export class LabelTable {
  /** Labels come from outside: without a seed somebody could choose them to collide. */
  readonly #seed: number
  #slots = new Int32Array(FIRST_SLOTS).fill(-1)
  #hashes = new Int32Array(FIRST_SLOTS)
  readonly #bytes: Uint8Array[] = []
  readonly #starts: number[] = []
  readonly #ends: number[] = []

  constructor(seed: number) {
    this.#seed = seed | 0
  }

  /** Whether the labels from `start` up to `end` are there. */
  has(bytes: Uint8Array, start: number, end: number): boolean {
    return this.#slots[this.#find(bytes, start, end, hashOf(bytes, start, end, this.#seed))]! >= 0
  }

  /** Adds labels; false if they were there. */
  add(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#starts.length * 2 >= this.#slots.length) this.#grow()
    const hash = hashOf(bytes, start, end, this.#seed)
    const slot = this.#find(bytes, start, end, hash)
    if (this.#slots[slot]! >= 0) return false
    this.#slots[slot] = this.#starts.length
    this.#hashes[slot] = hash
    this.#bytes.push(bytes)
    this.#starts.push(start)
    this.#ends.push(end)
    return true
  }

  /** The slot that holds these labels, or the free one where they would go. */
  #find(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const mask = this.#slots.length - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot]!
      if (entry < 0) return slot
      if (this.#hashes[slot] === hash && this.#isEqual(entry, bytes, start, end)) return slot
    }
  }

  #isEqual(entry: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = this.#starts[entry]!
    if (this.#ends[entry]! - from !== end - start) return false
    const known = this.#bytes[entry]!
    for (let i = 0; i < end - start; i++) if (known[from + i] !== bytes[start + i]) return false
    return true
  }

  #grow(): void {
    const old = this.#slots
    const hashes = this.#hashes
    this.#slots = new Int32Array(old.length * 4).fill(-1)
    this.#hashes = new Int32Array(old.length * 4)
    const mask = this.#slots.length - 1
    for (let i = 0; i < old.length; i++) {
      if (old[i]! < 0) continue
      let slot = hashes[i]! & mask
      while (this.#slots[slot]! >= 0) slot = (slot + 1) & mask
      this.#slots[slot] = old[i]!
      this.#hashes[slot] = hashes[i]!
    }
  }
}

function hashOf(bytes: Uint8Array, start: number, end: number, seed: number): number {
  let hash = seed ^ 0x811c9dc5
  for (let i = start; i < end; i++) {
    hash = Math.imul(hash ^ bytes[i]!, 0x01000193)
    hash ^= hash >>> 15
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return hash ^ (hash >>> 13)
}

const STEP = 1024

/** Offsets of the samples of a family whose labels another one before them has. */
export function* findRepeats(family: PackedFamily, seed: number): Generator<undefined, number[]> {
  const repeats: number[] = []
  if (family.isSorted) return repeats
  const table = new LabelTable(seed)
  const cursor = new PointCursor(family)
  for (let i = 1; cursor.next(); i++) {
    if (!table.add(cursor.bytes, cursor.labelsStart, cursor.labelsEnd)) repeats.push(cursor.start)
    if (i % STEP === 0) yield undefined
  }
  return repeats
}
