import type { Clock } from '@prom/runtime'
import type { Notice } from './api/status.ts'

export const RELOAD_FAILED = 'Configuration reload has failed.'
export const STARTING = 'Prometheus is starting and replaying the write-ahead log (WAL).'
export const STOPPING = 'Prometheus is shutting down and gracefully stopping all operations.'

type Listener = (notice: Notice) => void

/** What users are told on every page while it lasts. */
export class Notices {
  readonly #clock: Clock
  readonly #active = new Map<string, number>()
  readonly #listeners = new Set<Listener>()

  constructor(clock: Clock) {
    this.#clock = clock
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
    for (const listener of this.#listeners) listener(notice)
  }
}
