/** Values of D-Bus as bytes, little-endian, each aligned to its size; signatures say what follows what. */

/** A variant is the value inside it; structs and arrays are arrays. */
export type DbusValue = number | boolean | string | DbusValue[]

const ALIGNMENTS: Readonly<Record<string, number>> = {
  y: 1,
  n: 2,
  q: 2,
  i: 4,
  u: 4,
  b: 4,
  h: 4,
  x: 8,
  t: 8,
  d: 8,
  s: 4,
  o: 4,
  g: 1,
  v: 1,
  a: 4,
  '(': 8,
  '{': 8,
}
const DEPTH_MAX = 32

export class DbusReader {
  readonly #bytes: Buffer
  #at: number

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes
    this.#at = at
  }

  /** All values of a signature, which may be several types long. Throws on cut or foreign bytes. */
  readAll(signature: string): DbusValue[] {
    const values: DbusValue[] = []
    for (const type of splitTypes(signature)) values.push(this.read(type))
    return values
  }

  read(type: string, depth = 0): DbusValue {
    if (depth > DEPTH_MAX) throw new Error('dbus: nested too deep')
    const kind = type[0] as string
    this.#align(ALIGNMENTS[kind] ?? 1)
    switch (kind) {
      case 'y':
        return this.#bytes.readUInt8(this.#take(1))
      case 'n':
        return this.#bytes.readInt16LE(this.#take(2))
      case 'q':
        return this.#bytes.readUInt16LE(this.#take(2))
      case 'i':
        return this.#bytes.readInt32LE(this.#take(4))
      case 'u':
      case 'h':
        return this.#bytes.readUInt32LE(this.#take(4))
      case 'b':
        return this.#bytes.readUInt32LE(this.#take(4)) !== 0
      case 'x':
        return Number(this.#bytes.readBigInt64LE(this.#take(8)))
      case 't':
        return Number(this.#bytes.readBigUInt64LE(this.#take(8)))
      case 'd':
        return this.#bytes.readDoubleLE(this.#take(8))
      case 's':
      case 'o':
        return this.#text(this.#bytes.readUInt32LE(this.#take(4)))
      case 'g':
        return this.#text(this.#bytes.readUInt8(this.#take(1)))
      case 'v':
        return this.read(this.read('g', depth + 1) as string, depth + 1)
      case 'a':
        return this.#array(type.slice(1), depth)
      case '(':
      case '{':
        return splitTypes(type.slice(1, -1)).map((inner) => this.read(inner, depth + 1))
      default:
        throw new Error(`dbus: unknown type ${type}`)
    }
  }

  #array(element: string, depth: number): DbusValue[] {
    const size = this.#bytes.readUInt32LE(this.#take(4))
    this.#align(ALIGNMENTS[element[0] as string] ?? 1)
    const end = this.#at + size
    if (end > this.#bytes.length) throw new Error('dbus: message is cut')
    const values: DbusValue[] = []
    while (this.#at < end) values.push(this.read(element, depth + 1))
    return values
  }

  #text(length: number): string {
    const start = this.#take(length + 1)
    return this.#bytes.toString('utf8', start, start + length)
  }

  #align(size: number): void {
    this.#at = Math.ceil(this.#at / size) * size
  }

  #take(count: number): number {
    const start = this.#at
    if (start + count > this.#bytes.length) throw new Error('dbus: message is cut')
    this.#at += count
    return start
  }
}

export class DbusWriter {
  #bytes = Buffer.alloc(0)

  get size(): number {
    return this.#bytes.length
  }

  bytes(value: Uint8Array): this {
    this.#bytes = Buffer.concat([this.#bytes, value])
    return this
  }

  uint32(value: number): this {
    this.#align(4)
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32LE(value)
    return this.bytes(bytes)
  }

  string(value: string): this {
    const text = Buffer.from(`${value}\0`)
    return this.uint32(text.length - 1).bytes(text)
  }

  signature(value: string): this {
    return this.bytes(Buffer.from([value.length])).bytes(Buffer.from(`${value}\0`))
  }

  /** The header's array of (number, variant), padded so that the body can follow. */
  headerFields(fields: readonly (readonly [id: number, type: string, value: string])[]): this {
    const inner = new DbusWriter()
    for (const [id, type, value] of fields) {
      inner.#align(8)
      inner.bytes(Buffer.from([id])).signature(type)
      if (type === 'g') inner.signature(value)
      else inner.string(value)
    }
    this.uint32(inner.size)
    this.#align(8)
    this.bytes(inner.finish())
    this.#align(8)
    return this
  }

  finish(): Buffer {
    return this.#bytes
  }

  #align(size: number): void {
    const missing = (size - (this.#bytes.length % size)) % size
    if (missing > 0) this.bytes(Buffer.alloc(missing))
  }
}

/** `ua(so)x` into `u`, `a(so)`, `x`. */
function splitTypes(signature: string): string[] {
  const types: string[] = []
  for (let at = 0; at < signature.length; ) {
    const end = typeEnd(signature, at)
    types.push(signature.slice(at, end))
    at = end
  }
  return types
}

function typeEnd(signature: string, at: number): number {
  const kind = signature[at]
  if (kind === 'a') return typeEnd(signature, at + 1)
  if (kind !== '(' && kind !== '{') return at + 1
  let depth = 0
  for (let i = at; i < signature.length; i++) {
    if (signature[i] === '(' || signature[i] === '{') depth++
    if (signature[i] === ')' || signature[i] === '}') depth--
    if (depth === 0) return i + 1
  }
  throw new Error(`dbus: bad signature ${signature}`)
}
