import type { Clock, Logger, Part } from '@prom/runtime'

const INTERVAL_MIN_MS = 1000

export interface AutoReloadDeps {
  readonly clock: Clock
  readonly log: Logger
  /** Of the configuration in use and of what lies there now. */
  readonly checksums: () => Promise<{ readonly used: string; readonly found: string }>
  readonly reload: () => Promise<void>
}

/** Reloads when the configuration's files change; a file that failed is tried again at its next change. */
export class AutoReload implements Part {
  readonly #intervalMs: number
  readonly #deps: AutoReloadDeps

  constructor(intervalMs: number, deps: AutoReloadDeps) {
    this.#intervalMs = Math.max(intervalMs, INTERVAL_MIN_MS)
    this.#deps = deps
  }

  async run(signal: AbortSignal, ready: () => void): Promise<void> {
    const { clock, log, checksums, reload } = this.#deps
    let refused = ''
    ready()
    while (!signal.aborted) {
      await clock.sleep(this.#intervalMs, signal)
      if (signal.aborted) break
      const { used, found } = await checksums()
      if (found === used || found === refused) continue
      log.info('Configuration file change detected, reloading the configuration.')
      try {
        await reload()
        refused = ''
      } catch (err) {
        refused = found
        log.error('Error reloading config', { err })
      }
    }
  }
}
