import { Writer } from '@prom/bytes'
import type { FileHandle, HostFiles } from '@prom/runtime'
import { StorageError } from '../errors.ts'
import {
  HEAD_CHUNK_HEADER_BYTES,
  HEAD_CHUNK_MAGIC,
  type HeadChunkFile,
  type HeadChunkFiles,
  OUT_OF_ORDER_BIT,
  pathOfHeadChunks,
} from './head-chunk-files.ts'
import type { HeadStore } from './head-store.ts'
import { CHUNK_ON_DISK, H, R, RECORD_BYTES, RECORDS, S } from './layout.ts'

const FILE_BYTES_MAX = 128 << 20
const BUFFER_BYTES = 1 << 20
/** Largest record: 64 KiB of stream and what is around it. */
const RECORD_BYTES_MAX = (64 << 10) + 64
const TWO_32 = 2 ** 32
const SLOTS_PER_STEP = 50_000

/**
 * Writes closed chunks of the head to `chunks_head`. Records are composed in memory and written together; if that
 * fails, the composed bytes are kept and written first next time. Never appends to the file of an earlier run.
 */
export class HeadChunkWriter {
  readonly #dir: string
  readonly #store: HeadStore
  readonly #files: HostFiles
  readonly #known: HeadChunkFile[]
  readonly #buffer: number
  #length = 0
  #file: FileHandle | undefined
  #number: number
  /** Bytes that are in the file. */
  #written = 0
  #fill = new Uint32Array(1024)
  chunksWritten = 0

  constructor(dir: string, store: HeadStore, files: HostFiles, known: HeadChunkFiles) {
    this.#dir = dir
    this.#store = store
    this.#files = files
    this.#known = known.files
    this.#number = known.files.at(-1)?.number ?? 0
    this.#buffer = store.heap.allocate(BUFFER_BYTES)
  }

  /** Number of the last file, 0 = none. */
  get lastFile(): number {
    return this.#number
  }

  /** Number of the last out-of-order chunk in a file. */
  get lastLate(): number {
    return this.#known.reduce((last, file) => Math.max(last, file.lastLate), 0)
  }

  /** Composes a closed chunk; returns its number. `flush` writes it. Throws StorageError. */
  add(walRef: number, chunk: number, isLate: boolean): number {
    const { memory, kernels } = this.#store
    if (this.#length + RECORD_BYTES_MAX > BUFFER_BYTES) this.flush()
    if (!this.#file || this.#written + this.#length + RECORD_BYTES_MAX > FILE_BYTES_MAX) {
      this.#nextFile()
    }
    const file = this.#known.at(-1)!
    const offset = this.#written + this.#length
    const at = this.#buffer + this.#length
    const flags = isLate ? OUT_OF_ORDER_BIT : 0
    this.#length += kernels.exports.writeHeadChunk(at, chunk, walRef, flags)
    memory.u32[(chunk + S.flags) >>> 2] = memory.u32[(chunk + S.flags) >>> 2]! | CHUNK_ON_DISK
    const number = this.#number * TWO_32 + offset
    if (isLate) file.lastLate = number
    else file.maxt = Math.max(file.maxt, memory.f64[(chunk + S.maxt) >>> 3]!)
    this.chunksWritten++
    return number
  }

  /** Composes all closed in-order chunks that are in no file yet. Pauses now and then. */
  *addClosed(): Generator<void> {
    const { u32 } = this.#store.memory
    const slots = u32[H.slots >>> 2]!
    for (let slot = 1; slot < slots; slot++) {
      const record = RECORDS + slot * RECORD_BYTES
      if (u32[record >>> 2] !== 0) this.#addOf(record)
      if (slot % SLOTS_PER_STEP === 0) {
        this.flush()
        yield
      }
    }
    this.flush()
  }

  /** Writes what was composed. Throws StorageError; the next call tries again from the same place. */
  flush(): void {
    if (this.#length === 0 || !this.#file) return
    const bytes = this.#store.memory.u8.subarray(this.#buffer, this.#buffer + this.#length)
    try {
      let done = 0
      while (done < bytes.length) {
        const count = this.#file.write(bytes.subarray(done), this.#written + done)
        if (count <= 0) throw new Error('short write')
        done += count
      }
    } catch (err) {
      throw new StorageError(`write head chunks: ${(err as Error).message}`, { cause: err })
    }
    this.#written += this.#length
    this.#length = 0
  }

  /** The next chunk goes to a new file. */
  cut(): void {
    if (!this.#file) return
    this.flush()
    this.#file.sync()
    this.#file.close()
    this.#file = undefined
  }

  /**
   * Deletes the oldest files as far as all they hold is before `mint` or, out of order, not after chunk `lateDone`;
   * never the newest file.
   */
  truncate(mint: number, lateDone: number): void {
    const known = this.#known
    while (known.length > 1 && known[0]!.maxt < mint && known[0]!.lastLate <= lateDone) {
      this.#files.removeSync(pathOfHeadChunks(this.#dir, known[0]!.number))
      known.shift()
    }
  }

  close(): void {
    this.cut()
  }

  #addOf(record: number): void {
    const { u32 } = this.#store.memory
    let count = 0
    for (
      let chunk = u32[(record + R.sealed) >>> 2]!;
      chunk !== 0 && (u32[(chunk + S.flags) >>> 2]! & CHUNK_ON_DISK) === 0;
      chunk = u32[(chunk + S.older) >>> 2]!
    ) {
      if (count === this.#fill.length) {
        const grown = new Uint32Array(count * 2)
        grown.set(this.#fill)
        this.#fill = grown
      }
      this.#fill[count++] = chunk
    }
    const walRef = u32[(record + R.walRef) >>> 2]!
    while (count > 0) this.add(walRef, this.#fill[--count]!, false)
  }

  #nextFile(): void {
    this.cut()
    const number = this.#number + 1
    this.#files.mkdirSync(this.#dir)
    const file = this.#files.openSync(pathOfHeadChunks(this.#dir, number), 'w')
    const header = new Writer(HEAD_CHUNK_HEADER_BYTES)
    header.u32(HEAD_CHUNK_MAGIC)
    header.u8(1)
    header.zeros(3)
    this.#file = file
    this.#number = number
    this.#known.push({ number, maxt: -Infinity, lastLate: 0 })
    this.#written = 0
    this.#store.memory.u8.set(header.bytes(), this.#buffer)
    this.#length = HEAD_CHUNK_HEADER_BYTES
  }
}
