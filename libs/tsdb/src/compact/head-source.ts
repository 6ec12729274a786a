import type { Kernels } from '@prom/kernels'
import { ChunkRun } from '../block/chunk-run.ts'
import type { ChunkData } from '../block/chunk-writer.ts'
import { sortSymbols } from '../block/index-writer.ts'
import { type Intervals, isDeleted, type Stones } from '../block/tombstones.ts'
import { StorageError } from '../errors.ts'
import type { HeadMemory } from '../head/head-memory.ts'
import { FLAG_HISTOGRAM, H, R, RECORD_BYTES, RECORDS, S } from '../head/layout.ts'
import { readStream } from '../head/sealed-chunk.ts'
import type { SymbolStrings } from '../head/strings.ts'
import { decodeSamples, encodeSamples } from './recode.ts'
import type { SeriesColumns } from './write-block.ts'

/** Bytes of the head's memory a source needs for the record of one chunk: 64 KiB of stream and what is around it. */
export const CHUNK_SCRATCH_BYTES = 128 << 10
const READS_MAX = 100_000
/** The writer is inside a batch: nobody wakes us, so we look again by ourselves. */
const WAIT_MS = 1

export interface HeadSourceView {
  readonly memory: HeadMemory
  readonly strings: SymbolStrings
  readonly kernels: Kernels
  /** Of CHUNK_SCRATCH_BYTES, nobody else's. */
  readonly scratch: number
}

/** A chunk as it was when its series was looked at. */
interface SeenChunk {
  readonly address: number
  readonly mint: number
  readonly maxt: number
  readonly count: number
  readonly bytes: number
}

/**
 * The part of the head within [mint, maxt) as the series of a block. The writer may append newer samples meanwhile,
 * between two series or from its own thread: what lies in the range is not written any more, and a series' chunks are
 * looked at while the writer is not at it.
 */
export class HeadSource {
  readonly #view: HeadSourceView
  readonly #stones: Stones
  readonly #mint: number
  readonly #maxt: number
  /** Sorted. */
  symbols: readonly string[] = []
  readonly #records: Uint32Array
  /** Indices of the records in label order. */
  readonly #order: Uint32Array
  /** Ranks of the pairs of all records, one after the other; record `i` has those from `starts[i]`. */
  readonly #starts: Uint32Array
  readonly #keys: Uint32Array
  /** By rank of a pair: the places of its name and value among the symbols. */
  #names = new Uint32Array(0)
  #values = new Uint32Array(0)
  readonly #run = new ChunkRun()
  readonly #seen: SeenChunk[] = []

  constructor(view: HeadSourceView, stones: Stones, mint: number, maxt: number) {
    this.#stones = stones
    this.#view = view
    this.#mint = mint
    this.#maxt = maxt
    const { u32 } = view.memory
    const slots = u32[H.slots >>> 2]!
    const found = new Uint32Array(slots)
    let count = 0
    let labels = 0
    for (let slot = 1; slot < slots; slot++) {
      const record = RECORDS + slot * RECORD_BYTES
      if (u32[record >>> 2] === 0) continue
      this.#look(record)
      if (this.#seen.length === 0) continue
      found[count++] = record
      labels += u32[u32[(record + R.labels) >>> 2]! >>> 2]!
    }
    this.#records = found.slice(0, count)
    const ranks = this.#rankPairs()
    this.#starts = new Uint32Array(count + 1)
    this.#keys = new Uint32Array(labels)
    for (let i = 0, at = 0; i < count; i++) {
      const list = u32[(found[i]! + R.labels) >>> 2]! >>> 2
      for (let k = 1; k <= u32[list]!; k++) this.#keys[at++] = ranks.get(u32[list + k]!)!
      this.#starts[i + 1] = at
    }
    this.#order = this.#sort()
  }

  *series(): IterableIterator<SeriesColumns> {
    const [names, values, run] = [this.#names, this.#values, this.#run]
    let ordinals = new Uint32Array(64)
    for (const i of this.#order) {
      this.#fill(this.#records[i]!)
      if (run.count === 0) continue
      const start = this.#starts[i]!
      const labelCount = this.#starts[i + 1]! - start
      if (labelCount * 2 > ordinals.length) ordinals = new Uint32Array(labelCount * 4)
      for (let k = 0; k < labelCount; k++) {
        const rank = this.#keys[start + k]!
        ordinals[k * 2] = names[rank]!
        ordinals[k * 2 + 1] = values[rank]!
      }
      yield { ordinals, labelCount, run }
    }
  }

  /** Notes the chunks of a series that overlap the range, newest first. */
  #look(record: number): void {
    const { i32 } = this.#view.memory
    const at = H.sequence >>> 2
    for (let read = 0; read < READS_MAX; read++) {
      const sequence = Atomics.load(i32, at)
      if ((sequence & 1) === 0) {
        this.#lookOnce(record)
        if (Atomics.load(i32, at) === sequence) return
      } else Atomics.wait(i32, at, sequence, WAIT_MS)
    }
    throw new StorageError('the head does not come to rest')
  }

  #lookOnce(record: number): void {
    const { u32, u16, f64 } = this.#view.memory
    const seen = this.#seen
    seen.length = 0
    const note = (address: number, maxt: number, count: number, bytes: number) => {
      const mint = f64[(address + S.mint) >>> 3]!
      if (mint < this.#maxt && maxt >= this.#mint) seen.push({ address, mint, maxt, count, bytes })
    }
    const open = u32[(record + R.chunk) >>> 2]!
    if (open !== 0) {
      const size = u16[(record + R.bits) >>> 1]!
      const isHistogram = (u16[(record + R.flags) >>> 1]! & FLAG_HISTOGRAM) !== 0
      const bytes = isHistogram ? size : (size + 7) >> 3
      note(open, f64[(record + R.lastTime) >>> 3]!, u16[(record + R.count) >>> 1]!, bytes)
    }
    let sealed = u32[(record + R.sealed) >>> 2]!
    for (; sealed !== 0; sealed = u32[(sealed + S.older) >>> 2]!) {
      const maxt = f64[(sealed + S.maxt) >>> 3]!
      note(sealed, maxt, u16[(sealed + S.count) >>> 1]!, u16[(sealed + S.bytes) >>> 1]!)
    }
  }

  #fill(record: number): void {
    const { memory, kernels, scratch } = this.#view
    const run = this.#run
    run.clear()
    this.#look(record)
    const deleted = this.#stones.get(memory.u32[record >>> 2]!) ?? []
    for (let i = this.#seen.length - 1; i >= 0; i--) {
      const { address, mint, maxt, count, bytes } = this.#seen[i]!
      const encoding = memory.u32[(address + S.flags) >>> 2]! & 0xff
      const isWhole = mint >= this.#mint && maxt < this.#maxt
      if (!isWhole || touches(mint, maxt, deleted)) {
        const data = readStream(memory, address, count, bytes)
        for (const part of this.#within({ mint, maxt, encoding, data }, deleted)) run.add(part)
        continue
      }
      const size = kernels.exports.writeBlockChunk(scratch, address, count, bytes)
      run.begin(mint, maxt, encoding, count)
      run.addBytes(memory.u8.subarray(scratch, scratch + size))
    }
  }

  /** What of the chunk lies in the range and was not deleted, encoded anew. */
  #within(chunk: ChunkData, deleted: Intervals): ChunkData[] {
    const kept = decodeSamples(chunk).filter(
      ({ timeMs }) => timeMs >= this.#mint && timeMs < this.#maxt && !isDeleted(deleted, timeMs),
    )
    return encodeSamples(kept)
  }

  /** In label order: pairs have ranks, so comparing two series compares numbers. */
  #sort(): Uint32Array {
    const [starts, keys] = [this.#starts, this.#keys]
    return this.#records
      .map((_, i) => i)
      .sort((a, b) => {
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
    const { strings, memory } = this.#view
    const { u32 } = memory
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
    const pairs = Uint32Array.from(ranks.keys())
    const keys = Float64Array.from(
      pairs,
      (pair) => placeOf(u32[pair >>> 2]!) * 2 ** 26 + placeOf(u32[(pair >>> 2) + 1]!),
    )
    const order = pairs.map((_, i) => i).sort((a, b) => keys[a]! - keys[b]!)
    this.#names = Uint32Array.from(order, (i) => Math.floor(keys[i]! / 2 ** 26))
    this.#values = Uint32Array.from(order, (i) => keys[i]! % 2 ** 26)
    order.forEach((i, rank) => {
      ranks.set(pairs[i]!, rank)
    })
    return ranks
  }
}

function touches(mint: number, maxt: number, deleted: Intervals): boolean {
  for (let i = 0; i < deleted.length; i += 2) {
    if (deleted[i]! <= maxt && deleted[i + 1]! >= mint) return true
  }
  return false
}
