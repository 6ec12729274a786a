/**
 * The files in which the kernel tells about itself, below one root (`/proc` or `/sys`). They are read synchronously:
 * the kernel answers from memory, and a read takes less time than a trip through the thread pool.
 */
import type { HostFiles } from '@prom/runtime'
import type { KernelCalls } from './collector.ts'
import { decodeText } from './label-text.ts'

/** An attribute of sysfs is one page at most; drivers that hang do so on the second read. */
const ATTRIBUTE_BYTES_MAX = 128
const FILE_BYTES = 64 * 1024

export class KernelFiles {
  readonly root: string
  readonly #files: HostFiles
  readonly #read: KernelCalls['readFile']

  /** With the call of the addon a file costs one call, and one that says no costs no exception. */
  constructor(files: HostFiles, root: string, read?: KernelCalls['readFile']) {
    this.#files = files
    this.root = root
    this.#read = read
  }

  path(name: string): string {
    return name === '' ? this.root : `${this.root.replace(/\/$/, '')}/${name}`
  }

  /** The whole file as text. */
  text(name: string): string {
    const path = this.path(name)
    const count = this.#read?.(path, fileBytes, false) ?? -1
    // What fails, or is larger than nearly all files of the kernel, is read again in the long way.
    return count >= 0 && count < fileBytes.length
      ? fileBytes.toString('utf8', 0, count)
      : this.#files.readTextSync(path)
  }

  /** As `text`, for files that repeat what users have named: bytes that are no text are replaced. */
  label(name: string): string {
    return decodeText(Buffer.from(this.#files.readSync(this.path(name))))
  }

  /** The whole file, or undefined if it does not exist. */
  textIfThere(name: string): string | undefined {
    // Most of what is not there never was: asking first is cheaper than an exception.
    if (!this.exists(name)) return undefined
    try {
      return this.text(name)
    } catch (err) {
      if (errorCode(err) === 'ENOENT') return undefined
      throw err
    }
  }

  lines(name: string): string[] {
    return splitLines(this.text(name))
  }

  /** One short value, trimmed, by a single read of at most 128 bytes. */
  attribute(name: string): string {
    const count = this.#read?.(this.path(name), attributeBytes, true) ?? -1
    if (count >= 0) return decodeText(attributeBytes.subarray(0, count)).trim()
    const handle = this.#files.openSync(this.path(name), 'r')
    try {
      const count = handle.read(attributeBytes, 0)
      return decodeText(attributeBytes.subarray(0, count)).trim()
    } finally {
      handle.close()
    }
  }

  /** As `attribute`, but undefined if the kernel does not have it or does not tell. */
  attributeIfThere(name: string): string | undefined {
    if (this.#read) {
      const count = this.#read(this.path(name), attributeBytes, true)
      if (count >= 0) return decodeText(attributeBytes.subarray(0, count)).trim()
      if (IGNORABLE_NUMBERS.has(-count)) return undefined
    }
    try {
      return this.attribute(name)
    } catch (err) {
      if (isIgnorable(err)) return undefined
      throw err
    }
  }

  /** Names in a folder, sorted. */
  list(name: string): string[] {
    return this.#files.listSync(this.path(name)).sort()
  }

  listIfThere(name: string): string[] | undefined {
    if (!this.exists(name)) return undefined
    try {
      return this.list(name)
    } catch (err) {
      if (errorCode(err) === 'ENOENT') return undefined
      throw err
    }
  }

  exists(name: string): boolean {
    try {
      return this.#files.statSync(this.path(name)) !== undefined
    } catch (err) {
      if (errorCode(err) === 'ENOTDIR') return false
      throw err
    }
  }

  isFolder(name: string): boolean {
    return this.#files.statSync(this.path(name))?.isDirectory ?? false
  }

  isLink(name: string): boolean {
    return this.#files.lstatSync(this.path(name))?.isSymbolicLink ?? false
  }

  /** Where a symbolic link points, as it is written. */
  linkTarget(name: string): string {
    return this.#files.readLinkSync(this.path(name))
  }
}

const attributeBytes = Buffer.alloc(ATTRIBUTE_BYTES_MAX)
const fileBytes = Buffer.allocUnsafeSlow(FILE_BYTES)

/** Lines without their ends; the empty one after the last newline is left out. */
export function splitLines(text: string): string[] {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines
}

export function errorCode(err: unknown): string | undefined {
  return (err as { code?: string } | null)?.code
}

const IGNORABLE = new Set([
  'ENOENT',
  'EACCES',
  'EPERM',
  'EINVAL',
  'ENODEV',
  'ENOTSUP',
  'EOPNOTSUPP',
])

/** The same, by their numbers on Linux. */
const IGNORABLE_NUMBERS = new Set([2, 13, 1, 22, 19, 95])

/** An optional attribute that cannot be read for one of these reasons is simply not there. */
export function isIgnorable(err: unknown): boolean {
  return IGNORABLE.has(errorCode(err) ?? '')
}
