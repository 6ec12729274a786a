/**
 * Appends records to a log of segments (wal, wbl, checkpoints): spec/storage-formats.md section 8.
 *
 *   segment = pages of 32 KiB; page = fragments, then zeros
 *   fragment: u8 type and compression | u16 length | u32 crc over data | data
 *
 * A call composes what is to be appended in memory and writes it at its place in the file in one go. If that fails,
 * the composed bytes are kept and written first by the next call: the file never gets a hole or a half twice.
 */
import type { Kernels } from '@prom/kernels'
import type { FileHandle, HostFiles } from '@prom/runtime'
import { StorageError } from '../errors.ts'
import type { Region } from '../head/layout.ts'
import { listSegments, segmentName } from './segments.ts'

export const PAGE_BYTES = 32768
export const FRAGMENT_HEADER_BYTES = 7
export const SNAPPY_FLAG = 8
export const ZSTD_FLAG = 16
const FULL = 1
const FIRST = 2
const MIDDLE = 3
const LAST = 4
const SNAPPY_TABLE_BYTES = 32768

export interface LogOptions {
  readonly dir: string
  readonly segmentBytes: number
  readonly compression: 'none' | 'snappy' | 'zstd'
  /** Compresses a record with zstd; needed for compression zstd. */
  readonly zstd?: (bytes: Uint8Array) => Uint8Array
  /** Calls `sync` and takes its time; default: calls it. */
  readonly timed?: (sync: () => void) => void
}

/** A record on its way into the file, and how far it is. */
interface Composing {
  readonly slice: (offset: number, count: number) => Uint8Array
  readonly length: number
  readonly flags: number
  offset: number
  isStarted: boolean
}

export class LogWriter {
  readonly #options: LogOptions
  readonly #files: HostFiles
  readonly #kernels: Kernels
  readonly #u8: Uint8Array
  readonly #u32: Uint32Array
  /** Where callers put a record, and how large it may be there. */
  readonly inbox: Region
  readonly #packed: number
  readonly #table: number
  readonly #out: number
  readonly #outMax: number
  #outLength = 0
  #file: FileHandle
  /** Bytes of the segment that are in the file; composed bytes follow them. */
  #written = 0
  /** Records that could not be composed, because a write failed on the way; they come first next time. */
  readonly #waiting: Composing[] = []
  segment: number
  /** Failed writes, fsyncs, truncations: for metrics. */
  readonly counts = {
    writesFailed: 0,
    pageFlushes: 0,
    completedPages: 0,
    parts: 0,
    partBytes: 0,
    packedRecords: 0,
    savedBytes: 0,
  }

  /** Opens a new segment after the last one in the folder, or `firstSegment`. Never appends to an old one. */
  constructor(
    options: LogOptions,
    files: HostFiles,
    kernels: Kernels,
    region: Region,
    firstSegment = (listSegments(files, options.dir).at(-1) ?? -1) + 1,
  ) {
    this.#options = options
    this.#files = files
    this.#kernels = kernels
    this.#u8 = new Uint8Array(kernels.memory.buffer)
    this.#u32 = new Uint32Array(kernels.memory.buffer)
    const quarter = Math.floor(region.sizeBytes / 4 / 64) * 64 - SNAPPY_TABLE_BYTES
    this.inbox = { address: region.address, sizeBytes: Math.floor(quarter * 0.8) }
    this.#packed = region.address + quarter
    this.#table = this.#packed + quarter
    this.#out = this.#table + SNAPPY_TABLE_BYTES
    this.#outMax = region.sizeBytes - (this.#out - region.address)
    this.segment = firstSegment
    this.#file = files.openSync(`${options.dir}/${segmentName(firstSegment)}`, 'w')
    files.syncFolderSync(options.dir)
  }

  /** Bytes of the current segment, composed ones included. */
  get position(): number {
    return this.#written + this.#outLength
  }

  get compression(): string {
    return this.#options.compression
  }

  /** Composes a record of any size. Never fails: `flush` writes it, or says why not. */
  add(record: Uint8Array): void {
    if (record.length <= this.inbox.sizeBytes) {
      this.#u8.set(record, this.inbox.address)
      this.addInbox(record.length)
    } else {
      // Compat: too large to compress in place; such records are rare and plain ones may be mixed in.
      this.#compose((offset, count) => record.subarray(offset, offset + count), record.length, 0)
    }
  }

  /** Composes the record that lies in the inbox. */
  addInbox(length: number): void {
    const { address } = this.inbox
    let flags = 0
    let from = address
    let size = length
    if (length > 0 && this.#options.compression === 'snappy') {
      const packed = this.#kernels.exports.snappyCompress(
        address,
        length,
        this.#packed,
        this.#table,
      )
      if (packed < length) {
        flags = SNAPPY_FLAG
        from = this.#packed
        size = packed
        this.counts.packedRecords++
        this.counts.savedBytes += length - packed
      }
    } else if (length > 0 && this.#options.compression === 'zstd' && this.#options.zstd) {
      const packed = this.#options.zstd(this.#u8.slice(address, address + length))
      if (packed.length < length) {
        this.counts.packedRecords++
        this.counts.savedBytes += length - packed.length
        this.#compose(
          (offset, count) => packed.subarray(offset, offset + count),
          packed.length,
          ZSTD_FLAG,
        )
        return
      }
    }
    if (this.#putWhole(from, size, flags)) return
    this.#compose(
      (offset, count) => this.#u8.subarray(from + offset, from + offset + count),
      size,
      flags,
    )
  }

  /** The usual way: one kernel call. False: records wait, a write has failed, or it is larger than the buffer. */
  #putWhole(from: number, length: number, flags: number): boolean {
    const bytesMax = length + (Math.ceil(length / (PAGE_BYTES - FRAGMENT_HEADER_BYTES)) + 1) * 14
    if (this.#waiting.length > 0 || bytesMax > this.#outMax) return false
    try {
      this.#makeRoom(length)
    } catch {
      return false // `#compose` meets the same failure, and keeps the record.
    }
    if (this.#outLength + bytesMax > this.#outMax) return false
    const { position } = this
    const out = this.#out + this.#outLength
    const { logFragments } = this.#kernels.exports
    const size = logFragments(from, length, flags, out, position, this.#table)
    const parts = this.#u32[this.#table >>> 2] as number
    const padded = size - length - parts * FRAGMENT_HEADER_BYTES
    this.#outLength += size
    this.counts.parts += parts
    this.counts.partBytes += size - padded
    this.counts.completedPages +=
      Math.floor((position + size) / PAGE_BYTES) - Math.floor(position / PAGE_BYTES)
    return true
  }

  /** Writes what was composed. Throws StorageError; the next call tries again from the same place. */
  flush(): void {
    try {
      for (let first = this.#waiting[0]; first; first = this.#waiting[0]) {
        this.#put(first)
        this.#waiting.shift()
      }
      this.#write()
    } catch (err) {
      this.counts.writesFailed++
      throw new StorageError(`write to log: ${(err as Error).message}`, { cause: err })
    }
  }

  /** Pads and closes the current segment and starts the next one; returns the number of the closed one. */
  nextSegment(): number {
    this.flush()
    this.#cut()
    return this.segment - 1
  }

  sync(): void {
    this.#sync(this.#file)
  }

  /** A clean end: the page is padded, everything is on disk. */
  close(): void {
    try {
      this.flush()
      this.#pad()
      this.flush()
      this.#file.sync()
    } finally {
      this.#file.close()
    }
  }

  /** Closes without a word, for when writing has failed. */
  abandon(): void {
    try {
      this.#file.close()
    } catch {
      // The first error is the one that counts.
    }
  }

  #write(): void {
    if (this.#outLength === 0) return
    const bytes = this.#u8.subarray(this.#out, this.#out + this.#outLength)
    for (let done = 0; done < bytes.length; ) {
      const count = this.#file.write(bytes.subarray(done), this.#written + done)
      if (count <= 0) throw new Error('short write')
      done += count
    }
    this.counts.pageFlushes++
    this.#written += this.#outLength
    this.#outLength = 0
  }

  /** May fail and be called again at any point. */
  #cut(): void {
    this.#pad()
    this.#write()
    const { dir } = this.#options
    const next = this.#files.openSync(`${dir}/${segmentName(this.segment + 1)}`, 'w')
    const done = this.#file
    this.#file = next
    this.#written = 0
    this.segment++
    try {
      done.sync()
    } finally {
      done.close()
    }
    this.#files.syncFolderSync(dir)
  }

  #sync(file: FileHandle): void {
    const { timed } = this.#options
    if (timed) timed(() => file.sync())
    else file.sync()
  }

  #compose(
    slice: (offset: number, count: number) => Uint8Array,
    length: number,
    flags: number,
  ): void {
    const record: Composing = { slice, length, flags, offset: 0, isStarted: false }
    if (this.#waiting.length === 0) {
      try {
        this.#put(record)
        return
      } catch {
        // A write on the way has failed; `flush` meets the same failure, and reports it.
      }
    }
    const bytes = Uint8Array.from(slice(0, length)) // What the caller gave is valid during this call only.
    const copy = (offset: number, count: number) => bytes.subarray(offset, offset + count)
    this.#waiting.push({ ...record, slice: copy })
  }

  /** Composes what is left of a record. If it throws, a later call goes on where this one stopped. */
  #put(record: Composing): void {
    const { slice, length, flags } = record
    if (!record.isStarted) this.#makeRoom(length)
    while (!record.isStarted || record.offset < length) {
      let room = PAGE_BYTES - (this.position % PAGE_BYTES)
      if (room < FRAGMENT_HEADER_BYTES) {
        this.#pad()
        room = PAGE_BYTES
      }
      const count = Math.min(length - record.offset, room - FRAGMENT_HEADER_BYTES)
      const isLast = record.offset + count === length
      const type = record.isStarted ? (isLast ? LAST : MIDDLE) : isLast ? FULL : FIRST
      this.#putFragment(type | flags, slice(record.offset, count))
      record.isStarted = true
      record.offset += count
    }
  }

  #makeRoom(length: number): void {
    const rest = PAGE_BYTES - (this.position % PAGE_BYTES)
    const pagesFree =
      Math.floor(this.#options.segmentBytes / PAGE_BYTES) -
      Math.floor(this.position / PAGE_BYTES) -
      1
    const left = rest - FRAGMENT_HEADER_BYTES + (PAGE_BYTES - FRAGMENT_HEADER_BYTES) * pagesFree
    if (length > left && this.position > 0) this.#cut()
    const pages = Math.ceil(length / (PAGE_BYTES - FRAGMENT_HEADER_BYTES)) + 1
    if (this.#outLength + length + pages * FRAGMENT_HEADER_BYTES * 2 > this.#outMax) this.#write()
  }

  #putFragment(type: number, data: Uint8Array): void {
    const size = FRAGMENT_HEADER_BYTES + data.length
    if (this.#outLength + size > this.#outMax) this.#write()
    const u8 = this.#u8
    const at = this.#out + this.#outLength
    u8.set(data, at + FRAGMENT_HEADER_BYTES)
    const crc = this.#kernels.exports.crc32c(at + FRAGMENT_HEADER_BYTES, data.length, 0)
    u8[at] = type
    u8[at + 1] = data.length >> 8
    u8[at + 2] = data.length & 0xff
    u8[at + 3] = crc >>> 24
    u8[at + 4] = (crc >>> 16) & 0xff
    u8[at + 5] = (crc >>> 8) & 0xff
    u8[at + 6] = crc & 0xff
    this.#outLength += size
    this.counts.parts++
    this.counts.partBytes += size
    if ((this.#written + this.#outLength) % PAGE_BYTES === 0) this.counts.completedPages++
  }

  #pad(): void {
    const over = this.position % PAGE_BYTES
    if (over === 0) return
    const count = PAGE_BYTES - over
    if (this.#outLength + count > this.#outMax) this.#write()
    this.#u8.fill(0, this.#out + this.#outLength, this.#out + this.#outLength + count)
    this.#outLength += count
    this.counts.completedPages++
  }
}
