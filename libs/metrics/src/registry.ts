import type { MetricFamily } from './family.ts'

/** Anything that can say its metrics now. */
export interface Collector {
  collect(): MetricFamily[]
}

/** The metrics of one program. Families come out sorted by name, points by labels, as client_golang does. */
export class Registry {
  readonly #collectors: Collector[] = []

  register<T extends Collector>(collector: T): T {
    this.#collectors.push(collector)
    return collector
  }

  gather(): MetricFamily[] {
    const byName = new Map<string, MetricFamily>()
    for (const collector of this.#collectors) {
      for (const family of collector.collect()) {
        const known = byName.get(family.name)
        byName.set(
          family.name,
          known ? { ...known, points: [...known.points, ...family.points] } : family,
        )
      }
    }
    return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }
}
