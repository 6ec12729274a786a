import type { HeadMemory } from '../head/head-memory.ts'
import { FLAG_HISTOGRAM, H, R, RECORD_BYTES, RECORDS, S, SLOT_MASK } from '../head/layout.ts'

/** Where the chunks of series lie at one commit. */
export class Capture {
  readonly #m: HeadMemory
  readonly #commit: number
  readonly #mint: number
  readonly #maxt: number
  chunks = new Uint32Array(256)
  counts = new Uint16Array(256)
  openBytes = new Uint16Array(256)
  length = 0
  isBlurred = false
  /** The series added last may have samples of batches after the moment. */
  isMixed = false

  constructor(memory: HeadMemory, commit: number, mint: number, maxt: number) {
    this.#m = memory
    this.#commit = commit
    this.#mint = mint
    this.#maxt = maxt
  }

  /** Notes the chunks of a series that overlap the range; false if there are none. */
  add(ref: number): boolean {
    const { i32 } = this.#m
    const before = this.length
    for (;;) {
      const sequence = Atomics.load(i32, H.sequence >>> 2)
      if ((sequence & 1) === 0) {
        this.length = before
        this.isMixed = false
        this.#read(ref)
        if (Atomics.load(i32, H.sequence >>> 2) === sequence) break
      }
    }
    // Newest first so far.
    for (let i = before, k = this.length - 1; i < k; i++, k--) this.#swap(i, k)
    return this.length > before
  }

  #read(ref: number): void {
    const { u32, u16, f64 } = this.#m
    const record = RECORDS + (ref & SLOT_MASK) * RECORD_BYTES
    if (u32[record >>> 2] !== ref) return
    const commit = this.#commit
    // Two batches since the moment: the record knows only the state before the last one.
    const isTouched = ((u32[(record + R.commit) >>> 2]! - commit) | 0) > 0
    const sinceBefore = (u16[(record + R.commitBefore) >>> 1]! - commit) & 0xffff
    if (isTouched && sinceBefore > 0 && sinceBefore < 0x8000) {
      this.isBlurred = true
      this.isMixed = true
    }
    const open = u32[(record + R.chunk) >>> 2]!
    if (open !== 0 && f64[(open + S.mint) >>> 3]! <= this.#maxt) {
      const isNewer = ((u32[(record + R.commit) >>> 2]! - commit) | 0) > 0
      const count = u16[(record + (isNewer ? R.countBefore : R.count)) >>> 1]!
      const last = f64[(record + R.lastTime) >>> 3]!
      if (count > 0 && last >= this.#mint) {
        const size = u16[(record + R.bits) >>> 1]!
        const isHistogram = (u16[(record + R.flags) >>> 1]! & FLAG_HISTOGRAM) !== 0
        this.#push(open, count, isHistogram ? size : (size + 7) >> 3)
      }
    }
    for (
      let chunk = u32[(record + R.sealed) >>> 2]!;
      chunk !== 0;
      chunk = u32[(chunk + S.older) >>> 2]!
    ) {
      if (f64[(chunk + S.maxt) >>> 3]! < this.#mint) return
      if (f64[(chunk + S.mint) >>> 3]! > this.#maxt) continue
      const isNewer = ((u32[(chunk + S.commit) >>> 2]! - commit) | 0) > 0
      if (isNewer) this.isMixed = true // A chunk knows only its last batch.
      const count = u16[(chunk + (isNewer ? S.countBefore : S.count)) >>> 1]!
      if (count > 0) this.#push(chunk, count, 0)
    }
  }

  #push(chunk: number, count: number, openBytes: number): void {
    if (this.length === this.chunks.length) {
      this.chunks = grown(this.chunks, new Uint32Array(this.length * 2))
      this.counts = grown(this.counts, new Uint16Array(this.length * 2))
      this.openBytes = grown(this.openBytes, new Uint16Array(this.length * 2))
    }
    this.chunks[this.length] = chunk
    this.counts[this.length] = count
    this.openBytes[this.length++] = openBytes
  }

  #swap(i: number, k: number): void {
    for (const column of [this.chunks, this.counts, this.openBytes]) {
      const value = column[i]!
      column[i] = column[k]!
      column[k] = value
    }
  }
}

function grown<T extends Uint32Array | Uint16Array>(from: T, to: T): T {
  to.set(from)
  return to
}
