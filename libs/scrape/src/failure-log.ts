import type { Clock, FileHandle, HostFiles, Logger } from '@prom/runtime'

export interface FailureLogDeps {
  readonly files: HostFiles
  readonly clock: Clock
  readonly log: Logger
}

/** `scrape_failure_log_file`: one JSON line per scrape that brought nothing. Files stay open until `close`. */
export class FailureLogs {
  readonly #deps: FailureLogDeps
  readonly #open = new Map<string, FileHandle | undefined>()

  constructor(deps: FailureLogDeps) {
    this.#deps = deps
  }

  /** Adds a line to the file at `path`; a file that cannot be written is said once in the log. */
  write(path: string, pool: string, target: string, error: string): void {
    const file = this.#fileAt(path)
    if (!file) return
    const time = new Date(this.#deps.clock.now()).toISOString()
    const facts = { msg: error, job_name: pool, target }
    const line = JSON.stringify({ time, level: 'ERROR', source: 'scrape', ...facts })
    try {
      file.write(Buffer.from(`${line}\n`))
    } catch (err) {
      this.#failed(path, err as Error)
    }
  }

  close(): void {
    for (const file of this.#open.values()) file?.close()
    this.#open.clear()
  }

  #fileAt(path: string): FileHandle | undefined {
    if (!this.#open.has(path)) {
      try {
        this.#open.set(path, this.#deps.files.openSync(path, 'a', 0o640))
      } catch (err) {
        this.#failed(path, err as Error)
      }
    }
    return this.#open.get(path)
  }

  #failed(path: string, err: Error): void {
    this.#open.get(path)?.close()
    this.#open.set(path, undefined)
    this.#deps.log.error('Scrape failure log cannot be written', { path, err: err.message })
  }
}
