/** The document of the webhook, which other receivers send too. */
import { printRfc3339 } from '@prom/model'
import { type Json, labelsJson, plainJson, plainObject } from './go-json.ts'
import type { Notification, NotifiedAlert } from './notification.ts'
import { factsOf, quoteRegex } from './template-data.ts'

export function firstAlerts(
  alerts: readonly NotifiedAlert[],
  max: number,
): readonly NotifiedAlert[] {
  return max > 0 && alerts.length > max ? alerts.slice(0, max) : alerts
}

export interface WebhookExtras {
  readonly version: string
  readonly truncated: number
}

/** The body in the original's order of keys. */
export function webhookBody(
  notification: Notification,
  externalUrl: string,
  { version, truncated }: WebhookExtras,
): Json {
  const { status, commonLabels, commonAnnotations } = factsOf(notification.alerts)
  return {
    receiver: quoteRegex(notification.receiver),
    status,
    alerts: alertsJson(notification.alerts),
    notification_reason: notification.reason,
    groupLabels: labelsJson(notification.groupLabels),
    commonLabels,
    commonAnnotations,
    externalURL: externalUrl,
    version,
    groupKey: notification.groupKey,
    truncatedAlerts: truncated,
  }
}

/** A group may have thousands of alerts: they are written by the engine's own encoder where it says the same. */
function alertsJson(alerts: readonly NotifiedAlert[]): Json {
  const printTime = timePrinter()
  const plain: object[] = []
  for (const alert of alerts) {
    const labels = plainObject(alert.labels)
    const annotations = plainObject(alert.annotations)
    if (!labels || !annotations) return slowAlertsJson(alerts)
    plain.push({
      status: alert.isResolved ? 'resolved' : 'firing',
      labels,
      annotations,
      startsAt: printTime(alert.startsAtMs),
      endsAt: printTime(alert.endsAtMs),
      generatorURL: alert.generatorUrl,
      fingerprint: alert.fingerprint,
    })
  }
  return plainJson(plain) ?? slowAlertsJson(alerts)
}

function slowAlertsJson(alerts: readonly NotifiedAlert[]): Json {
  const printTime = timePrinter()
  return alerts.map((alert) => ({
    status: alert.isResolved ? 'resolved' : 'firing',
    labels: labelsJson(alert.labels),
    annotations: alert.annotations,
    startsAt: printTime(alert.startsAtMs),
    endsAt: printTime(alert.endsAtMs),
    generatorURL: alert.generatorUrl,
    fingerprint: alert.fingerprint,
  }))
}

/** The alerts of a group mostly share their times. */
function timePrinter(): (ms: number) => string {
  const printed = new Map<number, string>()
  return (ms) => {
    let text = printed.get(ms)
    if (text === undefined) {
      text = printRfc3339(ms)
      printed.set(ms, text)
    }
    return text
  }
}
