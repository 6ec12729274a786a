import type { MetricFamily, MetricPoint } from './family.ts'

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

  /** Families of one name from several collectors become one; one without points is left out. */
  gather(): MetricFamily[] {
    return mergeFamilies(this.#collectors.flatMap((collector) => collector.collect()))
  }
}

/** Puts families of the same name together and everything in order; also used to add other threads' metrics. */
export function mergeFamilies(families: readonly MetricFamily[]): MetricFamily[] {
  const byName = new Map<string, MetricFamily>()
  for (const family of families) {
    if (family.points.length === 0) continue
    const known = byName.get(family.name)
    byName.set(
      family.name,
      known ? { ...known, points: [...known.points, ...family.points] } : family,
    )
  }
  return [...byName.values()]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((family) =>
      family.points.length > 1
        ? { ...family, points: [...family.points].sort(comparePoints) }
        : family,
    )
}

/** Compat: points with fewer labels first, then by label values. */
function comparePoints({ labels: a }: MetricPoint, { labels: b }: MetricPoint): number {
  if (a.length !== b.length) return a.length - b.length
  for (let i = 1; i < a.length; i += 2) {
    const left = a[i] as string
    const right = b[i] as string
    if (left !== right) return left < right ? -1 : 1
  }
  return 0
}
