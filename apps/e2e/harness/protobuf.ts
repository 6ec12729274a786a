/** Just enough protobuf to write remote-write requests, independent of the code under test. */
export class Message {
  readonly #bytes: number[] = []

  varint(field: number, value: number | bigint): this {
    return this.#tag(field, 0).#raw(BigInt.asUintN(64, BigInt(value)))
  }

  /** sint32/sint64 in zigzag. */
  zigzag(field: number, value: number): this {
    return this.varint(field, value >= 0 ? value * 2 : -value * 2 - 1)
  }

  double(field: number, value: number | Uint8Array): this {
    this.#tag(field, 1)
    const bytes =
      typeof value === 'number' ? new Uint8Array(new Float64Array([value]).buffer) : value
    this.#bytes.push(...bytes)
    return this
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value))
  }

  message(field: number, value: Message): this {
    return this.bytes(field, value.finish())
  }

  bytes(field: number, value: Uint8Array): this {
    this.#tag(field, 2).#raw(BigInt(value.length))
    for (const byte of value) this.#bytes.push(byte)
    return this
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.#bytes)
  }

  #tag(field: number, type: number): this {
    return this.#raw(BigInt(field * 8 + type))
  }

  #raw(value: bigint): this {
    let rest = value
    while (rest > 127n) {
      this.#bytes.push(Number(rest & 127n) | 128)
      rest >>= 7n
    }
    this.#bytes.push(Number(rest))
    return this
  }
}

/** A valid snappy block without compression: the length, then literals. */
export function snappyLiterals(body: Uint8Array): Uint8Array {
  const pieces: number[] = []
  for (let rest = body.length; ; rest >>>= 7) {
    if (rest > 127) pieces.push((rest & 127) | 128)
    else {
      pieces.push(rest)
      break
    }
  }
  const chunks: Uint8Array[] = [Uint8Array.from(pieces)]
  for (let at = 0; at < body.length; at += 65536) {
    const piece = body.subarray(at, at + 65536)
    const length = piece.length - 1
    chunks.push(Uint8Array.from([61 << 2, length & 255, length >> 8]), piece)
  }
  return Buffer.concat(chunks)
}
