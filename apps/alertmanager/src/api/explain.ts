/**
 * GET /api/v2/alerts/explain?fingerprint= and POST /api/v2/alerts/explain: why an alert, or one with the given
 * labels, goes where it goes. Beyond the original.
 */
import {
  type Destination,
  type Explanation,
  explain,
  type InhibitRule,
  type NotificationLog,
  printMatchers,
  type RouteStep,
} from '@prom/alerting'
import { Labels } from '@prom/labels'
import type { Json } from '@prom/receivers'
import type { AlertsDeps } from './alerts.ts'
import { type ApiAnswer, ApiError, type Endpoint } from './api.ts'
import { type JsonObject, labelMap, misfit, printApiTime, required } from './decode.ts'
import { silenceJson } from './silences.ts'

export interface ExplainEndpointDeps extends AlertsDeps {
  readonly notificationLog: NotificationLog
}

export function explainEndpoints(deps: ExplainEndpointDeps): Endpoint[] {
  return [
    {
      path: '/alerts/explain',
      bodyName: 'alert',
      get: ({ query }) => {
        const alert = deps.store.get(query.get('fingerprint') ?? '')
        if (!alert) throw new ApiError(404, 'alert not found')
        return answer(alert.labels, deps)
      },
      post: ({ body }) => answer(decodeLabels(body), deps),
    },
  ]
}

function decodeLabels(body: unknown): Labels {
  if (body === undefined) throw required('alert')
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw misfit('alert', body, 'Go value of type models.Alert')
  }
  const labels = labelMap((body as JsonObject).labels, { body: 'alert', field: 'Alert.labels' })
  if (labels === undefined) throw required('labels')
  const set = Labels.from(labels)
  if (set.size === 0) throw new ApiError(400, 'at least one label pair required')
  return set
}

function answer(labels: Labels, deps: ExplainEndpointDeps): ApiAnswer {
  const { config, dispatcher, inhibitor, integrations } = deps.alerting.active
  const atMs = deps.clock.now()
  const found = explain(labels, atMs, {
    ...deps,
    dispatcher,
    inhibitor,
    inhibitRules: config.inhibitRules,
    timeIntervals: config.timeIntervals,
    integrations,
  })
  return { status: 200, body: explanationJson(found, atMs) }
}

function explanationJson(found: Explanation, atMs: number): Json {
  const { alert, inhibitedBy } = found
  const isMuted = inhibitedBy !== undefined || found.silencedBy.length > 0
  return {
    labels: new Map(found.labels),
    fingerprint: found.fingerprint,
    known: alert !== undefined,
    status: found.isFiring ? 'firing' : 'resolved',
    startsAt: alert && printApiTime(alert.startsAtMs),
    endsAt: alert && printApiTime(alert.endsAtMs),
    suppressed: isMuted,
    inhibitedBy: inhibitedBy
      ? {
          rule: ruleJson(inhibitedBy.rule, inhibitedBy.ruleIndex),
          source: {
            fingerprint: inhibitedBy.source.fingerprint,
            labels: new Map(inhibitedBy.source.labels),
            endsAt: printApiTime(inhibitedBy.source.endsAtMs),
          },
        }
      : null,
    silencedBy: found.silencedBy.map((silence) => silenceJson(silence, atMs)),
    routes: stepJson(found.routes),
    destinations: found.destinations.map((destination) =>
      destinationJson(destination, { isMuted, atMs }),
    ),
  }
}

function ruleJson(rule: InhibitRule, index: number): Json {
  return {
    index,
    name: rule.name === '' ? undefined : rule.name,
    sourceMatchers: printMatchers(rule.sourceMatchers),
    targetMatchers: printMatchers(rule.targetMatchers),
    equal: rule.equal,
  }
}

function stepJson({ route, verdict, failed, isDestination, routes }: RouteStep): Json {
  return {
    matchers: printMatchers(route.matchers),
    receiver: route.options.receiver,
    continue: route.continues,
    verdict,
    failedMatcher: failed && printMatchers([failed]).slice(1, -1),
    destination: isDestination,
    routes: routes.map(stepJson),
  }
}

function destinationJson(
  { route, groupKey, groupLabels, group, mutedBy, nextFlushAtMs, integrations }: Destination,
  { isMuted, atMs }: { readonly isMuted: boolean; readonly atMs: number },
): Json {
  const { options } = route
  return {
    receiver: options.receiver,
    route: route.key,
    groupKey,
    groupLabels: new Map(groupLabels),
    groupExists: group !== undefined,
    groupAlerts: group?.size ?? 0,
    groupWaitSeconds: options.groupWaitMs / 1000,
    groupIntervalSeconds: options.groupIntervalMs / 1000,
    repeatIntervalSeconds: options.repeatIntervalMs / 1000,
    mutedBy,
    nextFlush: printApiTime(Math.max(nextFlushAtMs, atMs)),
    notified: !isMuted && mutedBy.length === 0,
    integrations: integrations.map(({ name, index, sendResolved, last, reason, repeatAtMs }) => ({
      name,
      index,
      sendResolved,
      lastNotification: last && {
        at: printApiTime(last.atMs),
        firing: last.firing.size,
        resolved: last.resolved.size,
      },
      nextFlushSends: reason !== undefined,
      reason: reason ?? 'nothing new',
      nextRepeat: repeatAtMs === undefined ? undefined : printApiTime(repeatAtMs),
    })),
  }
}
