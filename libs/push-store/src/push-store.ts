/**
 * What has been pushed, by group. Every change is applied whole or not at all; what a page shows is put together per
 * family and kept until one of its groups changes.
 */
import type { MetricFamily } from '@prom/metrics'
import type { Clock, Logger } from '@prom/runtime'
import { ConsistencyCheck } from './consistency-check.ts'
import { FamilyIndex } from './family-index.ts'
import {
  expiryMs,
  type Group,
  groupedFamily,
  groupKey,
  ownFamily,
  PUSH_EXPIRY,
  PUSH_FAILURE_TIME,
  PUSH_TIME,
} from './group.ts'

export interface PushRequest {
  /** Flat pairs, sorted by name. */
  readonly labels: readonly string[]
  readonly families: readonly MetricFamily[]
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
}

export class PushStore {
  readonly #deps: PushStoreDeps
  readonly #groups = new Map<string, Group>()
  readonly #index = new FamilyIndex()
  /** False once something came in that nobody checked: then the whole page is checked when it is asked for. */
  #isVerified = true
  /** Counts changes, so that whoever persists knows whether there are any. */
  changes = 0

  constructor(deps: PushStoreDeps) {
    this.#deps = deps
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
    const { labels } = request
    const known = new Map<string, readonly string[]>()
    const families = request.families.map((family) => groupedFamily(family, labels, known))
    const error = this.#refusal(request, families, isChecked)
    if (error !== undefined) {
      this.#fail(labels)
      return error
    }
    if (!isChecked) this.#isVerified = false
    this.#apply(request, families)
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
      if (expiryMs(group, defaultAfterMs) > now) continue
      this.remove(group.labels)
      count++
    }
    return count
  }

  /** Takes over a group as a file has it. What files hold is not trusted to be consistent. */
  restore(
    labels: readonly string[],
    families: Iterable<{ family: MetricFamily; timeMs: number }>,
  ): void {
    const group = this.#open(labels)
    for (const stored of families) this.#put(group, stored.family, stored.timeMs)
    this.#isVerified = false
    this.changes++
  }

  /**
   * The pushed families as they are shown, each an object that stays the same until it changes. Errors are those for
   * which the original refuses the whole page.
   */
  families(): { readonly families: readonly MetricFamily[]; readonly errors: readonly string[] } {
    const errors: string[] = []
    const own = new Map(this.#deps.own().map((family) => [family.name, family]))
    const families = this.#index.families(own, this.#deps.log)
    const check = new ConsistencyCheck(this.#groups, this.#index, own)
    for (const family of families) for (const error of check.types(family)) errors.push(error)
    if (!this.#isVerified) {
      for (const family of families)
        for (const error of check.duplicates(family)) errors.push(error)
      if (errors.length === 0) this.#isVerified = true
    }
    return { families, errors }
  }

  #refusal(
    request: PushRequest,
    families: readonly MetricFamily[],
    isChecked: boolean,
  ): string | undefined {
    if (families.some(({ points }) => points.some(({ timeMs }) => timeMs !== undefined))) {
      return 'pushed metrics must not have timestamps'
    }
    if (!isChecked) return undefined
    const own = new Map(this.#deps.own().map((family) => [family.name, family]))
    const check = new ConsistencyCheck(this.#groups, this.#index, own)
    // The gateway's own gauges can clash too: of a group without `instance` and one with an empty one.
    const times = timeFamilies(request.labels, 0)
    const others = families.filter(({ name }) => name !== PUSH_TIME && name !== PUSH_FAILURE_TIME)
    const errors = check.push(request, [...others, ...times])
    // A store that is broken already refuses every push, as the original's whole check does.
    if (!this.#isVerified) for (const error of this.families().errors) errors.push(error)
    if (errors.length === 0) return undefined
    return errors.length === 1
      ? errors[0]
      : `${errors.length} error(s) occurred:\n* ${errors.join('\n* ')}`
  }

  #apply(
    { labels, isReplacing, expireAfterMs }: PushRequest,
    families: readonly MetricFamily[],
  ): void {
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
    for (const family of families) {
      if (family.points.length > 0) this.#put(group, family, now)
    }
    this.#put(group, ownFamily(PUSH_TIME, labels, now / 1000), now)
    if (!hasFailureTime) this.#put(group, ownFamily(PUSH_FAILURE_TIME, labels, 0), now)
    if (expireAfterMs !== undefined) {
      this.#put(group, ownFamily(PUSH_EXPIRY, labels, expireAfterMs / 1000), now)
    }
    this.changes++
  }

  /**
   * Compat: not for a new group whose own gauges would clash with those of another. The original notes the failure all
   * the same, and from then on refuses every push and every scrape.
   */
  #fail(labels: readonly string[]): void {
    const now = this.#deps.clock.now()
    if (!this.#groups.has(groupKey(labels))) {
      const check = new ConsistencyCheck(this.#groups, this.#index, new Map())
      const request = { labels, isReplacing: false }
      if (check.push(request, timeFamilies(labels, now)).length > 0) return
    }
    const group = this.#open(labels)
    this.#put(group, ownFamily(PUSH_FAILURE_TIME, labels, now / 1000), now)
    if (!group.families.has(PUSH_TIME)) this.#put(group, ownFamily(PUSH_TIME, labels, 0), now)
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

  #put(group: Group, family: MetricFamily, timeMs: number): void {
    const kept = this.#index.add(family, group)
    group.families.set(kept.name, { family: kept, timeMs })
  }
}

function timeFamilies(labels: readonly string[], nowMs: number): MetricFamily[] {
  return ([PUSH_TIME, PUSH_FAILURE_TIME] as const).map((name) =>
    ownFamily(name, labels, nowMs / 1000),
  )
}
