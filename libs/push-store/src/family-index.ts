/** Which groups have a family of a name, what it looks like over all of them, and what shapes of labels groups have. */
import type { MetricType } from '@prom/metrics'
import type { Logger } from '@prom/runtime'
import { type Group, groupKey } from './group.ts'
import type { PackedFamily } from './packed-family.ts'

/** A family over all groups, as it is at one moment. The same object as long as nothing has changed. */
export interface PageFamily {
  readonly name: string
  readonly help: string | undefined
  readonly type: MetricType
  readonly parts: readonly PackedFamily[]
}

interface Entry {
  /** The texts all groups share, instead of a copy per push. */
  readonly name: string
  help: string | undefined
  readonly groups: Map<Group, PackedFamily>
  /** How many groups have the family with a type: more than one type is an inconsistency. */
  readonly types: Map<MetricType, number>
  /** Put together at the last look; undefined once a group has changed. */
  page: PageFamily | undefined
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

  /** From here on the family has the texts that are known already. */
  add(family: PackedFamily, group: Group): void {
    let entry = this.#entries.get(family.name)
    if (!entry) {
      const { name, help } = family
      entry = { name, help, groups: new Map(), types: new Map(), page: undefined }
      this.#entries.set(family.name, entry)
    }
    if (entry.help !== family.help) entry.help = family.help
    family.name = entry.name
    family.help = entry.help
    const before = entry.groups.get(group)
    if (before) count(entry.types, before.type, -1)
    count(entry.types, family.type, 1)
    entry.groups.set(group, family)
    entry.page = undefined
  }

  remove(name: string, group: Group): void {
    const entry = this.#entries.get(name)
    const before = entry?.groups.get(group)
    if (!entry || !before) return
    entry.groups.delete(group)
    count(entry.types, before.type, -1)
    entry.page = undefined
    if (entry.groups.size === 0) this.#entries.delete(name)
  }

  /** The family in each group that has it. */
  groupsWith(name: string): ReadonlyMap<Group, PackedFamily> | undefined {
    return this.#entries.get(name)?.groups
  }

  /** The family in some group other than this one. */
  inAnotherGroup(name: string, group: Group | undefined): PackedFamily | undefined {
    for (const [one, family] of this.groupsWith(name) ?? []) if (one !== group) return family
    return undefined
  }

  hasOneType(name: string): boolean {
    return (this.#entries.get(name)?.types.size ?? 0) <= 1
  }

  /** All families, sorted by name. */
  families(log: Logger): PageFamily[] {
    return [...this.#entries.keys()].sort().map((name) => {
      const entry = this.#entries.get(name) as Entry
      entry.page ??= describe(name, entry.groups, log)
      return entry.page
    })
  }
}

function count(types: Map<MetricType, number>, type: MetricType, change: number): void {
  const now = (types.get(type) ?? 0) + change
  if (now === 0) types.delete(type)
  else types.set(type, now)
}

function namesOf({ labels }: Group): string[] {
  return labels.filter((_, i) => i % 2 === 0)
}

function describe(name: string, groups: ReadonlyMap<Group, PackedFamily>, log: Logger): PageFamily {
  const parts = [...groups.values()]
  parts.forEach((part, i) => {
    if (i === 0 || part.help === parts[i - 1]?.help) return
    log.info('metric families inconsistent help strings', {
      err: `Metric families have inconsistent help strings. The latter will have priority. This is bad. Fix your pushed metrics!`,
      name,
    })
  })
  return { name, help: parts.at(-1)?.help, type: parts[0]?.type ?? 'untyped', parts }
}
