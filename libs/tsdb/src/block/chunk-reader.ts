import { crc32c, Reader } from '@prom/bytes'
import type { HostFiles } from '@prom/runtime'
import { StorageError } from '../errors.ts'
import type { CachedFile, PageCache } from '../read/page-cache.ts'
import { CHUNK_FILE_HEADER_BYTES, CHUNK_FILE_MAGIC } from './chunk-writer.ts'

const LENGTH_BYTES_MAX = 5
/** Read at once in the hope that it is the whole chunk. */
const GUESS_BYTES = 1024

const CRC_BYTES = 4

export interface StoredChunk {
  readonly encoding: number
  /** The sample count of two bytes included; valid while the page cache keeps it: use at once. */
  readonly data: Uint8Array
}

/** The chunk files of a block. */
export class ChunkReader {
  readonly #files: CachedFile[] = []

  /** Throws StorageError if a file is none of chunks. */
  constructor(files: HostFiles, dir: string, cache: PageCache) {
    const names = files.statSync(dir)
      ? files.listSync(dir).filter((name) => /^\d+$/.test(name))
      : []
    try {
      for (const name of names) {
        const file = cache.open(files, `${dir}/${name}`)
        this.#files.push(file)
        if (file.sizeBytes < CHUNK_FILE_HEADER_BYTES)
          throw new StorageError('invalid segment header in segment')
        const magic = new Reader(file.bytes(0, 4)).u32()
        if (magic !== CHUNK_FILE_MAGIC)
          throw new StorageError(`invalid magic number ${magic.toString(16)}`)
      }
    } catch (err) {
      this.close()
      throw err
    }
  }

  get sizeBytes(): number {
    return this.#files.reduce((sum, file) => sum + file.sizeBytes, 0)
  }

  /** Throws StorageError if the chunk is damaged or not there. */
  read(ref: number): StoredChunk {
    const record = this.record(ref)
    const body = record.subarray(lengthBytes(record), record.length - CRC_BYTES)
    return { encoding: body[0]!, data: body.subarray(1) }
  }

  /** As `read`, the chunk with its length before and its checksum behind. */
  record(ref: number): Uint8Array {
    const index = Math.floor(ref / 2 ** 32)
    const offset = ref % 2 ** 32
    const file = this.#files[index]
    if (!file) throw new StorageError(`segment index ${index} out of range`)
    if (offset + LENGTH_BYTES_MAX > file.sizeBytes) {
      throw new StorageError(
        `segment doesn't include enough bytes to read the chunk size data field - required:${offset + LENGTH_BYTES_MAX}, available:${file.sizeBytes}`,
      )
    }
    let bytes = file.upTo(offset, GUESS_BYTES)
    const reader = new Reader(bytes)
    const length = reader.uvarint32()
    if (reader.failed) throw new StorageError(`reading chunk length failed with ${bytes[0]}`)
    const start = reader.offset
    const needed = start + 1 + length + CRC_BYTES
    if (offset + needed > file.sizeBytes) {
      throw new StorageError(
        `segment doesn't include enough bytes to read the chunk - required:${offset + needed}, available:${file.sizeBytes}`,
      )
    }
    if (needed > bytes.length) bytes = file.bytes(offset, needed)
    const body = bytes.subarray(start, start + 1 + length)
    const expected = new Reader(bytes, start + 1 + length).u32()
    const actual = crc32c(body)
    if (actual !== expected) {
      throw new StorageError(
        `checksum mismatch expected:${expected.toString(16)}, actual:${actual.toString(16)}`,
      )
    }
    return bytes.length === needed ? bytes : bytes.subarray(0, needed)
  }

  close(): void {
    for (const file of this.#files) file.close()
  }
}

/** Bytes of the length before a chunk. */
export function lengthBytes(record: Uint8Array): number {
  let size = 1
  while (record[size - 1]! >= 0x80) size++
  return size
}
