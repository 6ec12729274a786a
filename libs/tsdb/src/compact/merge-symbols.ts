import { compareBytes } from '@prom/labels'
import type { IndexReader } from '../block/index-reader.ts'

interface Place {
  readonly text: string
  readonly number: number
}

/** Symbols of several indexes as one ascending list, '' first, and for each index the places of its own in it. */
export function mergeSymbols(indexes: readonly IndexReader[]): {
  readonly symbols: readonly string[]
  readonly places: readonly ((symbol: number) => number)[]
} {
  const symbols: string[] = ['']
  const tables = indexes.map(({ version }) => (version === 1 ? new SparsePlaces() : new Places()))
  const sources = indexes.map((index) => index.symbolPlaces())
  const heads: (Place | undefined)[] = sources.map((source) => nextOf(source))
  for (;;) {
    let least: string | undefined
    for (const head of heads) {
      if (head && (least === undefined || compareBytes(head.text, least) < 0)) least = head.text
    }
    if (least === undefined) break
    if (least !== symbols.at(-1)) symbols.push(least)
    for (let i = 0; i < heads.length; i++) {
      for (let head = heads[i]; head && head.text === least; head = heads[i]) {
        tables[i]!.set(head.number, symbols.length - 1)
        heads[i] = nextOf(sources[i]!)
      }
    }
  }
  return { symbols, places: tables.map((table) => (symbol: number) => table.get(symbol)) }
}

function nextOf(source: Iterator<Place>): Place | undefined {
  const { value, done } = source.next()
  return done ? undefined : value
}

/** Ordinals are dense. */
class Places {
  #places = new Uint32Array(1024)

  set(ordinal: number, place: number): void {
    if (ordinal >= this.#places.length) {
      const grown = new Uint32Array(ordinal * 2)
      grown.set(this.#places)
      this.#places = grown
    }
    this.#places[ordinal] = place
  }

  get(ordinal: number): number {
    return this.#places[ordinal] ?? 0
  }
}

/** Offsets are not. */
class SparsePlaces {
  readonly #places = new Map<number, number>()

  set(offset: number, place: number): void {
    this.#places.set(offset, place)
  }

  get(offset: number): number {
    return this.#places.get(offset) ?? 0
  }
}
