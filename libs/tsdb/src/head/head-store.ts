import { encodeUtf8Into, utf8Length, type Writer } from '@prom/bytes'
import type { Kernels } from '@prom/kernels'
import { Labels } from '@prom/labels'
import { Arena } from './arena.ts'
import { type HeadMemory, viewMemory } from './head-memory.ts'
import { Heap } from './heap.ts'
import {
  C,
  H,
  planRegions,
  R,
  RECORD_BYTES,
  RECORDS,
  type Regions,
  SYMBOL_HEADER_BYTES,
} from './layout.ts'
import { Pairs } from './pairs.ts'
import { Retired } from './retired.ts'
import { SeriesTable } from './series-table.ts'
import { SymbolStrings } from './strings.ts'
import { Symbols } from './symbols.ts'

/** Pairs remembered by their text, so that a new series mostly costs map lookups. */
const KNOWN_PAIRS_MAX = 100_000
const LABELS_MAX = 4096

/** The writer's side of everything in the shared memory: tables, records, segments. */
export class HeadStore {
  readonly memory: HeadMemory
  readonly kernels: Kernels
  readonly regions: Regions
  readonly heap: Heap
  readonly arena: Arena
  readonly symbols: Symbols
  readonly pairs: Pairs
  readonly series: SeriesTable
  readonly strings: SymbolStrings
  readonly retired: Retired
  readonly #knownPairs = new Map<string, Map<string, number>>()
  #knownCount = 0
  /** Labels whose pairs are in the list. */
  #lastFlat: readonly string[] = []
  #text = new Uint8Array(1024)
  readonly #pairList = new Uint32Array(LABELS_MAX)

  constructor(kernels: Kernels, seed: number, blockMinMs: number, samplesPerChunk = 120) {
    this.kernels = kernels
    this.memory = viewMemory(kernels.memory)
    this.regions = planRegions(kernels.memory.buffer.byteLength)
    this.heap = new Heap(this.memory, this.regions.heap)
    this.arena = new Arena(this.memory, this.heap)
    this.symbols = new Symbols(this.memory, this.heap, seed)
    this.pairs = new Pairs(this.memory, this.heap)
    this.series = new SeriesTable(this.memory, this.heap, this.pairs, this.regions.seriesMax)
    this.retired = new Retired(this.memory)
    this.strings = new SymbolStrings(this.memory, 16 << 20)
    const { u32, f64 } = this.memory
    u32[H.seed >>> 2] = seed
    u32[H.generation >>> 2] = 1
    u32[H.epoch >>> 2] = 1
    f64[(H.context + C.range) >>> 3] = blockMinMs
    u32[(H.context + C.samplesPerChunk) >>> 2] = samplesPerChunk
    f64[(H.context + C.minTime) >>> 3] = Infinity
    f64[(H.context + C.maxTime) >>> 3] = -Infinity
    f64[H.minTime >>> 3] = Infinity
    f64[H.maxTime >>> 3] = -Infinity
    f64[H.minValidTime >>> 3] = -Infinity
    f64[H.lateMinTime >>> 3] = Infinity
    f64[H.lateMaxTime >>> 3] = -Infinity
  }

  /** Pair addresses of the labels, added if new; valid until the next call. */
  pairsOf(labels: Labels): Uint32Array {
    const flat = labels.flat()
    const last = this.#lastFlat
    this.#lastFlat = [] // Until all of the list is this call's.
    const pairs = this.#pairList
    for (let i = 0; i < flat.length; i += 2) {
      const name = flat[i] as string
      const value = flat[i + 1] as string
      // Series come in runs that differ in few labels.
      if (last[i] !== name || last[i + 1] !== value) pairs[i >> 1] = this.#pairOf(name, value)
    }
    this.#lastFlat = flat
    return pairs
  }

  /**
   * As `pairsOf`, from UTF-8 in `bytes`: offsets are start and end of name, then of value, for each label. `before`:
   * the offsets, in the same bytes, of the call before, whose first `beforeCount` pairs are still known.
   */
  pairsOfBytes(
    bytes: Uint8Array,
    offsets: Uint32Array,
    count: number,
    before: Uint32Array = offsets,
    beforeCount = 0,
  ): Uint32Array {
    const pairs = this.#pairList
    this.#lastFlat = []
    for (let i = 0; i < count; i++) {
      const at = i * 4
      const start = offsets[at]!
      // Name, length of the value and value are one piece; series come in runs that differ in few labels.
      if (i < beforeCount && isSame(bytes, offsets, before, at)) continue
      const name = this.symbols.intern(bytes, start, offsets[at + 1]!)
      const value = this.symbols.intern(bytes, offsets[at + 2]!, offsets[at + 3]!)
      pairs[i] = this.pairs.intern(name, value)
    }
    return pairs
  }

  /** Which log refs belong to series that are alive. */
  liveWalRefs(lastWalRef: number): { has(ref: number): boolean } {
    const { u32 } = this.memory
    const bits = new Uint8Array((lastWalRef >>> 3) + 1)
    const slots = u32[H.slots >>> 2]!
    for (let slot = 1; slot < slots; slot++) {
      const record = RECORDS + slot * RECORD_BYTES
      if (u32[record >>> 2] === 0) continue
      const ref = u32[(record + R.walRef) >>> 2]!
      bits[ref >>> 3] = bits[ref >>> 3]! | (1 << (ref & 7))
    }
    return { has: (ref) => ref <= lastWalRef && ((bits[ref >>> 3]! >>> (ref & 7)) & 1) === 1 }
  }

  /** Forgets pair addresses kept by text; to be called when pairs are freed. */
  forgetPairs(): void {
    this.#lastFlat = []
    this.#knownPairs.clear()
    this.#knownCount = 0
  }

  labelsOf(record: number): Labels {
    const { u32 } = this.memory
    const list = u32[(record + R.labels) >>> 2]! >>> 2
    const flat: string[] = []
    for (let i = 1; i <= u32[list]!; i++) {
      const pair = u32[list + i]! >>> 2
      flat.push(this.strings.of(u32[pair]!), this.strings.of(u32[pair + 1]!))
    }
    return Labels.fromSortedFlat(flat)
  }

  /** Adds the labels of a record as the log writes them: uvarint count, then name and value strings. */
  writeLabels(record: number, into: Writer): void {
    const { u32, u8 } = this.memory
    const list = u32[(record + R.labels) >>> 2]! >>> 2
    const count = u32[list]!
    into.uvarint(count)
    for (let i = 1; i <= count; i++) {
      const pair = u32[list + i]! >>> 2
      for (const symbol of [u32[pair]!, u32[pair + 1]!]) {
        const start = symbol + SYMBOL_HEADER_BYTES
        into.sized(u8.subarray(start, start + u32[(symbol >>> 2) + 1]!))
      }
    }
  }

  #pairOf(name: string, value: string): number {
    let values = this.#knownPairs.get(name)
    const known = values?.get(value)
    if (known !== undefined) return known
    if (this.#knownCount >= KNOWN_PAIRS_MAX) {
      this.forgetPairs()
      values = undefined
    }
    if (!values) {
      values = new Map()
      this.#knownPairs.set(name, values)
    }
    const pair = this.pairs.intern(this.#symbolOf(name), this.#symbolOf(value))
    values.set(value, pair)
    this.#knownCount++
    return pair
  }

  #symbolOf(text: string): number {
    const length = utf8Length(text)
    if (length > this.#text.length) this.#text = new Uint8Array(length * 2)
    encodeUtf8Into(text, this.#text, 0)
    return this.symbols.intern(this.#text, 0, length)
  }
}

/** Whether the label at `at` is byte for byte the one before. */
function isSame(bytes: Uint8Array, offsets: Uint32Array, before: Uint32Array, at: number): boolean {
  const start = offsets[at]!
  const other = before[at]!
  const length = offsets[at + 3]! - start
  if (before[at + 3]! - other !== length) return false
  if (before[at + 1]! - other !== offsets[at + 1]! - start) return false
  for (let k = length - 1; k >= 0; k--) {
    if (bytes[start + k] !== bytes[other + k]) return false
  }
  return true
}
