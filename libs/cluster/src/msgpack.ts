/**
 * MessagePack in the old form that memberlist speaks: strings and bytes are "raw" (fixraw, raw16, raw32). Reading
 * takes the newer forms too.
 */
export type Packed =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | { readonly [key: string]: Packed }

/** The bytes end within a value: more may come. */
export class NeedMoreError extends Error {}
/** No message of ours. */
export class PackError extends Error {}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Keys are written in ascending order; an empty Uint8Array as nil. */
export function pack(value: Packed): Uint8Array {
  const parts: number[] = []
  write(value, parts)
  return Uint8Array.from(parts)
}

function write(value: Packed, out: number[]): void {
  if (value === null) out.push(0xc0)
  else if (typeof value === 'boolean') out.push(value ? 0xc3 : 0xc2)
  else if (typeof value === 'number') writeInteger(value, out)
  else if (typeof value === 'string') writeRaw(encoder.encode(value), out)
  else if (value instanceof Uint8Array) {
    if (value.length === 0) out.push(0xc0)
    else writeRaw(value, out)
  } else {
    const keys = Object.keys(value).sort()
    out.push(0x80 | keys.length)
    for (const key of keys) {
      writeRaw(encoder.encode(key), out)
      write(value[key] as Packed, out)
    }
  }
}

function writeInteger(value: number, out: number[]): void {
  if (value < 0x80) out.push(value)
  else if (value < 0x100) out.push(0xcc, value)
  else if (value < 0x10000) out.push(0xcd, value >> 8, value & 255)
  else out.push(0xce, (value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255)
}

function writeRaw(bytes: Uint8Array, out: number[]): void {
  const { length } = bytes
  if (length < 32) out.push(0xa0 | length)
  else if (length < 0x10000) out.push(0xda, length >> 8, length & 255)
  else
    out.push(0xdb, (length >>> 24) & 255, (length >>> 16) & 255, (length >>> 8) & 255, length & 255)
  for (const byte of bytes) out.push(byte)
}

/** A message: names to numbers, booleans and bytes. */
export type Message = Readonly<Record<string, number | boolean | Uint8Array | null>>

export class Unpacker {
  readonly #bytes: Uint8Array
  offset: number

  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = bytes
    this.offset = offset
  }

  /** A map with text keys. Throws NeedMoreError at the end of the bytes, PackError on anything else. */
  message(): Message {
    const head = this.#byte()
    let count: number
    if ((head & 0xf0) === 0x80) count = head & 15
    else if (head === 0xde) count = this.#uint(2)
    else throw new PackError(`not a map: ${head}`)
    const message: Record<string, number | boolean | Uint8Array | null> = Object.create(null)
    for (let i = 0; i < count; i++) {
      const key = this.#value()
      if (!(key instanceof Uint8Array)) throw new PackError('a key is no text')
      message[decoder.decode(key)] = this.#value()
    }
    return message
  }

  /** Bytes without any structure. */
  take(count: number): Uint8Array {
    if (this.offset + count > this.#bytes.length) throw new NeedMoreError()
    this.offset += count
    return this.#bytes.subarray(this.offset - count, this.offset)
  }

  #value(): number | boolean | Uint8Array | null {
    const head = this.#byte()
    if (head < 0x80) return head
    if (head >= 0xe0) return head - 256
    if ((head & 0xe0) === 0xa0) return this.take(head & 31)
    switch (head) {
      case 0xc0:
        return null
      case 0xc2:
        return false
      case 0xc3:
        return true
      case 0xcc:
        return this.#uint(1)
      case 0xcd:
        return this.#uint(2)
      case 0xce:
        return this.#uint(4)
      case 0xcf:
        return this.#uint(8)
      case 0xc4:
      case 0xd9:
        return this.take(this.#uint(1))
      case 0xc5:
      case 0xda:
        return this.take(this.#uint(2))
      case 0xc6:
      case 0xdb:
        return this.take(this.#uint(4))
      case 0xd0:
      case 0xd1:
      case 0xd2:
      case 0xd3:
        return this.#uint(2 ** (head - 0xd0))
      default:
        throw new PackError(`unexpected type ${head}`)
    }
  }

  #uint(size: number): number {
    let value = 0
    for (const byte of this.take(size)) value = value * 256 + byte
    return value
  }

  #byte(): number {
    return this.take(1)[0] as number
  }
}

export function textOf(value: Message[string] | undefined): string {
  return value instanceof Uint8Array ? decoder.decode(value) : ''
}

export function numberOf(value: Message[string] | undefined): number {
  return typeof value === 'number' ? value : 0
}

export function bytesOf(value: Message[string] | undefined): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array()
}
