import type { FileHandle, HostFiles } from '@prom/runtime'
import { StorageError } from '../errors.ts'

const PAGE_BYTES = 64 << 10

/** Pages of files, least recently used ones dropped first, under one budget for all files of a thread. */
export class PageCache {
  readonly #budgetBytes: number
  /** Insertion order is the order of use. */
  readonly #pages = new Map<number, Uint8Array>()
  #nextFile = 1

  constructor(budgetBytes: number) {
    this.#budgetBytes = Math.max(budgetBytes, 8 * PAGE_BYTES)
  }

  open(files: HostFiles, path: string): CachedFile {
    const handle = files.openSync(path, 'r')
    return new CachedFile(this, this.#nextFile++, handle, path)
  }

  /** @internal */
  page(fileId: number, index: number, handle: FileHandle): Uint8Array {
    const key = fileId * 2 ** 24 + index
    const known = this.#pages.get(key)
    if (known) {
      this.#pages.delete(key)
      this.#pages.set(key, known)
      return known
    }
    const page = new Uint8Array(PAGE_BYTES)
    let length = 0
    while (length < PAGE_BYTES) {
      const count = handle.read(page.subarray(length), index * PAGE_BYTES + length)
      if (count === 0) break
      length += count
    }
    if (this.#pages.size * PAGE_BYTES >= this.#budgetBytes) {
      this.#pages.delete(this.#pages.keys().next().value as number)
    }
    const filled = length === PAGE_BYTES ? page : page.slice(0, length)
    this.#pages.set(key, filled)
    return filled
  }

  /** @internal */
  forget(fileId: number): void {
    for (const key of [...this.#pages.keys()]) {
      if (Math.floor(key / 2 ** 24) === fileId) this.#pages.delete(key)
    }
  }
}

/** One file read through the cache. */
export class CachedFile {
  readonly #cache: PageCache
  readonly #id: number
  readonly #handle: FileHandle
  readonly path: string
  readonly sizeBytes: number
  /** The page used last: most reads go on in it. */
  #lastIndex = -1
  #last: Uint8Array | undefined

  constructor(cache: PageCache, id: number, handle: FileHandle, path: string) {
    this.#cache = cache
    this.#id = id
    this.#handle = handle
    this.path = path
    this.sizeBytes = handle.size()
  }

  /** `length` bytes at `offset`, not to be written. Throws StorageError past the end of the file. */
  bytes(offset: number, length: number): Uint8Array {
    if (offset < 0 || offset + length > this.sizeBytes) {
      throw new StorageError(`${this.path}: read past the end of the file`)
    }
    return this.upTo(offset, length)
  }

  /** As `bytes`, but fewer where the file ends. */
  upTo(offset: number, length: number): Uint8Array {
    const end = Math.min(offset + length, this.sizeBytes)
    const first = Math.floor(offset / PAGE_BYTES)
    const start = offset - first * PAGE_BYTES
    const page = this.#page(first)
    if (end - first * PAGE_BYTES <= page.length)
      return page.subarray(start, end - first * PAGE_BYTES)

    const bytes = new Uint8Array(Math.max(0, end - offset))
    let done = 0
    for (let index = first; done < bytes.length; index++) {
      const next = this.#page(index)
      const from = index === first ? start : 0
      const part = next.subarray(from, Math.min(next.length, from + bytes.length - done))
      if (part.length === 0) throw new StorageError(`${this.path}: read past the end of the file`)
      bytes.set(part, done)
      done += part.length
    }
    return bytes
  }

  #page(index: number): Uint8Array {
    if (index !== this.#lastIndex || !this.#last) {
      this.#last = this.#cache.page(this.#id, index, this.#handle)
      this.#lastIndex = index
    }
    return this.#last
  }

  close(): void {
    this.#last = undefined
    this.#cache.forget(this.#id)
    this.#handle.close()
  }
}
