import { compareBytes } from '@prom/labels'
import type { ChunkData } from '../block/chunk-writer.ts'
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
  readonly symbols = new Set<string>()
  readonly #records: Uint32Array

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
    this.#records = this.#sort(found)
  }

  *series(): IterableIterator<BlockSeries> {
    for (const record of this.#records) {
      const chunks = this.#chunks(record)
      if (chunks.length > 0) yield { labels: this.#store.labelsOf(record), chunks }
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

  /** In label order: pairs get ranks first, so that comparing two series compares numbers. */
  #sort(records: readonly number[]): Uint32Array {
    const { store } = { store: this.#store }
    const { u32 } = store.memory
    const ranks = this.#rankPairs(records)
    const starts = new Uint32Array(records.length + 1)
    records.forEach((record, i) => {
      starts[i + 1] = starts[i]! + u32[u32[(record + R.labels) >>> 2]! >>> 2]!
    })
    const keys = new Uint32Array(starts[records.length]!)
    records.forEach((record, i) => {
      const list = u32[(record + R.labels) >>> 2]! >>> 2
      for (let k = 0; k < u32[list]!; k++) keys[starts[i]! + k] = ranks.get(u32[list + 1 + k]!)!
    })
    const order = Uint32Array.from(records, (_, i) => i).sort((a, b) => {
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
    return order.map((i) => records[i]!)
  }

  #rankPairs(records: readonly number[]): Map<number, number> {
    const { u32 } = this.#store.memory
    const texts = new Map<number, readonly [string, string]>()
    for (const record of records) {
      const list = u32[(record + R.labels) >>> 2]! >>> 2
      for (let k = 1; k <= u32[list]!; k++) {
        const pair = u32[list + k]!
        if (texts.has(pair)) continue
        const name = this.#store.strings.of(u32[pair >>> 2]!)
        const value = this.#store.strings.of(u32[(pair >>> 2) + 1]!)
        texts.set(pair, [name, value])
        this.symbols.add(name)
        this.symbols.add(value)
      }
    }
    const sorted = [...texts].sort(
      ([, [nameA, valueA]], [, [nameB, valueB]]) =>
        compareBytes(nameA, nameB) || compareBytes(valueA, valueB),
    )
    return new Map(sorted.map(([pair], rank) => [pair, rank]))
  }
}

function touches({ mint, maxt }: ChunkData, deleted: Intervals): boolean {
  for (let i = 0; i < deleted.length; i += 2) {
    if (deleted[i]! <= maxt && deleted[i + 1]! >= mint) return true
  }
  return false
}
