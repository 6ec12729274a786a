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
  return {
    receiver: quoteRegex(notification.receiver),
    status,
    alerts: notification.alerts.map((alert) => ({
      status: alert.isResolved ? 'resolved' : 'firing',
      labels: labelsJson(alert.labels),
      annotations: alert.annotations,
      startsAt: printRfc3339(alert.startsAtMs),
      endsAt: printRfc3339(alert.endsAtMs),
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
