import { decodeUtf8 } from '@prom/bytes'
import type { HeadMemory } from './head-memory.ts'
import { H, SYMBOL_HEADER_BYTES } from './layout.ts'

/** What a string costs beyond its characters: header, map entry. */
const ENTRY_BYTES = 80

/** Symbols as JavaScript strings, remembered per thread under a budget. */
export class SymbolStrings {
  readonly #m: HeadMemory
  readonly #budgetBytes: number
  readonly #known = new Map<number, string>()
  #generation = 0
  sizeBytes = 0

  constructor(memory: HeadMemory, budgetBytes: number) {
    this.#m = memory
    this.#budgetBytes = budgetBytes
  }

  of(symbol: number): string {
    const { u8, u32 } = this.#m
    if (u32[H.generation >>> 2] !== this.#generation) {
      this.#forget()
      this.#generation = u32[H.generation >>> 2]!
    }
    const known = this.#known.get(symbol)
    if (known !== undefined) return known
    const start = symbol + SYMBOL_HEADER_BYTES
    const text = decodeUtf8(u8.subarray(start, start + u32[(symbol >>> 2) + 1]!))
    if (this.sizeBytes > this.#budgetBytes) this.#forget()
    this.#known.set(symbol, text)
    this.sizeBytes += ENTRY_BYTES + text.length
    return text
  }

  #forget(): void {
    this.#known.clear()
    this.sizeBytes = 0
  }
}
