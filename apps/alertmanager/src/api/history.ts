/** GET /api/v2/history: what happened lately, the newest first. Beyond the original. */
import {
  HISTORY_KINDS,
  type History,
  type HistoryEvent,
  type HistoryKind,
  type MatcherParser,
} from '@prom/alerting'
import type { Matcher } from '@prom/labels'
import type { Json } from '@prom/receivers'
import type { Clock } from '@prom/runtime'
import { type ApiAnswer, type ApiCall, ApiError, type Endpoint } from './api.ts'
import { parseDateTime, printApiTime } from './decode.ts'
import { matchesAll, parseMatchers } from './filters.ts'
import { silenceJson } from './silences.ts'

export interface HistoryDeps {
  readonly history: History
  readonly parser: MatcherParser
  readonly clock: Clock
}

const LIMIT_DEFAULT = 100

export function historyEndpoint(deps: HistoryDeps): Endpoint {
  return { path: '/history', get: (call) => list(call, deps) }
}

function list({ query }: ApiCall, { history, parser, clock }: HistoryDeps): ApiAnswer {
  const matchers = parseMatchers(query, parser)
  const since = timeOf(query, 'since') ?? Number.NEGATIVE_INFINITY
  const until = timeOf(query, 'until') ?? Number.POSITIVE_INFINITY
  const found = history.list(
    kindsOf(query),
    limitOf(query),
    (event) => event.atMs >= since && event.atMs <= until && isAbout(event, matchers),
  )
  return { status: 200, body: found.map((event) => eventJson(event, clock.now())) }
}

function kindsOf(query: URLSearchParams): ReadonlySet<HistoryKind> {
  const given = query.getAll('kind').flatMap((text) => text.split(','))
  if (given.length === 0) return new Set(HISTORY_KINDS)
  return new Set(
    given.map((text) => {
      const kind = HISTORY_KINDS.find((known) => known === text)
      if (!kind) throw new ApiError(400, `kind must be one of ${HISTORY_KINDS.join(', ')}`)
      return kind
    }),
  )
}

function limitOf(query: URLSearchParams): number {
  const text = query.get('limit')
  if (text === null || text === '') return LIMIT_DEFAULT
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new ApiError(400, 'limit must be a positive number')
  return Number(text)
}

function timeOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null || text === '') return undefined
  const ms = parseDateTime(text)
  if (ms === undefined) throw new ApiError(400, `${name} must be an RFC3339 time`)
  return ms
}

/** A notification counts by its group labels, a silence by its own equalities. */
function isAbout(event: HistoryEvent, matchers: readonly Matcher[]): boolean {
  if (matchers.length === 0) return true
  switch (event.kind) {
    case 'alert':
      return matchesAll(matchers, event.labels)
    case 'notification':
      return matchesAll(matchers, event.groupLabels)
    case 'silence':
      return matchers.every((wanted) =>
        event.silence.matcherSets.some((set) =>
          set.some(({ type, name, pattern }) => {
            return type === '=' && name === wanted.name && wanted.matches(pattern)
          }),
        ),
      )
  }
}

function eventJson(event: HistoryEvent, nowMs: number): Json {
  const head = { kind: event.kind, at: printApiTime(event.atMs), event: event.what }
  switch (event.kind) {
    case 'alert':
      return { ...head, fingerprint: event.fingerprint, labels: new Map(event.labels) }
    case 'silence':
      return { ...head, silence: silenceJson(event.silence, nowMs) }
    case 'notification':
      return {
        ...head,
        receiver: event.receiver,
        integration: event.integration,
        groupKey: event.groupKey,
        groupLabels: new Map(event.groupLabels),
        reason: event.reason,
        firing: event.firing,
        resolved: event.resolved,
        attempts: event.attempts,
        durationSeconds: Math.round(event.durationMs) / 1000,
        error: event.error,
      }
  }
}
