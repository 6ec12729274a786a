import type { FileHandle, FileStat, HostFiles } from '@prom/runtime'

/** Ends the fake process in the middle of a change to the file system. */
export class Crash extends Error {
  constructor() {
    super('the process was killed here')
  }
}

/** A change to the file system, as fault rules see it. */
export interface FileChange {
  readonly kind: 'open' | 'write' | 'truncate' | 'sync' | 'mkdir' | 'rename' | 'remove'
  readonly path: string
}

/** What befalls a change: an error with this code, or a write of fewer bytes than asked for. */
export type Fault = 'ENOSPC' | 'EIO' | 'EROFS' | 'short'

interface Node {
  bytes: Uint8Array
  length: number
  readonly inode: number
  mtimeMs: number
}

/**
 * A file system in memory that can die like a machine under load: after `crashAfter` changes the process is dead,
 * the last write perhaps done in part, and every further call throws `Crash` until `revive`. What was written before
 * stays, as it does after kill -9. `fault` makes single changes fail. Folders are real: a file needs its folder.
 */
export class CrashFiles implements HostFiles {
  readonly #files = new Map<string, Node>()
  readonly #folders = new Set<string>(['/'])
  readonly #chance: () => number
  #inodes = 1
  #changes = 0
  #isDead = false
  #life = 0
  /** Changes left until the process dies. */
  crashAfter = Infinity
  fault: ((change: FileChange) => Fault | undefined) | undefined

  /** `chance` says in [0, 1) how much of the last write is done. */
  constructor(chance: () => number) {
    this.#chance = chance
  }

  /** Changes made so far. */
  get changes(): number {
    return this.#changes
  }

  get isDead(): boolean {
    return this.#isDead
  }

  /** Starts a new process on the same files; open files of the old one stay dead. */
  revive(): void {
    this.#isDead = false
    this.#life++
    this.crashAfter = Infinity
    this.fault = undefined
  }

  /** The bytes of a file, which may be changed in place: bits flip on disks. */
  contentOf(path: string): Uint8Array {
    const node = this.#node(path)
    return node.bytes.subarray(0, node.length)
  }

  paths(): string[] {
    return [...this.#files.keys()].sort()
  }

  truncateFile(path: string, sizeBytes: number): void {
    this.#node(path).length = sizeBytes
  }

  readSync(path: string): Uint8Array {
    this.#live()
    return this.contentOf(path).slice()
  }

  readTextSync(path: string): string {
    return new TextDecoder().decode(this.readSync(path))
  }

  replaceSync(path: string, content: Uint8Array | string): void {
    const beside = `${path}.${this.#changes}.tmp`
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
    try {
      const file = this.openSync(beside, 'wx')
      for (let done = 0; done < bytes.length; ) done += file.write(bytes.subarray(done), done)
      file.sync()
      file.close()
      this.renameSync(beside, path)
    } catch (err) {
      if (!this.#isDead) this.#files.delete(beside)
      throw err
    }
    this.syncFolderSync(parentOf(path))
  }

  openSync(path: string, flags: 'r' | 'r+' | 'w' | 'a' | 'wx'): FileHandle {
    this.#live()
    const known = this.#files.get(path)
    if ((flags === 'r' || flags === 'r+') && !known) throw failure('ENOENT', 'open', path)
    if (flags === 'wx' && known) throw failure('EEXIST', 'open', path)
    if (this.#folders.has(path)) throw failure('EISDIR', 'open', path)
    if (flags !== 'r' && !(known && flags !== 'w')) {
      this.#folder(parentOf(path), 'open')
      this.#change('open', path)
    }
    let node = known
    if (!node) {
      node = { bytes: new Uint8Array(64), length: 0, inode: this.#inodes++, mtimeMs: this.#changes }
      this.#files.set(path, node)
    }
    if (flags === 'w') node.length = 0
    return this.#handle(path, node, flags === 'a')
  }

  listSync(path: string): string[] {
    this.#live()
    this.#folder(path, 'scandir')
    const prefix = path.endsWith('/') ? path : `${path}/`
    const names = new Set<string>()
    for (const entry of [...this.#files.keys(), ...this.#folders]) {
      if (entry.startsWith(prefix)) names.add(entry.slice(prefix.length).split('/')[0] as string)
    }
    names.delete('')
    return [...names].sort()
  }

  statSync(path: string): FileStat | undefined {
    this.#live()
    const node = this.#files.get(path)
    const isDirectory = this.#folders.has(path)
    if (!node && !isDirectory) return undefined
    return {
      isFile: !isDirectory,
      isDirectory,
      isSymbolicLink: false,
      sizeBytes: node?.length ?? 4096,
      mtimeMs: node?.mtimeMs ?? 0,
      mode: 0o644,
      inode: node?.inode ?? 0,
    }
  }

  lstatSync(path: string): FileStat | undefined {
    return this.statSync(path)
  }

  readLinkSync(path: string): string {
    throw failure('EINVAL', 'readlink', path)
  }

  mkdirSync(path: string): void {
    this.#live()
    if (this.#folders.has(path)) return
    if (path !== parentOf(path)) this.mkdirSync(parentOf(path))
    this.#change('mkdir', path)
    this.#folders.add(path)
  }

  renameSync(from: string, to: string): void {
    this.#live()
    const node = this.#files.get(from)
    if (!node && !this.#folders.has(from)) throw failure('ENOENT', 'rename', from)
    this.#folder(parentOf(to), 'rename')
    this.#change('rename', from)
    if (node) {
      this.#files.delete(from)
      this.#files.set(to, node)
      return
    }
    if ([...this.#files.keys()].some((path) => path.startsWith(`${to}/`))) {
      throw failure('ENOTEMPTY', 'rename', from)
    }
    const moved = (path: string) => to + path.slice(from.length)
    for (const [path, file] of [...this.#files]) {
      if (!path.startsWith(`${from}/`)) continue
      this.#files.delete(path)
      this.#files.set(moved(path), file)
    }
    for (const folder of [...this.#folders]) {
      if (folder !== from && !folder.startsWith(`${from}/`)) continue
      this.#folders.delete(folder)
      this.#folders.add(moved(folder))
    }
  }

  /** One file at a time: a crash can leave a folder half removed. */
  removeSync(path: string): void {
    this.#live()
    if (this.#folders.has(path)) {
      for (const name of this.listSync(path)) this.removeSync(`${path}/${name}`)
      this.#change('remove', path)
      this.#folders.delete(path)
    } else if (this.#files.has(path)) {
      this.#change('remove', path)
      this.#files.delete(path)
    }
  }

  syncFolderSync(path: string): void {
    this.#live()
    this.#folder(path, 'open')
    this.#change('sync', path)
  }

  async list(path: string): Promise<string[]> {
    return this.listSync(path)
  }

  async stat(path: string): Promise<FileStat | undefined> {
    return this.statSync(path)
  }

  async read(path: string): Promise<Uint8Array> {
    return this.readSync(path)
  }

  async readText(path: string): Promise<string> {
    return this.readTextSync(path)
  }

  glob(pattern: string): string[] {
    throw new Error(`this file system has no glob: ${pattern}`)
  }

  watch(): () => void {
    return () => {}
  }

  async statfs(): Promise<never> {
    throw new Error('this file system has no statfs')
  }

  #handle(path: string, node: Node, isAppend: boolean): FileHandle {
    const life = this.#life
    const live = () => {
      this.#live()
      if (life !== this.#life) throw new Error(`a file of a dead process was used: ${path}`)
    }
    let at = 0
    return {
      read: (into, offset) => {
        live()
        if (this.fault?.({ kind: 'open', path: `read ${path}` }) === 'EIO') {
          throw failure('EIO', 'read', path)
        }
        const part = node.bytes.subarray(offset, Math.min(node.length, offset + into.length))
        into.set(part)
        return Math.max(0, part.length)
      },
      write: (from, offset) => {
        live()
        const start = isAppend ? node.length : (offset ?? at)
        const put = (count: number) => {
          write(node, from.subarray(0, count), start)
          node.mtimeMs = this.#changes
          at = start + count
          return count
        }
        const fault = this.#change('write', path, () => put(this.#part(from.length)))
        if (fault === 'short' && from.length > 1) return put(1 + this.#part(from.length - 1))
        return put(from.length)
      },
      sync: () => {
        live()
        this.#change('sync', path)
      },
      truncate: (size) => {
        live()
        this.#change('truncate', path)
        if (size > node.length) write(node, new Uint8Array(size - node.length), node.length)
        node.length = size
      },
      size: () => {
        live()
        return node.length
      },
      close: () => {
        if (life === this.#life) this.#live()
      },
    }
  }

  #part(length: number): number {
    return Math.floor(this.#chance() * length)
  }

  /** Counts a change, ends the process at its time, fails as told. */
  #change(kind: FileChange['kind'], path: string, onPart?: () => void): Fault | undefined {
    this.#changes++
    if (--this.crashAfter <= 0) {
      onPart?.()
      this.#isDead = true
      throw new Crash()
    }
    const fault = this.fault?.({ kind, path })
    if (fault === undefined || fault === 'short') return fault
    if (fault === 'ENOSPC') onPart?.() // A disk fills up in the middle of a write.
    throw failure(fault, kind, path)
  }

  #live(): void {
    if (this.#isDead) throw new Crash()
  }

  #node(path: string): Node {
    const node = this.#files.get(path)
    if (!node) throw failure(this.#folders.has(path) ? 'EISDIR' : 'ENOENT', 'open', path)
    return node
  }

  #folder(path: string, call: string): void {
    if (!this.#folders.has(path)) throw failure('ENOENT', call, path)
  }
}

function write(node: Node, from: Uint8Array, start: number): void {
  const end = start + from.length
  if (end > node.bytes.length) {
    const grown = new Uint8Array(Math.max(end, node.bytes.length * 2))
    grown.set(node.bytes.subarray(0, node.length))
    node.bytes = grown
  }
  if (start > node.length) node.bytes.fill(0, node.length, start)
  node.bytes.set(from, start)
  node.length = Math.max(node.length, end)
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash <= 0 ? '/' : path.slice(0, slash)
}

const TEXTS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EEXIST: 'file already exists',
  EISDIR: 'illegal operation on a directory',
  ENOTEMPTY: 'directory not empty',
  ENOSPC: 'no space left on device',
  EIO: 'i/o error',
  EROFS: 'read-only file system',
  EINVAL: 'invalid argument',
}

function failure(code: string, call: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${TEXTS[code]}, ${call} '${path}'`), { code })
}
