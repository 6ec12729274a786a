import {
  createKernelMemory,
  ENTRY,
  instantiateKernels,
  KERNEL_DATA_BYTES,
  type Kernels,
  MATCH,
  MISS,
} from '@prom/kernels'

/** A piece of kernel memory that one body is received into; its size is a power of two. */
export interface BodySlot {
  readonly address: number
  readonly sizeBytes: number
}

const MEMORY_BYTES = 1 << 30
const SLOT_BYTES_MIN = 64 << 10

/** A body with more lines is refused. */
export const LINES_MAX = 2 << 20

/** Kernels read in steps of 8 bytes and may touch this many past the end of a body. */
export const BODY_PADDING = 16

/**
 * The memory scrapes work in: the control block, template and output columns of the match, and slots for the bodies
 * on their way in. Private to the ingest thread; addresses are bytes. Pages cost nothing until they are touched.
 */
export class BodyMemory {
  readonly kernels: Kernels
  readonly bytes: Buffer
  readonly view: DataView
  readonly control: number
  readonly template: number
  readonly newTemplate: number
  readonly misses: number
  readonly refs: Uint32Array
  readonly values: Float64Array
  readonly times: Float64Array
  readonly absent: Uint32Array
  #next: number
  #used = 0
  readonly #slotsStart: number
  readonly #free = new Map<number, number[]>()

  /** `seed` is 16 unpredictable bytes: bodies must not be able to aim at hashes. */
  constructor(seed: Uint8Array, kernels = instantiateKernels(createKernelMemory(MEMORY_BYTES))) {
    const { buffer } = kernels.memory
    this.kernels = kernels
    this.bytes = Buffer.from(buffer)
    this.view = new DataView(buffer)
    let next = KERNEL_DATA_BYTES
    const take = (sizeBytes: number) => {
      const address = next
      next += Math.ceil(sizeBytes / 64) * 64
      return address
    }
    this.control = take(MATCH.sizeBytes)
    this.template = take(LINES_MAX * ENTRY.sizeBytes)
    this.newTemplate = take(LINES_MAX * ENTRY.sizeBytes)
    this.misses = take(LINES_MAX * MISS.sizeBytes)
    this.refs = new Uint32Array(buffer, take(LINES_MAX * 4), LINES_MAX)
    this.values = new Float64Array(buffer, take(LINES_MAX * 8), LINES_MAX)
    this.times = new Float64Array(buffer, take(LINES_MAX * 8), LINES_MAX)
    this.absent = new Uint32Array(buffer, take(LINES_MAX * 4), LINES_MAX)
    this.#slotsStart = next
    this.#next = next
    this.bytes.set(seed.subarray(0, 16), this.control + MATCH.seed)
    const set = (offset: number, value: number) =>
      this.view.setUint32(this.control + offset, value, true)
    set(MATCH.template, this.template)
    set(MATCH.newTemplate, this.newTemplate)
    set(MATCH.misses, this.misses)
    set(MATCH.refs, this.refs.byteOffset)
    set(MATCH.values, this.values.byteOffset)
    set(MATCH.times, this.times.byteOffset)
    set(MATCH.absent, this.absent.byteOffset)
    set(MATCH.linesMax, LINES_MAX)
  }

  /** A slot of at least `sizeBytes`, or undefined when the memory is full. */
  acquire(sizeBytes: number): BodySlot | undefined {
    let size = SLOT_BYTES_MIN
    while (size < sizeBytes) size *= 2
    const address = this.#free.get(size)?.pop() ?? this.#bump(size) ?? this.#larger(size)
    if (address === undefined) return undefined
    this.#used++
    return { address, sizeBytes: size }
  }

  release({ address, sizeBytes }: BodySlot): void {
    this.#used--
    if (this.#used === 0 && this.#next > this.#slotsStart + this.bytes.length / 4) {
      // Nobody holds a slot: start over, so that pieces do not stay pieces.
      this.#free.clear()
      this.#next = this.#slotsStart
      return
    }
    const free = this.#free.get(sizeBytes)
    if (free) free.push(address)
    else this.#free.set(sizeBytes, [address])
  }

  #bump(size: number): number | undefined {
    if (this.#next + size + BODY_PADDING > this.bytes.length) return undefined
    const address = this.#next
    this.#next += size
    return address
  }

  /** Splits a larger free slot. */
  #larger(size: number): number | undefined {
    for (let from = size * 2; from < this.bytes.length; from *= 2) {
      const address = this.#free.get(from)?.pop()
      if (address === undefined) continue
      for (let half = from / 2; half >= size; half /= 2) {
        const free = this.#free.get(half) ?? []
        free.push(address + half)
        this.#free.set(half, free)
      }
      return address
    }
    return undefined
  }
}
