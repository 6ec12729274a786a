/** Keeps the store in a file: at most once per interval while pushes come, and once more at the end. */
import type { Clock, HostFiles, Logger, Part } from '@prom/runtime'
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
  readonly files: Pick<HostFiles, 'readSync' | 'replaceSync'>
}

/** How often a change is looked for; a write waits at most this much longer than it must. */
const TICK_MS = 100
const FILE_MODE = 0o600

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
      if (isDue && store.changes !== this.#written) this.#write()
    }
    this.#write()
  }

  #write(): void {
    const { store, clock, log, files } = this.#deps
    const { file } = this.#options
    const changes = store.changes
    this.#lastWriteMs = clock.now()
    try {
      files.replaceSync(file, encodeGroups(store.groups()), FILE_MODE)
      this.#written = changes
      log.info('metrics persisted', { file })
    } catch (err) {
      log.error('error persisting metrics', { err })
    }
  }
}
