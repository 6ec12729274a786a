/**
 * What has been pushed, by group. Every change is applied whole or not at all; samples stay packed as they came, and
 * what a page shows is put together only when it is asked for.
 */
import type { MetricFamily } from '@prom/metrics'
import { atOnce, type Clock, type Logger } from '@prom/runtime'
import { ConsistencyCheck } from './consistency-check.ts'
import { ErrorList } from './error-list.ts'
import { FamilyIndex, type PageFamily } from './family-index.ts'
import {
  expiryMs,
  type Group,
  groupKey,
  ownFamily,
  PUSH_EXPIRY,
  PUSH_FAILURE_TIME,
  PUSH_TIME,
} from './group.ts'
import type { PackedFamily } from './packed-family.ts'
import { type PushContent, packFamilies } from './push-content.ts'

export interface PushRequest {
  readonly content: PushContent
  /** PUT: what the group had goes; POST: only families of the same names are replaced. */
  readonly isReplacing: boolean
  /** After this long without a push the group goes; undefined: as it was, or as the gateway's rule says. */
  readonly expireAfterMs?: number
}

export interface PushStoreDeps {
  readonly clock: Clock
  readonly log: Logger
  /** The gateway's own families: their types and helps hold. */
  readonly own: () => readonly MetricFamily[]
  /** For hashes of what comes from outside. */
  readonly seed?: number
}

/** Everything pushed, as a page shows it. Errors are those for which the original refuses the whole page. */
export interface Page {
  readonly families: readonly PageFamily[]
  readonly errors: ErrorList
}

export class PushStore {
  readonly #deps: PushStoreDeps
  readonly #seed: number
  readonly #groups = new Map<string, Group>()
  readonly #index = new FamilyIndex()
  /** False once something came in that nobody checked: then the whole page is checked when it is asked for. */
  #isVerified = true
  /** Counts changes, so that whoever persists knows whether there are any. */
  changes = 0

  constructor(deps: PushStoreDeps) {
    this.#deps = deps
    this.#seed = deps.seed ?? 0
  }

  get size(): number {
    return this.#groups.size
  }

  groups(): IterableIterator<Group> {
    return this.#groups.values()
  }

  /**
   * Applies a push, or returns why not: then the group only remembers the time of the failure. Without a check only
   * timestamps are refused.
   */
  push(request: PushRequest, isChecked: boolean): string | undefined {
    const error = this.#refusal(request, isChecked)
    if (error !== undefined) {
      this.#fail(request.content.labels)
      return error
    }
    if (!isChecked) this.#isVerified = false
    this.#apply(request)
    return undefined
  }

  /** Removes a group; one that is not there is removed as well. */
  remove(labels: readonly string[]): void {
    const group = this.#groups.get(groupKey(labels))
    if (!group) return
    for (const name of group.families.keys()) this.#index.remove(name, group)
    this.#groups.delete(group.key)
    this.#index.forget(group)
    this.changes++
  }

  /** Removes every group. */
  wipe(): void {
    for (const { labels } of [...this.#groups.values()]) this.remove(labels)
  }

  /** Removes groups not pushed to for too long: as they asked themselves, or else as given. Returns how many. */
  expire(defaultAfterMs: number | undefined): number {
    const now = this.#deps.clock.now()
    let count = 0
    for (const group of [...this.#groups.values()]) {
      // Most gateways have no rule, and most groups no wish.
      if (defaultAfterMs === undefined && !group.families.has(PUSH_EXPIRY)) continue
      if (expiryMs(group, defaultAfterMs) > now) continue
      this.remove(group.labels)
      count++
    }
    return count
  }

  /** Takes over a group as a file has it. What files hold is not trusted to be consistent. */
  restore(
    labels: readonly string[],
    families: Iterable<{ packed: PackedFamily; timeMs: number }>,
  ): void {
    const group = this.#open(labels)
    for (const stored of families) this.#put(group, stored.packed, stored.timeMs)
    this.#isVerified = false
    this.changes++
  }

  /** All families as they are now, with pauses while they are checked. */
  *page(): Generator<undefined, Page> {
    const errors = new ErrorList()
    const own = new Map(this.#deps.own().map((family) => [family.name, family]))
    const families = this.#index.families(this.#deps.log)
    const check = new ConsistencyCheck(this.#groups, this.#index, own, this.#seed)
    const changes = this.changes
    yield* check.page(families, !this.#isVerified, errors)
    if (errors.count === 0 && changes === this.changes) this.#isVerified = true
    return { families, errors }
  }

  #refusal({ content, isReplacing }: PushRequest, isChecked: boolean): string | undefined {
    if (content.hasTimes) return 'pushed metrics must not have timestamps'
    if (!isChecked) return undefined
    const own = new Map(this.#deps.own().map((family) => [family.name, family]))
    const check = new ConsistencyCheck(this.#groups, this.#index, own, this.#seed)
    const errors = new ErrorList()
    for (const fault of content.faults) errors.add(() => fault)
    // The gateway's own gauges can clash too: of a group without `instance` and one with an empty one.
    // They take the place of pushed ones; of these, the original sees only a repeated time of failure.
    const isOurs = ({ name }: PackedFamily) =>
      name === PUSH_TIME || (name === PUSH_FAILURE_TIME && !content.repeats.has(name))
    const times = packFamilies(timeFamilies(0), content.labels).filter(isOurs)
    const others = content.families.filter((family) => family.count > 0 && !isOurs(family))
    const repeats = new Map(content.repeats)
    repeats.delete(PUSH_TIME)
    check.push({ ...content, families: [...others, ...times], repeats }, isReplacing, errors)
    // A store that is broken already refuses every push, as the original's whole check does.
    if (!this.#isVerified) {
      const page = atOnce(this.page())
      if (page.errors.count > 0 && errors.count === 0) return page.errors.print()
    }
    return errors.count === 0 ? undefined : errors.print()
  }

  #apply({ content, isReplacing, expireAfterMs }: PushRequest): void {
    const { labels, families } = content
    const now = this.#deps.clock.now()
    const group = this.#open(labels)
    if (isReplacing) {
      for (const name of [...group.families.keys()]) {
        if (name === PUSH_TIME || name === PUSH_FAILURE_TIME) continue
        group.families.delete(name)
        this.#index.remove(name, group)
      }
    }
    const hasFailureTime = group.families.has(PUSH_FAILURE_TIME)
    for (const family of families) this.#put(group, family, now)
    const own = [ownFamily(PUSH_TIME, now / 1000)]
    if (!hasFailureTime) own.push(ownFamily(PUSH_FAILURE_TIME, 0))
    if (expireAfterMs !== undefined) own.push(ownFamily(PUSH_EXPIRY, expireAfterMs / 1000))
    for (const family of packFamilies(own, labels)) this.#put(group, family, now)
    this.#compact(group)
    this.changes++
  }

  /**
   * Compat: not for a new group whose own gauges would clash with those of another. The original notes the failure all
   * the same, and from then on refuses every push and every scrape.
   */
  #fail(labels: readonly string[]): void {
    const now = this.#deps.clock.now()
    const isNew = !this.#groups.has(groupKey(labels))
    if (isNew) {
      const check = new ConsistencyCheck(this.#groups, this.#index, new Map(), this.#seed)
      const errors = new ErrorList()
      const families = packFamilies(timeFamilies(now / 1000), labels)
      check.push({ labels, families, repeats: new Map() }, false, errors)
      if (errors.count > 0) return
    }
    const group = this.#open(labels)
    const own = [ownFamily(PUSH_FAILURE_TIME, now / 1000)]
    if (!group.families.has(PUSH_TIME)) own.push(ownFamily(PUSH_TIME, 0))
    for (const family of packFamilies(own, labels)) this.#put(group, family, now)
    this.changes++
  }

  #open(labels: readonly string[]): Group {
    const key = groupKey(labels)
    let group = this.#groups.get(key)
    if (!group) {
      group = { key, labels, families: new Map() }
      this.#groups.set(key, group)
      this.#index.remember(group)
    }
    return group
  }

  #put(group: Group, family: PackedFamily, timeMs: number): void {
    if (family.count > 0) this.#index.add(family, group)
    else this.#index.remove(family.name, group)
    group.families.set(family.name, { packed: family, timeMs })
  }

  /** Families of one push share their bytes: once most of them have been replaced, the others get bytes of their own. */
  #compact(group: Group): void {
    const used = new Map<Uint8Array, number>()
    for (const { packed } of group.families.values()) {
      used.set(packed.bytes, (used.get(packed.bytes) ?? 0) + packed.end - packed.start)
    }
    for (const { packed, timeMs } of [...group.families.values()]) {
      const { bytes, start, end } = packed
      if ((used.get(bytes) as number) * 2 > bytes.length) continue
      const pointsStart = packed.pointsStart - start
      const moved = { bytes: bytes.slice(start, end), start: 0, pointsStart, end: end - start }
      this.#put(group, { ...packed, ...moved }, timeMs)
    }
  }
}

function timeFamilies(seconds: number): MetricFamily[] {
  return [ownFamily(PUSH_TIME, seconds), ownFamily(PUSH_FAILURE_TIME, seconds)]
}
