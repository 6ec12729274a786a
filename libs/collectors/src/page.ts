/**
 * The page one collector fills during one scrape: families of samples under names that are whole literals in the
 * collector. Label values are given in the order of the label names.
 */
import type { HistogramValue, MetricFamily, MetricPoint, MetricType } from '@prom/metrics'

export type PointValue = MetricPoint['value']

export class Page {
  readonly #families = new Map<string, Samples>()

  gauge(name: string, help: string, labelNames: readonly string[] = NO_LABELS): Samples {
    return this.family(name, help, 'gauge', labelNames)
  }

  counter(name: string, help: string, labelNames: readonly string[] = NO_LABELS): Samples {
    return this.family(name, help, 'counter', labelNames)
  }

  untyped(name: string, help: string, labelNames: readonly string[] = NO_LABELS): Samples {
    return this.family(name, help, 'untyped', labelNames)
  }

  /** The family of this name; the help and labels of the first call hold. One of another type stays apart. */
  family(
    name: string,
    help: string,
    type: MetricType,
    labelNames: readonly string[] = NO_LABELS,
  ): Samples {
    const known = this.#families.get(name)
    if (known?.type === type) return known
    const key = known ? `${name}\0${type}` : name
    let samples = this.#families.get(key)
    if (!samples) {
      samples = new Samples(name, help, type, labelNames)
      this.#families.set(key, samples)
    }
    return samples
  }

  /** The families that have samples, in order of first use. */
  families(): MetricFamily[] {
    const families: MetricFamily[] = []
    for (const family of this.#families.values()) {
      if (family.points.length > 0) families.push(family)
    }
    return families
  }
}

/** One family on a page. */
export class Samples implements MetricFamily {
  readonly name: string
  readonly help: string
  readonly type: MetricType
  readonly points: MetricPoint[] = []
  readonly #labelNames: readonly string[]
  /** Where each label value goes once the names are sorted. */
  readonly #order: readonly number[]

  constructor(name: string, help: string, type: MetricType, labelNames: readonly string[]) {
    this.name = name
    this.help = help
    this.type = type
    this.#labelNames = labelNames
    this.#order = sortedOrder(labelNames)
  }

  add(value: PointValue, ...labelValues: readonly string[]): this {
    const labels: string[] = []
    for (const i of this.#order) {
      labels.push(this.#labelNames[i] as string, labelValues[i] ?? '')
    }
    this.points.push({ labels, value })
    return this
  }

  /** For what has labels of its own: flat name/value pairs, sorted by name. */
  addLabelled(labels: readonly string[], value: PointValue | HistogramValue): this {
    this.points.push({ labels, value })
    return this
  }
}

const NO_LABELS: readonly string[] = []

/** Label sets are few and fixed, so each is sorted once. */
const orders = new WeakMap<readonly string[], readonly number[]>()

function sortedOrder(names: readonly string[]): readonly number[] {
  let order = orders.get(names)
  if (!order) {
    order = names
      .map((_, i) => i)
      .sort((a, b) => ((names[a] as string) < (names[b] as string) ? -1 : 1))
    orders.set(names, order)
  }
  return order
}
