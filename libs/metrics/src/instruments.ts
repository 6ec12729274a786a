/**
 * Counters, gauges and histograms. `name` and `help` are the original's, as whole literals. A `*Vec` has one child
 * per label value combination, in the order of `labelNames`.
 */
import type { MetricFamily, MetricPoint, MetricType } from './family.ts'
import type { Collector } from './registry.ts'

interface Description {
  readonly name: string
  readonly help: string
}

interface VecDescription extends Description {
  readonly labelNames: readonly string[]
}

export class Counter implements Collector {
  readonly #about: Description
  #value = 0

  constructor(about: Description) {
    this.#about = about
  }

  inc(by = 1): void {
    this.#value += by
  }

  value(): number {
    return this.#value
  }

  collect(): MetricFamily[] {
    return [single(this.#about, 'counter', this.#value)]
  }
}

export class Gauge implements Collector {
  readonly #about: Description
  #read: () => number
  #value = 0

  /** With `read`, the value is asked for at each scrape. */
  constructor(about: Description, read?: () => number) {
    this.#about = about
    this.#read = read ?? (() => this.#value)
  }

  set(value: number): void {
    this.#value = value
  }

  inc(by = 1): void {
    this.#value += by
  }

  value(): number {
    return this.#read()
  }

  collect(): MetricFamily[] {
    return [single(this.#about, 'gauge', this.#read())]
  }
}

class Child {
  count = 0
  inc(by = 1): void {
    this.count += by
  }
  set(value: number): void {
    this.count = value
  }
}

class Vec implements Collector {
  readonly #about: VecDescription
  readonly #type: MetricType
  readonly #children = new Map<string, { readonly values: readonly string[]; child: Child }>()

  constructor(about: VecDescription, type: MetricType) {
    this.#about = about
    this.#type = type
  }

  /** The child for these label values, made at its first use. */
  of(...values: readonly string[]): Child {
    const key = values.join('\0')
    let entry = this.#children.get(key)
    if (!entry) {
      entry = { values, child: new Child() }
      this.#children.set(key, entry)
    }
    return entry.child
  }

  remove(...values: readonly string[]): void {
    this.#children.delete(values.join('\0'))
  }

  clear(): void {
    this.#children.clear()
  }

  collect(): MetricFamily[] {
    const points: MetricPoint[] = [...this.#children.values()].map(({ values, child }) => ({
      labels: sortedPairs(this.#about.labelNames, values),
      value: child.count,
    }))
    return points.length === 0
      ? []
      : [{ name: this.#about.name, help: this.#about.help, type: this.#type, points }]
  }
}

export class CounterVec extends Vec {
  constructor(about: VecDescription) {
    super(about, 'counter')
  }
}

export class GaugeVec extends Vec {
  constructor(about: VecDescription) {
    super(about, 'gauge')
  }
}

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
    this.#about = about
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
    this.#about = about
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

function single({ name, help }: Description, type: MetricType, value: number): MetricFamily {
  return { name, help, type, points: [{ labels: [], value }] }
}

function sortedPairs(names: readonly string[], values: readonly string[]): string[] {
  const order = names
    .map((_, i) => i)
    .sort((a, b) => ((names[a] as string) < (names[b] as string) ? -1 : 1))
  return order.flatMap((i) => [names[i] as string, values[i] as string])
}
