/**
 * POST /api/v2/receivers/test and POST /api/v2/templates/test: what a receiver would send, or a template would say,
 * for sample alerts. Beyond the original. Nothing is sent unless a flag of the program allows it.
 */
import { type Alert, isResolvedAt } from '@prom/alerting'
import { Labels } from '@prom/labels'
import { quoteGo } from '@prom/model'
import {
  type Notification,
  type NotifiedAlert,
  type ReceiverDeps,
  type TriedIntegration,
  tryReceiver,
  ZERO_TIME_MS,
} from '@prom/receivers'
import type { Clock } from '@prom/runtime'
import type { AlertingPart } from '../alerting-part.ts'
import { decodeAlerts } from './alert-decode.ts'
import { completeAlert } from './alerts.ts'
import { type ApiAnswer, ApiError, type Endpoint } from './api.ts'
import { type JsonObject, misfit, optionalString, required } from './decode.ts'

export interface ReceiverTestDeps {
  readonly clock: Clock
  readonly alerting: AlertingPart
  /** Made anew for each test from the templates in use. */
  readonly receiverDeps: ConstructorParameters<typeof AlertingPart>[0]['receiverDeps']
  readonly canSend: boolean
}

/** Tests at the same time; each may wait for a receiver. */
const RUNNING_MAX = 4
const TIMEOUT_MS = 30_000

export function receiverTestEndpoints(deps: ReceiverTestDeps): Endpoint[] {
  let running = 0
  return [
    {
      path: '/receivers/test',
      bodyName: 'test',
      post: async ({ body }) => {
        if (running >= RUNNING_MAX) {
          throw new ApiError(429, `${RUNNING_MAX} tests are running, try again later`)
        }
        running++
        try {
          return await testReceiver(objectOf(body), deps)
        } finally {
          running--
        }
      },
    },
    {
      path: '/templates/test',
      bodyName: 'test',
      post: ({ body }) => testTemplate(objectOf(body), deps),
    },
  ]
}

const BODY = { body: 'test', type: 'Test' }

function objectOf(body: unknown): JsonObject {
  if (body === undefined) throw required('test')
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw misfit('test', body, 'Go value of type models.Test')
  }
  return body as JsonObject
}

async function testReceiver(body: JsonObject, deps: ReceiverTestDeps): Promise<ApiAnswer> {
  const name = optionalString(body, 'receiver', BODY)
  if (name === undefined) throw required('receiver')
  const { config, templates } = deps.alerting.active
  const receiver = config.receivers.find((known) => known.name === name)
  if (!receiver) throw new ApiError(404, `receiver ${quoteGo(name)} not found`)
  const isSending = body.send === true
  if (isSending && !deps.canSend) {
    throw new ApiError(
      403,
      'sending tests is switched off: start Alertmanager with --web.enable-receiver-test',
    )
  }
  const notification = sampleNotification(name, body, deps)
  const receiverDeps: ReceiverDeps = deps.receiverDeps(templates, 'test')
  const stop = new AbortController()
  const done = new AbortController()
  void deps.clock.sleep(TIMEOUT_MS, done.signal).then(() => stop.abort())
  try {
    const options = { isSending, showsSecrets: false }
    const tried = await tryReceiver(receiver, notification, receiverDeps, options, stop.signal)
    return { status: 200, body: { receiver: name, sent: isSending, ...triedJson(tried) } }
  } finally {
    done.abort()
  }
}

function triedJson(tried: readonly TriedIntegration[]) {
  return {
    integrations: tried.map(({ name, index, requests, error }) => ({
      name,
      index,
      success: error === undefined,
      error,
      requests: requests.map(({ method, url, headers, body, status }) => ({
        method,
        url,
        headers: new Map(Object.entries(headers)),
        body,
        status,
      })),
    })),
  }
}

function testTemplate(body: JsonObject, deps: ReceiverTestDeps): ApiAnswer {
  const text = optionalString(body, 'text', BODY)
  if (text === undefined) throw required('text')
  const type = optionalString(body, 'type', BODY) ?? 'text'
  if (type !== 'text' && type !== 'html') throw new ApiError(400, `unknown template type ${type}`)
  const { config, templates } = deps.alerting.active
  const receiver = optionalString(body, 'receiver', BODY) ?? config.route.options.receiver
  const data = templates.data(sampleNotification(receiver, body, deps))
  try {
    return { status: 200, body: { output: templates[type](text, data) } }
  } catch (err) {
    throw new ApiError(400, (err as Error).message)
  }
}

/** The posted alerts, or one that says it is a test, as the first route to the receiver would group them. */
function sampleNotification(
  receiver: string,
  body: JsonObject,
  { clock, alerting }: ReceiverTestDeps,
): Notification {
  const atMs = clock.now()
  const { config } = alerting.active
  const posted = body.alerts === undefined ? [] : decodeAlerts(body.alerts)
  const alerts = posted.map((item) => completeAlert(item, atMs, config.global.resolveTimeoutMs))
  const first = alerts[0]?.labels ?? SAMPLE_LABELS
  const route =
    [...config.route.walk()].find(({ options }) => options.receiver === receiver) ?? config.route
  const groupLabels = route.groupLabels(first)
  return {
    receiver,
    groupKey: route.groupKey(groupLabels),
    groupLabels,
    routeLabels: route.options.labels,
    reason: 'first notification',
    alerts: alerts.length > 0 ? alerts.map((alert) => notified(alert, atMs)) : [sample(atMs)],
    atMs,
    receiverData: new Map(),
  }
}

const SAMPLE_LABELS = Labels.from({ alertname: 'TestAlert', severity: 'info', instance: 'test' })

function sample(atMs: number): NotifiedAlert {
  return {
    labels: SAMPLE_LABELS,
    annotations: new Map([
      ['description', 'Somebody tries out this receiver; nothing is wrong.'],
      ['summary', 'This is a test.'],
    ]),
    startsAtMs: atMs,
    endsAtMs: ZERO_TIME_MS,
    generatorUrl: '',
    fingerprint: '0000000000000000',
    isResolved: false,
  }
}

function notified(alert: Alert, atMs: number): NotifiedAlert {
  const isResolved = isResolvedAt(alert, atMs)
  return { ...alert, endsAtMs: isResolved ? alert.endsAtMs : ZERO_TIME_MS, isResolved }
}
