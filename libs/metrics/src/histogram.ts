/** Classic histograms of our own; bounds are fixed when they are made. */
import { checkDescription, type Description, sortedPairs, type VecDescription } from './describe.ts'
import type { MetricFamily, MetricPoint } from './family.ts'
import type { Collector } from './registry.ts'

class HistogramChild {
  readonly bounds: readonly number[]
  readonly counts: number[]
  sum = 0
  count = 0

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.counts = bounds.map(() => 0)
  }

  observe(value: number): void {
    this.sum += value
    this.count++
    const { bounds, counts } = this
    for (let i = 0; i < bounds.length; i++) {
      if (value <= (bounds[i] as number)) {
        counts[i] = (counts[i] as number) + 1
        return
      }
    }
  }

  point(labels: readonly string[]): MetricPoint {
    let seen = 0
    const buckets = this.bounds.map((le, i) => {
      seen += this.counts[i] as number
      return { le, count: seen }
    })
    return { labels, value: { count: this.count, sum: this.sum, buckets } }
  }
}

interface HistogramDescription extends Description {
  /** Upper bounds, ascending, without +Inf. */
  readonly bounds: readonly number[]
}

export class Histogram implements Collector {
  readonly #about: HistogramDescription
  readonly #child: HistogramChild

  constructor(about: HistogramDescription) {
    this.#about = checkDescription(about)
    this.#child = new HistogramChild(about.bounds)
  }

  observe(value: number): void {
    this.#child.observe(value)
  }

  collect(): MetricFamily[] {
    const { name, help } = this.#about
    return [{ name, help, type: 'histogram', points: [this.#child.point([])] }]
  }
}

export class HistogramVec implements Collector {
  readonly #about: HistogramDescription & VecDescription
  readonly #children = new Map<string, { values: readonly string[]; child: HistogramChild }>()

  constructor(about: HistogramDescription & VecDescription) {
    this.#about = checkDescription(about)
  }

  of(...values: readonly string[]): { observe(value: number): void } {
    const key = values.join('\0')
    let entry = this.#children.get(key)
    if (!entry) {
      entry = { values, child: new HistogramChild(this.#about.bounds) }
      this.#children.set(key, entry)
    }
    return entry.child
  }

  collect(): MetricFamily[] {
    const { name, help, labelNames } = this.#about
    if (this.#children.size === 0) return []
    const points = [...this.#children.values()].map(({ values, child }) =>
      child.point(sortedPairs(labelNames, values)),
    )
    return [{ name, help, type: 'histogram', points }]
  }
}

/** Bounds `start`, `start * factor` ... as client_golang's ExponentialBuckets. */
export function exponentialBounds(start: number, factor: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => start * factor ** i)
}

/** The bounds client_golang uses when none are given, in seconds. */
export const DEFAULT_BOUNDS: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
]
