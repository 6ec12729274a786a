import { type AnswerMemory, giveBack, OVERRUN_BYTES, PIECE_BYTES } from './answer-memory.ts'

const encoder = new TextEncoder()
/** Bytes of a text that are written at once. */
const PART_CHARS = 1 << 14

/** Takes pieces of an answer while the rest of it is printed. */
export interface PieceSink {
  /** A piece in shared memory, its taker's until `giveBack`. */
  shared(buffer: SharedArrayBuffer, at: number, length: number, word: number): void
  /** A piece of its own: nobody has given one back yet. */
  own(bytes: Uint8Array<ArrayBuffer>): void
}

/**
 * Writes JSON as bytes, in pieces of about a quarter of a megabyte. With a sink, all pieces of an answer of more than
 * one go there; a short answer, or one without a sink, is what `finish` returns, in memory of its own.
 */
export class ByteWriter {
  readonly #memory: AnswerMemory
  readonly #sink: PieceSink | undefined
  readonly #onPiece: ((bytes: number) => void) | undefined
  readonly #pieces: Uint8Array<ArrayBuffer>[] = []
  #isSinking = false
  #start = 0
  #word = 0
  #end = 0
  /** All of the memory; a kernel writes there at `at`, after `reserve`, and moves `at`. */
  readonly bytes: Uint8Array
  at = 0

  /** `onPiece` is told how many bytes a piece takes of this thread's memory; what it throws ends the work. */
  constructor(memory: AnswerMemory, sink?: PieceSink, onPiece?: (bytes: number) => void) {
    this.#memory = memory
    this.#sink = sink
    this.#onPiece = onPiece
    this.bytes = memory.bytes
    this.#take()
  }

  /** The pieces that went to no sink. The writer is of no more use. */
  finish(): Uint8Array<ArrayBuffer>[] {
    this.#cut(this.#isSinking)
    this.drop()
    return this.#pieces
  }

  /** Gives back what it holds: to be called if the work ends early. */
  drop(): void {
    if (this.#word !== 0) giveBack(this.#memory.buffer, this.#word)
    this.#word = 0
  }

  /** How many bytes may be written at `at`. */
  get room(): number {
    return this.#end - this.at
  }

  /** Makes room for `count` bytes, at most a piece. */
  reserve(count: number): void {
    if (this.at + count <= this.#end) return
    this.#isSinking = this.#sink !== undefined
    this.#cut(this.#isSinking)
    this.#take()
  }

  #take(): void {
    const { at, word } = this.#memory.take(this.#sink !== undefined)
    this.#start = at
    this.#word = word
    this.#end = at + PIECE_BYTES - OVERRUN_BYTES
    this.at = at
  }

  #cut(isSinking: boolean): void {
    const length = this.at - this.#start
    if (length === 0) return
    const word = this.#word
    if (isSinking && word !== 0) {
      this.#onPiece?.(0)
      this.#word = 0
      this.#sink?.shared(this.#memory.buffer, this.#start, length, word)
      return
    }
    this.#onPiece?.(length)
    const copy = new Uint8Array(length)
    copy.set(this.bytes.subarray(this.#start, this.at))
    if (isSinking) this.#sink?.own(copy)
    else this.#pieces.push(copy)
    this.at = this.#start
  }

  /** Text with any characters. */
  text(text: string): void {
    for (let from = 0; from < text.length; ) {
      let to = Math.min(text.length, from + PART_CHARS)
      // A pair of surrogates stays together.
      if (to < text.length && (text.charCodeAt(to - 1) & 0xfc00) === 0xd800) to++
      const part = from === 0 && to === text.length ? text : text.slice(from, to)
      const most = part.length * 3
      this.reserve(most)
      // An encoder does not write to shared memory.
      if (most > scratch.length) scratch = new Uint8Array(most)
      const { written } = encoder.encodeInto(part, scratch)
      this.part(scratch, 0, written)
      from = to
    }
  }

  /** ASCII text. */
  ascii(text: string): void {
    const { length } = text
    if (length > PART_CHARS) {
      this.text(text)
      return
    }
    this.reserve(length)
    const { bytes } = this
    let { at } = this
    for (let i = 0; i < length; i++) bytes[at++] = text.charCodeAt(i)
    this.at = at
  }

  /** The bytes of `source` from `from` up to `to`, at most a few thousand. */
  part(source: Uint8Array, from: number, to: number): void {
    const length = to - from
    this.reserve(length)
    const { bytes } = this
    let { at } = this
    if (length > 256) bytes.set(source.subarray(from, to), at)
    else for (let i = from; i < to; i++) bytes[at++] = source[i]!
    this.at += length
  }
}

let scratch = new Uint8Array(PART_CHARS * 3)
