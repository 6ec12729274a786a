import type { ChunkData } from '../block/chunk-writer.ts'
import { sortSymbols } from '../block/index-writer.ts'
import { type Intervals, isDeleted, type Stones } from '../block/tombstones.ts'
import type { HeadStore } from '../head/head-store.ts'
import {
  FIRST_PAYLOAD,
  FIRST_PAYLOAD_BYTES,
  FLAG_HISTOGRAM,
  H,
  NEXT_PAYLOAD,
  NEXT_PAYLOAD_BYTES,
  R,
  RECORD_BYTES,
  RECORDS,
  S,
} from '../head/layout.ts'
import { decodeSamples, encodeSamples } from './recode.ts'
import type { BlockSeries } from './write-block.ts'

/**
 * The part of the head within [mint, maxt) as the series of a block. Runs in the writer's thread, which may append
 * newer samples between two series.
 */
export class HeadSource {
  readonly #store: HeadStore
  readonly #stones: Stones
  readonly #mint: number
  readonly #maxt: number
  /** Sorted. */
  symbols: readonly string[] = []
  readonly #records: readonly number[]
  /** Indices of the records in label order. */
  readonly #order: Uint32Array
  /** Ranks of the pairs of all records, one after the other; record `i` has those from `starts[i]`. */
  readonly #starts: Uint32Array
  readonly #keys: Uint32Array
  /** By rank of a pair: the places of its name and value among the symbols. */
  #names = new Uint32Array(0)
  #values = new Uint32Array(0)

  constructor(store: HeadStore, stones: Stones, mint: number, maxt: number) {
    this.#stones = stones
    this.#store = store
    this.#mint = mint
    this.#maxt = maxt
    const { u32 } = store.memory
    const slots = u32[H.slots >>> 2]!
    const found: number[] = []
    for (let slot = 1; slot < slots; slot++) {
      const record = RECORDS + slot * RECORD_BYTES
      if (u32[record >>> 2] !== 0 && this.#hasSamples(record)) found.push(record)
    }
    this.#records = found
    const ranks = this.#rankPairs()
    this.#starts = new Uint32Array(found.length + 1)
    found.forEach((record, i) => {
      this.#starts[i + 1] = this.#starts[i]! + u32[u32[(record + R.labels) >>> 2]! >>> 2]!
    })
    this.#keys = new Uint32Array(this.#starts[found.length]!)
    found.forEach((record, i) => {
      const list = u32[(record + R.labels) >>> 2]! >>> 2
      const start = this.#starts[i]!
      for (let k = 0; k < u32[list]!; k++) this.#keys[start + k] = ranks.get(u32[list + 1 + k]!)!
    })
    this.#order = this.#sort()
  }

  *series(): IterableIterator<BlockSeries> {
    const [names, values] = [this.#names, this.#values]
    for (const i of this.#order) {
      const chunks = this.#chunks(this.#records[i]!)
      if (chunks.length === 0) continue
      const start = this.#starts[i]!
      const count = this.#starts[i + 1]! - start
      const labels = new Uint32Array(count * 2)
      for (let k = 0; k < count; k++) {
        const rank = this.#keys[start + k]!
        labels[k * 2] = names[rank]!
        labels[k * 2 + 1] = values[rank]!
      }
      yield { labels, chunks }
    }
  }

  #hasSamples(record: number): boolean {
    const { u32, f64 } = this.#store.memory
    const open = u32[(record + R.chunk) >>> 2]!
    if (
      open !== 0 &&
      this.#overlaps(f64[(open + S.mint) >>> 3]!, f64[(record + R.lastTime) >>> 3]!)
    ) {
      return true
    }
    for (
      let chunk = u32[(record + R.sealed) >>> 2]!;
      chunk !== 0;
      chunk = u32[(chunk + S.older) >>> 2]!
    ) {
      if (this.#overlaps(f64[(chunk + S.mint) >>> 3]!, f64[(chunk + S.maxt) >>> 3]!)) return true
    }
    return false
  }

  #overlaps(mint: number, maxt: number): boolean {
    return mint < this.#maxt && maxt >= this.#mint
  }

  #chunks(record: number): ChunkData[] {
    const { u32, u16, f64 } = this.#store.memory
    const chunks: ChunkData[] = []
    const deleted = this.#stones.get(u32[record >>> 2]!) ?? []
    const take = (chunk: number, maxt: number, count: number, bytes: number) => {
      const mint = f64[(chunk + S.mint) >>> 3]!
      if (!this.#overlaps(mint, maxt)) return
      const encoding = u32[(chunk + S.flags) >>> 2]! & 0xff
      const whole = { mint, maxt, encoding, data: this.#read(chunk, count, bytes) }
      chunks.push(...this.#within(whole, deleted))
    }
    const open = u32[(record + R.chunk) >>> 2]!
    if (open !== 0) {
      const size = u16[(record + R.bits) >>> 1]!
      const isHistogram = (u16[(record + R.flags) >>> 1]! & FLAG_HISTOGRAM) !== 0
      const bytes = isHistogram ? size : (size + 7) >> 3
      take(open, f64[(record + R.lastTime) >>> 3]!, u16[(record + R.count) >>> 1]!, bytes)
    }
    for (
      let chunk = u32[(record + R.sealed) >>> 2]!;
      chunk !== 0;
      chunk = u32[(chunk + S.older) >>> 2]!
    ) {
      const maxt = f64[(chunk + S.maxt) >>> 3]!
      take(chunk, maxt, u16[(chunk + S.count) >>> 1]!, u16[(chunk + S.bytes) >>> 1]!)
    }
    return chunks.reverse()
  }

  /** The chunk as it is, or what of it lies in the range and was not deleted, encoded anew; newest first. */
  #within(chunk: ChunkData, deleted: Intervals): ChunkData[] {
    const isWhole = chunk.mint >= this.#mint && chunk.maxt < this.#maxt
    if (isWhole && !touches(chunk, deleted)) return [chunk]
    const kept = decodeSamples(chunk).filter(
      ({ timeMs }) => timeMs >= this.#mint && timeMs < this.#maxt && !isDeleted(deleted, timeMs),
    )
    return encodeSamples(kept).reverse()
  }

  #read(chunk: number, count: number, bytes: number): Uint8Array {
    const { u8, u32 } = this.#store.memory
    const data = new Uint8Array(bytes + 2)
    data[0] = count >> 8
    data[1] = count & 0xff
    let done = Math.min(bytes, FIRST_PAYLOAD_BYTES)
    data.set(u8.subarray(chunk + FIRST_PAYLOAD, chunk + FIRST_PAYLOAD + done), 2)
    for (let segment = chunk; done < bytes; ) {
      segment = u32[(segment + S.next) >>> 2]!
      const part = Math.min(bytes - done, NEXT_PAYLOAD_BYTES)
      data.set(u8.subarray(segment + NEXT_PAYLOAD, segment + NEXT_PAYLOAD + part), 2 + done)
      done += part
    }
    return data
  }

  /** In label order: pairs have ranks, so comparing two series compares numbers. */
  #sort(): Uint32Array {
    const [starts, keys] = [this.#starts, this.#keys]
    return Uint32Array.from(this.#records, (_, i) => i).sort((a, b) => {
      let x = starts[a]!
      let y = starts[b]!
      const xEnd = starts[a + 1]!
      const yEnd = starts[b + 1]!
      while (x < xEnd && y < yEnd) {
        const difference = keys[x++]! - keys[y++]!
        if (difference !== 0) return difference
      }
      return xEnd - x - (yEnd - y)
    })
  }

  /** Sorts the symbols and the pairs of the records. Returns the rank of each pair. */
  #rankPairs(): Map<number, number> {
    const { u32 } = this.#store.memory
    const { strings } = this.#store
    const ranks = new Map<number, number>()
    for (const record of this.#records) {
      const list = u32[(record + R.labels) >>> 2]! >>> 2
      for (let k = 1; k <= u32[list]!; k++) ranks.set(u32[list + k]!, 0)
    }
    const texts = new Map<number, string>()
    for (const pair of ranks.keys()) {
      for (const symbol of [u32[pair >>> 2]!, u32[(pair >>> 2) + 1]!]) {
        if (!texts.has(symbol)) texts.set(symbol, strings.of(symbol))
      }
    }
    this.symbols = sortSymbols(new Set(texts.values()))
    const places = new Map(this.symbols.map((text, place) => [text, place]))
    const placeOf = (symbol: number) => places.get(texts.get(symbol) as string) as number
    const sorted = Array.from(ranks.keys(), (pair) => ({
      pair,
      name: placeOf(u32[pair >>> 2]!),
      value: placeOf(u32[(pair >>> 2) + 1]!),
    })).sort((a, b) => a.name - b.name || a.value - b.value)
    this.#names = Uint32Array.from(sorted, ({ name }) => name)
    this.#values = Uint32Array.from(sorted, ({ value }) => value)
    sorted.forEach(({ pair }, rank) => {
      ranks.set(pair, rank)
    })
    return ranks
  }
}

function touches({ mint, maxt }: ChunkData, deleted: Intervals): boolean {
  for (let i = 0; i < deleted.length; i += 2) {
    if (deleted[i]! <= maxt && deleted[i + 1]! >= mint) return true
  }
  return false
}
