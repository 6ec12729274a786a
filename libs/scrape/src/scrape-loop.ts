import { printGoDuration } from '@prom/model'
import type { Clock, Logger } from '@prom/runtime'
import type { BodyMemory } from './body-memory.ts'
import type { TargetPlan, TargetStatus } from './contract.ts'
import { ErrorHistory } from './error-history.ts'
import { ScrapeError } from './errors.ts'
import type { Fetcher } from './fetch/fetcher.ts'
import type { ScrapeMetrics } from './scrape-metrics.ts'
import type { ScrapeOutcome, ScrapeStore } from './scrape-store.ts'
import { firstSlot, nextSlot, scrapeTime } from './slots.ts'

export interface ScrapeLoopDeps {
  readonly clock: Clock
  readonly log: Logger
  readonly memory: BodyMemory
  readonly metrics: ScrapeMetrics
  readonly fetcher: Fetcher
  readonly store: ScrapeStore
  /** Differs between servers, so that two of them do not scrape at the same moment. */
  readonly offsetSeed: number
  /** How far a scrape may be off its slot and still be stored at the slot's time. */
  readonly toleranceMs: number
  /** Told of each fetch that fails. */
  readonly onFailure: (error: string) => void
}

/** Scrapes one target in its slots until told to stop. */
export class ScrapeLoop {
  readonly plan: TargetPlan
  readonly store: ScrapeStore
  readonly #pool: string
  readonly #deps: ScrapeLoopDeps
  #lastMs = 0
  #durationSeconds = 0
  #health: TargetStatus['health'] = 'unknown'
  #error = ''
  readonly #history = new ErrorHistory()

  constructor(pool: string, plan: TargetPlan, deps: ScrapeLoopDeps) {
    this.#pool = pool
    this.plan = plan
    this.store = deps.store
    this.#deps = deps
  }

  /**
   * `removed` ends the target: its series become stale two intervals later, if the target has not come back.
   * `shutdown` ends it at once and without markers: the next process goes on where this one was.
   */
  async run(removed: AbortSignal, shutdown: AbortSignal): Promise<void> {
    const { clock, fetcher, offsetSeed } = this.#deps
    const { intervalMs } = this.plan
    const stop = AbortSignal.any([removed, shutdown])
    let at = firstSlot(clock.now(), intervalMs, this.plan.key, offsetSeed)
    while (!stop.aborted) {
      await clock.sleepUntil(at, stop)
      if (stop.aborted) break
      await this.#scrape(at, stop)
      at = nextSlot(at, clock.now(), intervalMs)
    }
    fetcher.close()
    if (!shutdown.aborted) await this.#end(at, shutdown)
  }

  status(): TargetStatus {
    const { labels, discoveredLabels, url, globalUrl, intervalMs, timeoutMs } = this.plan
    return {
      pool: this.#pool,
      discoveredLabels,
      labels,
      scrapeUrl: url,
      globalUrl,
      health: this.#health,
      lastError: this.#error,
      lastScrapeMs: this.#lastMs,
      lastScrapeDurationSeconds: this.#durationSeconds,
      scrapeIntervalMs: intervalMs,
      scrapeTimeoutMs: timeoutMs,
      errors: this.#history.errors,
    }
  }

  async #scrape(slotMs: number, stop: AbortSignal): Promise<void> {
    const { clock, log, memory, metrics, store, toleranceMs } = this.#deps
    const { intervalMs } = this.plan
    const startMs = clock.now()
    const timeMs = scrapeTime(slotMs, startMs, intervalMs, toleranceMs)
    if (this.#lastMs > 0) {
      metrics.intervalLength
        .of(printGoDuration(intervalMs * 1e6))
        .observe((startMs - this.#lastMs) / 1000)
    }
    const started = clock.monotonic()
    const outcome = await this.#fetch(stop)
    const durationSeconds = (clock.monotonic() - started) / 1000
    try {
      if (stop.aborted) return
      const error = store.store(outcome, timeMs, durationSeconds)
      if (error && outcome.body) log.debug('Append failed', { err: error.message })
      this.#settle(startMs, durationSeconds, error?.message ?? '')
    } catch (err) {
      log.error('Scrape commit failed', { target: this.plan.url, err: (err as Error).message })
      this.#settle(startMs, durationSeconds, (err as Error).message)
    } finally {
      if (outcome.body) memory.release(outcome.body.slot)
    }
  }

  async #fetch(stop: AbortSignal): Promise<ScrapeOutcome> {
    const { refusal } = this.plan
    if (refusal !== undefined) return { error: new ScrapeError(refusal) }
    try {
      return { body: await this.#deps.fetcher.fetch(stop) }
    } catch (err) {
      const error = err instanceof ScrapeError ? err : new ScrapeError((err as Error).message)
      if (!stop.aborted) {
        this.#deps.log.debug('Scrape failed', { err: error.message })
        this.#deps.onFailure(error.message)
      }
      return { error }
    }
  }

  #settle(startMs: number, durationSeconds: number, error: string): void {
    this.#lastMs = startMs
    this.#durationSeconds = durationSeconds
    this.#error = error
    this.#health = error === '' ? 'up' : 'down'
    if (error !== '') this.#history.add(startMs, durationSeconds, error)
  }

  /** The markers carry the time of the next slot; a successor that has stored later samples wins over them. */
  async #end(slotMs: number, shutdown: AbortSignal): Promise<void> {
    const { clock, log, store } = this.#deps
    const { intervalMs } = this.plan
    await clock.sleepUntil(slotMs, shutdown)
    const staleMs = clock.now()
    await clock.sleepUntil(slotMs + intervalMs * 1.1, shutdown)
    if (shutdown.aborted) return
    try {
      store.end(staleMs)
    } catch (err) {
      log.error('Stale commit failed', { target: this.plan.url, err: (err as Error).message })
    }
  }
}
