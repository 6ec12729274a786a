/** Reads protobuf messages field by field. Never reads past its bytes: broken input throws `MessageError`. */
export class MessageError extends Error {}

const decoder = new TextDecoder()

export class MessageReader {
  readonly #bytes: Uint8Array
  #at = 0
  #wireType = 0
  #fieldStart = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  /** Offset in bytes of what is read next. */
  get offset(): number {
    return this.#at
  }

  /** The number of the next field, or 0 at the end. */
  field(): number {
    if (this.isAtEnd) return 0
    this.#fieldStart = this.#at
    const key = this.number()
    this.#wireType = key & 7
    const field = Math.floor(key / 8)
    if (field === 0) throw new MessageError('proto: illegal tag 0')
    return field
  }

  get isPacked(): boolean {
    return this.#wireType === 2
  }

  number(): number {
    return Number(BigInt.asIntN(64, this.uint64()))
  }

  uint64(): bigint {
    let low = 0
    let shift = 0
    for (let i = 0; i < 10; i++) {
      const byte = this.#byte()
      if (shift < 28) {
        low += (byte & 127) * 2 ** shift
        if (byte < 128) return BigInt(low)
        shift += 7
        continue
      }
      let value = BigInt(low) | (BigInt(byte & 127) << BigInt(shift))
      let last = byte
      for (i++; last >= 128; i++) {
        if (i >= 10) throw new MessageError('proto: integer overflow')
        shift += 7
        last = this.#byte()
        value |= BigInt(last & 127) << BigInt(shift)
      }
      return BigInt.asUintN(64, value)
    }
    throw new MessageError('proto: integer overflow')
  }

  bool(): boolean {
    return this.uint64() !== 0n
  }

  double(): number {
    const start = this.#take(8)
    const { buffer, byteOffset } = this.#bytes
    return new DataView(buffer, byteOffset + start, 8).getFloat64(0, true)
  }

  /** Eight bytes, little endian, as an unsigned number. */
  fixed64(): bigint {
    const start = this.#take(8)
    const { buffer, byteOffset } = this.#bytes
    return new DataView(buffer, byteOffset + start, 8).getBigUint64(0, true)
  }

  /** A view, not a copy. */
  bytes(): Uint8Array {
    if (this.#wireType !== 2) throw new MessageError('proto: wrong wireType')
    return this.delimited()
  }

  string(): string {
    return decoder.decode(this.bytes())
  }

  message(): MessageReader {
    return new MessageReader(this.bytes())
  }

  /** A length and that many bytes, without a field number. */
  delimited(): Uint8Array {
    const size = Number(this.uint64())
    const start = this.#take(size)
    return this.#bytes.subarray(start, start + size)
  }

  /** Steps over a field of no interest and returns its bytes, key included. */
  skip(): Uint8Array {
    if (this.#wireType === 0) this.uint64()
    else if (this.#wireType === 1) this.#take(8)
    else if (this.#wireType === 2) this.delimited()
    else if (this.#wireType === 5) this.#take(4)
    else throw new MessageError(`proto: illegal wireType ${this.#wireType}`)
    return this.#bytes.subarray(this.#fieldStart, this.#at)
  }

  #byte(): number {
    return this.#bytes[this.#take(1)] as number
  }

  #take(count: number): number {
    const start = this.#at
    if (start + count > this.#bytes.length) throw new MessageError('unexpected EOF')
    this.#at += count
    return start
  }
}
