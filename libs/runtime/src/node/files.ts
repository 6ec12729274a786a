import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  promises,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  watch,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import type { FileHandle, FileStat, HostFiles } from '../host.ts'
import { glob } from './glob.ts'
import { nativeCalls } from './native-calls.ts'

/** The machine's files. */
export function createFiles(): HostFiles {
  return {
    readSync: (path) => readFileSync(path),
    readTextSync: (path) => readFileSync(path, 'utf8'),
    replaceSync,
    openSync: openFile,
    listSync: (path) => readdirSync(path).sort(),
    statSync: (path) => describe(statSync(path, { throwIfNoEntry: false })),
    lstatSync: (path) => describe(lstatSync(path, { throwIfNoEntry: false })),
    readLinkSync: (path) => readlinkSync(path),
    mkdirSync: (path) => {
      mkdirSync(path, { recursive: true })
    },
    renameSync: (from, to) => renameSync(from, to),
    removeSync: (path) => rmSync(path, { recursive: true, force: true }),
    syncFolderSync,
    list: async (path) => (await promises.readdir(path)).sort(),
    stat: async (path) => {
      try {
        return describe(await promises.stat(path))
      } catch (err) {
        if ((err as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw err
      }
    },
    read: (path, signal) => promises.readFile(path, signal ? { signal } : {}),
    readText: (path, signal) =>
      promises.readFile(path, { encoding: 'utf8', ...(signal && { signal }) }),
    glob,
    watch: watchFolder,
    statfs: async (path) => {
      const { bsize, blocks, bfree, bavail, files, ffree, type } = await promises.statfs(path)
      return {
        blockSize: bsize,
        blocks,
        blocksFree: bfree,
        blocksAvailable: bavail,
        files,
        filesFree: ffree,
        type,
      }
    },
  }
}

let replaceCount = 0

function replaceSync(path: string, content: Uint8Array | string, mode = 0o666): void {
  replaceCount++
  const beside = `${path}.${process.pid}-${replaceCount}.tmp`
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
  try {
    const file = openFile(beside, 'wx', mode)
    try {
      file.write(bytes)
      file.sync()
    } finally {
      file.close()
    }
    renameSync(beside, path)
  } catch (err) {
    rmSync(beside, { force: true })
    throw err
  }
  syncFolderSync(dirname(path))
}

function openFile(path: string, flags: string, mode?: number): FileHandle {
  const fd = openSync(path, flags, mode)
  return {
    read: (into, offset) => readSync(fd, into, 0, into.length, offset),
    write: (from, offset) => {
      let done = 0
      while (done < from.length) {
        const at = offset === undefined ? null : offset + done
        done += writeSync(fd, from, done, from.length - done, at)
      }
      return done
    },
    sync: () => fsyncSync(fd),
    truncate: (sizeBytes) => ftruncateSync(fd, sizeBytes),
    size: () => fstatSync(fd).size,
    close: () => closeSync(fd),
    lock: () => {
      const error = nativeCalls()?.lockFile(fd)
      return error === undefined ? undefined : error === 0
    },
  }
}

function describe(stat: Stats | undefined): FileStat | undefined {
  return (
    stat && {
      isFile: stat.isFile(),
      isDirectory: stat.isDirectory(),
      isSymbolicLink: stat.isSymbolicLink(),
      sizeBytes: stat.size,
      mtimeMs: stat.mtimeMs,
      mode: stat.mode,
      inode: stat.ino,
    }
  )
}

function syncFolderSync(path: string): void {
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

function watchFolder(folder: string, changed: () => void): () => void {
  const watcher = watch(folder, { persistent: false }, () => changed())
  // A folder that vanishes ends its watch; whoever watches also re-reads on a timer.
  watcher.on('error', () => watcher.close())
  return () => watcher.close()
}
