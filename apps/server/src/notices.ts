import { Counter, Gauge, type Registry } from '@prom/metrics'
import type { Clock } from '@prom/runtime'
import type { Notice } from './api/status.ts'

export const RELOAD_FAILED = 'Configuration reload has failed.'
export const STARTING = 'Prometheus is starting and replaying the write-ahead log (WAL).'
export const STOPPING = 'Prometheus is shutting down and gracefully stopping all operations.'

/** False if it could not take the notice. */
type Listener = (notice: Notice) => boolean

/** What users are told on every page while it lasts. */
export class Notices {
  readonly #clock: Clock
  readonly #active = new Map<string, number>()
  readonly #listeners = new Set<Listener>()
  readonly #sent = new Counter({
    name: 'prometheus_api_notification_updates_sent_total',
    help: 'Total number of notification updates sent.',
  })

  readonly #dropped = new Counter({
    name: 'prometheus_api_notification_updates_dropped_total',
    help: 'Total number of notification updates dropped.',
  })

  constructor(clock: Clock, metrics: Registry) {
    this.#clock = clock
    metrics.register(this.#sent)
    metrics.register(this.#dropped)
    metrics.register(
      new Gauge(
        {
          name: 'prometheus_api_notification_active_subscribers',
          help: 'The current number of active notification subscribers.',
        },
        () => this.#listeners.size,
      ),
    )
  }

  add(text: string): void {
    if (this.#active.has(text)) return
    const atMs = this.#clock.now()
    this.#active.set(text, atMs)
    this.#tell({ text, atMs, isActive: true })
  }

  remove(text: string): void {
    const atMs = this.#active.get(text)
    if (atMs === undefined) return
    this.#active.delete(text)
    this.#tell({ text, atMs, isActive: false })
  }

  active(): Notice[] {
    return [...this.#active].map(([text, atMs]) => ({ text, atMs, isActive: true }))
  }

  get listenerCount(): number {
    return this.#listeners.size
  }

  /** Told of every change until the returned function is called. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #tell(notice: Notice): void {
    for (const listener of this.#listeners) {
      if (listener(notice)) this.#sent.inc()
      else this.#dropped.inc()
    }
  }
}
