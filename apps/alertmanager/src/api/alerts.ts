/** GET and POST /api/v2/alerts. */
import {
  type Alert,
  type AlertMarks,
  type AlertStore,
  type Dispatcher,
  fingerprint,
  isResolvedAt,
  type MatcherParser,
  type Silences,
} from '@prom/alerting'
import { Labels } from '@prom/labels'
import type { CounterVec } from '@prom/metrics'
import { quoteGo } from '@prom/model'
import type { Json } from '@prom/receivers'
import type { Clock } from '@prom/runtime'
import type { AlertingPart } from '../alerting-part.ts'
import { decodeAlerts, type PostedAlert } from './alert-decode.ts'
import { alertJson, receiverPrinter } from './alert-json.ts'
import { AlertScanner, ScannedAlerts } from './alert-scan.ts'
import { type ApiAnswer, type ApiCall, ApiError, type Endpoint, LongList } from './api.ts'
import { type AlertFilter, matchesAll, parseFilter, wantedReceivers } from './filters.ts'

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
  const scanner = new AlertScanner((name) => deps.parser.isLabelName(name))
  return {
    path: '/alerts',
    bodyName: 'alerts',
    scan: (text) => scanner.scan(text),
    get: (call) => list(call, deps),
    post: (call) => post(call, deps),
  }
}

function list({ query }: ApiCall, deps: AlertsDeps): ApiAnswer {
  const filter = parseFilter(query, deps.parser)
  const { dispatcher, config } = deps.alerting.active
  const wanted = wantedReceivers(filter, config.receivers)
  const atMs = deps.clock.now()
  const found: Alert[] = []
  for (const alert of deps.store.all()) {
    if (isResolvedAt(alert, atMs - 1)) continue
    if (wanted && !dispatcher.receiversOf(alert.labels).some((name) => wanted.has(name))) continue
    if (!matchesAll(filter.matchers, alert.labels)) continue
    look(alert, deps)
    if (isWanted(alert, filter, deps)) found.push(alert)
  }
  found.sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1))
  return { status: 200, body: new LongList(printAlerts(found, dispatcher, deps)) }
}

function* printAlerts(
  alerts: readonly Alert[],
  dispatcher: Dispatcher,
  deps: AlertsDeps,
): IterableIterator<Json> {
  const receivers = receiverPrinter()
  for (const alert of alerts) {
    yield alertJson(alert, receivers(dispatcher.receiversOf(alert.labels)), deps)
  }
}

const NO_SOURCES: readonly string[] = []

/** Brings the marks of an alert up to date, as a flush of its group would. */
export function look(alert: Alert, { marks, silences, alerting, clock }: AlertsDeps): void {
  const by = alerting.active.inhibitor.inhibitedBy(alert.labels, clock.now())
  marks.setInhibitedBy(alert.fingerprint, by ? [by.source] : NO_SOURCES)
  marks.setSilencedBy(alert.fingerprint, silences.silencedBy(alert.fingerprint, alert.labels))
}

export function isWanted(alert: Alert, filter: AlertFilter, { marks }: AlertsDeps): boolean {
  const { silencedBy, inhibitedBy } = marks.get(alert.fingerprint)
  if (!filter.active && marks.state(alert.fingerprint) === 'active') return false
  if (!filter.silenced && silencedBy.length > 0) return false
  return filter.inhibited || inhibitedBy.length === 0
}

function post({ body, log }: ApiCall, deps: AlertsDeps): ApiAnswer {
  const atMs = deps.clock.now()
  const { resolveTimeoutMs } = deps.alerting.active.config.global
  const faults: string[] = []
  const posts = body instanceof ScannedAlerts ? body.alerts : decodeAlerts(body)
  let firing = 0
  for (const posted of posts) {
    const alert = completeAlert(posted, atMs, resolveTimeoutMs)
    if (alert.endsAtMs > atMs) firing++
    const fault = alertFault(alert, posted, deps.parser)
    if (fault) {
      faults.push(fault)
      deps.invalid.of('v2').inc()
      continue
    }
    deps.store.put(alert, atMs)
  }
  if (firing > 0) deps.received.of('firing', 'v2').inc(firing)
  if (firing < posts.length) deps.received.of('resolved', 'v2').inc(posts.length - firing)
  if (faults.length > 0) {
    const err = faults.join('\n')
    log.error('Failed to validate alerts', { err })
    throw new ApiError(400, err)
  }
  return { status: 200 }
}

export function completeAlert(
  { pairs, identity, annotations, startsAtMs, endsAtMs, generatorUrl }: PostedAlert,
  atMs: number,
  resolveTimeoutMs: number,
): Alert {
  const labels =
    identity?.labels ?? Labels.fromSortedFlat(pairs.includes('') ? withoutEmpty(pairs) : pairs)
  return {
    labels,
    annotations,
    startsAtMs: startsAtMs ?? endsAtMs ?? atMs,
    endsAtMs: endsAtMs ?? atMs + resolveTimeoutMs,
    isTimeout: endsAtMs === undefined,
    generatorUrl,
    updatedAtMs: atMs,
    fingerprint: identity?.fingerprint ?? fingerprint(labels),
  }
}

function withoutEmpty(pairs: readonly string[]): string[] {
  const kept: string[] = []
  for (let i = 0; i < pairs.length; i += 2) {
    if (pairs[i + 1] !== '') kept.push(pairs[i] as string, pairs[i + 1] as string)
  }
  return kept
}

function alertFault(
  alert: Alert,
  { pairs, identity }: PostedAlert,
  parser: MatcherParser,
): string | undefined {
  if (alert.endsAtMs < alert.startsAtMs) return 'start time must be before end time'
  if (identity) return undefined
  // Compat: a label without a name is not what is missing, but what is wrong.
  if (alert.labels.size === 0 && pairs[0] !== '') return 'at least one label pair required'
  for (let i = 0; i < pairs.length; i += 2) {
    const name = pairs[i] as string
    if (pairs[i + 1] !== '' && !parser.isLabelName(name)) {
      return `invalid label set: invalid name ${quoteGo(name)}`
    }
  }
  for (const name of alert.annotations.keys()) {
    if (!parser.isLabelName(name)) return `invalid annotations: invalid name ${quoteGo(name)}`
  }
  return undefined
}
