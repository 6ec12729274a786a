import type { Clock } from '@prom/runtime'
import type { Notice } from './api/status.ts'

export const RELOAD_FAILED = 'Configuration reload has failed.'
export const STARTING = 'Prometheus is starting and replaying the write-ahead log (WAL).'
export const STOPPING = 'Prometheus is shutting down and gracefully stopping all operations.'

/** What users are told on every page while it lasts. */
export class Notices {
  readonly #clock: Clock
  readonly #active = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(text: string): void {
    if (!this.#active.has(text)) this.#active.set(text, this.#clock.now())
  }

  remove(text: string): void {
    this.#active.delete(text)
  }

  active(): Notice[] {
    return [...this.#active].map(([text, atMs]) => ({ text, atMs }))
  }
}
