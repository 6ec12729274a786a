import {
  createKernelMemory,
  instantiateKernels,
  KERNEL_DATA_BYTES,
  type Kernels,
} from '@prom/kernels'
import type { SampleColumns } from '@prom/storage'
import { StorageError } from '../errors.ts'
import type { HeadMemory } from '../head/head-memory.ts'
import {
  FIRST_PAYLOAD,
  FIRST_PAYLOAD_BYTES,
  NEXT_PAYLOAD,
  NEXT_PAYLOAD_BYTES,
  S,
} from '../head/layout.ts'

const MEMORY_BYTES = 16 << 20
const SOURCE = KERNEL_DATA_BYTES
const SOURCE_BYTES = 1 << 16
const TIMES = SOURCE + SOURCE_BYTES + 64
/** Samples of one chunk; more than any chunk holds. */
const CHUNK_SAMPLES_MAX = 1 << 16
const VALUES = TIMES + CHUNK_SAMPLES_MAX * 8
const SLAB_SAMPLES = 1 << 15
/** Slabs kept for the next query. */
const SLABS_KEPT = 64

interface Slab {
  readonly times: Float64Array
  readonly values: Float64Array
}

/** Chunks of the head to columns. One per reading thread; columns live until `release`. */
export class ChunkDecoder {
  readonly #m: HeadMemory
  readonly #kernels: Kernels
  readonly #u8: Uint8Array
  readonly #f64: Float64Array
  readonly #free: Slab[] = []
  #inUse: Slab[] = []
  #used = 0

  constructor(memory: HeadMemory) {
    this.#m = memory
    this.#kernels = instantiateKernels(createKernelMemory(MEMORY_BYTES))
    this.#u8 = new Uint8Array(this.#kernels.memory.buffer)
    this.#f64 = new Float64Array(this.#kernels.memory.buffer)
  }

  /** The samples of chunks start..end of the lists within [mint, maxt], one after the other. */
  decode(
    chunks: Uint32Array,
    counts: Uint16Array,
    openBytes: Uint16Array,
    start: number,
    end: number,
    mint: number,
    maxt: number,
  ): SampleColumns {
    let most = 0
    for (let i = start; i < end; i++) most += counts[i]!
    const slab = this.#reserve(most)
    const first = this.#used
    let at = first
    for (let i = start; i < end; i++) {
      const count = counts[i]!
      const chunk = chunks[i]!
      const bytes = openBytes[i]! || this.#m.u16[(chunk + S.bytes) >>> 1]!
      const length = this.#gather(chunk, bytes)
      const decoded = this.#kernels.exports.xorDecode(SOURCE, length, count, TIMES, VALUES)
      if (decoded < count) throw new StorageError('a chunk of the head is damaged')
      slab.times.set(this.#f64.subarray(TIMES >>> 3, (TIMES >>> 3) + count), at)
      slab.values.set(this.#f64.subarray(VALUES >>> 3, (VALUES >>> 3) + count), at)
      at += count
    }
    let from = first
    let to = at
    while (from < to && slab.times[from]! < mint) from++
    while (to > from && slab.times[to - 1]! > maxt) to--
    this.#used = at
    const columns = {
      times: slab.times,
      values: slab.values,
      start: from,
      end: to,
      histograms: undefined,
      startTimes: undefined,
    }
    return columns
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
    const from = this.#m.u8
    const u32 = this.#m.u32
    const to = this.#u8
    let done = Math.min(bytes, FIRST_PAYLOAD_BYTES)
    to.set(from.subarray(chunk + FIRST_PAYLOAD, chunk + FIRST_PAYLOAD + done), SOURCE)
    let segment = chunk
    while (done < bytes) {
      segment = u32[(segment + S.next) >>> 2]!
      if (segment === 0) break
      const count = Math.min(bytes - done, NEXT_PAYLOAD_BYTES)
      to.set(from.subarray(segment + NEXT_PAYLOAD, segment + NEXT_PAYLOAD + count), SOURCE + done)
      done += count
    }
    return done
  }
}
