/**
 * Whether a push fits to what is there. Only what it touches is looked at: types and names through the index, equal
 * samples by asking which other groups could hold them at all. The verdicts and words are those of the original, which
 * builds and gathers a copy of everything.
 */
import { describePoint, type MetricFamily, type MetricType } from '@prom/metrics'
import { quoteGo } from '@prom/model'
import type { ErrorList } from './error-list.ts'
import type { FamilyIndex, PageFamily } from './family-index.ts'
import { type Group, groupKey, PUSH_FAILURE_TIME, PUSH_TIME } from './group.ts'
import { LabelTable } from './label-table.ts'
import { type PackedFamily, PointCursor } from './packed-family.ts'
import type { PushContent } from './push-content.ts'

const STEP = 1024
/** Samples of one family from which on they are not asked for one by one. */
const LARGE = 5000

export class ConsistencyCheck {
  readonly #groups: ReadonlyMap<string, Group>
  readonly #index: FamilyIndex
  readonly #own: ReadonlyMap<string, MetricFamily>
  readonly #seed: number

  constructor(
    groups: ReadonlyMap<string, Group>,
    index: FamilyIndex,
    own: ReadonlyMap<string, MetricFamily>,
    seed: number,
  ) {
    this.#groups = groups
    this.#index = index
    this.#own = own
    this.#seed = seed
  }

  /** Why these families cannot be taken. */
  push(
    { labels, families, repeats }: Omit<PushContent, 'hasTimes' | 'faults'>,
    isReplacing: boolean,
    errors: ErrorList,
  ): void {
    const group = this.#groups.get(groupKey(labels))
    const pushed = new Map(families.map((family) => [family.name, family]))
    /** What will be there under a name, as far as the push does not change it. */
    const typeOf = (name: string): MetricType | undefined => {
      const own = this.#own.get(name)?.type
      if (own) return own
      const other = this.#index.inAnotherGroup(name, group)
      if (other) return other.type
      if (pushed.has(name)) return pushed.get(name)?.type
      const isKept = !isReplacing || name === PUSH_TIME || name === PUSH_FAILURE_TIME
      return isKept ? group?.families.get(name)?.packed.type : undefined
    }
    for (const family of [...families].sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const { name, type } = family
      const collision = collisionOf(family, typeOf)
      const own = this.#own.get(name)?.type
      const other = this.#index.inAnotherGroup(name, group)
      if (collision !== undefined) errors.add(() => collision)
      else if (own && own !== type) errors.add(() => typeClash(family, own))
      else if (other && other.type !== type) addTypeErrors(family, other.type, errors)
      else {
        const found = [...(repeats.get(name) ?? [])]
        if (other) for (const at of this.#elsewhere(family, labels, group)) found.push(at)
        addRepeats(family, found, errors)
      }
    }
  }

  /** Whether what is on the page fits together; `isWhole`: samples too, not only types. */
  *page(
    families: readonly PageFamily[],
    isWhole: boolean,
    errors: ErrorList,
  ): Generator<undefined, void> {
    for (const family of families) {
      const own = this.#own.get(family.name)?.type
      if (own && own !== family.type) errors.add(() => typeClash(family, own))
      else if (!this.#index.hasOneType(family.name)) {
        for (const part of family.parts) {
          if (part.type !== family.type) addTypeErrors(part, family.type, errors)
        }
      }
      if (isWhole) yield* this.#repeatsOf(family, errors)
    }
  }

  *#repeatsOf({ parts }: PageFamily, errors: ErrorList): Generator<undefined, void> {
    if (parts.length === 1 && parts[0]?.isSorted) return
    const table = new LabelTable(this.#seed)
    let count = 0
    for (const part of parts) {
      const cursor = new PointCursor(part)
      const found: number[] = []
      while (cursor.next()) {
        if (!table.add(cursor.bytes, cursor.labelsStart, cursor.labelsEnd)) found.push(cursor.start)
        if (++count % STEP === 0) yield undefined
      }
      addRepeats(part, found, errors)
    }
  }

  /**
   * Offsets of samples that another group has. All samples of a group carry its labels. So another group can only hold
   * a sample if that group's labels are among the sample's: for each set of names that groups have there is at most
   * one to ask.
   */
  #elsewhere(
    family: PackedFamily,
    labels: readonly string[],
    group: Group | undefined,
  ): readonly number[] {
    const names = labels.filter((_, i) => i % 2 === 0)
    const asked: (readonly string[])[] = []
    for (const shape of this.#index.shapes()) {
      // Where all labels come from the group's own, it is the same group for all samples.
      if (shape.names.every((name) => names.includes(name))) {
        const key = keyOf(shape.names, labels) as string
        const other = this.#groups.get(key)
        if (!other || other === group || !other.families.has(family.name)) continue
      }
      asked.push(shape.names)
    }
    if (asked.length === 0) return []
    if (family.count > LARGE) return this.#inAny(family, group)
    const found: number[] = []
    const tables = new Map<Group, LabelTable>()
    const cursor = new PointCursor(family)
    while (cursor.next()) {
      const own = cursor.point().labels
      const has = asked.some((shape) => {
        const key = keyOf(shape, own)
        const other = key === undefined ? undefined : this.#groups.get(key)
        const theirs = other !== group && other?.families.get(family.name)?.packed
        if (!other || !theirs) return false
        let table = tables.get(other)
        if (!table) {
          table = tableOf(theirs, this.#seed)
          tables.set(other, table)
        }
        return table.has(cursor.bytes, cursor.labelsStart, cursor.labelsEnd)
      })
      if (has) found.push(cursor.start)
    }
    return found
  }

  /** As `#elsewhere`, by comparing with all there is: for a push so large that this is less than to ask for each. */
  #inAny(family: PackedFamily, group: Group | undefined): readonly number[] {
    const table = new LabelTable(this.#seed)
    for (const [other, theirs] of this.#index.groupsWith(family.name) ?? []) {
      if (other !== group) addLabels(table, theirs)
    }
    const found: number[] = []
    const cursor = new PointCursor(family)
    while (cursor.next()) {
      if (table.has(cursor.bytes, cursor.labelsStart, cursor.labelsEnd)) found.push(cursor.start)
    }
    return found
  }
}

function tableOf(family: PackedFamily, seed: number): LabelTable {
  const table = new LabelTable(seed)
  addLabels(table, family)
  return table
}

function addLabels(table: LabelTable, family: PackedFamily): void {
  const cursor = new PointCursor(family)
  while (cursor.next()) table.add(cursor.bytes, cursor.labelsStart, cursor.labelsEnd)
}

/** The key of the group that has these names with the values they have among the labels; undefined if one is missing. */
function keyOf(names: readonly string[], labels: readonly string[]): string | undefined {
  const own: string[] = []
  let at = 0
  for (const name of names) {
    while (at < labels.length && (labels[at] as string) < name) at += 2
    if (labels[at] !== name) return undefined
    own.push(name, labels[at + 1] as string)
  }
  return groupKey(own)
}

/** Parts of summaries and histograms have names of their own, which nothing else may have. */
function collisionOf(
  { name, type }: PackedFamily,
  typeOf: (name: string) => MetricType | undefined,
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

function typeClash(
  { name, type }: { readonly name: string; readonly type: MetricType },
  known: MetricType,
): string {
  return `gathered metric family ${name} has type ${type.toUpperCase()} but should have ${known.toUpperCase()}`
}

function addTypeErrors(family: PackedFamily, known: MetricType, errors: ErrorList): void {
  const { name, type } = family
  const cursor = new PointCursor(family)
  while (cursor.next()) {
    errors.add(() => {
      const sample = describePoint(type, cursor.point(), '  ')
      return `collected metric ${quoteGo(name)} ${sample} is not a ${known.toUpperCase()}`
    })
  }
}

function addRepeats(family: PackedFamily, offsets: readonly number[], errors: ErrorList): void {
  const cursor = new PointCursor(family)
  for (const at of [...new Set(offsets)].sort((a, b) => a - b)) {
    errors.add(() => {
      cursor.open(at)
      const sample = describePoint(family.type, cursor.point(), '  ')
      return `collected metric ${quoteGo(family.name)} ${sample} was collected before with the same name and label values`
    })
  }
}
