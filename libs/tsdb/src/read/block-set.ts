import { isUlid } from '@prom/model'
import type { HostFiles } from '@prom/runtime'
import { Block } from '../block/block.ts'
import { readMeta } from '../block/meta.ts'
import type { PageCache } from './page-cache.ts'

/** A block that is there but cannot be opened; a query of its time must fail, not be short of it. */
export interface OpenFailure {
  readonly ulid: string
  readonly error: unknown
  /** -Infinity and Infinity where not even that is known. */
  readonly minTime: number
  readonly maxTime: number
}

/** The blocks of a data folder, open in one thread; `reload` opens new ones and closes those that are gone. */
export class BlockSet {
  readonly #dir: string
  readonly #files: HostFiles
  readonly #cache: PageCache
  #blocks = new Map<string, Block>()

  constructor(dir: string, files: HostFiles, cache: PageCache) {
    this.#dir = dir
    this.#files = files
    this.#cache = cache
  }

  /** Ascending by minTime. */
  get blocks(): Block[] {
    return [...this.#blocks.values()].sort((a, b) => a.meta.minTime - b.meta.minTime)
  }

  /** What could not be opened. A meta.json that is no sound one is passed over, as at start. */
  reload(): OpenFailure[] {
    const failures: OpenFailure[] = []
    const names = this.#files.statSync(this.#dir) ? this.#files.listSync(this.#dir) : []
    const next = new Map<string, Block>()
    for (const ulid of names) {
      if (!isUlid(ulid) || !this.#files.statSync(`${this.#dir}/${ulid}`)?.isDirectory) continue
      let known = this.#blocks.get(ulid)
      if (known?.isOutdated(this.#files)) known = undefined // Samples were deleted in it.
      try {
        next.set(ulid, known ?? new Block(this.#files, `${this.#dir}/${ulid}`, this.#cache))
      } catch (error) {
        const failure = this.#explain(ulid, error)
        if (failure) failures.push(failure)
      }
    }
    for (const [ulid, block] of this.#blocks) if (next.get(ulid) !== block) block.close()
    this.#blocks = next
    return failures
  }

  #explain(ulid: string, error: unknown): OpenFailure | undefined {
    const dir = `${this.#dir}/${ulid}`
    try {
      const { minTime, maxTime } = readMeta(this.#files, dir)
      return { ulid, error, minTime, maxTime }
    } catch (err) {
      const cause = (err as Error).cause as { code?: string } | undefined
      const isUnsound = cause?.code === undefined || cause.code === 'ENOENT'
      return isUnsound ? undefined : { ulid, error, minTime: -Infinity, maxTime: Infinity }
    }
  }

  close(): void {
    for (const block of this.#blocks.values()) block.close()
    this.#blocks.clear()
  }
}
