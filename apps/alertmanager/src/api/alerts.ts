/** GET and POST /api/v2/alerts. */
import {
  type Alert,
  type AlertMarks,
  type AlertStore,
  fingerprint,
  isResolvedAt,
  type MatcherParser,
  type Silences,
} from '@prom/alerting'
import { Labels } from '@prom/labels'
import type { CounterVec } from '@prom/metrics'
import { quoteGo } from '@prom/model'
import { type Json, ZERO_TIME_MS } from '@prom/receivers'
import type { Clock } from '@prom/runtime'
import type { AlertingPart } from '../alerting-part.ts'
import { type ApiAnswer, type ApiCall, ApiError, type Endpoint } from './api.ts'
import {
  type JsonObject,
  labelMap,
  misfit,
  optionalTime,
  printApiTime,
  required,
} from './decode.ts'
import { type AlertFilter, matchesAll, parseFilter } from './filters.ts'

export interface AlertsDeps {
  readonly clock: Clock
  readonly parser: MatcherParser
  readonly store: AlertStore
  readonly marks: AlertMarks
  readonly silences: Silences
  readonly alerting: AlertingPart
  readonly received: CounterVec
  readonly invalid: CounterVec
}

export function alertsEndpoint(deps: AlertsDeps): Endpoint {
  return {
    path: '/alerts',
    bodyName: 'alerts',
    get: (call) => list(call, deps),
    post: (call) => post(call, deps),
  }
}

function list({ query }: ApiCall, deps: AlertsDeps): ApiAnswer {
  const filter = parseFilter(query, deps.parser)
  const { dispatcher } = deps.alerting.active
  const atMs = deps.clock.now()
  const found: [string, Json][] = []
  for (const alert of deps.store.all()) {
    if (isResolvedAt(alert, atMs - 1)) continue
    const receivers = dispatcher.receiversOf(alert.labels)
    if (filter.receiver && !receivers.some((name) => filter.receiver?.matches(name))) continue
    if (!matchesAll(filter.matchers, alert.labels)) continue
    look(alert, deps)
    if (!isWanted(alert, filter, deps)) continue
    found.push([alert.fingerprint, alertJson(alert, receivers, deps)])
  }
  found.sort(([a], [b]) => (a < b ? -1 : 1))
  return { status: 200, body: found.map(([, json]) => json) }
}

/** Brings the marks of an alert up to date, as a flush of its group would. */
export function look(alert: Alert, { marks, silences, alerting, clock }: AlertsDeps): void {
  const by = alerting.active.inhibitor.inhibitedBy(alert.labels, clock.now())
  marks.setInhibitedBy(alert.fingerprint, by ? [by.source] : [])
  marks.setSilencedBy(alert.fingerprint, silences.silencedBy(alert.fingerprint, alert.labels))
}

export function isWanted(alert: Alert, filter: AlertFilter, { marks }: AlertsDeps): boolean {
  const { silencedBy, inhibitedBy } = marks.get(alert.fingerprint)
  if (!filter.active && marks.state(alert.fingerprint) === 'active') return false
  if (!filter.silenced && silencedBy.length > 0) return false
  return filter.inhibited || inhibitedBy.length === 0
}

export function alertJson(
  alert: Alert,
  receivers: readonly string[],
  { marks }: AlertsDeps,
  mutedBy: readonly string[] = [],
): Json {
  const { silencedBy, inhibitedBy } = marks.get(alert.fingerprint)
  const state = mutedBy.length > 0 ? 'suppressed' : marks.state(alert.fingerprint)
  return {
    annotations: alert.annotations,
    endsAt: printApiTime(alert.endsAtMs),
    fingerprint: alert.fingerprint,
    receivers: receivers.map((name) => ({ name })),
    startsAt: printApiTime(alert.startsAtMs),
    status: { inhibitedBy, mutedBy, silencedBy, state },
    updatedAt: printApiTime(alert.updatedAtMs),
    generatorURL: alert.generatorUrl === '' ? undefined : alert.generatorUrl,
    labels: new Map(alert.labels),
  }
}

interface Posted {
  readonly labels: ReadonlyMap<string, string>
  readonly annotations: ReadonlyMap<string, string>
  readonly startsAtMs: number | undefined
  readonly endsAtMs: number | undefined
  readonly generatorUrl: string
}

function post({ body }: ApiCall, deps: AlertsDeps): ApiAnswer {
  const atMs = deps.clock.now()
  const { resolveTimeoutMs } = deps.alerting.active.config.global
  const faults: string[] = []
  for (const posted of decodeAlerts(body)) {
    const alert = completeAlert(posted, atMs, resolveTimeoutMs)
    const status = alert.endsAtMs > atMs ? 'firing' : 'resolved'
    deps.received.of(status, 'v2').inc()
    const fault = alertFault(alert, posted.labels, deps.parser)
    if (fault) {
      faults.push(fault)
      deps.invalid.of('v2').inc()
      continue
    }
    deps.store.put(alert, atMs)
  }
  if (faults.length > 0) throw new ApiError(400, faults.join('\n'))
  return { status: 200 }
}

export function completeAlert(posted: Posted, atMs: number, resolveTimeoutMs: number): Alert {
  const labels = Labels.from(posted.labels)
  return {
    labels,
    annotations: posted.annotations,
    startsAtMs: posted.startsAtMs ?? posted.endsAtMs ?? atMs,
    endsAtMs: posted.endsAtMs ?? atMs + resolveTimeoutMs,
    isTimeout: posted.endsAtMs === undefined,
    generatorUrl: posted.generatorUrl,
    updatedAtMs: atMs,
    fingerprint: fingerprint(labels),
  }
}

function alertFault(
  alert: Alert,
  posted: ReadonlyMap<string, string>,
  parser: MatcherParser,
): string | undefined {
  if (alert.endsAtMs < alert.startsAtMs) return 'start time must be before end time'
  if (alert.labels.size === 0 && ![...posted.keys()].includes('')) {
    return 'at least one label pair required'
  }
  for (const [name, value] of posted) {
    if (value !== '' && !parser.isLabelName(name)) {
      return `invalid label set: invalid name ${quoteGo(name)}`
    }
  }
  for (const name of alert.annotations.keys()) {
    if (!parser.isLabelName(name)) return `invalid annotations: invalid name ${quoteGo(name)}`
  }
  return undefined
}

export function decodeAlerts(body: unknown): Posted[] {
  if (body === undefined) throw required('alerts')
  if (body === null) return []
  if (!Array.isArray(body)) throw misfit('alerts', body, 'Go value of type models.PostableAlerts')
  const decoded = body.map(decodeAlert)
  for (const [i, { labels, generatorUrl }] of decoded.entries()) {
    if (labels === undefined) throw required(`${i}.labels`)
    if (generatorUrl !== '' && !isUri(generatorUrl)) {
      throw ApiError.coded(
        422,
        `${i}.generatorURL in body must be of type uri: ${quoteGo(generatorUrl)}`,
        601,
      )
    }
  }
  return decoded as Posted[]
}

function decodeAlert(
  item: unknown,
): Omit<Posted, 'labels'> & { labels: Posted['labels'] | undefined } {
  const body = 'alerts'
  if (typeof item !== 'object' || Array.isArray(item)) {
    throw misfit(body, item, 'Go value of type models.PostableAlert')
  }
  const source = (item ?? {}) as JsonObject
  const annotations = labelMap(source.annotations, { body, field: '.annotations' })
  const labels = labelMap(source.labels, { body, field: 'Alert.labels' })
  const url = source.generatorURL ?? ''
  if (typeof url !== 'string') {
    throw misfit(body, url, 'Go struct field Alert.generatorURL of type string')
  }
  const time = (key: string) => {
    const ms = optionalTime(source, key, body)
    return ms === ZERO_TIME_MS ? undefined : ms
  }
  return {
    annotations: annotations ?? new Map(),
    labels,
    startsAtMs: time('startsAt'),
    endsAtMs: time('endsAt'),
    generatorUrl: url,
  }
}

function isUri(text: string): boolean {
  return (
    !/[\u0000-\u0020\u007f]/.test(text) &&
    (text.startsWith('/') || /^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(text))
  )
}
