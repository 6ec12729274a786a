import type { FileHandle, HostFiles, Logger } from '@prom/runtime'
import { StorageError } from './errors.ts'

/**
 * The `lock` file of a data folder, held with flock as the original holds it, so that each sees the other's. It also has
 * our process id and start time: all there is where the machine has no flock for us.
 */
export class FolderLock {
  readonly #path: string
  readonly #files: HostFiles
  readonly #file: FileHandle
  /** Whether a leftover of an earlier run was replaced. */
  readonly wasStale: boolean

  /** Throws StorageError if another process holds the folder. */
  constructor(dir: string, pid: number | undefined, files: HostFiles, log: Logger) {
    this.#path = `${dir}/lock`
    this.#files = files
    this.wasStale = files.statSync(this.#path) !== undefined
    this.#file = files.openSync(this.#path, 'a')
    const isLocked = this.#file.lock?.() ?? !isAlive(files, readText(files, this.#path).trim(), pid)
    if (!isLocked) {
      this.#file.close()
      throw new StorageError(
        'opening storage failed: lock DB directory: resource temporarily unavailable',
      )
    }
    if (this.wasStale) {
      log.warn('A lockfile from a previous execution already existed. It was replaced', {
        file: this.#path,
      })
    }
    this.#file.truncate(0)
    if (pid !== undefined) this.#file.write(new TextEncoder().encode(identify(files, pid)))
  }

  release(): void {
    this.#file.close()
    this.#files.removeSync(this.#path)
  }
}

function identify(files: HostFiles, pid: number): string {
  return `${pid} ${startTime(files, pid)}\n`
}

function isAlive(files: HostFiles, owner: string, ownPid: number | undefined): boolean {
  const match = /^(\d+) (\d+)$/.exec(owner)
  if (!match) return false
  const pid = Number(match[1])
  return startTime(files, pid) === match[2] && (pid !== ownPid || match[2] !== '')
}

/**
 * Field 22 of /proc/<pid>/stat: tells a process from a later one with the same number. Empty for one that has died
 * and only waits for its parent to notice.
 */
function startTime(files: HostFiles, pid: number): string {
  const stat = readText(files, `/proc/${pid}/stat`)
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' || fields[0] === 'X' ? '' : (fields[19] ?? '')
}

function readText(files: HostFiles, path: string): string {
  try {
    return files.readTextSync(path)
  } catch {
    return ''
  }
}
