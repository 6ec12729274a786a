/** /api/v1: the groups and the state of the gateway as JSON, and the wipe. */
import type { ServerResponse } from 'node:http'
import type { BuildInfo } from '@prom/daemon'
import type { HistogramValue, MetricFamily, MetricPoint, SummaryValue } from '@prom/metrics'
import { printFloat, printRfc3339 } from '@prom/model'
import { type Group, PUSH_FAILURE_TIME, PUSH_TIME, type PushStore } from '@prom/push-store'
import { nativeBuckets } from './native-buckets.ts'

const HEADERS = {
  'Access-Control-Allow-Headers': 'Accept, Authorization, Content-Type, Origin',
  'Access-Control-Allow-Methods': 'GET, POST, DELETE, OPTIONS',
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': 'Date',
  'Cache-Control': 'no-cache, no-store, must-revalidate',
}

export function answerOptions(response: ServerResponse): void {
  response.writeHead(200, { ...HEADERS, 'Content-Length': 0 }).end()
}

export function answerStatus(
  response: ServerResponse,
  build: BuildInfo,
  flags: Readonly<Record<string, string>>,
  startTimeMs: number,
): void {
  const { branch, buildDate, buildUser, goVersion, revision, version } = build
  answer(response, {
    build_information: { branch, buildDate, buildUser, goVersion, revision, version },
    flags,
    start_time: printRfc3339(startTimeMs),
  })
}

export function answerMetrics(response: ServerResponse, store: PushStore): void {
  answer(response, [...store.groups()].map(describeGroup))
}

/** Every group goes; the answer does not wait for what is written. */
export function answerWipe(response: ServerResponse, store: PushStore): void {
  store.wipe()
  response.writeHead(202, { 'Content-Length': 0 }).end()
}

function answer(response: ServerResponse, data: unknown): void {
  // Compat: Go's encoder escapes what could end a script element.
  const body = `${JSON.stringify({ status: 'success', data }).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )}`
  response.writeHead(200, {
    ...HEADERS,
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
  })
  response.end(body)
}

function describeGroup(group: Group): Record<string, unknown> {
  const entries = new Map<string, unknown>([
    ['labels', labelObject(group.labels)],
    ['last_push_successful', isLastPushSuccessful(group)],
  ])
  for (const [name, { family, timeMs }] of group.families) {
    entries.set(name, {
      time_stamp: printRfc3339(timeMs),
      type: family.type.toUpperCase(),
      ...(family.help && { help: family.help }),
      metrics: family.points.map((point) => describePoint(family, point)),
    })
  }
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)))
}

export function isLastPushSuccessful({ families }: Group): boolean {
  const timeOf = (name: string) => Number(families.get(name)?.family.points[0]?.value ?? 0)
  return timeOf(PUSH_TIME) >= timeOf(PUSH_FAILURE_TIME)
}

export function labelObject(labels: readonly string[]): Record<string, string> {
  const pairs: [string, string][] = []
  for (let i = 0; i < labels.length; i += 2)
    pairs.push([labels[i] as string, labels[i + 1] as string])
  return Object.fromEntries(pairs)
}

/** Compat: keys in the order of their names, as the original prints its maps. */
function describePoint({ type }: MetricFamily, point: MetricPoint): object {
  const { value } = point
  const labels = labelObject(point.labels)
  if (typeof value === 'number') return { labels, value: printFloat(value) }
  const count = printFloat(value.count, 'f')
  const sum = printFloat(value.sum)
  if (type !== 'summary') return { buckets: bucketsOf(value as HistogramValue), count, labels, sum }
  const quantiles = (value as SummaryValue).quantiles.map(({ quantile, value: at }) => [
    printFloat(quantile),
    printFloat(at),
  ])
  return { count, labels, quantiles: Object.fromEntries(quantiles), sum }
}

function bucketsOf(histogram: HistogramValue): unknown {
  if (histogram.native !== undefined) return nativeBuckets(histogram.native as never)
  const buckets = histogram.buckets.map(({ le, count }) => [printFloat(le), printFloat(count, 'f')])
  return Object.fromEntries(buckets)
}
