/**
 * Refs of series by 64-bit hashes of their labels as they were sent. The hashes are seeded: a sender cannot make two
 * series meet. When full, it starts over.
 */
const ENTRIES_MAX = 2_000_000

export class SeriesRefs {
  /** Of the last `hash`. */
  high = 0
  low = 0
  readonly #seedHigh: number
  readonly #seedLow: number
  /** high, low, ref per entry; ref 0 = free. */
  #table = new Uint32Array(4096 * 3)
  #entries = 0

  constructor(seed: Uint8Array) {
    const view = new DataView(seed.buffer, seed.byteOffset, 8)
    this.#seedHigh = view.getUint32(0)
    this.#seedLow = view.getUint32(4)
  }

  /** Leaves the hash of a piece in `high` and `low`. */
  hash(view: DataView, start: number, end: number): void {
    let high = this.#seedHigh ^ (end - start)
    let low = this.#seedLow
    let at = start
    for (; at + 4 <= end; at += 4) {
      const word = view.getInt32(at, true)
      high = Math.imul(high ^ word, 0x9e3779b1)
      high ^= high >>> 15
      low = Math.imul(low ^ word, 0x85ebca6b)
      low = (low << 13) | (low >>> 19)
    }
    for (; at < end; at++) {
      const byte = view.getUint8(at)
      high = Math.imul(high ^ byte, 0x9e3779b1)
      high ^= high >>> 15
      low = Math.imul(low ^ byte, 0x85ebca6b)
      low = (low << 13) | (low >>> 19)
    }
    this.#finish(high, low)
  }

  /** Leaves the hash of several pieces, by their own hashes, in `high` and `low`. */
  combine(refs: Uint32Array, count: number, highs: Int32Array, lows: Int32Array): void {
    let high = this.#seedHigh ^ count
    let low = this.#seedLow
    for (let i = 0; i < count; i++) {
      const ref = refs[i] as number
      high = Math.imul(high ^ (highs[ref] as number), 0x9e3779b1)
      high ^= high >>> 15
      low = Math.imul(low ^ (lows[ref] as number), 0x85ebca6b)
      low = (low << 13) | (low >>> 19)
    }
    this.#finish(high, low)
  }

  /** The ref noted for the hash, or 0. */
  find(high: number, low: number): number {
    const table = this.#table
    const mask = table.length / 3 - 1
    for (let i = low & mask; ; i = (i + 1) & mask) {
      const entry = i * 3
      const ref = table[entry + 2] as number
      if (ref === 0) return 0
      if (table[entry] === high >>> 0 && table[entry + 1] === low >>> 0) return ref
    }
  }

  set(high: number, low: number, ref: number): void {
    if (this.#entries >= ENTRIES_MAX) this.#start(4096)
    if ((this.#entries + 1) * 6 > this.#table.length) this.#grow()
    const table = this.#table
    const mask = table.length / 3 - 1
    for (let i = low & mask; ; i = (i + 1) & mask) {
      const entry = i * 3
      const isFree = table[entry + 2] === 0
      if (!isFree && (table[entry] !== high >>> 0 || table[entry + 1] !== low >>> 0)) continue
      if (isFree) this.#entries++
      table[entry] = high
      table[entry + 1] = low
      table[entry + 2] = ref
      return
    }
  }

  // Each half on its own: mixing one into the other could only lose what tells series apart.
  #finish(high: number, low: number): void {
    this.high = avalanche(high)
    this.low = avalanche(low)
  }

  #grow(): void {
    const old = this.#table
    this.#start((old.length / 3) * 2)
    for (let entry = 0; entry < old.length; entry += 3) {
      const ref = old[entry + 2] as number
      if (ref !== 0) this.set(old[entry] as number, old[entry + 1] as number, ref)
    }
  }

  #start(size: number): void {
    this.#table = new Uint32Array(size * 3)
    this.#entries = 0
  }
}

/** Every bit of the result depends on every bit of the word; different words stay different. */
function avalanche(word: number): number {
  let mixed = word ^ (word >>> 16)
  mixed = Math.imul(mixed, 0x85ebca6b)
  mixed ^= mixed >>> 13
  mixed = Math.imul(mixed, 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
