import type { LogReaderTools } from './log-reader.ts'
import { SNAPPY_FLAG, ZSTD_FLAG } from './log-writer.ts'

const RECORD_BYTES_MAX = 512 << 20

/**
 * Puts the fragments of a log together to records and uncompresses them. With room in the kernels' memory all of that
 * happens there; what does not fit gets memory of its own.
 */
export class RecordAssembly {
  /** A record was begun and has not ended. */
  isOpen = false
  /** Of the record that `finish` returned, in the kernels' memory; 0: it lies elsewhere. */
  address = 0
  readonly #tools: LogReaderTools
  readonly #u8: Uint8Array
  /** Half of the room, for what a record is made of and for what it is uncompressed to. */
  readonly #half: number
  /** Fragments that have no room. */
  readonly #parts: Uint8Array[] = []
  /** Where the fragments lie one after the other, if they do. */
  #at = 0
  #size = 0
  #flags = 0

  constructor(tools: LogReaderTools) {
    this.#tools = tools
    this.#u8 = new Uint8Array(tools.kernels.memory.buffer)
    this.#half = (tools.room?.sizeBytes ?? 0) >>> 1
  }

  /** The next fragment, at `at` until the next read. Returns what is wrong with it. */
  take(at: number, length: number, type: number, head: number): string | undefined {
    const isStart = type === 1 || type === 2
    if (type > 4) return `unexpected record type ${type}`
    if (isStart && this.isOpen) {
      return type === 1 ? 'unexpected full record' : 'unexpected first record'
    }
    if (!isStart && !this.isOpen) {
      return type === 3 ? 'unexpected middle record' : 'unexpected last record'
    }
    if (isStart) {
      this.#parts.length = 0
      this.#size = 0
      this.#flags = head & (SNAPPY_FLAG | ZSTD_FLAG)
    }
    this.isOpen = type === 2 || type === 3
    this.#add(at, length, type === 1)
    return this.#size > RECORD_BYTES_MAX ? 'record is too large' : undefined
  }

  /** The record of the fragments, valid until the next one; or what is wrong with it. */
  finish(): Uint8Array | string {
    const hasRoom = this.#parts.length === 0
    if (hasRoom && (this.#flags === 0 || this.#size === 0)) {
      this.address = this.#half > 0 ? this.#at : 0
      return this.#view(this.#at, this.#size)
    }
    try {
      if (hasRoom && (this.#flags & SNAPPY_FLAG) !== 0) {
        const record = this.#uncompressInRoom()
        if (record) return record
      }
      this.address = 0
      const bytes = hasRoom ? this.#u8.slice(this.#at, this.#at + this.#size) : this.#joined()
      if (this.#flags === 0 || bytes.length === 0) return bytes
      const { uncompressSnappy, uncompressZstd } = this.#tools
      return this.#flags & SNAPPY_FLAG ? uncompressSnappy(bytes) : uncompressZstd(bytes)
    } catch (err) {
      return `decompress record: ${(err as Error).message}`
    }
  }

  #add(at: number, length: number, isOnly: boolean): void {
    const { room } = this.#tools
    const fits = this.#parts.length === 0 && this.#size + length <= this.#half
    if (!fits || !room) {
      // Fragments of an open record must outlive the buffer they were read into.
      if (this.#parts.length === 0 && this.#size > 0) {
        this.#parts.push(this.#u8.slice(this.#at, this.#at + this.#size))
      }
      this.#parts.push(this.#u8.slice(at, at + length))
    } else if (isOnly) this.#at = at
    else {
      this.#at = room.address
      this.#u8.copyWithin(room.address + this.#size, at, at + length)
    }
    this.#size += length
  }

  /** Undefined if there is no room, or the record is not sound: then the long way says what is wrong. */
  #uncompressInRoom(): Uint8Array | undefined {
    const { room, kernels } = this.#tools
    if (!room) return undefined
    const target = room.address + this.#half
    const size = kernels.exports.snappyUncompress(this.#at, this.#size, target, this.#half)
    if (size < 0) return undefined
    this.address = target
    return this.#view(target, size)
  }

  #view(at: number, size: number): Uint8Array {
    return this.#half > 0 ? this.#u8.subarray(at, at + size) : this.#u8.slice(at, at + size)
  }

  #joined(): Uint8Array {
    if (this.#parts.length === 1) return this.#parts[0]!
    const bytes = new Uint8Array(this.#size)
    let at = 0
    for (const part of this.#parts) {
      bytes.set(part, at)
      at += part.length
    }
    return bytes
  }
}
