import { decodeHistograms, decodeXor2, ENCODING_XOR2, toFloatHistogram } from '@prom/chunks'
import type { FloatHistogram } from '@prom/histogram'
import {
  createKernelMemory,
  instantiateKernels,
  KERNEL_DATA_BYTES,
  type Kernels,
} from '@prom/kernels'
import { STALE_HIGH, STALE_LOW } from '@prom/model'
import type { SampleColumns } from '@prom/storage'
import { type Intervals, isDeleted } from '../block/tombstones.ts'
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
import { ColumnCache } from './column-cache.ts'

const ENCODING_XOR = 1
const MEMORY_BYTES = 8 << 20
const SOURCE = KERNEL_DATA_BYTES
/** A chunk's length field could say anything; a sample takes at least two bits. */
const SOURCE_BYTES = 1 << 20
const TIMES = SOURCE + SOURCE_BYTES + 64
/** The count of a chunk has 16 bits. */
const CHUNK_SAMPLES_MAX = 1 << 16
const VALUES = TIMES + CHUNK_SAMPLES_MAX * 8
const SLAB_SAMPLES = 1 << 15
/** Slabs kept for the next query. */
const SLABS_KEPT = 64

interface Slab {
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
  readonly #cache: ColumnCache
  readonly #free: Slab[] = []
  #inUse: Slab[] = []
  /** Samples of the last slab that are handed out. */
  #used = 0
  #slab: Slab = { times: new Float64Array(0), values: new Float64Array(0) }
  /** Where the series begins in its slab. */
  #start = 0
  #at = 0
  #samplesMax = 0
  /** Of the series, if it has any; it then has a slab of its own. */
  #histograms: (FloatHistogram | undefined)[] | undefined

  constructor(memory: HeadMemory, cacheBytes: number) {
    this.#m = memory
    this.#cache = new ColumnCache(cacheBytes)
    this.#kernels = instantiateKernels(createKernelMemory(MEMORY_BYTES))
    this.#u8 = new Uint8Array(this.#kernels.memory.buffer)
    this.#f64 = new Float64Array(this.#kernels.memory.buffer)
  }

  /** To be called when a query begins: addresses may mean something else than for the query before. */
  enter(): void {
    this.#cache.enter(this.#m.u32[H.generation >>> 2]!)
  }

  /** Starts a series that has at most `samplesMax` samples. */
  begin(samplesMax: number): void {
    this.#slab = this.#reserve(samplesMax)
    this.#start = this.#used
    this.#at = this.#used
    this.#samplesMax = samplesMax
    this.#histograms = undefined
  }

  /** The first `count` samples of a chunk of the head; `openBytes` is the size of its stream, 0 if it is sealed. */
  addFromHead(chunk: number, openBytes: number, count: number): void {
    // What a reader sees of a sealed chunk may still be less than all of it.
    const isWhole = openBytes === 0 && count === this.#m.u16[(chunk + S.count) >>> 1]!
    const cached = isWhole ? this.#cache.get(chunk) : undefined
    if (cached) {
      this.#copy(cached.times, cached.values, cached.offset, count)
      return
    }
    const bytes = openBytes || this.#m.u16[(chunk + S.bytes) >>> 1]!
    const encoding = this.#m.u32[(chunk + S.flags) >>> 2]! & 0xff
    const length = this.#gather(chunk, bytes)
    if (encoding === ENCODING_XOR) {
      this.#decodeXor(length, count)
      if (isWhole) this.#keep(chunk, count)
      return
    }
    const data = new Uint8Array(length + 2)
    data[0] = count >> 8
    data[1] = count & 0xff
    data.set(this.#u8.subarray(SOURCE, SOURCE + length), 2)
    this.#decodeHistograms(encoding, data)
  }

  /** A chunk as it is stored, its count of two bytes included. */
  add(encoding: number, data: Uint8Array): void {
    if (data.length < 2 || data.length - 2 > SOURCE_BYTES) {
      throw new StorageError('invalid chunk size')
    }
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
    const { times, values } = this.#slab
    const histograms = this.#histograms
    let start = this.#start
    let end = this.#at
    while (start < end && times[start]! < mint) start++
    while (end > start && times[end - 1]! > maxt) end--
    if (deleted && deleted.length > 0) {
      end = dropDeleted(this.#slab, histograms, start, end, deleted)
    }
    if (!histograms) this.#used = this.#at
    return { times, values, start, end, histograms, startTimes: undefined }
  }

  /** The columns handed out so far may be overwritten. */
  release(): void {
    for (const slab of this.#inUse) {
      if (slab.times.length === SLAB_SAMPLES && this.#free.length < SLABS_KEPT)
        this.#free.push(slab)
    }
    this.#inUse = []
    this.#used = 0
  }

  #decodeXor(length: number, count: number): void {
    const decoded = this.#kernels.exports.xorDecode(SOURCE, length, count, TIMES, VALUES)
    if (decoded < count) throw new StorageError('unexpected end of chunk')
    const { times, values } = this.#slab
    times.set(this.#f64.subarray(TIMES >>> 3, (TIMES >>> 3) + count), this.#at)
    values.set(this.#f64.subarray(VALUES >>> 3, (VALUES >>> 3) + count), this.#at)
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

  #copy(times: Float64Array, values: Float64Array, offset: number, count: number): void {
    this.#slab.times.set(times.subarray(offset, offset + count), this.#at)
    this.#slab.values.set(values.subarray(offset, offset + count), this.#at)
    this.#at += count
  }

  /** Remembers the `count` samples decoded last. */
  #keep(chunk: number, count: number): void {
    const room = this.#cache.add(chunk, count)
    if (!room) return
    const { times, values } = this.#slab
    room.times.set(times.subarray(this.#at - count, this.#at), room.offset)
    room.values.set(values.subarray(this.#at - count, this.#at), room.offset)
  }

  #decodeHistograms(encoding: number, data: Uint8Array): void {
    if (encoding < 2 || encoding > 6 || encoding === ENCODING_XOR2)
      throw new StorageError(`invalid chunk encoding "${encoding}"`)
    const samples = decodeHistograms(encoding, data)
    if (!samples) throw new StorageError('unexpected end of chunk')
    const histograms = this.#histograms ?? this.#moveOut()
    const { times, values } = this.#slab
    const words = new Uint32Array(values.buffer)
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
      ({ times: new Float64Array(length), values: new Float64Array(length) } satisfies Slab)
    this.#inUse.push(slab)
    this.#used = 0
    return slab
  }

  /** Copies `bytes` bytes of a chunk's stream to the decoder's source. */
  #gather(chunk: number, bytes: number): number {
    const { u8, u32 } = this.#m
    const to = this.#u8
    let done = Math.min(bytes, FIRST_PAYLOAD_BYTES)
    to.set(u8.subarray(chunk + FIRST_PAYLOAD, chunk + FIRST_PAYLOAD + done), SOURCE)
    let segment = chunk
    while (done < bytes) {
      segment = u32[(segment + S.next) >>> 2]!
      if (segment === 0) break
      const count = Math.min(bytes - done, NEXT_PAYLOAD_BYTES)
      to.set(u8.subarray(segment + NEXT_PAYLOAD, segment + NEXT_PAYLOAD + count), SOURCE + done)
      done += count
    }
    return done
  }
}

/** Moves what stays to the front; values are moved as words, so that NaN payloads survive. */
function dropDeleted(
  { times, values }: Slab,
  histograms: (FloatHistogram | undefined)[] | undefined,
  start: number,
  end: number,
  deleted: Intervals,
): number {
  const words = new Uint32Array(values.buffer)
  let kept = start
  for (let i = start; i < end; i++) {
    if (isDeleted(deleted, times[i]!)) continue
    times[kept] = times[i]!
    words[kept * 2] = words[i * 2]!
    words[kept * 2 + 1] = words[i * 2 + 1]!
    if (histograms) histograms[kept] = histograms[i]
    kept++
  }
  return kept
}
