/** One shard of a queue: a bounded line of batches, sent one after the other. */
import type { Clock } from '@prom/runtime'
import { Batch, type RowExtra } from './batch.ts'
import type { SentSeries } from './sent-series.ts'

export interface ShardOptions {
  readonly capacity: number
  readonly maxSamplesPerSend: number
  readonly batchSendDeadline: number
}

export class Shard {
  readonly #options: ShardOptions
  readonly #clock: Clock
  readonly #full: Batch[] = []
  readonly #spare: Batch[] = []
  readonly #fullMax: number
  #filling: Batch
  #isClosing = false
  #wakeSender: () => void = () => {}
  #wakeFiller: () => void = () => {}

  constructor(options: ShardOptions, clock: Clock) {
    this.#options = options
    this.#clock = clock
    this.#fullMax = Math.max(1, Math.floor(options.capacity / options.maxSamplesPerSend))
    this.#filling = new Batch(options.maxSamplesPerSend)
  }

  /** Takes a row; false if the shard is full: then wait for `space`. */
  offer(
    series: SentSeries,
    kind: number,
    timeMs: number,
    low: number,
    high: number,
    extra: RowExtra | undefined,
  ): boolean {
    const batch = this.#filling
    if (batch.count === batch.capacity) {
      if (this.#full.length >= this.#fullMax) return false
      this.#full.push(batch)
      this.#filling = this.#spare.pop() ?? new Batch(this.#options.maxSamplesPerSend)
      this.#wakeSender()
      return this.offer(series, kind, timeMs, low, high, extra)
    }
    const row = batch.count++
    batch.series[row] = series
    batch.kinds[row] = kind
    batch.times[row] = timeMs
    batch.words[row * 2] = low
    batch.words[row * 2 + 1] = high
    if (extra) batch.extras[row] = extra
    if (batch.count === batch.capacity) this.#wakeSender()
    return true
  }

  /** Resolves when a row may fit again, or the signal aborts. */
  space(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        signal.removeEventListener('abort', wake)
        resolve()
      }
      this.#wakeFiller = wake
      if (signal.aborted) wake()
      else signal.addEventListener('abort', wake, { once: true })
    })
  }

  /** No more rows come: `run` ends once everything has been sent. */
  close(): void {
    this.#isClosing = true
    this.#wakeSender()
  }

  /** Sends batches until the shard is closed and empty, or `signal` aborts; what is left then is in `left`. */
  async run(send: (batch: Batch) => Promise<void>, signal: AbortSignal): Promise<void> {
    let deadline = this.#clock.monotonic() + this.#options.batchSendDeadline
    while (!signal.aborted) {
      const batch = this.#next(this.#clock.monotonic() >= deadline)
      if (batch) {
        await send(batch)
        batch.clear()
        this.#spare.push(batch)
        deadline = this.#clock.monotonic() + this.#options.batchSendDeadline
        this.#wakeFiller()
        continue
      }
      if (this.#isClosing) return
      if (this.#clock.monotonic() >= deadline) {
        deadline = this.#clock.monotonic() + this.#options.batchSendDeadline
      }
      await this.#wait(deadline - this.#clock.monotonic(), signal)
    }
  }

  /** What has not been sent. */
  left(): Batch[] {
    return [...this.#full, this.#filling].filter(({ count }) => count > 0)
  }

  #next(isDue: boolean): Batch | undefined {
    const first = this.#full.shift()
    if (first) return first
    const batch = this.#filling
    const isReady = batch.count === batch.capacity || isDue || this.#isClosing
    if (batch.count === 0 || !isReady) return undefined
    this.#filling = this.#spare.pop() ?? new Batch(this.#options.maxSamplesPerSend)
    return batch
  }

  async #wait(ms: number, signal: AbortSignal): Promise<void> {
    const woken = new AbortController()
    const wake = () => woken.abort()
    this.#wakeSender = wake
    signal.addEventListener('abort', wake, { once: true })
    await this.#clock.sleep(ms, woken.signal)
    signal.removeEventListener('abort', wake)
    this.#wakeSender = () => {}
  }
}
