/** A group: everything pushed under one set of URL labels. */
import type { MetricFamily } from '@prom/metrics'
import { type PackedFamily, unpackFamily } from './packed-family.ts'

export interface StoredFamily {
  readonly packed: PackedFamily
  /** When it was pushed. */
  readonly timeMs: number
}

export interface Group {
  readonly key: string
  /** Flat name/value pairs, sorted by name; `job` among them. */
  readonly labels: readonly string[]
  readonly families: Map<string, StoredFamily>
}

export const PUSH_TIME = 'push_time_seconds'
export const PUSH_FAILURE_TIME = 'push_failure_time_seconds'

/** Only in groups whose pusher asked for it: after how many seconds without a push the group goes. */
export const PUSH_EXPIRY = 'push_expiry_seconds'

type TimeName = typeof PUSH_TIME | typeof PUSH_FAILURE_TIME | typeof PUSH_EXPIRY

const HELPS: Readonly<Record<TimeName, string>> = {
  [PUSH_TIME]: 'Last Unix time when changing this group in the Pushgateway succeeded.',
  [PUSH_FAILURE_TIME]: 'Last Unix time when changing this group in the Pushgateway failed.',
  [PUSH_EXPIRY]: 'Seconds without a push after which this group is removed from the Pushgateway.',
}

/** Half of a surrogate pair: no text that came as UTF-8 has it, as no such text has the original's byte 0xff. */
const SEPARATOR = '\ud800'

/** Names and values joined, sorted by name: which group a push belongs to. */
export function groupKey(labels: readonly string[]): string {
  return labels.join(SEPARATOR)
}

/** Flat pairs sorted by name, from a map; a later value of a name wins. */
export function sortLabels(labels: ReadonlyMap<string, string>): string[] {
  return [...labels.keys()].sort().flatMap((name) => [name, labels.get(name) as string])
}

/** The value of a label of a group; undefined if it has none of that name. */
export function labelOf(labels: readonly string[], name: string): string | undefined {
  for (let i = 0; i < labels.length; i += 2) if (labels[i] === name) return labels[i + 1]
  return undefined
}

/** One of the gauges the gateway itself adds to a group. Time zero: it has not happened yet. */
export function ownFamily(name: TimeName, seconds: number): MetricFamily {
  return { name, help: HELPS[name], type: 'gauge', points: [{ labels: [], value: seconds }] }
}

/** When the group was last pushed to, well or not. */
export function lastPushMs(group: Group): number {
  return Math.max(secondsOf(group, PUSH_TIME) ?? 0, secondsOf(group, PUSH_FAILURE_TIME) ?? 0) * 1000
}

/** Whether the group's last push, if there was one, went well. */
export function isLastPushSuccessful(group: Group): boolean {
  return (secondsOf(group, PUSH_TIME) ?? 0) >= (secondsOf(group, PUSH_FAILURE_TIME) ?? 0)
}

/** When the group is to go, by its own wish or else by the gateway's rule; Infinity: never. */
export function expiryMs(group: Group, defaultAfterMs: number | undefined): number {
  const own = secondsOf(group, PUSH_EXPIRY)
  const afterMs = own === undefined ? defaultAfterMs : own * 1000
  return afterMs === undefined ? Infinity : lastPushMs(group) + afterMs
}

function secondsOf({ families }: Group, name: TimeName): number | undefined {
  const stored = families.get(name)
  const value = stored && unpackFamily(stored.packed).points[0]?.value
  return typeof value === 'number' ? value : undefined
}
