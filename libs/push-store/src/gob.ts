/** The primitives of Go's gob encoding, as far as the persistence file needs them. */

export class GobError extends Error {}

const INT_BYTES_MAX = 8
/** Up to this size a loop is cheaper than a call. */
const SHORT = 64
const COPIED = 2048

export class GobWriter {
  #bytes: Buffer
  #size = 0

  constructor(firstBytes = 256) {
    this.#bytes = Buffer.alloc(firstBytes)
  }

  uint(value: number): this {
    if (value < 128) return this.#put(value)
    let size = 1
    while (size < INT_BYTES_MAX && value >= 2 ** (8 * size)) size++
    this.#put(256 - size)
    for (let i = size - 1; i >= 0; i--) this.#put(Math.floor(value / 2 ** (8 * i)) & 255)
    return this
  }

  int(value: number): this {
    return this.uint(value >= 0 ? value * 2 : -value * 2 - 1)
  }

  bytes(value: Uint8Array, start = 0, end = value.length): this {
    return this.uint(end - start).raw(value, start, end)
  }

  string(value: string): this {
    const size = Buffer.byteLength(value)
    return this.uint(size).text(value, size)
  }

  /** The bytes of a text, without their count. */
  text(value: string, size: number): this {
    this.#grow(size)
    if (size === value.length && size < SHORT) {
      for (let i = 0; i < size; i++) this.#bytes[this.#size + i] = value.charCodeAt(i)
    } else this.#bytes.write(value, this.#size)
    this.#size += size
    return this
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

  raw(value: Uint8Array, start = 0, end = value.length): this {
    this.#grow(end - start)
    const bytes = this.#bytes
    let at = this.#size
    if (end - start > COPIED) bytes.set(value.subarray(start, end), at)
    else for (let i = start; i < end; i++) bytes[at++] = value[i]!
    this.#size += end - start
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
  /** Of the bytes stepped over last. */
  lastSize = 0

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

  /** Steps over bytes; returns the offset behind them. */
  skipBytes(): number {
    this.lastSize = this.uint()
    this.#take(this.lastSize)
    return this.#at
  }

  copy(start: number, end: number): Buffer {
    const copy = Buffer.allocUnsafeSlow(end - start)
    this.#bytes.copy(copy, 0, start, end)
    return copy
  }

  string(): string {
    const count = this.uint()
    const start = this.#take(count)
    return this.#bytes.toString('utf8', start, start + count)
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
