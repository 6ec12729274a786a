/**
 * A remote-write 2.0 Request (spec/wire-formats.md 11), read without making objects of it: first where its texts and
 * series lie, then series by series where their parts lie. Throws MessageError on broken input.
 */
import { MessageError } from '@prom/protobuf'

const REFS_MAX = 8192

/** Places in the body: start and end, one after the other. */
export class Places {
  at = new Uint32Array(1024)
  count = 0

  add(start: number, end: number): void {
    if (this.count * 2 === this.at.length) {
      const grown = new Uint32Array(this.at.length * 2)
      grown.set(this.at)
      this.at = grown
    }
    this.at[this.count * 2] = start
    this.at[this.count * 2 + 1] = end
    this.count++
  }

  start(index: number): number {
    return this.at[index * 2] as number
  }

  end(index: number): number {
    return this.at[index * 2 + 1] as number
  }
}

/** A cursor over a body; the parts of the series last read are in its fields. */
export class Request2 {
  readonly bytes: Buffer
  readonly view: DataView
  readonly symbols = new Places()
  readonly series = new Places()
  readonly refs = new Uint32Array(REFS_MAX)
  refCount = 0
  readonly samples = new Places()
  readonly histograms = new Places()
  readonly exemplars = new Places()
  type = 0
  helpRef = 0
  unitRef = 0
  /** Of the sample last read. */
  timeMs = 0
  value = 0
  isStale = false
  #at = 0

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    const end = bytes.length
    while (this.#at < end) {
      const key = this.#varint(end)
      if (key === 0x22) this.#place(this.symbols, end)
      else if (key === 0x2a) this.#place(this.series, end)
      else this.#skip(key, end)
    }
  }

  symbol(ref: number): string {
    return this.bytes.toString('utf8', this.symbols.start(ref), this.symbols.end(ref))
  }

  /** TimeSeries { labels_refs 1, samples 2, histograms 3, exemplars 4, metadata 5 }. */
  readSeries(index: number): void {
    this.refCount = 0
    for (const list of [this.samples, this.histograms, this.exemplars]) list.count = 0
    this.type = this.helpRef = this.unitRef = 0
    this.#at = this.series.start(index)
    const end = this.series.end(index)
    while (this.#at < end) {
      const key = this.#varint(end)
      if (key === 0x0a) this.#packedRefs(this.#length(end))
      else if (key === 0x08) this.#ref(end)
      else if (key === 0x12) this.#place(this.samples, end)
      else if (key === 0x1a) this.#place(this.histograms, end)
      else if (key === 0x22) this.#place(this.exemplars, end)
      else if (key === 0x2a) this.#metadata(this.#length(end))
      else this.#skip(key, end)
    }
  }

  /** Sample { value 1, timestamp 2, start_timestamp 3 }. */
  readSample(index: number): void {
    this.timeMs = 0
    this.value = 0
    this.isStale = false
    this.#at = this.samples.start(index)
    const end = this.samples.end(index)
    while (this.#at < end) {
      const key = this.#varint(end)
      if (key === 0x09) this.#double(end)
      else if (key === 0x10) this.timeMs = this.#int64(end)
      else this.#skip(key, end)
    }
  }

  /** Exemplar { labels_refs 1, value 2, timestamp 3 }; its labels are then in `refs`. */
  readExemplar(index: number): void {
    this.refCount = 0
    this.timeMs = 0
    this.value = 0
    this.#at = this.exemplars.start(index)
    const end = this.exemplars.end(index)
    while (this.#at < end) {
      const key = this.#varint(end)
      if (key === 0x0a) this.#packedRefs(this.#length(end))
      else if (key === 0x08) this.#ref(end)
      else if (key === 0x11) this.#double(end)
      else if (key === 0x18) this.timeMs = this.#int64(end)
      else this.#skip(key, end)
    }
  }

  /** Metadata { type 1, help_ref 3, unit_ref 4 }. */
  #metadata(end: number): void {
    while (this.#at < end) {
      const key = this.#varint(end)
      if (key === 0x08) this.type = this.#varint(end)
      else if (key === 0x18) this.helpRef = this.#varint(end)
      else if (key === 0x20) this.unitRef = this.#varint(end)
      else this.#skip(key, end)
    }
  }

  #packedRefs(end: number): void {
    while (this.#at < end) this.#ref(end)
  }

  #ref(end: number): void {
    if (this.refCount >= REFS_MAX) throw new MessageError('too many labels')
    const ref = this.#varint(end)
    this.refs[this.refCount++] = Math.min(ref, 0xffffffff)
  }

  #double(end: number): void {
    const at = this.#at
    if (at + 8 > end) throw new MessageError('unexpected EOF')
    this.value = this.view.getFloat64(at, true)
    this.isStale =
      this.view.getUint32(at + 4, true) === 0x7ff00000 && this.view.getUint32(at, true) === 2
    this.#at = at + 8
  }

  #place(into: Places, end: number): void {
    const to = this.#length(end)
    into.add(this.#at, to)
    this.#at = to
  }

  #length(end: number): number {
    const size = this.#varint(end)
    const to = this.#at + size
    if (to > end) throw new MessageError('unexpected EOF')
    return to
  }

  #skip(key: number, end: number): void {
    const wireType = key & 7
    if (key < 8) throw new MessageError('proto: illegal tag 0')
    if (wireType === 0) this.#int64(end)
    else if (wireType === 1) this.#at += 8
    else if (wireType === 2) this.#at = this.#length(end)
    else if (wireType === 5) this.#at += 4
    else throw new MessageError(`proto: illegal wireType ${wireType}`)
    if (this.#at > end) throw new MessageError('unexpected EOF')
  }

  /** Below 2^53. */
  #varint(end: number): number {
    let value = 0
    let scale = 1
    for (let i = 0; i < 8; i++) {
      if (this.#at >= end) throw new MessageError('unexpected EOF')
      const byte = this.bytes[this.#at++] as number
      value += (byte & 127) * scale
      if (byte < 128) return value
      scale *= 128
    }
    throw new MessageError('proto: integer overflow')
  }

  /** Any int64; beyond 2^53 rounded. */
  #int64(end: number): number {
    const start = this.#at
    let value = 0
    let scale = 1
    for (let i = 0; i < 10; i++) {
      if (this.#at >= end) throw new MessageError('unexpected EOF')
      const byte = this.bytes[this.#at++] as number
      value += (byte & 127) * scale
      if (byte < 128) return i === 9 ? this.#negative(start) : value
      scale *= 128
    }
    throw new MessageError('proto: integer overflow')
  }

  #negative(start: number): number {
    let value = 0n
    for (let i = 0; i < 10; i++) {
      value |= BigInt((this.bytes[start + i] as number) & 127) << BigInt(i * 7)
    }
    return Number(BigInt.asIntN(64, value))
  }
}
