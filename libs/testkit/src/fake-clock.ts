import type { Alarm, AlarmClock } from '@prom/runtime'

interface Sleeper {
  readonly atMs: number
  readonly wake: () => void
}

/** A clock that stands still until a test moves it. */
export class FakeClock implements AlarmClock {
  #nowMs: number
  readonly #startMs: number
  readonly #sleepers = new Set<Sleeper>()

  constructor(nowMs = 1_700_000_000_000) {
    this.#nowMs = nowMs
    this.#startMs = nowMs
  }

  now(): number {
    return this.#nowMs
  }

  monotonic(): number {
    return this.#nowMs - this.#startMs
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.sleepUntil(this.#nowMs + ms, signal)
  }

  sleepUntil(atMs: number, signal?: AbortSignal): Promise<void> {
    if (atMs <= this.#nowMs || signal?.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const sleeper = {
        atMs,
        wake: () => {
          this.#sleepers.delete(sleeper)
          signal?.removeEventListener('abort', sleeper.wake)
          resolve()
        },
      }
      this.#sleepers.add(sleeper)
      signal?.addEventListener('abort', sleeper.wake, { once: true })
    })
  }

  alarm(ring: () => void): Alarm {
    let sleeper: Sleeper | undefined
    const clear = () => {
      if (sleeper) this.#sleepers.delete(sleeper)
      sleeper = undefined
    }
    const set = (atMs: number) => {
      clear()
      const wake = () => {
        clear()
        ring()
      }
      sleeper = { atMs, wake }
      this.#sleepers.add(sleeper)
    }
    return { set, clear }
  }

  /** How many sleep now, set alarms included. */
  get sleeping(): number {
    return this.#sleepers.size
  }

  /** Moves time, waking sleepers in order, each at its own moment; pending promises run in between. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms
    await settlePromises()
    for (;;) {
      const next = [...this.#sleepers].sort((a, b) => a.atMs - b.atMs)[0]
      if (!next || next.atMs > untilMs) break
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      next.wake()
      await settlePromises()
    }
    this.#nowMs = untilMs
    await settlePromises()
  }
}

/** Lets chains of promises that wait for nothing real run to their end. */
export async function settlePromises(): Promise<void> {
  for (let i = 0; i < 100; i++) await Promise.resolve()
}
