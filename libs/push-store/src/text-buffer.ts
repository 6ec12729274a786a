/**
 * Bytes of a text that is written piece by piece: a page of any size without one buffer of that size. One that is
 * viewed and cleared again and again stays in one piece.
 */
const PIECE_BYTES = 128 * 1024
const QUOTE = 34
const BACKSLASH = 92
const LF = 10

export class TextBuffer {
  readonly #pieces: Uint8Array[] = []
  readonly #isOnePiece: boolean
  #bytes: Buffer
  #size = 0

  constructor(firstBytes: number, isOnePiece = false) {
    this.#bytes = Buffer.allocUnsafeSlow(firstBytes)
    this.#isOnePiece = isOnePiece
  }

  ascii(text: string): void {
    this.#room(text.length)
    const bytes = this.#bytes
    let at = this.#size
    for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i)
    this.#size = at
  }

  text(text: string): void {
    this.raw(Buffer.from(text))
  }

  raw(from: Uint8Array, start = 0, end = from.length): void {
    this.#room(end - start)
    const bytes = this.#bytes
    let at = this.#size
    for (let i = start; i < end; i++) bytes[at++] = from[i]!
    this.#size = at
  }

  /** Bytes of a label value, with its escapes. */
  escaped(from: Uint8Array, start: number, end: number): void {
    this.#room((end - start) * 2)
    const bytes = this.#bytes
    let at = this.#size
    for (let i = start; i < end; i++) {
      const byte = from[i]!
      if (byte === QUOTE || byte === BACKSLASH || byte === LF) bytes[at++] = BACKSLASH
      bytes[at++] = byte === LF ? 110 : byte
    }
    this.#size = at
  }

  /** What has been written. */
  finish(): Uint8Array[] {
    if (this.#size > 0) this.#pieces.push(this.#bytes.subarray(0, this.#size))
    this.#bytes = Buffer.allocUnsafeSlow(0)
    this.#size = 0
    return this.#pieces
  }

  /** What has been written to one in one piece, good until it is written to again. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#size)
  }

  clear(): void {
    this.#size = 0
  }

  #room(count: number): void {
    if (this.#size + count <= this.#bytes.length) return
    if (this.#isOnePiece) {
      const larger = Buffer.allocUnsafeSlow((this.#size + count) * 2)
      larger.set(this.view())
      this.#bytes = larger
      return
    }
    if (this.#size > 0) this.#pieces.push(this.#bytes.subarray(0, this.#size))
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(PIECE_BYTES, count))
    this.#size = 0
  }
}
