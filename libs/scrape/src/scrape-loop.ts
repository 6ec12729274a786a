import { printGoDuration } from '@prom/model'
import type { Clock, Logger } from '@prom/runtime'
import type { TargetPlan, TargetStatus } from './contract.ts'
import { ErrorHistory } from './error-history.ts'
import { ScrapeError } from './errors.ts'
import type { Fetcher, ScrapeOutcome } from './fetch/fetcher.ts'
import type { ScrapeMetrics } from './scrape-metrics.ts'
import type { ScrapeStore } from './scrape-store.ts'
import { firstSlot, nextSlot, scrapeTime } from './slots.ts'
import type { Wakeup, Wakeups } from './wakeups.ts'

export interface ScrapeLoopDeps {
  readonly clock: Clock
  readonly wakeups: Wakeups
  readonly log: Logger
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
  readonly #observeInterval: (seconds: number) => void
  /** The slot that is waited for or scraped, when its scrape began by both clocks, and the time it is stored at. */
  #slotMs = 0
  #startMs = 0
  #startedMs = 0
  #timeMs = 0
  #wakeup: Wakeup | undefined
  #isStopped = false
  /** Ends the scraping part of `run`. */
  #leave: () => void = () => {}
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
    const interval = printGoDuration(plan.intervalMs * 1e6)
    const { intervalLength } = deps.metrics
    let child: { observe(seconds: number): void } | undefined
    this.#observeInterval = (seconds) => {
      child ??= intervalLength.of(interval)
      child.observe(seconds)
    }
  }

  /**
   * Scrapes until `stop`. The target's series then become stale two intervals later, if it has not come back; unless
   * `shutdown` is aborted: the next process goes on where this one was, without markers.
   */
  async run(shutdown: AbortSignal): Promise<void> {
    const { clock, fetcher, offsetSeed, store } = this.#deps
    const { intervalMs } = this.plan
    this.#slotMs = firstSlot(clock.now(), intervalMs, this.plan.key, offsetSeed)
    await new Promise<void>((resolve) => {
      this.#leave = resolve
      this.#waitForSlot()
    })
    fetcher.close()
    if (!shutdown.aborted) await this.#end(this.#slotMs, shutdown)
    store.close()
  }

  /** Ends `run`. */
  stop(): void {
    if (this.#isStopped) return
    this.#isStopped = true
    if (this.#wakeup) {
      this.#deps.wakeups.remove(this.#wakeup)
      this.#leave()
    } else this.#deps.fetcher.cancel() // Its outcome is the last one.
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

  #waitForSlot(): void {
    this.#wakeup = this.#deps.wakeups.add(this.#slotMs, this.#onSlot)
  }

  readonly #onSlot = (): void => {
    this.#wakeup = undefined
    const { clock, fetcher, toleranceMs } = this.#deps
    const { intervalMs, refusal } = this.plan
    const startMs = clock.now()
    this.#startMs = startMs
    this.#timeMs = scrapeTime(this.#slotMs, startMs, intervalMs, toleranceMs)
    if (this.#lastMs > 0) this.#observeInterval((startMs - this.#lastMs) / 1000)
    this.#startedMs = clock.monotonic()
    if (refusal === undefined) fetcher.fetch(this.#onOutcome)
    else this.#onOutcome({ error: new ScrapeError(refusal) })
  }

  readonly #onOutcome = (outcome: ScrapeOutcome): void => {
    const { clock, log, onFailure, store } = this.#deps
    const { intervalMs, refusal, url } = this.plan
    if (!this.#isStopped) {
      const durationSeconds = (clock.monotonic() - this.#startedMs) / 1000
      if (outcome.error && refusal === undefined) {
        log.debug('Scrape failed', { err: outcome.error.message })
        onFailure(outcome.error.message)
      }
      try {
        const error = store.store(outcome, this.#timeMs, durationSeconds)
        if (error && outcome.body) log.debug('Append failed', { err: error.message })
        this.#settle(this.#startMs, durationSeconds, error?.message ?? '')
      } catch (err) {
        log.error('Scrape commit failed', { target: url, err: (err as Error).message })
        this.#settle(this.#startMs, durationSeconds, (err as Error).message)
      }
    }
    this.#slotMs = nextSlot(this.#slotMs, clock.now(), intervalMs)
    if (this.#isStopped) this.#leave()
    else this.#waitForSlot()
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
