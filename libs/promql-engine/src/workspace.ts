/**
 * Memory in which kernels work on columns of a query: that in which the storage keeps them, or one of the thread. Queries
 * of a thread run one at a time; what they took is free again when the next one begins.
 */
import {
  createKernelMemory,
  instantiateKernels,
  KERNEL_DATA_BYTES,
  type KernelExports,
} from '@prom/kernels'
import type { ColumnMemory } from '@prom/storage'

/** Longer series are not for the kernels. */
export const SAMPLES_MAX = 1 << 16
const VALUES_BYTES = SAMPLES_MAX * 8
const SCRATCH_BYTES = SAMPLES_MAX * 4
const OWN_BYTES = 18 << 20

/** A piece of the memory. */
export interface Piece {
  readonly address: number
  readonly floats: Float64Array
}

/** Counts queries. */
let query = 0
/** Those that the query has taken something of. */
const used: Workspace[] = []
const known = new WeakMap<WebAssembly.Memory, Workspace>()
let own: Workspace | undefined

export class Workspace {
  readonly exports: KernelExports
  /** For a kernel's own use, SAMPLES_MAX times 4 bytes. */
  readonly scratch: number
  readonly #floats: Float64Array
  readonly #buffer: ArrayBufferLike
  /** Samples of a series that lies elsewhere. */
  readonly #values: number
  readonly #times: number
  readonly #area: number
  readonly #end: number
  #at = 0
  #query = -1

  /** `place` is this one's alone. */
  constructor(place: ColumnMemory) {
    const { memory, address, sizeBytes } = place
    this.exports = instantiateKernels(memory).exports
    this.#buffer = memory.buffer
    this.#floats = new Float64Array(this.#buffer)
    // Kernels look at up to two values before a column.
    this.#values = address + 64
    this.#times = this.#values + VALUES_BYTES
    this.scratch = this.#times + VALUES_BYTES
    this.#area = this.scratch + SCRATCH_BYTES
    this.#end = address + sizeBytes
  }

  /** That of a storage's memory; without one, that of the thread. */
  static of(place: ColumnMemory | undefined): Workspace {
    if (!place) {
      own ??= new Workspace({
        memory: createKernelMemory(KERNEL_DATA_BYTES + OWN_BYTES),
        address: KERNEL_DATA_BYTES,
        sizeBytes: OWN_BYTES,
      })
      return own
    }
    let workspace = known.get(place.memory)
    if (!workspace) {
      workspace = new Workspace(place)
      known.set(place.memory, workspace)
    }
    return workspace
  }

  /** `count` floats of whatever was there before; undefined if there is no room. */
  take(count: number): Piece | undefined {
    if (this.#query !== query) {
      this.#query = query
      this.#at = this.#area
      used.push(this)
    }
    const address = this.#at
    const sizeBytes = (count * 8 + 15) & ~15
    if (address + sizeBytes > this.#end) return undefined
    this.#at += sizeBytes
    return { address, floats: new Float64Array(this.#buffer, address, count) }
  }

  /** Where kernels find the values from `start` up to, not including, `end`: where they lie, or copied. */
  addressOf(values: Float64Array, start: number, end: number): number {
    if (values.buffer === this.#buffer) return values.byteOffset + start * 8
    this.#floats.set(values.subarray(start, end), this.#values >>> 3)
    return this.#values
  }

  /** As `addressOf`, for times. */
  addressOfTimes(times: Float64Array, start: number, end: number): number {
    if (times.buffer === this.#buffer) return times.byteOffset + start * 8
    this.#floats.set(times.subarray(start, end), this.#times >>> 3)
    return this.#times
  }

  /** What is taken by now. */
  static mark(): readonly number[] {
    return used.map((workspace) => workspace.#at)
  }

  /** What was taken since `mark` is of no more use. */
  static release(mark: readonly number[]): void {
    used.forEach((workspace, i) => {
      workspace.#at = mark[i] ?? workspace.#area
    })
  }
}

/** A query begins: nothing is in use. */
export function beginQuery(): void {
  query++
  used.length = 0
}
