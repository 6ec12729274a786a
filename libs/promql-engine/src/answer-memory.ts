/**
 * Memory in which answers are printed by the kernel: what it reads, texts of labels that come again and again, and
 * pieces of finished JSON. Another thread may send pieces from where they lie; it gives each back by its word.
 */
import {
  createKernelMemory,
  instantiateKernels,
  KERNEL_DATA_BYTES,
  type KernelExports,
  POWERS_BYTES,
  writePowers,
} from '@prom/kernels'

/** Values printed at once. */
export const BATCH = 4096
const TEXT_BYTES = 32
/** The most a text of a time may have. */
export const TEXT_MAX = TEXT_BYTES - 1
/** What a point may take, and what the kernel may write over behind the last one. */
export const POINT_BYTES = 64
export const OVERRUN_BYTES = 128

export const PIECE_BYTES = 1 << 18
/** Pieces that may be on their way; further ones are copied out. */
const SHARED_PIECES = 32
export const LIST_ENTRIES = 1 << 15
const LABEL_BYTES = 8 << 20

const POWERS = KERNEL_DATA_BYTES
const VALUES = align(POWERS + POWERS_BYTES)
const ENDS = VALUES + BATCH * 8
const TIMES = ENDS + BATCH * 4
const MIDDLE = TIMES + BATCH * TEXT_BYTES
const LIST = MIDDLE + 256
const LABELS = LIST + LIST_ENTRIES * 4
const WORDS = LABELS + LABEL_BYTES + OVERRUN_BYTES
const PIECES = align(WORDS + (SHARED_PIECES + 1) * 4)
const MEMORY_BYTES = PIECES + (SHARED_PIECES + 1) * PIECE_BYTES

export class AnswerMemory {
  readonly kernels: KernelExports
  readonly buffer: SharedArrayBuffer
  readonly bytes: Uint8Array
  readonly values: Float64Array
  readonly ends: Uint32Array
  /** What `printRows` is to print. */
  readonly list: Uint32Array
  readonly #words: Int32Array
  /** Room for texts of labels. */
  readonly labelsAt = LABELS
  readonly labelsEnd = LABELS + LABEL_BYTES
  readonly valuesAt = VALUES
  readonly endsAt = ENDS
  readonly timesAt = TIMES
  readonly powersAt = POWERS
  readonly listAt = LIST
  readonly middleAt = MIDDLE
  #timesOf: readonly Uint8Array[] | undefined
  #timesFrom = -1

  constructor() {
    const { memory, exports } = instantiateKernels(createKernelMemory(MEMORY_BYTES))
    this.kernels = exports
    this.buffer = memory.buffer as unknown as SharedArrayBuffer
    writePowers(new DataView(this.buffer), POWERS)
    this.bytes = new Uint8Array(this.buffer)
    this.values = new Float64Array(this.buffer, VALUES, BATCH)
    this.ends = new Uint32Array(this.buffer, ENDS, BATCH)
    this.list = new Uint32Array(this.buffer, LIST, LIST_ENTRIES)
    this.#words = new Int32Array(this.buffer, WORDS, SHARED_PIECES + 1)
  }

  /** Takes a piece that nobody holds; the last one, which never leaves this thread, if there is none. */
  take(isShared: boolean): { readonly at: number; readonly word: number } {
    for (let word = 0; isShared && word < SHARED_PIECES; word++) {
      if (Atomics.compareExchange(this.#words, word, 0, 1) === 0) {
        return { at: PIECES + word * PIECE_BYTES, word: WORDS + word * 4 }
      }
    }
    return { at: PIECES + SHARED_PIECES * PIECE_BYTES, word: 0 }
  }

  /** Where the texts of `times` from `from` on lie for the kernel; copied only when they are others. */
  setTimes(times: readonly Uint8Array[], from: number): void {
    if (this.#timesOf === times && this.#timesFrom === from) return
    const into = this.bytes
    const count = Math.min(times.length - from, BATCH)
    for (let i = 0; i < count; i++) {
      const text = times[from + i] as Uint8Array
      const at = TIMES + i * TEXT_BYTES
      into.set(text, at)
      into[at + TEXT_MAX] = text.length
    }
    this.#timesOf = times
    this.#timesFrom = from
  }

  /** Forgets whose texts lie there. */
  forgetTimes(): void {
    this.#timesOf = undefined
  }
}

/** Gives a piece back to the thread that printed it. */
export function giveBack(buffer: SharedArrayBuffer, word: number): void {
  Atomics.store(new Int32Array(buffer, word, 1), 0, 0)
}

let own: AnswerMemory | undefined

/** The one of this thread, made when there is something to print. */
export function answerMemory(): AnswerMemory {
  own ??= new AnswerMemory()
  return own
}

function align(address: number): number {
  return (address + 63) & ~63
}
