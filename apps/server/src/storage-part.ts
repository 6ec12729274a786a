/** Storage and scraping as one part: the ingest thread opens storage, works, closes it; queries read along. */
import type { Logger, Part } from '@prom/runtime'
import type { IngestControl, IngestOptions, OpenedStorage } from '@prom/scrape'

/** The ingest role, wherever it runs. */
export interface IngestHandle {
  readonly ingest: IngestControl
  /** Resolves when the thread is gone; with an error if it failed. */
  readonly ended: Promise<Error | undefined>
  terminate(): Promise<void>
}

export interface StoragePartDeps {
  readonly log: Logger
  readonly handle: IngestHandle
  readonly isAgent?: boolean
  /** Called with what query threads need, before anyone else is started. */
  readonly onOpened: (opened: OpenedStorage) => void
  /** Called before it is closed. */
  readonly onClosing: () => void
}

export class StoragePart implements Part {
  readonly #options: IngestOptions
  readonly #deps: StoragePartDeps

  constructor(options: IngestOptions, deps: StoragePartDeps) {
    this.#options = options
    this.#deps = deps
  }

  /** Rejects if storage cannot be opened, or if the thread dies: without it the server is none. */
  async run(signal: AbortSignal, ready: () => void): Promise<void> {
    const { log, handle, onOpened } = this.#deps
    const { ingest, ended } = handle
    const { isAgent = false } = this.#deps
    log.info(isAgent ? 'Starting WAL storage ...' : 'Starting TSDB ...')
    try {
      onOpened(await ingest.open(this.#options))
      log.info(isAgent ? 'Agent WAL storage started' : 'TSDB started')
      ready()
      const stopped = new Promise<'stopped'>((resolve) => {
        if (signal.aborted) resolve('stopped')
        signal.addEventListener('abort', () => resolve('stopped'), { once: true })
      })
      const outcome = await Promise.race([stopped, ended])
      if (outcome !== 'stopped') throw outcome ?? new Error('ingest thread has ended')
      this.#deps.onClosing()
      await ingest.close()
    } finally {
      await handle.terminate()
    }
  }
}
