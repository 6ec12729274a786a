import type { Clock } from '@prom/runtime'
import { checkDescription, sortedPairs, type VecDescription } from './describe.ts'
import type { MetricFamily, MetricPoint } from './family.ts'
import type { Collector } from './registry.ts'

const WINDOW_MS = 600_000
/** Observations kept per child for the quantiles; the newest ones win. */
const OBSERVATIONS_MAX = 1024

interface SummaryDescription extends VecDescription {
  readonly quantiles: readonly number[]
}

class SummaryChild {
  sum = 0
  count = 0
  readonly #times = new Float64Array(OBSERVATIONS_MAX)
  readonly #values = new Float64Array(OBSERVATIONS_MAX)
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  observe(value: number): void {
    const slot = this.count % OBSERVATIONS_MAX
    this.#times[slot] = this.#clock.now()
    this.#values[slot] = value
    this.sum += value
    this.count++
  }

  point(labels: readonly string[], quantiles: readonly number[]): MetricPoint {
    const oldest = this.#clock.now() - WINDOW_MS
    const kept = Math.min(this.count, OBSERVATIONS_MAX)
    const recent = this.#values
      .slice(0, kept)
      .filter((_, i) => (this.#times[i] as number) >= oldest)
      .sort()
    return {
      labels,
      value: {
        count: this.count,
        sum: this.sum,
        quantiles: quantiles.map((quantile) => ({ quantile, value: rank(recent, quantile) })),
      },
    }
  }
}

/** Summaries over the last ten minutes. Compat: a quantile of nothing is NaN. */
export class SummaryVec implements Collector {
  readonly #about: SummaryDescription
  readonly #clock: Clock
  readonly #children = new Map<string, { values: readonly string[]; child: SummaryChild }>()

  constructor(about: SummaryDescription, clock: Clock) {
    this.#about = checkDescription(about)
    this.#clock = clock
  }

  of(...values: readonly string[]): { observe(value: number): void } {
    const key = values.join('\0')
    let entry = this.#children.get(key)
    if (!entry) {
      entry = { values, child: new SummaryChild(this.#clock) }
      this.#children.set(key, entry)
    }
    return entry.child
  }

  remove(...values: readonly string[]): void {
    this.#children.delete(values.join('\0'))
  }

  collect(): MetricFamily[] {
    const { name, help, labelNames, quantiles } = this.#about
    if (this.#children.size === 0) return []
    const points = [...this.#children.values()].map(({ values, child }) =>
      child.point(sortedPairs(labelNames, values), quantiles),
    )
    return [{ name, help, type: 'summary', points }]
  }
}

function rank(sorted: Float64Array, quantile: number): number {
  if (sorted.length === 0) return Number.NaN
  return sorted[Math.max(0, Math.ceil(quantile * sorted.length) - 1)] as number
}
