/** The primitives of Go's gob encoding, as far as the persistence file needs them. */

export class GobError extends Error {}

const INT_BYTES_MAX = 8

export class GobWriter {
  #bytes = Buffer.alloc(256)
  #size = 0

  uint(value: number | bigint): this {
    if (value < 128) return this.#put(Number(value))
    let hex = value.toString(16)
    if (hex.length % 2 === 1) hex = `0${hex}`
    const digits = Buffer.from(hex, 'hex')
    this.#put(256 - digits.length)
    return this.#raw(digits)
  }

  int(value: number): this {
    return this.uint(value >= 0 ? value * 2 : -value * 2 - 1)
  }

  bytes(value: Uint8Array): this {
    return this.uint(value.length).#raw(value)
  }

  string(value: string): this {
    return this.bytes(Buffer.from(value))
  }

  /** A length, and what the other has written. */
  message(other: GobWriter): this {
    return this.bytes(other.finish())
  }

  get size(): number {
    return this.#size
  }

  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#size)
  }

  #put(byte: number): this {
    this.#grow(1)
    this.#bytes[this.#size++] = byte
    return this
  }

  #raw(value: Uint8Array): this {
    this.#grow(value.length)
    this.#bytes.set(value, this.#size)
    this.#size += value.length
    return this
  }

  #grow(count: number): void {
    if (this.#size + count <= this.#bytes.length) return
    const larger = Buffer.alloc(Math.max(this.#bytes.length * 2, this.#size + count))
    larger.set(this.#bytes)
    this.#bytes = larger
  }
}

/** Never reads past its bytes: broken input throws GobError. */
export class GobReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  uint(): number {
    const first = this.#bytes[this.#take(1)] as number
    if (first < 128) return first
    const count = 256 - first
    if (count > INT_BYTES_MAX) return this.fail('a number is too long')
    const start = this.#take(count)
    return Number(BigInt(`0x${this.#bytes.toString('hex', start, start + count)}`))
  }

  int(): number {
    const value = this.uint()
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2
  }

  /** A view, not a copy. */
  bytes(): Uint8Array {
    const count = this.uint()
    const start = this.#take(count)
    return this.#bytes.subarray(start, start + count)
  }

  string(): string {
    return Buffer.from(this.bytes()).toString()
  }

  message(): GobReader {
    return new GobReader(this.bytes())
  }

  expect(value: number): void {
    if (this.uint() !== value) this.fail('the layout is another one')
  }

  fail(why: string): never {
    throw new GobError(`gob: ${why} at byte ${this.#at}`)
  }

  #take(count: number): number {
    const start = this.#at
    if (start + count > this.#bytes.length) throw new GobError('unexpected EOF')
    this.#at += count
    return start
  }
}
