/** Floats as JSON, many at a time, by the kernel. */
import {
  createKernelMemory,
  instantiateKernels,
  KERNEL_DATA_BYTES,
  type Kernels,
  POWERS_BYTES,
  writePowers,
} from '@prom/kernels'

/** Values printed at once. */
export const BATCH = 4096
const TEXT_BYTES = 32
/** The most a text of a time may have. */
export const TEXT_MAX = TEXT_BYTES - 1
const POINT_BYTES = 64

const POWERS = KERNEL_DATA_BYTES
const VALUES = (POWERS + POWERS_BYTES + 7) & ~7
const ENDS = VALUES + BATCH * 8
const TEXTS = ENDS + BATCH * 4
const TARGET = TEXTS + BATCH * TEXT_BYTES
const MEMORY_BYTES = TARGET + BATCH * POINT_BYTES

export class FloatPrinter {
  readonly #kernels: Kernels
  readonly #values: Float64Array
  readonly #texts: Uint8Array
  /** What was printed last lies here. */
  readonly bytes: Uint8Array
  /** Of `printColumn`: how many bytes there are up to the end of each value. */
  readonly ends: Uint32Array
  /** What the texts are of. */
  #textsOf: readonly Uint8Array[] | undefined
  #textsFrom = -1

  constructor() {
    this.#kernels = instantiateKernels(createKernelMemory(MEMORY_BYTES))
    const { buffer } = this.#kernels.memory
    writePowers(new DataView(buffer), POWERS)
    this.#values = new Float64Array(buffer, VALUES, BATCH)
    this.ends = new Uint32Array(buffer, ENDS, BATCH)
    this.#texts = new Uint8Array(buffer, TEXTS, BATCH * TEXT_BYTES)
    this.bytes = new Uint8Array(buffer, TARGET, BATCH * POINT_BYTES)
  }

  /**
   * `[time,"value"],` for values `from` to `to`, at most BATCH of them, each with the text before its value; returns
   * how many bytes that is. Texts are looked at again only when they are others.
   */
  printPoints(
    values: Float64Array,
    texts: readonly Uint8Array[],
    from: number,
    to: number,
  ): number {
    const count = to - from
    this.#values.set(values.subarray(from, to))
    if (this.#textsOf !== texts || this.#textsFrom !== from) this.#setTexts(texts, from)
    const { exports } = this.#kernels
    return exports.printPoints(VALUES, count, TEXTS, POWERS, TARGET) - TARGET
  }

  /** The first `count` values, one after the other; see `ends`. */
  printColumn(values: Float64Array, count: number): void {
    this.#values.set(values.subarray(0, count))
    this.#kernels.exports.printFloats(VALUES, count, ENDS, POWERS, TARGET)
  }

  #setTexts(texts: readonly Uint8Array[], from: number): void {
    const into = this.#texts
    const count = Math.min(texts.length - from, BATCH)
    for (let i = 0; i < count; i++) {
      const text = texts[from + i] as Uint8Array
      into.set(text, i * TEXT_BYTES)
      into[i * TEXT_BYTES + TEXT_MAX] = text.length
    }
    this.#textsOf = texts
    this.#textsFrom = from
  }
}
