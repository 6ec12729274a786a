/**
 * chunks/ segment files: spec/storage-formats.md section 5.
 *
 *   file:  85 BD 40 DD | 01 | 00 00 00
 *   chunk: uvarint length | u8 encoding | data | u32 crc over encoding and data
 */
import { Writer } from '@prom/bytes'
import type { HostFiles } from '@prom/runtime'
import type { ChunkRun } from './chunk-run.ts'
import { FileWriter } from './file-writer.ts'

export const CHUNK_FILE_MAGIC = 0x85bd40dd
export const CHUNK_FILE_HEADER_BYTES = 8
const FILE_BYTES = 512 << 20

export interface ChunkData {
  readonly mint: number
  readonly maxt: number
  readonly encoding: number
  /** The sample count of two bytes included. */
  readonly data: Uint8Array
}

/** A chunk in a block: where it lies and what it covers. `ref` is file << 32 | offset. */
export interface ChunkMeta {
  readonly mint: number
  readonly maxt: number
  readonly ref: number
}

export class ChunkWriter {
  readonly #files: HostFiles
  readonly #dir: string
  readonly #fileBytes: number
  #file: FileWriter | undefined
  #index = -1

  constructor(files: HostFiles, dir: string, fileBytes = FILE_BYTES) {
    this.#fileBytes = fileBytes
    this.#files = files
    this.#dir = dir
    files.mkdirSync(dir)
  }

  /** Writes the chunks of one series, and notes where they lie; they stay in one file if they fit. */
  write(run: ChunkRun): void {
    if (!this.#file || this.#file.end + run.length > this.#fileBytes) this.#next()
    const file = this.#file as FileWriter
    const base = this.#index * 2 ** 32 + file.end
    for (let i = 0; i < run.count; i++) run.refs[i] = base + run.starts[i]!
    file.write(run.bytes.subarray(0, run.length))
  }

  close(): void {
    this.#file?.close()
    this.#files.syncFolderSync(this.#dir)
  }

  abandon(): void {
    this.#file?.abandon()
  }

  #next(): void {
    this.#file?.close()
    this.#index++
    this.#file = new FileWriter(
      this.#files,
      `${this.#dir}/${String(this.#index + 1).padStart(6, '0')}`,
    )
    const header = new Writer(8)
    header.u32(CHUNK_FILE_MAGIC)
    header.u8(1)
    header.zeros(3)
    this.#file.write(header.bytes())
  }
}
