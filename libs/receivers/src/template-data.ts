/** What a notification looks like to templates and in webhook bodies. */
import { notificationValue, type Value } from '@prom/templates'
import { type Notification, type NotifiedAlert, ZERO_TIME_MS } from './notification.ts'

export interface NotificationFacts {
  /** `firing` as long as one alert fires. */
  readonly status: 'firing' | 'resolved'
  /** Pairs that all alerts share. */
  readonly commonLabels: ReadonlyMap<string, string>
  readonly commonAnnotations: ReadonlyMap<string, string>
}

export function factsOf(alerts: readonly NotifiedAlert[]): NotificationFacts {
  return {
    status: alerts.some(({ isResolved }) => !isResolved) ? 'firing' : 'resolved',
    commonLabels: commonPairs(alerts),
    commonAnnotations: common(alerts.map(({ annotations }) => annotations)),
  }
}

/** The receiver's name as messages carry it: usable inside a regular expression. */
export function quoteRegex(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&')
}

export function templateData(
  notification: Notification,
  externalUrl: string,
  alerts: readonly NotifiedAlert[] = notification.alerts,
): Value {
  const { status, commonLabels, commonAnnotations } = factsOf(alerts)
  return notificationValue({
    receiver: quoteRegex(notification.receiver),
    status,
    alerts: alerts.map((alert) => ({
      status: alert.isResolved ? 'resolved' : 'firing',
      labels: alert.labels,
      annotations: alert.annotations,
      startsAtMs: alert.startsAtMs,
      endsAtMs: alert.endsAtMs === ZERO_TIME_MS ? undefined : alert.endsAtMs,
      generatorUrl: alert.generatorUrl,
      fingerprint: alert.fingerprint,
    })),
    notificationReason: notification.reason,
    groupLabels: notification.groupLabels,
    commonLabels,
    commonAnnotations,
    routeLabels: notification.routeLabels,
    externalUrl,
  })
}

function commonPairs(alerts: readonly NotifiedAlert[]): ReadonlyMap<string, string> {
  const first = alerts[0]?.labels.flat() ?? []
  const isCommon = new Array<boolean>(first.length / 2).fill(true)
  for (const { labels } of alerts) {
    const flat = labels.flat()
    for (let i = 0; i < first.length; i += 2) {
      if (!isCommon[i / 2]) continue
      const name = first[i] as string
      // Alerts of a group mostly have the same names.
      const value = flat[i] === name ? flat[i + 1] : labels.get(name)
      if (value !== first[i + 1]) isCommon[i / 2] = false
    }
  }
  const found = new Map<string, string>()
  for (let i = 0; i < first.length; i += 2) {
    if (isCommon[i / 2]) found.set(first[i] as string, first[i + 1] as string)
  }
  return found
}

function common(maps: readonly ReadonlyMap<string, string>[]): ReadonlyMap<string, string> {
  const found = new Map(maps[0])
  for (const map of maps) {
    if (found.size === 0) break
    for (const [name, value] of found) if (map.get(name) !== value) found.delete(name)
  }
  return found
}
