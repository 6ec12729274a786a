/** Bytes of a protobuf message being written; the memory is used again for the next one. */
export class ByteSink {
  bytes = Buffer.alloc(64 << 10)
  #view = viewOf(this.bytes)
  length = 0

  clear(): void {
    this.length = 0
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return
    const grown = Buffer.alloc(Math.max(this.bytes.length * 2, this.length + count))
    grown.set(this.bytes.subarray(0, this.length))
    this.bytes = grown
    this.#view = viewOf(grown)
  }

  u8(value: number): void {
    this.bytes[this.length++] = value
  }

  /** An unsigned varint below 2^53; `reserve` 8 bytes before. */
  varint(value: number): void {
    const { bytes } = this
    let rest = value
    while (rest >= 0x80000000) {
      bytes[this.length++] = (rest % 128) | 128
      rest = Math.floor(rest / 128)
    }
    while (rest > 127) {
      bytes[this.length++] = (rest & 127) | 128
      rest >>>= 7
    }
    bytes[this.length++] = rest
  }

  /** An int64, ten bytes if negative; `reserve` 10 bytes before. */
  int64(value: number): void {
    if (value >= 0) {
      this.varint(value)
      return
    }
    let rest = BigInt.asUintN(64, BigInt(value))
    while (rest > 127n) {
      this.u8(Number(rest & 127n) | 128)
      rest >>= 7n
    }
    this.u8(Number(rest))
  }

  /** A zigzag varint; `reserve` 10 bytes before. */
  zigzag(value: number): void {
    this.varint(value >= 0 ? value * 2 : -value * 2 - 1)
  }

  /** A double by its bits; `reserve` 8 bytes before. */
  words(low: number, high: number): void {
    this.#view.setUint32(this.length, low, true)
    this.#view.setUint32(this.length + 4, high, true)
    this.length += 8
  }

  double(value: number): void {
    this.#view.setFloat64(this.length, value, true)
    this.length += 8
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.bytes.set(bytes, this.length)
    this.length += bytes.length
  }

  /** A length-delimited field. */
  sized(key: number, bytes: Uint8Array): void {
    this.reserve(bytes.length + 16)
    this.u8(key)
    this.varint(bytes.length)
    this.raw(bytes)
  }

  /** What was written; valid until the next write. */
  view(): Uint8Array {
    return this.bytes.subarray(0, this.length)
  }
}

/** Bytes of `value` as a varint. */
export function varintSize(value: number): number {
  let size = 1
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++
  return size
}

export function int64Size(value: number): number {
  return value < 0 ? 10 : varintSize(value)
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}
