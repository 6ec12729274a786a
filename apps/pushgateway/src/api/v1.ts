/** /api/v1: the groups and the state of the gateway as JSON, and the wipe. */
import type { ServerResponse } from 'node:http'
import type { BuildInfo } from '@prom/daemon'
import type { HistogramValue, MetricPoint, MetricType, SummaryValue } from '@prom/metrics'
import { printFloat, printRfc3339 } from '@prom/model'
import {
  type Group,
  isLastPushSuccessful,
  type PushStore,
  type StoredFamily,
  unpackPoints,
} from '@prom/push-store'
import { type Clock, inSlices } from '@prom/runtime'
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

/** All groups; sent while they are printed, however many there are. */
export async function answerMetrics(
  response: ServerResponse,
  store: PushStore,
  clock: Clock,
): Promise<void> {
  const pieces = await inSlices(printGroups([...store.groups()]), clock)
  response.writeHead(200, { ...HEADERS, 'Content-Type': 'application/json' })
  for (const piece of pieces) response.write(piece)
  response.end('}')
}

/** Samples between two pauses. */
const STEP = 256

function* printGroups(groups: readonly Group[]): Generator<undefined, string[]> {
  const pieces = ['{"status":"success","data":[']
  for (const [i, group] of groups.entries()) {
    if (i > 0) pieces.push(',')
    yield* printGroup(group, pieces)
    yield undefined
  }
  pieces.push(']')
  return pieces
}

/** Compat: keys in the order of their names; a family can take the place of what is ours. */
function* printGroup(group: Group, pieces: string[]): Generator<undefined, void> {
  const own = new Map<string, unknown>([
    ['labels', labelObject(group.labels)],
    ['last_push_successful', isLastPushSuccessful(group)],
  ])
  const names = [...new Set([...own.keys(), ...group.families.keys()])].sort()
  for (const [i, name] of names.entries()) {
    pieces.push(`${i === 0 ? '{' : ','}${printJson(name)}:`)
    const stored = group.families.get(name)
    if (stored) yield* printFamily(stored, pieces)
    else pieces.push(printJson(own.get(name)))
  }
  pieces.push('}')
}

function* printFamily(
  { packed, timeMs }: StoredFamily,
  pieces: string[],
): Generator<undefined, void> {
  const { type, help } = packed
  const about = printJson({
    time_stamp: printRfc3339(timeMs),
    type: type.toUpperCase(),
    ...(help && { help }),
  })
  pieces.push(`${about.slice(0, -1)},"metrics":[`)
  let count = 0
  for (const point of unpackPoints(packed)) {
    pieces.push((count > 0 ? ',' : '') + printJson(describePoint(type, point)))
    if (++count % STEP === 0) yield undefined
  }
  pieces.push(']}')
}

/** Every group goes; the answer does not wait for what is written. */
export function answerWipe(response: ServerResponse, store: PushStore): void {
  store.wipe()
  response.writeHead(202, { 'Content-Length': 0 }).end()
}

/** Compat: Go's encoder escapes what could end a script element. */
function printJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function answer(response: ServerResponse, data: unknown): void {
  const body = printJson({ status: 'success', data })
  response.writeHead(200, {
    ...HEADERS,
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
  })
  response.end(body)
}

export function labelObject(labels: readonly string[]): Record<string, string> {
  const pairs: [string, string][] = []
  for (let i = 0; i < labels.length; i += 2)
    pairs.push([labels[i] as string, labels[i + 1] as string])
  return Object.fromEntries(pairs)
}

/** Compat: keys in the order of their names, as the original prints its maps. */
function describePoint(type: MetricType, point: MetricPoint): object {
  const { value } = point
  const labels = labelObject(point.labels)
  if (typeof value === 'number') return { labels, value: printFloat(value) }
  // Compat: the original knows no such type here and shows the number that it has not.
  if (type === 'gauge_histogram') return { labels, value: '0' }
  const count = printCount(value.count, 'buckets' in value && value.isFloat)
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
  const { isFloat } = histogram
  const buckets = histogram.buckets.map(({ le, count }) => [
    printFloat(le),
    printCount(count, isFloat),
  ])
  return Object.fromEntries(buckets)
}

/** Compat: a count that is a float and not positive is taken for one that is not there. */
function printCount(count: number, isFloat = false): string {
  if (!isFloat) return count >= 2 ** 64 ? '18446744073709551615' : String(BigInt(count))
  return count > 0 ? printFloat(count) : '0'
}
