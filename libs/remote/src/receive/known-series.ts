/**
 * Series of earlier version 2 requests by their labels. Every request has its own table of texts, so texts get numbers
 * of ours first, once per request; a series is then found by its numbers, without a string per label.
 */
const TEXTS_MAX = 500_000
const NUMBERS_MAX = 4_000_000

export class KnownSeries {
  #texts = new Map<string, number>()
  /** Open addressing: hash, place in `#numbers`, count, ref. */
  #table = new Uint32Array(4096 * 4)
  #entries = 0
  #numbers = new Uint32Array(65_536)
  #numbersUsed = 0

  /** Our numbers of a request's texts, by their place in its table. */
  number(symbols: readonly Uint8Array[]): Uint32Array {
    if (this.#texts.size > TEXTS_MAX || this.#numbersUsed > NUMBERS_MAX) this.#clear()
    const numbers = new Uint32Array(symbols.length)
    for (let i = 0; i < symbols.length; i++) {
      const bytes = symbols[i] as Uint8Array
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
      let number = this.#texts.get(text)
      if (number === undefined) {
        number = this.#texts.size + 1
        this.#texts.set(text, number)
      }
      numbers[i] = number
    }
    return numbers
  }

  /** The ref noted for these labels, or 0; `refs` point into `numbers`. */
  find(refs: readonly number[], numbers: Uint32Array): number {
    const entry = this.#entryOf(hash(refs, numbers), refs, numbers)
    return this.#table[entry + 3] as number
  }

  note(refs: readonly number[], numbers: Uint32Array, ref: number): void {
    if ((this.#entries + 1) * 8 > this.#table.length) this.#grow()
    const code = hash(refs, numbers)
    const entry = this.#entryOf(code, refs, numbers)
    const table = this.#table
    if (table[entry + 2] === 0) {
      this.#reserve(refs.length)
      table[entry] = code
      table[entry + 1] = this.#numbersUsed
      table[entry + 2] = refs.length
      for (const at of refs) this.#numbers[this.#numbersUsed++] = numbers[at] as number
      this.#entries++
    }
    table[entry + 3] = ref
  }

  /** Where these labels are in the table, or the free entry where they would be. */
  #entryOf(code: number, refs: readonly number[], numbers: Uint32Array): number {
    const table = this.#table
    const mask = table.length / 4 - 1
    for (let i = code & mask; ; i = (i + 1) & mask) {
      const entry = i * 4
      const count = table[entry + 2] as number
      if (count === 0) return entry
      if (table[entry] !== code || count !== refs.length) continue
      const start = table[entry + 1] as number
      let k = 0
      while (k < count && this.#numbers[start + k] === numbers[refs[k] as number]) k++
      if (k === count) return entry
    }
  }

  #reserve(count: number): void {
    if (this.#numbersUsed + count <= this.#numbers.length) return
    const grown = new Uint32Array(this.#numbers.length * 2 + count)
    grown.set(this.#numbers)
    this.#numbers = grown
  }

  #grow(): void {
    const old = this.#table
    const table = new Uint32Array(old.length * 2)
    const mask = table.length / 4 - 1
    for (let entry = 0; entry < old.length; entry += 4) {
      if (old[entry + 2] === 0) continue
      let i = (old[entry] as number) & mask
      while (table[i * 4 + 2] !== 0) i = (i + 1) & mask
      table.set(old.subarray(entry, entry + 4), i * 4)
    }
    this.#table = table
  }

  #clear(): void {
    this.#texts = new Map()
    this.#table = new Uint32Array(4096 * 4)
    this.#entries = 0
    this.#numbersUsed = 0
  }
}

function hash(refs: readonly number[], numbers: Uint32Array): number {
  let code = refs.length
  for (let i = 0; i < refs.length; i++) {
    code = Math.imul(code ^ (numbers[refs[i] as number] as number), 0x9e3779b1)
    code ^= code >>> 15
  }
  return code >>> 0
}
