/** Writes protobuf messages field by field, for messages too small to deserve a schema library. */
const encoder = new TextEncoder()

export class MessageWriter {
  #bytes = new Uint8Array(128)
  #size = 0

  /** A varint field; negative numbers take ten bytes, as int64 does. Zero is left out, as in proto3. */
  varint(field: number, value: number | bigint): this {
    if (value === 0 || value === 0n) return this
    this.#key(field, 0)
    this.#varint(value)
    return this
  }

  bool(field: number, value: boolean): this {
    return this.varint(field, value ? 1 : 0)
  }

  double(field: number, value: number): this {
    this.#key(field, 1)
    this.#grow(8)
    new DataView(this.#bytes.buffer).setFloat64(this.#size, value, true)
    this.#size += 8
    return this
  }

  string(field: number, value: string): this {
    return this.bytes(field, encoder.encode(value))
  }

  /** Left out when empty. */
  bytes(field: number, value: Uint8Array): this {
    return value.length === 0 ? this : this.present(field, value)
  }

  /** A length-delimited field that is written even when empty: a message or a oneof member. */
  present(field: number, value: Uint8Array): this {
    this.#key(field, 2)
    this.#varint(value.length)
    return this.raw(value)
  }

  message(field: number, fill: (writer: MessageWriter) => void): this {
    const inner = new MessageWriter()
    fill(inner)
    return this.present(field, inner.finish())
  }

  packedUint64(field: number, values: readonly bigint[]): this {
    if (values.length === 0) return this
    const inner = new MessageWriter()
    for (const value of values) inner.#varint(value)
    return this.present(field, inner.finish())
  }

  /** Bytes that already are encoded fields. */
  raw(value: Uint8Array): this {
    this.#grow(value.length)
    this.#bytes.set(value, this.#size)
    this.#size += value.length
    return this
  }

  /** Without a field number: a length and the message, as in delimited streams. */
  delimited(message: Uint8Array): this {
    this.#varint(message.length)
    return this.raw(message)
  }

  /** Forgets what was written; the memory is used again. */
  clear(): this {
    this.#size = 0
    return this
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#size)
  }

  #key(field: number, wireType: number): void {
    this.#varint(field * 8 + wireType)
  }

  #varint(value: number | bigint): void {
    this.#grow(10)
    if (typeof value === 'number' && value >= 0 && value <= 0x7fffffff) {
      let rest = value
      while (rest > 127) {
        this.#bytes[this.#size++] = (rest & 127) | 128
        rest >>>= 7
      }
      this.#bytes[this.#size++] = rest
      return
    }
    let rest = BigInt.asUintN(64, BigInt(value))
    while (rest > 127n) {
      this.#bytes[this.#size++] = Number(rest & 127n) | 128
      rest >>= 7n
    }
    this.#bytes[this.#size++] = Number(rest)
  }

  #grow(count: number): void {
    if (this.#size + count <= this.#bytes.length) return
    const bytes = new Uint8Array(Math.max(this.#bytes.length * 2, this.#size + count))
    bytes.set(this.#bytes.subarray(0, this.#size))
    this.#bytes = bytes
  }
}
