/**
 * Writes an index, version 2, with the layout of 3.14 (no label index sections, which nobody reads):
 *
 *   magic, version | symbols | series | postings | postings offset table | TOC
 *
 * Call in this order: symbols once, series in label order, finish.
 */
import { crc32c, Writer } from '@prom/bytes'
import { compareBytes, type Labels } from '@prom/labels'
import type { HostFiles } from '@prom/runtime'
import { StorageError } from '../errors.ts'
import type { ChunkRun } from './chunk-run.ts'
import { FileWriter } from './file-writer.ts'
import { INDEX_MAGIC, INDEX_VERSION, SERIES_ALIGNMENT } from './index-format.ts'

const REF_MAX = 2 ** 32

export class IndexWriter {
  readonly #file: FileWriter
  readonly #ordinals = new Map<string, number>()
  #symbols: readonly string[] = []
  readonly #record = new Writer(4096)
  readonly #head = new Writer(16)
  /** One list of postings. */
  readonly #body = new Writer(1024)
  #ordinalsOfOne = new Uint32Array(64)
  /** By value: the name it was last met with, plus 1, and the id of that pair. Few values have several names. */
  #lastNames = new Uint32Array(0)
  #lastIds = new Uint32Array(0)
  #seriesOffset = 0
  /** Pairs seen, by name ordinal * 2^26 + value ordinal. */
  readonly #pairIds = new Map<number, number>()
  readonly #pairKeys: number[] = []
  readonly #pairCounts: number[] = []
  /** Flat: for each series its ref, its pair count, its pair ids. */
  #listed = new Uint32Array(1 << 16)
  #listedEnd = 0
  seriesCount = 0

  constructor(files: HostFiles, path: string) {
    this.#file = new FileWriter(files, path)
    const header = new Writer(8)
    header.u32(INDEX_MAGIC)
    header.u8(INDEX_VERSION)
    this.#file.write(header.bytes())
  }

  /** `symbols` ascending by bytes, unique, '' first. */
  symbols(symbols: readonly string[]): void {
    const body = new Writer(1 << 16)
    body.u32(symbols.length)
    this.#symbols = symbols
    for (const symbol of symbols) body.string(symbol)
    this.#section(body)
    this.#seriesOffset = this.#file.end
    this.#lastNames = new Uint32Array(symbols.length)
    this.#lastIds = new Uint32Array(symbols.length)
  }

  series(labels: Labels, chunks: ChunkRun): void {
    const flat = labels.flat()
    if (flat.length > this.#ordinalsOfOne.length) this.#ordinalsOfOne = new Uint32Array(flat.length)
    for (let i = 0; i < flat.length; i++) {
      this.#ordinalsOfOne[i] = this.#ordinal(flat[i] as string)
    }
    this.seriesOfOrdinals(this.#ordinalsOfOne, flat.length / 2, chunks)
  }

  /** As `series`, its `count` names and values given in turn by their places among the symbols. */
  seriesOfOrdinals(ordinals: Uint32Array, count: number, chunks: ChunkRun): void {
    this.#file.align(SERIES_ALIGNMENT)
    const ref = this.#file.end / SERIES_ALIGNMENT
    if (ref >= REF_MAX) throw new StorageError('the index would be larger than 64 GiB')
    const record = this.#record
    record.clear()
    record.uvarint(count)
    this.#reserve(count + 2)
    this.#listed[this.#listedEnd++] = ref
    this.#listed[this.#listedEnd++] = count
    for (let i = 0; i < count * 2; i += 2) {
      const name = ordinals[i]!
      const value = ordinals[i + 1]!
      record.uvarint(name)
      record.uvarint(value)
      this.#listed[this.#listedEnd++] = this.#pairId(name, value)
    }
    this.#chunks(chunks)
    const head = this.#head
    head.clear()
    head.uvarint(record.length)
    this.#file.write(head.bytes())
    const crc = crc32c(record.bytes())
    record.u32(crc)
    this.#file.write(record.bytes())
    this.seriesCount++
  }

  #chunks({ count, mints, maxts, refs }: ChunkRun): void {
    const record = this.#record
    record.uvarint(count)
    for (let i = 0; i < count; i++) {
      const mint = mints[i]!
      if (i === 0) record.varint(mint)
      else record.uvarint(mint - maxts[i - 1]!)
      record.uvarint(maxts[i]! - mint)
      if (i === 0) record.uvarint(refs[i]!)
      else record.varint(refs[i]! - refs[i - 1]!)
    }
  }

  finish(): void {
    const file = this.#file
    const labelIndices = file.end
    file.align(4)
    const postings = file.end
    const { starts, refs } = this.#sortPostings()
    const order = this.#pairKeys.map((_, id) => id).sort((a, b) => this.#comparePairs(a, b))

    const table = new Writer(1 << 16)
    table.u32(order.length + 1)
    const entry = (name: string, value: string, list: Uint32Array) => {
      file.align(4)
      table.uvarint(2)
      table.string(name)
      table.string(value)
      table.uvarint(file.end)
      this.#list(list)
    }
    entry('', '', this.#allRefs())
    for (const id of order) {
      const key = this.#pairKeys[id]!
      const name = this.#symbols[Math.floor(key / 2 ** 26)] as string
      const value = this.#symbols[key % 2 ** 26] as string
      entry(name, value, refs.subarray(starts[id]!, starts[id]! + this.#pairCounts[id]!))
    }
    const postingsOffsets = file.end
    this.#section(table)

    const toc = new Writer(64)
    // Without label sections: their places are where they would have been.
    for (const offset of [
      5,
      this.#seriesOffset,
      labelIndices,
      postingsOffsets,
      postings,
      postingsOffsets,
    ]) {
      toc.u64(offset)
    }
    toc.u32(crc32c(toc.bytes()))
    file.write(toc.bytes())
    file.close()
  }

  abandon(): void {
    this.#file.abandon()
  }

  #comparePairs(a: number, b: number): number {
    // Symbols are numbered in byte order, so their ordinals compare as they do.
    return this.#pairKeys[a]! - this.#pairKeys[b]!
  }

  #ordinal(symbol: string): number {
    if (this.#ordinals.size === 0) {
      for (const [i, known] of this.#symbols.entries()) this.#ordinals.set(known, i)
    }
    const ordinal = this.#ordinals.get(symbol)
    if (ordinal === undefined)
      throw new StorageError(`symbol entry for ${JSON.stringify(symbol)} does not exist`)
    return ordinal
  }

  #pairId(name: number, value: number): number {
    if (this.#lastNames[value] === name + 1) {
      const last = this.#lastIds[value]!
      this.#pairCounts[last]!++
      return last
    }
    const key = name * 2 ** 26 + value
    let id = this.#pairIds.get(key)
    if (id === undefined) {
      id = this.#pairKeys.length
      this.#pairIds.set(key, id)
      this.#pairKeys.push(key)
      this.#pairCounts.push(0)
    }
    this.#pairCounts[id]!++
    this.#lastNames[value] = name + 1
    this.#lastIds[value] = id
    return id
  }

  #reserve(count: number): void {
    if (this.#listedEnd + count <= this.#listed.length) return
    const grown = new Uint32Array(this.#listed.length * 2 + count)
    grown.set(this.#listed)
    this.#listed = grown
  }

  /** Refs of all pairs one after the other; pair id's begin at starts[id]. */
  #sortPostings(): { starts: Uint32Array; refs: Uint32Array } {
    const count = this.#pairKeys.length
    const starts = new Uint32Array(count)
    let total = 0
    for (let id = 0; id < count; id++) {
      starts[id] = total
      total += this.#pairCounts[id]!
    }
    const refs = new Uint32Array(total)
    const next = starts.slice()
    const listed = this.#listed
    for (let at = 0; at < this.#listedEnd; ) {
      const ref = listed[at]!
      const end = at + 2 + listed[at + 1]!
      for (at += 2; at < end; at++) refs[next[listed[at]!]!++] = ref
    }
    return { starts, refs }
  }

  #allRefs(): Uint32Array {
    const refs = new Uint32Array(this.seriesCount)
    for (let at = 0, i = 0; at < this.#listedEnd; at += 2 + this.#listed[at + 1]!)
      refs[i++] = this.#listed[at]!
    return refs
  }

  #list(refs: Uint32Array): void {
    const body = this.#body
    body.clear()
    body.u32(refs.length)
    for (let i = 0; i < refs.length; i++) body.u32(refs[i]!)
    this.#section(body)
  }

  #section(body: Writer): void {
    const fixed = this.#head
    fixed.clear()
    fixed.u32(body.length)
    this.#file.write(fixed.bytes())
    this.#file.write(body.bytes())
    fixed.clear()
    fixed.u32(crc32c(body.bytes()))
    this.#file.write(fixed.bytes())
  }
}

/** Symbols of an index: unique, ascending by bytes, the empty string first. */
export function sortSymbols(symbols: Set<string>): string[] {
  symbols.add('')
  return [...symbols].sort(compareBytes)
}
