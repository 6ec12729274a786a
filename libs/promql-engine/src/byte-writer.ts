const PIECE_BYTES = 1 << 18

const NOTHING = new Uint8Array(0)

const encoder = new TextEncoder()

/** Writes JSON as bytes, in pieces of about a quarter of a megabyte that each own their memory. */
export class ByteWriter {
  readonly #pieces: Uint8Array[] = []
  readonly #onPiece: ((bytes: number) => void) | undefined
  #bytes = new Uint8Array(4096)
  #at = 0

  /** `onPiece` is told the size of each piece as it gets ready. */
  constructor(onPiece?: (bytes: number) => void) {
    this.#onPiece = onPiece
  }

  /** The pieces so far; the writer is empty afterwards. */
  finish(): Uint8Array[] {
    this.#cut()
    this.#bytes = NOTHING
    return this.#pieces.splice(0)
  }

  #flush(): void {
    this.#cut()
    this.#bytes = new Uint8Array(PIECE_BYTES)
  }

  #cut(): void {
    if (this.#at === 0) return
    // Short pieces are copied, so that a small answer does not hold a large array.
    const isShort = this.#at < this.#bytes.length / 2
    const used = this.#bytes.subarray(0, this.#at)
    this.#onPiece?.(this.#at)
    this.#pieces.push(isShort ? used.slice() : used)
    this.#at = 0
  }

  #reserve(count: number): void {
    if (this.#at + count <= this.#bytes.length) return
    if (this.#bytes.length < PIECE_BYTES || this.#at === 0) {
      const size = Math.max(count, Math.min(PIECE_BYTES, this.#bytes.length * 4))
      const grown = new Uint8Array(Math.max(size, this.#at + count))
      grown.set(this.#bytes.subarray(0, this.#at))
      this.#bytes = grown
      return
    }
    this.#flush()
    if (count > PIECE_BYTES) this.#bytes = new Uint8Array(count)
  }

  /** Text with any characters. */
  text(text: string): void {
    this.#reserve(text.length * 3)
    this.#at += encoder.encodeInto(text, this.#bytes.subarray(this.#at)).written
  }

  /** Short ASCII text. */
  ascii(text: string): void {
    const { length } = text
    this.#reserve(length)
    const bytes = this.#bytes
    let at = this.#at
    for (let i = 0; i < length; i++) bytes[at++] = text.charCodeAt(i)
    this.#at = at
  }

  bytes(source: Uint8Array): void {
    const { length } = source
    this.#reserve(length)
    if (length > 32) this.#bytes.set(source, this.#at)
    else {
      const bytes = this.#bytes
      const at = this.#at
      for (let i = 0; i < length; i++) bytes[at + i] = source[i]!
    }
    this.#at += length
  }

  /** The bytes of `source` from `from` up to `to`. */
  part(source: Uint8Array, from: number, to: number): void {
    const length = to - from
    this.#reserve(length)
    const bytes = this.#bytes
    let at = this.#at
    if (length > 64) bytes.set(source.subarray(from, to), at)
    else for (let i = from; i < to; i++) bytes[at++] = source[i]!
    this.#at += length
  }

  /** A whole number of at most nine digits and no sign. */
  digits(value: number): void {
    this.#reserve(9)
    const bytes = this.#bytes
    let count = 1
    for (let limit = 10; value >= limit; limit *= 10) count++
    const end = this.#at + count
    let rest = value
    for (let at = end - 1; at >= this.#at; at--) {
      const next = (rest / 10) | 0
      bytes[at] = 48 + rest - next * 10
      rest = next
    }
    this.#at = end
  }
}
