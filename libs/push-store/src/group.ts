/** A group: everything pushed under one set of URL labels. */
import type { MetricFamily, MetricPoint } from '@prom/metrics'

export interface StoredFamily {
  readonly family: MetricFamily
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

/**
 * The labels a sample of the group ends up with: the group's own win, and one without `instance` gets an empty one, so
 * that whoever scrapes does not put in the gateway's.
 */
export function groupedLabels(own: readonly string[], group: readonly string[]): readonly string[] {
  const labels = new Map<string, string>([['instance', '']])
  for (let i = 0; i < own.length; i += 2) labels.set(own[i] as string, own[i + 1] as string)
  for (let i = 0; i < group.length; i += 2) labels.set(group[i] as string, group[i + 1] as string)
  return sortLabels(labels)
}

/** Families of one push mostly have the same few label sets: each is made once, for `known` to remember. */
export function groupedFamily(
  family: MetricFamily,
  group: readonly string[],
  known: Map<string, readonly string[]>,
): MetricFamily {
  const points = family.points.map((point): MetricPoint => {
    const key = groupKey(point.labels)
    let labels = known.get(key)
    if (!labels) {
      labels = groupedLabels(point.labels, group)
      known.set(key, labels)
    }
    return { ...point, labels }
  })
  return { ...family, points }
}

/** One of the gauges the gateway itself adds to a group. Time zero: it has not happened yet. */
export function ownFamily(
  name: TimeName,
  labels: readonly string[],
  seconds: number,
): MetricFamily {
  return {
    name,
    help: HELPS[name],
    type: 'gauge',
    points: [{ labels: groupedLabels([], labels), value: seconds }],
  }
}

/** When the group was last pushed to, well or not. */
export function lastPushMs({ families }: Group): number {
  const seconds = (name: TimeName) => secondsOf(families.get(name)?.family) ?? 0
  return Math.max(seconds(PUSH_TIME), seconds(PUSH_FAILURE_TIME)) * 1000
}

/** When the group is to go, by its own wish or else by the gateway's rule; Infinity: never. */
export function expiryMs(group: Group, defaultAfterMs: number | undefined): number {
  const own = secondsOf(group.families.get(PUSH_EXPIRY)?.family)
  const afterMs = own === undefined ? defaultAfterMs : own * 1000
  return afterMs === undefined ? Infinity : lastPushMs(group) + afterMs
}

function secondsOf(family: MetricFamily | undefined): number | undefined {
  const value = family?.points[0]?.value
  return typeof value === 'number' ? value : undefined
}
