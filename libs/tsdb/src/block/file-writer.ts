import type { FileHandle, HostFiles } from '@prom/runtime'

const BUFFER_BYTES = 1 << 20

/** Appends to a new file through a buffer; `end` is where the next byte goes. */
export class FileWriter {
  readonly #file: FileHandle
  readonly #buffer = new Uint8Array(BUFFER_BYTES)
  #buffered = 0
  #written = 0

  constructor(files: HostFiles, path: string) {
    this.#file = files.openSync(path, 'wx')
  }

  get end(): number {
    return this.#written + this.#buffered
  }

  write(bytes: Uint8Array): void {
    if (this.#buffered + bytes.length > BUFFER_BYTES) this.#flush()
    if (bytes.length > BUFFER_BYTES) {
      this.#put(bytes)
      return
    }
    this.#buffer.set(bytes, this.#buffered)
    this.#buffered += bytes.length
  }

  /** Zeros up to a multiple of `size`. */
  align(size: number): void {
    const over = this.end % size
    if (over !== 0) this.write(new Uint8Array(size - over))
  }

  /** Overwrites 4 bytes written before. */
  patchU32(offset: number, value: number): void {
    this.#flush()
    const bytes = new Uint8Array(4)
    new DataView(bytes.buffer).setUint32(0, value)
    this.#file.write(bytes, offset)
  }

  close(): void {
    this.#flush()
    this.#file.sync()
    this.#file.close()
  }

  /** Closes without a word, for when writing has failed. */
  abandon(): void {
    try {
      this.#file.close()
    } catch {
      // The first error is the one that counts.
    }
  }

  #flush(): void {
    if (this.#buffered === 0) return
    const count = this.#buffered
    this.#buffered = 0
    this.#put(this.#buffer.subarray(0, count))
  }

  #put(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      const count = this.#file.write(bytes.subarray(done), this.#written)
      if (count <= 0) throw new Error('short write')
      done += count
      this.#written += count
    }
  }
}
