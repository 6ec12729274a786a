/** The memory in which kernels work on columns of a query; one per thread, as queries run one at a time. */
import {
  createKernelMemory,
  instantiateKernels,
  KERNEL_DATA_BYTES,
  type KernelExports,
} from '@prom/kernels'

/** Longer series are not for the kernels. */
export const SAMPLES_MAX = 1 << 16
/** Room for what lives longer than one series: windows, and what aggregations gather. */
const AREA_BYTES = 16 << 20

/** The samples of the series at hand. */
export const VALUES = KERNEL_DATA_BYTES + 64
export const TIMES = VALUES + SAMPLES_MAX * 8
/** For a kernel's own use. */
export const SCRATCH = TIMES + SAMPLES_MAX * 8
const AREA = SCRATCH + SAMPLES_MAX * 4

/** A piece of the memory. */
export interface Piece {
  readonly address: number
  readonly floats: Float64Array
}

export class Workspace {
  readonly exports: KernelExports
  readonly #floats: Float64Array
  readonly #buffer: ArrayBufferLike
  #at = AREA

  constructor() {
    const { memory, exports } = instantiateKernels(createKernelMemory(AREA + AREA_BYTES))
    this.exports = exports
    this.#buffer = memory.buffer
    this.#floats = new Float64Array(this.#buffer)
  }

  /** A query begins: nothing is in use. */
  begin(): void {
    this.#at = AREA
  }

  /** `count` floats of whatever was there before; undefined if there is no room. */
  take(count: number): Piece | undefined {
    const address = this.#at
    const sizeBytes = (count * 8 + 15) & ~15
    if (address + sizeBytes > AREA + AREA_BYTES) return undefined
    this.#at += sizeBytes
    return { address, floats: new Float64Array(this.#buffer, address, count) }
  }

  /** For `release`. */
  mark(): number {
    return this.#at
  }

  /** What was taken since `mark` is of no more use. */
  release(mark: number): void {
    this.#at = mark
  }

  /** Copies the values from `start` up to, not including, `end` to VALUES; there are at most SAMPLES_MAX. */
  setValues(values: Float64Array, start: number, end: number): void {
    this.#floats.set(values.subarray(start, end), VALUES >>> 3)
  }

  setTimes(times: Float64Array, start: number, end: number): void {
    this.#floats.set(times.subarray(start, end), TIMES >>> 3)
  }
}

let shared: Workspace | undefined

/** That of the thread, made when first asked for. */
export function workspace(): Workspace {
  shared ??= new Workspace()
  return shared
}
