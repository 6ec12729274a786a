import type { MetricFamily, Registry } from '@prom/metrics'

/** A summary without quantiles, in seconds: sum and count of durations. */
export class DurationSummary {
  readonly #about: { readonly name: string; readonly help: string }
  #sum = 0
  #count = 0

  constructor(about: { readonly name: string; readonly help: string }, metrics: Registry) {
    this.#about = about
    metrics.register(this)
  }

  observeMs(ms: number): void {
    this.#sum += ms / 1000
    this.#count++
  }

  collect(): MetricFamily[] {
    const value = { sum: this.#sum, count: this.#count, quantiles: [] }
    return [{ ...this.#about, type: 'summary', points: [{ labels: [], value }] }]
  }
}
