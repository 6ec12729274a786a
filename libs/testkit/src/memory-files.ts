import type { FileHandle, FileStat, HostFiles } from '@prom/runtime'

/** Files in memory, whole paths as keys; folders exist as soon as something is in them. */
export class MemoryFiles
  implements
    Pick<
      HostFiles,
      | 'readSync'
      | 'readTextSync'
      | 'replaceSync'
      | 'openSync'
      | 'statSync'
      | 'removeSync'
      | 'renameSync'
      | 'mkdirSync'
      | 'syncFolderSync'
      | 'read'
      | 'readText'
    >
{
  readonly contents = new Map<string, Uint8Array>()
  /** Calls of sync() on open files. */
  syncs = 0

  readSync(path: string): Uint8Array {
    const content = this.contents.get(path)
    if (!content) throw missing(path)
    return content.slice()
  }

  readTextSync(path: string): string {
    return new TextDecoder().decode(this.readSync(path))
  }

  async read(path: string): Promise<Uint8Array> {
    return this.readSync(path)
  }

  async readText(path: string): Promise<string> {
    return this.readTextSync(path)
  }

  replaceSync(path: string, content: Uint8Array | string): void {
    this.contents.set(
      path,
      typeof content === 'string' ? new TextEncoder().encode(content) : content.slice(),
    )
  }

  statSync(path: string): FileStat | undefined {
    const content = this.contents.get(path)
    if (!content) return undefined
    return {
      isFile: true,
      isDirectory: false,
      isSymbolicLink: false,
      sizeBytes: content.length,
      mtimeMs: 0,
      mode: 0o644,
    }
  }

  removeSync(path: string): void {
    if (!this.contents.delete(path)) throw missing(path)
  }

  renameSync(from: string, to: string): void {
    this.contents.set(to, this.readSync(from))
    this.contents.delete(from)
  }

  mkdirSync(): void {}

  syncFolderSync(): void {}

  openSync(path: string, flags: 'r' | 'r+' | 'w' | 'a' | 'wx'): FileHandle {
    if ((flags === 'r' || flags === 'r+') && !this.contents.has(path)) throw missing(path)
    if (flags === 'w' || flags === 'wx' || !this.contents.has(path)) {
      this.contents.set(path, new Uint8Array())
    }
    const content = () => this.contents.get(path) as Uint8Array
    const put = (bytes: Uint8Array) => this.contents.set(path, bytes)
    let at = 0
    return {
      read: (into, offset) => {
        const part = content().subarray(offset, offset + into.length)
        into.set(part)
        return part.length
      },
      write: (from, offset) => {
        const start = flags === 'a' ? content().length : (offset ?? at)
        const next = new Uint8Array(Math.max(content().length, start + from.length))
        next.set(content())
        next.set(from, start)
        put(next)
        at = start + from.length
        return from.length
      },
      sync: () => {
        this.syncs++
      },
      truncate: (size) => {
        const next = new Uint8Array(size)
        next.set(content().subarray(0, size))
        put(next)
      },
      size: () => content().length,
      close: () => {},
    }
  }
}

function missing(path: string): Error {
  return Object.assign(new Error(`ENOENT: no such file or directory, open '${path}'`), {
    code: 'ENOENT',
  })
}
