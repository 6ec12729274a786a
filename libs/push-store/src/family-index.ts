/** Which groups have a family of a name, what it looks like over all of them, and what shapes of labels groups have. */
import type { MetricFamily, MetricPoint } from '@prom/metrics'
import type { Logger } from '@prom/runtime'
import { type Group, groupKey } from './group.ts'

interface Entry {
  /** The texts all groups share, instead of a copy per push. */
  readonly name: string
  help: string | undefined
  readonly groups: Set<Group>
  /** Put together at the last look; undefined once a group has changed. */
  merged: MetricFamily | undefined
}

export class FamilyIndex {
  readonly #entries = new Map<string, Entry>()
  /** Label names of groups, joined, with how many groups have just these. */
  readonly #shapes = new Map<string, { readonly names: readonly string[]; count: number }>()

  remember(group: Group): void {
    const names = namesOf(group)
    const key = groupKey(names)
    const shape = this.#shapes.get(key)
    if (shape) shape.count++
    else this.#shapes.set(key, { names, count: 1 })
  }

  forget(group: Group): void {
    const key = groupKey(namesOf(group))
    const shape = this.#shapes.get(key)
    if (shape && --shape.count === 0) this.#shapes.delete(key)
  }

  /** The label names some group has, each set once. */
  shapes(): IterableIterator<{ readonly names: readonly string[] }> {
    return this.#shapes.values()
  }

  /** Returns the family with the texts that are known already. */
  add(family: MetricFamily, group: Group): MetricFamily {
    let entry = this.#entries.get(family.name)
    if (!entry) {
      const { name, help } = family
      entry = { name, help, groups: new Set(), merged: undefined }
      this.#entries.set(family.name, entry)
    }
    entry.groups.add(group)
    entry.merged = undefined
    if (entry.help !== family.help) entry.help = family.help
    return { ...family, name: entry.name, help: entry.help }
  }

  remove(name: string, group: Group): void {
    const entry = this.#entries.get(name)
    if (!entry) return
    entry.groups.delete(group)
    entry.merged = undefined
    if (entry.groups.size === 0) this.#entries.delete(name)
  }

  groupsWith(name: string): ReadonlySet<Group> | undefined {
    return this.#entries.get(name)?.groups
  }

  /** Some group other than this one that has the family. */
  otherGroup(name: string, group: Group | undefined): Group | undefined {
    for (const one of this.groupsWith(name) ?? []) if (one !== group) return one
    return undefined
  }

  /** All families, sorted by name, their samples sorted as on the page. */
  families(own: ReadonlyMap<string, MetricFamily>, log: Logger): MetricFamily[] {
    const families: MetricFamily[] = []
    for (const name of [...this.#entries.keys()].sort()) {
      const entry = this.#entries.get(name) as Entry
      entry.merged ??= merge(name, entry.groups, own.get(name)?.help, log)
      families.push(entry.merged)
    }
    return families
  }
}

function namesOf({ labels }: Group): string[] {
  return labels.filter((_, i) => i % 2 === 0)
}

function merge(
  name: string,
  groups: ReadonlySet<Group>,
  ownHelp: string | undefined,
  log: Logger,
): MetricFamily {
  let help: string | undefined
  let type: MetricFamily['type'] | undefined
  const points: MetricPoint[] = []
  for (const group of groups) {
    const family = group.families.get(name)?.family
    if (!family) continue
    if (type !== undefined && help !== family.help) {
      log.info('metric families inconsistent help strings', {
        err: `Metric families have inconsistent help strings. The latter will have priority. This is bad. Fix your pushed metrics!`,
        name,
      })
    }
    help = family.help
    type ??= family.type
    for (const point of family.points) points.push(point)
  }
  points.sort(comparePoints)
  return { name, help: ownHelp ?? help, type: type ?? 'untyped', points }
}

/** Fewer labels first, then the values one by one. */
function comparePoints({ labels: a }: MetricPoint, { labels: b }: MetricPoint): number {
  if (a.length !== b.length) return a.length - b.length
  for (let i = 1; i < a.length; i += 2) {
    const left = a[i] as string
    const right = b[i] as string
    if (left !== right) return left < right ? -1 : 1
  }
  return 0
}
