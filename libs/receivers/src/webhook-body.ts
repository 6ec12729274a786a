/** The document of the webhook, which other receivers send too. */
import { printRfc3339 } from '@prom/model'
import { type Json, labelsJson } from './go-json.ts'
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
  const printTime = timePrinter()
  return {
    receiver: quoteRegex(notification.receiver),
    status,
    alerts: notification.alerts.map((alert) => ({
      status: alert.isResolved ? 'resolved' : 'firing',
      labels: labelsJson(alert.labels),
      annotations: alert.annotations,
      startsAt: printTime(alert.startsAtMs),
      endsAt: printTime(alert.endsAtMs),
      generatorURL: alert.generatorUrl,
      fingerprint: alert.fingerprint,
    })),
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
