import type { Host } from '@prom/runtime'

const INTERVAL_MS = 200

/** How far a long piece of work is, on one line of a terminal; silent elsewhere. */
export class Progress {
  readonly #host: Host
  readonly #what: string
  #last = -Infinity
  #isShown = false

  constructor(what: string, host: Host) {
    this.#what = what
    this.#host = host
  }

  /** `share` of 1; cheap to call often. */
  show(share: number): void {
    const { stderr, clock } = this.#host
    if (!stderr.isTerminal) return
    const now = clock.monotonic()
    if (now - this.#last < INTERVAL_MS) return
    this.#last = now
    this.#isShown = true
    const percent = Math.min(100, Math.floor(share * 100))
    stderr.write(`\r${this.#what}: ${percent}%`)
  }

  /** Clears the line, before anything else is printed. */
  end(): void {
    if (this.#isShown) this.#host.stderr.write('\r\x1b[K')
    this.#isShown = false
  }
}
