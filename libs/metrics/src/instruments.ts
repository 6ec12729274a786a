/**
 * Counters and gauges. `name` and `help` are the original's, as whole literals. A `*Vec` has one child
 * per label value combination, in the order of `labelNames`.
 */

import { checkDescription, type Description, sortedPairs, type VecDescription } from './describe.ts'
import type { MetricFamily, MetricPoint, MetricType } from './family.ts'
import type { Collector } from './registry.ts'

export class Counter implements Collector {
  readonly #about: Description
  #value = 0

  constructor(about: Description) {
    this.#about = checkDescription(about)
  }

  /** `by` must not be negative. */
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
    this.#about = checkDescription(about)
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
    this.#about = checkDescription(about)
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

function single({ name, help }: Description, type: MetricType, value: number): MetricFamily {
  return { name, help, type, points: [{ labels: [], value }] }
}
