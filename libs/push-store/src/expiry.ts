/** Removes groups that nobody has pushed to for too long. */
import type { Clock, Logger, Part } from '@prom/runtime'
import type { PushStore } from './push-store.ts'

const LOOK_MS = 1000

interface Deps {
  readonly store: PushStore
  readonly clock: Clock
  readonly log: Logger
}

export class Expiry implements Part {
  readonly #defaultAfterMs: number | undefined
  readonly #deps: Deps

  /** Without a default only groups that asked for it expire. */
  constructor(defaultAfterMs: number | undefined, deps: Deps) {
    this.#defaultAfterMs = defaultAfterMs
    this.#deps = deps
  }

  async run(signal: AbortSignal, ready: () => void): Promise<void> {
    const { clock, store, log } = this.#deps
    ready()
    while (!signal.aborted) {
      await clock.sleep(LOOK_MS, signal)
      if (signal.aborted) break
      const count = store.expire(this.#defaultAfterMs)
      if (count > 0) log.info('Groups expired', { count })
    }
  }
}
