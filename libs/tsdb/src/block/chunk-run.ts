import { crc32c, Writer } from '@prom/bytes'
import type { ChunkData } from './chunk-writer.ts'

/**
 * The chunks of one series on their way to a block: as records of a chunk file, one after the other, with what the
 * index says of them in columns. Used again for every series.
 */
export class ChunkRun {
  count = 0
  /** The records; `length` bytes of it count. */
  bytes = new Uint8Array(1 << 16)
  length = 0
  mints = new Float64Array(16)
  maxts = new Float64Array(16)
  encodings = new Uint8Array(16)
  samples = new Uint32Array(16)
  /** Where each record begins in `bytes`. */
  starts = new Uint32Array(16)
  /** Where each chunk lies in the block, file << 32 | offset; known once it is written. */
  refs = new Float64Array(16)
  readonly #record = new Writer(1024)

  clear(): void {
    this.count = 0
    this.length = 0
  }

  /** Notes a chunk whose record is about to be written at `length`. */
  begin(mint: number, maxt: number, encoding: number, samples: number): void {
    const at = this.count++
    if (at === this.starts.length) this.#growColumns()
    this.mints[at] = mint
    this.maxts[at] = maxt
    this.encodings[at] = encoding
    this.samples[at] = samples
    this.starts[at] = this.length
  }

  /** Makes room for `size` more bytes. */
  reserve(size: number): void {
    if (this.length + size <= this.bytes.length) return
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + size))
    grown.set(this.bytes.subarray(0, this.length))
    this.bytes = grown
  }

  addBytes(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.bytes.set(bytes, this.length)
    this.length += bytes.length
  }

  /** A chunk that is no record yet. */
  add({ mint, maxt, encoding, data }: ChunkData): void {
    const record = this.#record
    record.clear()
    record.uvarint(data.length)
    const start = record.length
    record.u8(encoding)
    record.raw(data)
    record.u32(crc32c(record.bytes().subarray(start)))
    this.begin(mint, maxt, encoding, countOf(encoding, data))
    this.addBytes(record.bytes())
  }

  #growColumns(): void {
    const size = this.starts.length * 2
    this.mints = extend(this.mints, new Float64Array(size))
    this.maxts = extend(this.maxts, new Float64Array(size))
    this.encodings = extend(this.encodings, new Uint8Array(size))
    this.samples = extend(this.samples, new Uint32Array(size))
    this.starts = extend(this.starts, new Uint32Array(size))
    this.refs = extend(this.refs, new Float64Array(size))
  }
}

/** Samples of a chunk. Histograms with start times have flags above the count. */
export function countOf(encoding: number, data: Uint8Array): number {
  return ((data[0]! << 8) | data[1]!) & (encoding > 4 ? 0x3fff : 0xffff)
}

function extend<T extends Float64Array | Uint32Array | Uint8Array>(from: T, to: T): T {
  to.set(from)
  return to
}
