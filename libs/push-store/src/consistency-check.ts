/**
 * Whether a push fits to what is there. Only what it touches is looked at: types and names through the index, equal
 * samples by asking which other groups could hold them at all. The verdicts and words are those of the original, which
 * builds and gathers a copy of everything.
 */
import { describePoint, type MetricFamily, type MetricPoint } from '@prom/metrics'
import { quoteGo } from '@prom/model'
import type { FamilyIndex } from './family-index.ts'
import { type Group, groupKey, PUSH_FAILURE_TIME, PUSH_TIME } from './group.ts'

export class ConsistencyCheck {
  readonly #groups: ReadonlyMap<string, Group>
  readonly #index: FamilyIndex
  readonly #own: ReadonlyMap<string, MetricFamily>

  constructor(
    groups: ReadonlyMap<string, Group>,
    index: FamilyIndex,
    own: ReadonlyMap<string, MetricFamily>,
  ) {
    this.#groups = groups
    this.#index = index
    this.#own = own
  }

  /** Why these families, already labelled for their group, cannot be taken. */
  push(
    { labels, isReplacing }: { readonly labels: readonly string[]; readonly isReplacing: boolean },
    families: readonly MetricFamily[],
  ): string[] {
    const errors: string[] = []
    const group = this.#groups.get(groupKey(labels))
    const pushed = new Map(families.map((family) => [family.name, family]))
    /** What will be there under a name, as far as the push does not change it. */
    const typeOf = (name: string): MetricFamily['type'] | undefined => {
      const own = this.#own.get(name)?.type
      if (own) return own
      const other = this.#index.otherGroup(name, group)
      if (other) return other.families.get(name)?.family.type
      if (pushed.has(name)) return pushed.get(name)?.type
      const isKept = !isReplacing || name === PUSH_TIME || name === PUSH_FAILURE_TIME
      return isKept ? group?.families.get(name)?.family.type : undefined
    }
    for (const family of [...families].sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const collision = collisionOf(family, typeOf)
      if (collision !== undefined) {
        errors.push(collision)
        continue
      }
      const clashes = this.#clashes(family, this.#index.otherGroup(family.name, group))
      for (const clash of clashes) errors.push(clash)
      if (clashes.length > 0) continue
      for (const error of this.#duplicates(family, group)) errors.push(error)
    }
    return errors
  }

  /** Whether a whole family, over all groups, has one type. */
  types(family: MetricFamily): string[] {
    const own = this.#own.get(family.name)
    if (own && own.type !== family.type) return [typeClash(family, own.type)]
    const groups = this.#index.groupsWith(family.name) ?? []
    const errors: string[] = []
    for (const group of groups) {
      const one = group.families.get(family.name)?.family
      if (one && one.type !== family.type) errors.push(...typeErrors(one, family.type))
    }
    return errors
  }

  /** Whether a whole family, sorted, has a sample twice. */
  duplicates({ name, type, points }: MetricFamily): string[] {
    const errors: string[] = []
    for (let i = 1; i < points.length; i++) {
      const point = points[i] as MetricPoint
      if (hasSameLabels(points[i - 1] as MetricPoint, point))
        errors.push(duplicate(name, type, point))
    }
    return errors
  }

  #clashes(family: MetricFamily, other: Group | undefined): string[] {
    const own = this.#own.get(family.name)
    if (own && own.type !== family.type) return [typeClash(family, own.type)]
    const type = other?.families.get(family.name)?.family.type
    return type !== undefined && type !== family.type ? typeErrors(family, type) : []
  }

  #duplicates({ name, type, points }: MetricFamily, group: Group | undefined): string[] {
    const errors: string[] = []
    const seen = new Set<string>()
    for (const point of points) {
      const key = groupKey(point.labels)
      if (seen.has(key) || this.#isElsewhere(name, point, group))
        errors.push(duplicate(name, type, point))
      seen.add(key)
    }
    return errors
  }

  /**
   * All samples of a group carry its labels. So another group can only hold this sample if that group's labels are
   * among the sample's: for each set of names that groups have there is at most one to ask.
   */
  #isElsewhere(name: string, point: MetricPoint, group: Group | undefined): boolean {
    const values = new Map<string, string>()
    for (let i = 0; i < point.labels.length; i += 2) {
      values.set(point.labels[i] as string, point.labels[i + 1] as string)
    }
    for (const { names } of this.#index.shapes()) {
      if (!names.every((label) => values.has(label))) continue
      const key = groupKey(names.flatMap((label) => [label, values.get(label) as string]))
      const other = this.#groups.get(key)
      if (!other || other === group) continue
      const theirs = other.families.get(name)?.family.points ?? []
      if (theirs.some((one) => hasSameLabels(one, point))) return true
    }
    return false
  }
}

/** Parts of summaries and histograms have names of their own, which nothing else may have. */
function collisionOf(
  { name, type }: MetricFamily,
  typeOf: (name: string) => MetricFamily['type'] | undefined,
): string | undefined {
  const [, stem, suffix] = /^(.+)_(count|sum|bucket)$/.exec(name) ?? []
  if (stem !== undefined) {
    const known = typeOf(stem)
    if (known === 'histogram' || (known === 'summary' && suffix !== 'bucket')) {
      return `collected metric named ${quoteGo(name)} collides with previously collected ${known} named ${quoteGo(stem)}`
    }
  }
  if (type !== 'summary' && type !== 'histogram') return undefined
  for (const part of [`${name}_count`, `${name}_sum`]) {
    if (typeOf(part) === undefined) continue
    return `collected histogram or summary named ${quoteGo(name)} collides with previously collected metric named ${quoteGo(part)}`
  }
  const bucket = `${name}_bucket`
  if (type !== 'histogram' || typeOf(bucket) === undefined) return undefined
  return `collected histogram named ${quoteGo(name)} collides with previously collected metric named ${quoteGo(bucket)}`
}

function typeClash({ name, type }: MetricFamily, known: MetricFamily['type']): string {
  return `gathered metric family ${name} has type ${type.toUpperCase()} but should have ${known.toUpperCase()}`
}

function typeErrors({ name, type, points }: MetricFamily, known: MetricFamily['type']): string[] {
  return points.map(
    (point) =>
      `collected metric ${quoteGo(name)} ${describePoint(type, point, '  ')} is not a ${known.toUpperCase()}`,
  )
}

function duplicate(name: string, type: MetricFamily['type'], point: MetricPoint): string {
  const sample = describePoint(type, point, '  ')
  return `collected metric ${quoteGo(name)} ${sample} was collected before with the same name and label values`
}

function hasSameLabels({ labels: a }: MetricPoint, { labels: b }: MetricPoint): boolean {
  return a.length === b.length && a.every((text, i) => text === b[i])
}
