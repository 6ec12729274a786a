import { decodeHistograms, decodeXor2, ENCODING_XOR2, toFloatHistogram } from '@prom/chunks'
import type { FloatHistogram } from '@prom/histogram'
import {
  createKernelMemory,
  instantiateKernels,
  KERNEL_DATA_BYTES,
  type Kernels,
} from '@prom/kernels'
import { STALE_HIGH, STALE_LOW } from '@prom/model'
import type { ColumnMemory, SampleColumns } from '@prom/storage'
import type { Intervals } from '../block/tombstones.ts'
import { StorageError } from '../errors.ts'
import type { HeadMemory } from '../head/head-memory.ts'
import {
  FIRST_PAYLOAD,
  FIRST_PAYLOAD_BYTES,
  H,
  NEXT_PAYLOAD,
  NEXT_PAYLOAD_BYTES,
  S,
} from '../head/layout.ts'
import { dropDeleted, firstFrom } from './columns.ts'
import { type CachedSeries, type Found, SeriesCache } from './series-cache.ts'

const ENCODING_XOR = 1
const SOURCE = KERNEL_DATA_BYTES
/** A chunk's length field could say anything; a sample takes at least two bits. */
const SOURCE_BYTES = 1 << 20
const TIMES = SOURCE + SOURCE_BYTES + 64
/** The count of a chunk has 16 bits. */
const CHUNK_SAMPLES_MAX = 1 << 16
const VALUES = TIMES + CHUNK_SAMPLES_MAX * 8
const SLAB_SAMPLES = 1 << 15
/** Before the slabs: room for the kernels of those who read the columns. */
const READER_BYTES = 20 << 20
/** Slabs in the memory of the kernels, where chunks are decoded in place; further ones are made as needed. */
const SLABS = VALUES + CHUNK_SAMPLES_MAX * 8 + READER_BYTES
const SLAB_BYTES = SLAB_SAMPLES * 16
const SLAB_COUNT = 40
const RING = SLABS + SLAB_COUNT * SLAB_BYTES
/** Room for the values that an open chunk will get. */
const SLACK = 130
/** Open chunks of fewer samples are decoded each time. */
const OPEN_MIN = 8
const OPEN_SLACK = 30
/** Times of a whole series are decoded at once only up to this many. */
const CACHED_SAMPLES_MAX = CHUNK_SAMPLES_MAX

interface Slab {
  /** Where it lies in the kernels' memory, 0 if elsewhere. */
  readonly address: number
  readonly times: Float64Array
  readonly values: Float64Array
}

/**
 * Chunks to columns. For each series: `begin`, chunks in order of time, `end`. Columns live until `release`. One per
 * reading thread.
 */
export class ChunkDecoder {
  readonly #m: HeadMemory
  readonly #kernels: Kernels
  readonly #u8: Uint8Array
  readonly #f64: Float64Array
  readonly #u32: Uint32Array
  readonly #cache: SeriesCache
  /** Chunks of the head that the series has, not looked at yet. */
  #chunks = new Uint32Array(64)
  #opens = new Uint32Array(64)
  #counts = new Uint32Array(64)
  #pending = 0
  readonly #free: Slab[] = []
  #inUse: Slab[] = []
  /** Samples of the last slab that are handed out. */
  #used = 0
  #slab: Slab = { address: 0, times: new Float64Array(0), values: new Float64Array(0) }
  /** Where the series begins in its slab. */
  #start = 0
  #at = 0
  #samplesMax = 0
  /** The series has room in a slab. */
  #isPlaced = false
  /** Of the series, if it has any; it then has a slab of its own. */
  #histograms: (FloatHistogram | undefined)[] | undefined

  constructor(memory: HeadMemory, cacheBytes: number) {
    this.#m = memory
    const ringBytes = Math.floor(cacheBytes / 16) * 8
    this.#kernels = instantiateKernels(createKernelMemory(RING + ringBytes))
    const { memory: kernelMemory } = this.#kernels
    const { buffer } = kernelMemory
    const address = SLABS - READER_BYTES
    this.memory = { memory: kernelMemory, address, sizeBytes: READER_BYTES }
    this.#u8 = new Uint8Array(buffer)
    this.#u32 = new Uint32Array(buffer, SOURCE, SOURCE_BYTES / 4)
    this.#f64 = new Float64Array(buffer)
    this.#cache = new SeriesCache(new Float64Array(buffer, RING, ringBytes / 8))
    for (let i = 0; i < SLAB_COUNT; i++) {
      const address = SLABS + i * SLAB_BYTES
      const values = new Float64Array(buffer, address + SLAB_BYTES / 2, SLAB_SAMPLES)
      this.#free.push({ address, times: new Float64Array(buffer, address, SLAB_SAMPLES), values })
    }
  }

  /** The series asked for last was there already. */
  isHot = false
  /** The memory in which columns lie, with room for those who read them. */
  readonly memory: ColumnMemory

  /** To be called when a query begins: addresses may mean something else than for the query before. */
  enter(): void {
    this.#cache.enter(this.#m.u32[H.generation >>> 2]!)
  }

  /** Starts a series that has at most `samplesMax` samples. */
  begin(samplesMax: number): void {
    this.#samplesMax = samplesMax
    this.#histograms = undefined
    this.#pending = 0
    this.#isPlaced = false
  }

  /** The first `count` samples of a chunk of the head; `openBytes` is the size of its stream, 0 if it is sealed. */
  addFromHead(chunk: number, openBytes: number, count: number): void {
    if (this.#pending === this.#chunks.length) {
      this.#chunks = doubled(this.#chunks)
      this.#opens = doubled(this.#opens)
      this.#counts = doubled(this.#counts)
    }
    this.#chunks[this.#pending] = chunk
    this.#opens[this.#pending] = openBytes
    this.#counts[this.#pending++] = count
  }

  /** A chunk as it is stored, its count of two bytes included. */
  add(encoding: number, data: Uint8Array): void {
    if (data.length < 2 || data.length - 2 > SOURCE_BYTES) {
      throw new StorageError('invalid chunk size')
    }
    this.#place()
    if (encoding === ENCODING_XOR2) {
      this.#decodeXor2(data)
      return
    }
    if (encoding !== ENCODING_XOR) {
      this.#decodeHistograms(encoding, data)
      return
    }
    this.#u8.set(data.subarray(2), SOURCE)
    this.#decodeXor(data.length - 2, (data[0]! << 8) | data[1]!)
  }

  /** The samples of the series within [mint, maxt], without deleted ones. */
  end(mint: number, maxt: number, deleted?: Intervals): SampleColumns {
    const hasDeleted = deleted !== undefined && deleted.length > 0
    const cached = hasDeleted ? undefined : this.#fromCache(mint, maxt)
    if (cached) return cached
    this.#place()
    for (let i = 0; i < this.#pending; i++) {
      this.#decodeFromHead(this.#chunks[i]!, this.#opens[i]!, this.#counts[i]!)
    }
    const { times, values } = this.#slab
    const histograms = this.#histograms
    const start = firstFrom(times, this.#start, this.#at, mint)
    let end = firstFrom(times, start, this.#at, maxt + 1)
    if (hasDeleted) end = dropDeleted(this.#slab, histograms, start, end, deleted)
    if (!histograms) this.#used = this.#at
    return { times, values, start, end, histograms, startTimes: undefined }
  }

  /** The columns handed out so far may be overwritten. */
  release(): void {
    for (const slab of this.#inUse) {
      if (slab.address !== 0) this.#free.push(slab)
    }
    this.#inUse = []
    this.#used = 0
  }

  /** The series in a slab: room for what is decoded and not kept. */
  #place(): void {
    if (this.#isPlaced) return
    this.#isPlaced = true
    this.#slab = this.#reserve(this.#samplesMax)
    this.#start = this.#used
    this.#at = this.#used
  }

  #decodeFromHead(chunk: number, openBytes: number, count: number): void {
    const encoding = this.#m.u32[(chunk + S.flags) >>> 2]! & 0xff
    const length = this.#gather(chunk, openBytes || this.#m.u16[(chunk + S.bytes) >>> 1]!)
    if (encoding === ENCODING_XOR) {
      this.#decodeXor(length, count)
      return
    }
    const data = new Uint8Array(length + 2)
    data[0] = count >> 8
    data[1] = count & 0xff
    data.set(this.#u8.subarray(SOURCE, SOURCE + length), 2)
    this.#decodeHistograms(encoding, data)
  }

  /** Sealed chunks of floats from the cache, or into it; undefined if the series is not for the cache. */
  #fromCache(mint: number, maxt: number): SampleColumns | undefined {
    const sealed = this.#countSealed()
    if (sealed === 0) return this.#pending === 1 ? this.#openFromCache(mint, maxt) : undefined
    let tail = 0
    for (let i = sealed; i < this.#pending; i++) tail += this.#counts[i]!
    const known = this.#cache.find(this.#chunks, sealed)
    this.isHot = known !== undefined
    let found = known ?? this.#insert(sealed, tail)
    let series = found && this.#complete(found, sealed, tail)
    if (known && !series) {
      // It has outgrown its room.
      found = this.#insert(sealed, tail)
      series = found && this.#complete(found, sealed, tail)
    }
    if (!found || !series) return undefined
    const { offset } = found
    // What was asked for may end before what is there.
    let end = offset
    for (let i = 0; i < this.#pending; i++) end += this.#counts[i]!
    return this.#within(series, offset, end, mint, maxt)
  }

  /** The samples of a cached series from `offset` to `end` that are in the range. */
  #within(
    series: CachedSeries,
    offset: number,
    end: number,
    mint: number,
    maxt: number,
  ): SampleColumns {
    const { times } = series.column
    const start = firstFrom(times, offset, end, mint)
    const stop = firstFrom(times, start, end, maxt + 1)
    return {
      times,
      values: series.values,
      start,
      end: stop,
      histograms: undefined,
      startTimes: undefined,
      facts: this.#cache.factsOf(series, end),
    }
  }

  /**
   * A series of a block, if it is one of floats and of no more samples than are kept. `keys` are numbers of its chunks
   * that nothing else has, above all addresses; `read` gives one of them as it is stored.
   */
  fromBlock(
    keys: readonly number[],
    read: (index: number) => { readonly encoding: number; readonly data: Uint8Array },
    mint: number,
    maxt: number,
  ): SampleColumns | undefined {
    if (keys.length === 0) return undefined
    const known = this.#cache.find(keys, keys.length)
    if (known?.known === keys.length) {
      return this.#within(known.series, known.offset, known.end, mint, maxt)
    }
    let most = 0
    const stored: Uint8Array[] = []
    for (let i = 0; i < keys.length; i++) {
      const { encoding, data } = read(i)
      if (encoding !== ENCODING_XOR || data.length < 2 || data.length - 2 > SOURCE_BYTES) {
        return undefined
      }
      most += (data[0]! << 8) | data[1]!
      if (most > CACHED_SAMPLES_MAX) return undefined
      stored.push(data.slice())
    }
    const series = most === 0 ? undefined : this.#cache.add(most)
    if (!series) return undefined
    let at = 0
    for (let i = 0; i < keys.length; i++) {
      const data = stored[i]!
      const count = (data[0]! << 8) | data[1]!
      this.#u8.set(data.subarray(2), SOURCE)
      try {
        this.#decodeTo(data.length - 2, count, TIMES + at * 8, series.values.byteOffset + at * 8)
      } catch (err) {
        this.#cache.drop(series)
        throw err
      }
      this.#cache.addChunk(series, keys[i]!, count)
      at += count
    }
    const times = this.#f64.subarray(TIMES >>> 3, (TIMES >>> 3) + at)
    if (this.#cache.setTimes(series, times, 0, at)) return this.#within(series, 0, at, mint, maxt)
    this.#cache.drop(series)
    return undefined
  }

  /** The only chunk there is to look at is an open one: what queries of one moment want. */
  #openFromCache(mint: number, maxt: number): SampleColumns | undefined {
    const chunk = this.#chunks[0]!
    const count = this.#counts[0]!
    if ((this.#m.u32[(chunk + S.flags) >>> 2]! & 0xff) !== ENCODING_XOR) return undefined
    const known = this.#cache.findOpen(chunk)
    if (known && known.openCount >= count) {
      return this.#within(known, known.used, known.used + count, mint, maxt)
    }
    if (count < OPEN_MIN) return undefined
    const isRoom = known && known.used + count <= known.values.length
    if (known && !isRoom) this.#cache.drop(known)
    const series = isRoom ? known : this.#cache.add(count + OPEN_SLACK)
    if (!series) return undefined
    const { used } = series
    const bytes = this.#opens[0]! || this.#m.u16[(chunk + S.bytes) >>> 1]!
    const length = this.#gather(chunk, bytes)
    this.#decodeTo(length, count, TIMES + used * 8, series.values.byteOffset + used * 8)
    this.#cache.setOpen(series, chunk, count)
    const end = used + count
    const times = this.#f64.subarray(TIMES >>> 3, (TIMES >>> 3) + end)
    if (this.#cache.setTimes(series, times, used, end)) {
      return this.#within(series, used, end, mint, maxt)
    }
    this.#cache.drop(series)
    return undefined
  }

  /** How many of the chunks, from the first one on, will not change any more; 0 if one is of histograms. */
  #countSealed(): number {
    const { u32, u16 } = this.#m
    let sealed = 0
    for (let i = 0; i < this.#pending; i++) {
      const chunk = this.#chunks[i]!
      if ((u32[(chunk + S.flags) >>> 2]! & 0xff) !== ENCODING_XOR) return 0
      // What a reader sees of a sealed chunk may still be less than all of it.
      const isWhole = this.#opens[i] === 0 && this.#counts[i] === u16[(chunk + S.count) >>> 1]!
      if (isWhole && sealed === i) sealed++
    }
    return sealed
  }

  #insert(sealed: number, tail: number): Found | undefined {
    let count = tail
    for (let i = 0; i < sealed; i++) count += this.#counts[i]!
    if (count > CACHED_SAMPLES_MAX) return undefined
    const series = this.#cache.add(count + SLACK)
    return series && { series, offset: 0, known: 0, next: undefined, end: 0 }
  }

  /** Decodes what the series lacks: sealed chunks that are new, and the open one. */
  #complete(found: Found, sealed: number, tail: number): CachedSeries | undefined {
    const { series, known, next } = found
    if (known === sealed && tail === 0) return series
    // What is seen only in part here is known as a whole: then its beginning is there, too.
    if (next !== undefined && next === this.#chunks[sealed] && this.#pending === sealed + 1) {
      return series
    }
    const isOneOpen = known === sealed && this.#pending === sealed + 1
    const open = this.#chunks[sealed]!
    if (isOneOpen && series.openChunk === open && series.openCount >= tail) return series
    const from = series.used
    let count = from
    for (let i = known; i < this.#pending; i++) count += this.#counts[i]!
    if (next !== undefined || count > series.values.length || count > CACHED_SAMPLES_MAX) {
      this.#cache.drop(series)
      return undefined
    }
    for (let i = known, at = from; i < this.#pending; i++) {
      const chunk = this.#chunks[i]!
      const samples = this.#counts[i]!
      const bytes = this.#opens[i]! || this.#m.u16[(chunk + S.bytes) >>> 1]!
      const length = this.#gather(chunk, bytes)
      const values = series.values.byteOffset + at * 8
      this.#decodeTo(length, samples, TIMES + at * 8, values)
      if (i < sealed) this.#cache.addChunk(series, chunk, samples)
      at += samples
    }
    const times = this.#f64.subarray(TIMES >>> 3, (TIMES >>> 3) + count)
    this.#cache.setOpen(series, this.#pending === sealed + 1 ? open : 0, tail)
    if (this.#cache.setTimes(series, times, from, count)) return series
    this.#cache.drop(series)
    return undefined
  }

  #decodeTo(length: number, count: number, times: number, values: number): void {
    const decoded = this.#kernels.exports.xorDecode(SOURCE, length, count, times, values)
    if (decoded < count) throw new StorageError('unexpected end of chunk')
  }

  #decodeXor(length: number, count: number): void {
    const { address, times, values } = this.#slab
    if (address !== 0) {
      const at = address + this.#at * 8
      this.#decodeTo(length, count, at, at + SLAB_BYTES / 2)
    } else {
      this.#decodeTo(length, count, TIMES, VALUES)
      times.set(this.#f64.subarray(TIMES >>> 3, (TIMES >>> 3) + count), this.#at)
      values.set(this.#f64.subarray(VALUES >>> 3, (VALUES >>> 3) + count), this.#at)
    }
    this.#at += count
  }

  /** Rare: a plain loop will do. */
  #decodeXor2(data: Uint8Array): void {
    const count = (data[0]! << 8) | data[1]!
    const { times, values } = this.#slab
    const words = new Uint32Array(values.buffer, values.byteOffset + this.#at * 8, count * 2)
    const decoded = decodeXor2(data, times.subarray(this.#at, this.#at + count), words)
    if (decoded < count) throw new StorageError('unexpected end of chunk')
    this.#at += count
  }

  #decodeHistograms(encoding: number, data: Uint8Array): void {
    if (encoding < 2 || encoding > 6 || encoding === ENCODING_XOR2)
      throw new StorageError(`invalid chunk encoding "${encoding}"`)
    const samples = decodeHistograms(encoding, data)
    if (!samples) throw new StorageError('unexpected end of chunk')
    const histograms = this.#histograms ?? this.#moveOut()
    const { times, values } = this.#slab
    const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2)
    for (const { timeMs, histogram } of samples) {
      times[this.#at] = timeMs
      histograms[this.#at] = histogram && toFloatHistogram(histogram)
      if (!histogram) {
        words[this.#at * 2] = STALE_LOW
        words[this.#at * 2 + 1] = STALE_HIGH
      }
      this.#at++
    }
  }

  /** Gives the series arrays of its own, because its histograms must have the same indices as its times. */
  #moveOut(): (FloatHistogram | undefined)[] {
    const { times, values } = this.#slab
    const own = {
      address: 0,
      times: new Float64Array(this.#samplesMax),
      values: new Float64Array(this.#samplesMax),
    }
    own.times.set(times.subarray(this.#start, this.#at))
    own.values.set(values.subarray(this.#start, this.#at))
    this.#slab = own
    this.#at -= this.#start
    this.#start = 0
    this.#histograms = new Array<FloatHistogram | undefined>(this.#at).fill(undefined)
    return this.#histograms
  }

  #reserve(samples: number): Slab {
    const open = this.#inUse.at(-1)
    if (open && this.#used + samples <= open.times.length) return open
    const length = Math.max(SLAB_SAMPLES, samples)
    const slab =
      (length === SLAB_SAMPLES ? this.#free.pop() : undefined) ??
      ({
        address: 0,
        times: new Float64Array(length),
        values: new Float64Array(length),
      } satisfies Slab)
    this.#inUse.push(slab)
    this.#used = 0
    return slab
  }

  /** Copies `bytes` bytes of a chunk's stream to the decoder's source. */
  #gather(chunk: number, bytes: number): number {
    // Word by word: all parts begin at words, and for so few bytes a copy of arrays costs more.
    const { u32 } = this.#m
    const to = this.#u32
    let at = 0
    let from = (chunk + FIRST_PAYLOAD) >>> 2
    let end = from + FIRST_PAYLOAD_BYTES / 4
    const words = (bytes + 3) >>> 2
    let segment = chunk
    for (;;) {
      const stop = Math.min(end, from + words - at)
      while (from < stop) to[at++] = u32[from++]!
      if (at === words) return bytes
      segment = u32[(segment + S.next) >>> 2]!
      if (segment === 0) return at * 4
      from = (segment + NEXT_PAYLOAD) >>> 2
      end = from + NEXT_PAYLOAD_BYTES / 4
    }
  }
}

function doubled(from: Uint32Array): Uint32Array<ArrayBuffer> {
  const to = new Uint32Array(from.length * 2)
  to.set(from)
  return to
}
