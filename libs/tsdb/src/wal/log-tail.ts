/**
 * Follows a log that another thread or process writes: whole records as they appear, segment after segment
 * (spec/storage-formats.md section 8). Where `readLog` meets the end of a file, this waits for more.
 */
import { uncompressSnappy, uncompressZstd } from '@prom/compress'
import { createKernelMemory, instantiateKernels, KERNEL_DATA_BYTES } from '@prom/kernels'
import type { FileHandle, HostFiles } from '@prom/runtime'
import { LogCorruption } from './log-reader.ts'
import { FRAGMENT_HEADER_BYTES, PAGE_BYTES, SNAPPY_FLAG, ZSTD_FLAG } from './log-writer.ts'
import { segmentName } from './segments.ts'

const WINDOW_BYTES = 8 * PAGE_BYTES
const RECORD_BYTES_MAX = 512 << 20
const MEMORY_BYTES = KERNEL_DATA_BYTES + 2 * PAGE_BYTES

/** One segment being followed. An open segment stays readable after its file has been deleted. */
export class LogTail {
  readonly segment: number
  readonly #dir: string
  readonly #file: FileHandle
  readonly #window = new Uint8Array(WINDOW_BYTES)
  /** File offset of the window's first byte, bytes in the window, and how far it has been read. */
  #base = 0
  #filled = 0
  #at = 0
  readonly #parts: Uint8Array[] = []
  #partBytes = 0
  #flags = 0
  #isOpen = false

  /** Throws ENOENT if there is no such segment. */
  constructor(dir: string, segment: number, files: Pick<HostFiles, 'openSync'>) {
    this.#dir = dir
    this.segment = segment
    this.#file = files.openSync(`${dir}/${segmentName(segment)}`, 'r')
  }

  /** Bytes of the segment that have been read. */
  get offset(): number {
    return this.#base + this.#at
  }

  /**
   * The next record, uncompressed, valid until the next call; undefined when nothing whole is there yet. Throws
   * LogCorruption.
   */
  next(): Uint8Array | undefined {
    for (;;) {
      const pageRest = PAGE_BYTES - ((this.#base + this.#at) % PAGE_BYTES)
      if (pageRest < FRAGMENT_HEADER_BYTES) {
        if (!this.#need(pageRest)) return undefined
        this.#at += pageRest
        continue
      }
      if (!this.#need(1)) return undefined
      const head = this.#window[this.#at] as number
      const type = head & 7
      if (type === 0) {
        // The rest of the page is padding: the writer has closed it, or is about to.
        if (!this.#need(pageRest)) return undefined
        this.#at += pageRest
        continue
      }
      if (!this.#need(FRAGMENT_HEADER_BYTES)) return undefined
      const window = this.#window
      const at = this.#at
      const length = ((window[at + 1] as number) << 8) | (window[at + 2] as number)
      if (FRAGMENT_HEADER_BYTES + length > pageRest) this.#fail(`invalid record size ${length}`)
      if (!this.#need(FRAGMENT_HEADER_BYTES + length)) return undefined
      const record = this.#take(type, head, length)
      if (record) return record
    }
  }

  close(): void {
    this.#file.close()
  }

  /** Makes `count` bytes available at `#at`, as far as the file has them. */
  #need(count: number): boolean {
    if (this.#at + count <= this.#filled) return true
    this.#window.copyWithin(0, this.#at, this.#filled)
    this.#base += this.#at
    this.#filled -= this.#at
    this.#at = 0
    while (this.#filled < WINDOW_BYTES) {
      const room = this.#window.subarray(this.#filled)
      const got = this.#file.read(room, this.#base + this.#filled)
      if (got === 0) break
      this.#filled += got
    }
    return count <= this.#filled
  }

  #take(type: number, head: number, length: number): Uint8Array | undefined {
    const start = this.#at + FRAGMENT_HEADER_BYTES
    const data = this.#window.subarray(start, start + length)
    const view = new DataView(this.#window.buffer)
    const expected = view.getUint32(this.#at + 3)
    const actual = checksum(data)
    this.#at = start + length
    if (actual !== expected) {
      this.#fail(`unexpected checksum ${actual.toString(16)}, expected ${expected.toString(16)}`)
    }
    const isStart = type === 1 || type === 2
    if (type > 4) this.#fail(`unexpected record type ${type}`)
    if (isStart === this.#isOpen) this.#fail('unexpected record fragment')
    if (isStart) {
      this.#parts.length = 0
      this.#partBytes = 0
      this.#flags = head & (SNAPPY_FLAG | ZSTD_FLAG)
    }
    this.#isOpen = type === 2 || type === 3
    this.#parts.push(type === 1 ? data : data.slice())
    this.#partBytes += length
    if (this.#partBytes > RECORD_BYTES_MAX) this.#fail('record is too large')
    return this.#isOpen ? undefined : this.#finish()
  }

  #finish(): Uint8Array {
    const whole = this.#parts.length === 1 ? (this.#parts[0] as Uint8Array) : this.#join()
    if (this.#flags === 0 || whole.length === 0) return whole
    try {
      return this.#flags & SNAPPY_FLAG ? uncompressSnappy(whole) : uncompressZstd(whole)
    } catch (err) {
      return this.#fail(`decompress record: ${(err as Error).message}`)
    }
  }

  #join(): Uint8Array {
    const bytes = new Uint8Array(this.#partBytes)
    let at = 0
    for (const part of this.#parts) {
      bytes.set(part, at)
      at += part.length
    }
    return bytes
  }

  #fail(cause: string): never {
    throw new LogCorruption(this.#dir, this.segment, this.offset, cause)
  }
}

let shared: { readonly u8: Uint8Array; crc32c(at: number, length: number): number } | undefined

/** CRC-32C of a fragment, by the kernel. */
function checksum(data: Uint8Array): number {
  if (!shared) {
    const kernels = instantiateKernels(createKernelMemory(MEMORY_BYTES))
    shared = {
      u8: new Uint8Array(kernels.memory.buffer),
      crc32c: (at, length) => kernels.exports.crc32c(at, length, 0) >>> 0,
    }
  }
  shared.u8.set(data, KERNEL_DATA_BYTES)
  return shared.crc32c(KERNEL_DATA_BYTES, data.length)
}
