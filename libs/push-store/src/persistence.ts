/** Keeps the store in a file: at most once per interval while pushes come, and once more at the end. */
import { dirname } from 'node:path'
import { type Clock, type HostFiles, inSlices, type Logger, type Part } from '@prom/runtime'
import { decodeGroups, encodeGroups } from './gob-format.ts'
import type { PushStore } from './push-store.ts'

export interface PersistenceOptions {
  readonly file: string
  readonly intervalMs: number
}

interface Deps {
  readonly store: PushStore
  readonly clock: Clock
  readonly log: Logger
  readonly files: Pick<
    HostFiles,
    'readSync' | 'openSync' | 'renameSync' | 'removeSync' | 'syncFolderSync'
  >
}

/** How often a change is looked for; a write waits at most this much longer than it must. */
const TICK_MS = 100
const FILE_MODE = 0o600
const PIECE_BYTES = 1024 * 1024

export class Persistence implements Part {
  readonly #options: PersistenceOptions
  readonly #deps: Deps
  #lastWriteMs: number
  #written = 0

  constructor(options: PersistenceOptions, deps: Deps) {
    this.#options = options
    this.#deps = deps
    this.#lastWriteMs = deps.clock.now()
  }

  /** Fills the store from the file. One that is missing is no error, one that is broken is told and left alone. */
  load(): void {
    const { store, files, log } = this.#deps
    let groups: ReturnType<typeof decodeGroups>
    try {
      groups = decodeGroups(files.readSync(this.#options.file))
    } catch (err) {
      if ((err as { code?: string }).code !== 'ENOENT') {
        log.error('could not load persisted metrics', { err })
      }
      return
    }
    for (const { labels, families } of groups) store.restore(labels, families)
    this.#written = store.changes
  }

  async run(signal: AbortSignal, ready: () => void): Promise<void> {
    const { clock, store } = this.#deps
    ready()
    while (!signal.aborted) {
      await clock.sleep(Math.min(TICK_MS, this.#options.intervalMs), signal)
      const isDue = clock.now() - this.#lastWriteMs >= this.#options.intervalMs
      if (isDue && store.changes !== this.#written) await this.#write()
    }
    await this.#write()
  }

  async #write(): Promise<void> {
    const { store, clock, log } = this.#deps
    const { file } = this.#options
    const changes = store.changes
    this.#lastWriteMs = clock.now()
    try {
      await inSlices(this.#replace(), clock)
      this.#written = changes
      log.info('metrics persisted', { file })
    } catch (err) {
      log.error('error persisting metrics', { err })
    }
  }

  /** Written beside and renamed: whenever the program ends, the file is the old one or the new one. */
  *#replace(): Generator<undefined, void> {
    const { store, files } = this.#deps
    const { file } = this.#options
    const beside = `${file}.in_progress`
    const pieces = yield* encodeGroups(store.groups())
    try {
      const handle = files.openSync(beside, 'w', FILE_MODE)
      try {
        for (const piece of pieces) {
          for (let at = 0; at < piece.length; at += PIECE_BYTES) {
            handle.write(piece.subarray(at, at + PIECE_BYTES))
            yield undefined
          }
        }
        handle.sync()
      } finally {
        handle.close()
      }
      files.renameSync(beside, file)
    } catch (err) {
      files.removeSync(beside)
      throw err
    }
    files.syncFolderSync(dirname(file))
  }
}
