/** Reads an index, version 1 or 2: spec/storage-formats.md section 6. Nothing is loaded whole but version 1 tables. */
import { crc32c, decodeUtf8, Reader } from '@prom/bytes'
import { compareBytes, Labels } from '@prom/labels'
import { StorageError } from '../errors.ts'
import type { CachedFile } from '../read/page-cache.ts'
import type { ChunkMeta } from './chunk-writer.ts'
import type { IndexEntry } from './index-entry.ts'
import { INDEX_MAGIC, type IndexToc, SERIES_ALIGNMENT, TOC_BYTES } from './index-format.ts'

/** Every how many symbols and values a place is remembered. */
const STRIDE = 32
const SYMBOLS_KEPT = 50_000

interface NameEntries {
  /** Every 32nd value, and the last one, with the place of its entry. */
  readonly values: string[]
  readonly offsets: number[]
  count: number
  /** Where the entries of the name end. */
  end: number
}

export interface IndexSeries {
  readonly labels: Labels
  readonly chunks: readonly ChunkMeta[]
}

export class IndexReader {
  readonly #file: CachedFile
  readonly version: number
  readonly #toc: IndexToc
  readonly #symbolOffsets: number[] = []
  #symbolCount = 0
  readonly #symbols = new Map<number, string>()
  readonly #names = new Map<string, NameEntries>()
  /** Version 1: places of all lists, because the table is not sorted. */
  readonly #lists: Map<string, Map<string, number>> | undefined
  #allOffset = 0

  /** Throws StorageError with the original's text when the file is not an index or is damaged. */
  constructor(file: CachedFile) {
    this.#file = file
    if (file.sizeBytes < 5 + TOC_BYTES) throw new StorageError('read TOC: read TOC: invalid size')
    const head = new Reader(file.bytes(0, 5))
    const magic = head.u32()
    if (magic !== INDEX_MAGIC) throw new StorageError(`invalid magic number ${magic.toString(16)}`)
    const version = head.u8()
    if (version < 1 || version > 3) throw new StorageError(`unknown index file version ${version}`)
    this.version = version
    this.#toc = readToc(file)
    this.#checkSection(this.#toc.symbols, 'read symbols')
    this.#readSymbols()
    if (this.#toc.postingsOffsets !== 0) {
      this.#checkSection(this.#toc.postingsOffsets, 'read postings table')
      this.#lists = version === 1 ? new Map() : undefined
      this.#readPostingsTable()
    }
  }

  /** Names ascending by bytes. */
  labelNames(): string[] {
    return [...this.#names.keys()].filter((name) => name !== '').sort(compareBytes)
  }

  /** Values of a name, ascending by bytes. */
  labelValues(name: string): string[] {
    const values: string[] = []
    if (this.#lists) return [...(this.#lists.get(name)?.keys() ?? [])].sort(compareBytes)
    this.#forEachValue(name, (value) => {
      values.push(value)
    })
    return values
  }

  /** Refs of the series with a pair, ascending, or of all series. */
  postings(name: string, value: string): Uint32Array {
    const offset = this.#postingsOffset(name, value)
    return offset === 0 ? new Uint32Array(0) : this.#readPostings(offset)
  }

  allPostings(): Uint32Array {
    return this.#allOffset === 0 ? new Uint32Array(0) : this.#readPostings(this.#allOffset)
  }

  /** Calls with each value of a name and how to get its postings. */
  forEachPostings(name: string, visit: (value: string, read: () => Uint32Array) => void): void {
    if (this.#lists) {
      for (const [value, offset] of this.#lists.get(name) ?? [])
        visit(value, () => this.#readPostings(offset))
      return
    }
    this.#forEachValue(name, (value, offset) => visit(value, () => this.#readPostings(offset)))
  }

  /** Throws StorageError if the entry is damaged. */
  series(ref: number): IndexSeries {
    return this.#decodeSeries(ref, this.#seriesBody(ref))
  }

  /** As `series`, without an object for anything: what `entry` held before is overwritten. */
  readEntry(ref: number, entry: IndexEntry): void {
    if (!entry.decode(this.#seriesBody(ref)))
      throw new StorageError(`get series ${ref}: invalid size`)
  }

  #seriesBody(ref: number): Uint8Array {
    const offset = this.version === 1 ? ref : ref * SERIES_ALIGNMENT
    const first = this.#file.upTo(offset, 512)
    const head = new Reader(first)
    const length = head.uvarint()
    if (head.failed) throw new StorageError(`get series ${ref}: invalid size`)
    const start = head.offset
    const bytes =
      start + length + 4 <= first.length
        ? first.subarray(start, start + length + 4)
        : this.#file.bytes(offset + start, length + 4)
    const body = bytes.subarray(0, length)
    if (crc32c(body) !== new Reader(bytes, length).u32()) {
      throw new StorageError(`get series ${ref}: invalid checksum`)
    }
    return body
  }

  /** All symbols, in their order. */
  *symbols(): IterableIterator<string> {
    for (const { text } of this.symbolPlaces()) yield text
  }

  /** All symbols in their order, with the numbers series name them by: ordinals, offsets in version 1. */
  *symbolPlaces(): IterableIterator<{ readonly text: string; readonly number: number }> {
    let at = this.#toc.symbols + 8
    for (let i = 0; i < this.#symbolCount; i++) {
      const head = new Reader(this.#file.upTo(at, 10))
      const length = head.uvarint()
      const text = decodeUtf8(this.#file.bytes(at + head.offset, length))
      yield { text, number: this.version === 1 ? at : i }
      at += head.offset + length
    }
  }

  close(): void {
    this.#file.close()
  }

  #decodeSeries(ref: number, body: Uint8Array): IndexSeries {
    const reader = new Reader(body)
    const labelCount = reader.uvarint()
    const flat: string[] = []
    for (let i = 0; i < labelCount && !reader.failed; i++) {
      const name = reader.uvarint()
      flat.push(this.#lookup(name), this.#lookup(reader.uvarint()))
    }
    const chunkCount = reader.failed ? 0 : reader.uvarint()
    const chunks: ChunkMeta[] = []
    let maxt = 0
    let chunkRef = 0
    for (let i = 0; i < chunkCount && !reader.failed; i++) {
      const mint = i === 0 ? reader.varint() : maxt + reader.uvarint()
      maxt = mint + reader.uvarint()
      chunkRef = i === 0 ? reader.uvarint() : chunkRef + reader.varint()
      chunks.push({ mint, maxt, ref: chunkRef })
    }
    if (reader.failed) throw new StorageError(`get series ${ref}: invalid size`)
    return { labels: Labels.fromSortedFlat(flat), chunks }
  }

  #lookup(symbol: number): string {
    if (this.version !== 1) return this.#symbol(symbol)
    const head = new Reader(this.#file.upTo(symbol, 10))
    const length = head.uvarint()
    return decodeUtf8(this.#file.bytes(symbol + head.offset, length))
  }

  #symbol(ordinal: number): string {
    const known = this.#symbols.get(ordinal)
    if (known !== undefined) return known
    if (ordinal >= this.#symbolCount) throw new StorageError(`unknown symbol offset ${ordinal}`)
    let at = this.#symbolOffsets[Math.floor(ordinal / STRIDE)] as number
    let text = ''
    if (this.#symbols.size > SYMBOLS_KEPT) this.#symbols.clear()
    for (let i = ordinal - (ordinal % STRIDE); i <= ordinal; i++) {
      const head = new Reader(this.#file.upTo(at, 10))
      const length = head.uvarint()
      if (i === ordinal) text = decodeUtf8(this.#file.bytes(at + head.offset, length))
      at += head.offset + length
    }
    this.#symbols.set(ordinal, text)
    return text
  }

  #readSymbols(): void {
    let at = this.#toc.symbols + 4
    this.#symbolCount = new Reader(this.#file.bytes(at, 4)).u32()
    at += 4
    for (let i = 0; i < this.#symbolCount; i++) {
      if (i % STRIDE === 0) this.#symbolOffsets.push(at)
      const head = new Reader(this.#file.upTo(at, 10))
      at += head.uvarint() + head.offset
      if (head.failed) throw new StorageError('read symbols: invalid size')
    }
  }

  #readPostingsTable(): void {
    const start = this.#toc.postingsOffsets + 4
    const count = new Reader(this.#file.bytes(start, 4)).u32()
    let at = start + 4
    let entries: NameEntries | undefined
    let current: string | undefined
    for (let i = 0; i < count; i++) {
      const { name, value, offset, end } = this.#tableEntry(at)
      if (name === '' && value === '') this.#allOffset = offset
      else if (this.#lists) {
        const lists = this.#lists.get(name) ?? new Map<string, number>()
        this.#lists.set(name, lists.set(value, offset))
        this.#names.set(name, { values: [], offsets: [], count: 0, end: 0 })
      } else {
        if (name !== current || !entries) {
          entries = { values: [], offsets: [], count: 0, end }
          this.#names.set(name, entries)
          current = name
        }
        if (entries.count % STRIDE === 0) {
          entries.values.push(value)
          entries.offsets.push(at)
        }
        entries.count++
        entries.end = end
      }
      at = end
    }
  }

  #tableEntry(at: number): { name: string; value: string; offset: number; end: number } {
    let bytes = this.#file.upTo(at, 512)
    for (;;) {
      const reader = new Reader(bytes)
      const keys = reader.uvarint()
      const name = reader.string()
      const value = reader.string()
      const offset = reader.uvarint()
      if (!reader.failed) {
        if (keys !== 2) throw new StorageError(`unexpected key length for posting table ${keys}`)
        return { name, value, offset, end: at + reader.offset }
      }
      const longer = this.#file.upTo(at, bytes.length * 4)
      if (longer.length === bytes.length)
        throw new StorageError('read postings table: invalid size')
      bytes = longer
    }
  }

  #postingsOffset(name: string, value: string): number {
    if (this.#lists) return this.#lists.get(name)?.get(value) ?? 0
    const entries = this.#names.get(name)
    if (!entries) return 0
    let low = 0
    let high = entries.values.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (compareBytes(entries.values[middle] as string, value) <= 0) low = middle + 1
      else high = middle
    }
    if (low === 0) return 0
    let at = entries.offsets[low - 1] as number
    for (let i = 0; i < STRIDE && at < entries.end; i++) {
      const entry = this.#tableEntry(at)
      const order = compareBytes(entry.value, value)
      if (order === 0) return entry.offset
      if (order > 0) return 0
      at = entry.end
    }
    return 0
  }

  #forEachValue(name: string, visit: (value: string, offset: number) => void): void {
    const entries = this.#names.get(name)
    if (!entries) return
    for (let at = entries.offsets[0] as number; at < entries.end; ) {
      const entry = this.#tableEntry(at)
      visit(entry.value, entry.offset)
      at = entry.end
    }
  }

  #readPostings(offset: number): Uint32Array {
    const length = new Reader(this.#file.bytes(offset, 4)).u32()
    const bytes = this.#file.bytes(offset + 4, length + 4)
    if (crc32c(bytes.subarray(0, length)) !== new Reader(bytes, length).u32()) {
      throw new StorageError('postings: invalid checksum')
    }
    const count = new Reader(bytes).u32()
    if (count * 4 + 4 !== length) throw new StorageError('postings: unexpected postings length')
    const refs = new Uint32Array(count)
    const view = new DataView(bytes.buffer, bytes.byteOffset + 4, count * 4)
    for (let i = 0; i < count; i++) refs[i] = view.getUint32(i * 4)
    return refs
  }

  #checkSection(offset: number, what: string): void {
    const length = new Reader(this.#file.bytes(offset, 4)).u32()
    let crc = 0
    const end = offset + 4 + length
    if (end + 4 > this.#file.sizeBytes) throw new StorageError(`${what}: invalid size`)
    for (let at = offset + 4; at < end; ) {
      const part = this.#file.bytes(at, Math.min(65536, end - at))
      crc = crc32c(part, crc)
      at += part.length
    }
    if (crc !== new Reader(this.#file.bytes(end, 4)).u32())
      throw new StorageError(`${what}: invalid checksum`)
  }
}

function readToc(file: CachedFile): IndexToc {
  const bytes = file.bytes(file.sizeBytes - TOC_BYTES, TOC_BYTES)
  const reader = new Reader(bytes)
  const toc = {
    symbols: reader.u64(),
    series: reader.u64(),
    labelIndices: reader.u64(),
    labelOffsets: reader.u64(),
    postings: reader.u64(),
    postingsOffsets: reader.u64(),
  }
  if (reader.u32() !== crc32c(bytes.subarray(0, TOC_BYTES - 4))) {
    throw new StorageError('read TOC: read TOC: invalid checksum')
  }
  return toc
}
