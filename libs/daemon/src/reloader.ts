/** Reloads the configuration when asked by SIGHUP or HTTP, one at a time, and says how it went. */
import type { HttpHandler } from '@prom/http'
import { respondError, respondText } from '@prom/http'
import { Gauge, type Registry } from '@prom/metrics'
import type { Clock, Logger, Part, Signals } from '@prom/runtime'

export interface ReloaderDeps {
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Registry
  readonly signals: Signals
}

export interface ReloaderOptions {
  /** `prometheus_config`, `alertmanager_config`. */
  readonly metricPrefix: string
  /** Reads, checks and applies everything. Throwing leaves the old configuration in place. */
  readonly load: () => Promise<void>
}

export class Reloader implements Part {
  readonly #options: ReloaderOptions
  readonly #deps: ReloaderDeps
  readonly #successful: Gauge
  readonly #successTime: Gauge
  #last: Promise<unknown> = Promise.resolve()
  #hangups = 0
  #wake: () => void = () => {}
  #isLastSuccessful = true
  #lastSuccessMs = 0

  constructor(options: ReloaderOptions, deps: ReloaderDeps) {
    this.#options = options
    this.#deps = deps
    const { metricPrefix } = options
    this.#successful = deps.metrics.register(
      new Gauge({
        name: `${metricPrefix}_last_reload_successful`,
        help: 'Whether the last configuration reload attempt was successful.',
      }),
    )
    this.#successTime = deps.metrics.register(
      new Gauge({
        name: `${metricPrefix}_last_reload_success_timestamp_seconds`,
        help: 'Timestamp of the last successful configuration reload.',
      }),
    )
    // A hangup before the first load is over is held and applied after it.
    deps.signals.onHangup(() => {
      this.#hangups = 1
      this.#wake()
    })
  }

  get isLastSuccessful(): boolean {
    return this.#isLastSuccessful
  }

  /** 0 before the first success. */
  get lastSuccessMs(): number {
    return this.#lastSuccessMs
  }

  /** Waits for its turn, loads, counts. Rejects with what went wrong. */
  reload(): Promise<void> {
    const turn = this.#last.then(() => this.#load())
    this.#last = turn.catch(() => {})
    return turn
  }

  async #load(): Promise<void> {
    try {
      await this.#options.load()
      this.#lastSuccessMs = this.#deps.clock.now()
      this.#successTime.set(this.#lastSuccessMs / 1000)
      this.#isLastSuccessful = true
    } catch (err) {
      this.#isLastSuccessful = false
      throw err
    } finally {
      this.#successful.set(this.#isLastSuccessful ? 1 : 0)
    }
  }

  /** Ready once the first load has been applied; rejects if that fails. Then reloads at each hangup. */
  async run(signal: AbortSignal, ready: () => void): Promise<void> {
    await this.reload()
    ready()
    signal.addEventListener('abort', () => this.#wake(), { once: true })
    while (!signal.aborted) {
      if (this.#hangups === 0) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
        continue
      }
      this.#hangups = 0
      await this.reload().catch((err: unknown) => {
        this.#deps.log.error('Error reloading config', { err })
      })
    }
    await this.#last
  }

  /** `POST /-/reload`: answers once the reload is over. */
  handler(): HttpHandler {
    return async (_request, response) => {
      try {
        await this.reload()
        response.writeHead(200)
        response.end()
      } catch (err) {
        this.#deps.log.error('Error reloading config', { err })
        const message = err instanceof Error ? err.message : String(err)
        respondError(response, 500, `failed to reload config: ${message}`)
      }
    }
  }
}

/** For daemons started without `--web.enable-lifecycle`. */
export const refuseLifecycle: HttpHandler = (_request, response) =>
  respondText(response, 403, 'Lifecycle API is not enabled.')
