/** Posts the group as JSON to an address. */
import { httpClientConfig } from '@prom/http'
import { printRfc3339 } from '@prom/model'
import { bool, field, type Infer, optional, string, struct, uint } from '@prom/yaml'
import { NotifyError } from '../errors.ts'
import { goDuration } from '../go-duration.ts'
import { type Json, printJson } from '../go-json.ts'
import type { Notification, NotifiedAlert } from '../notification.ts'
import { defineReceiver } from '../receiver.ts'
import { readSecret } from '../secrets.ts'
import { exchange } from '../status.ts'
import { factsOf, quoteRegex } from '../template-data.ts'
import { secretTemplateUrl } from '../urls.ts'

const webhookConfig = struct(
  'config.plain',
  {
    sendResolved: field('send_resolved', bool, { default: true, isAlwaysPrinted: true }),
    httpConfig: field('http_config', optional(httpClientConfig)),
    url: field('url', secretTemplateUrl),
    urlFile: field('url_file', string, { isAlwaysPrinted: true }),
    maxAlerts: field('max_alerts', uint, { isAlwaysPrinted: true }),
    timeoutMs: field('timeout', goDuration, { isAlwaysPrinted: true }),
  },
  {
    typeName: 'config.WebhookConfig',
    check: ({ url, urlFile }) => {
      if (url.isEmpty && urlFile === '') return 'one of url or url_file must be configured'
      if (!url.isEmpty && urlFile !== '') return 'at most one of url & url_file must be configured'
      return undefined
    },
  },
)

export const webhook = defineReceiver<Infer<typeof webhookConfig>>({
  name: 'webhook',
  schema: webhookConfig,
  complete: (config, global) => ({ ...config, httpConfig: config.httpConfig ?? global.httpConfig }),
  sendResolved: ({ sendResolved }) => sendResolved,
  create: (config, { createClient, templates, files, userAgent }) => {
    const client = createClient(config.httpConfig as NonNullable<typeof config.httpConfig>)
    return async (notification, signal) => {
      const alerts = firstAlerts(notification.alerts, config.maxAlerts)
      const data = templates.data(notification, alerts)
      const url = (await readSecret(config.url, config.urlFile, files)).trim()
      const address = templates.text(url, data)
      if (address === '') {
        throw new NotifyError('webhook URL is empty after templating', { canRetry: false })
      }
      const truncated = notification.alerts.length - alerts.length
      const body = printJson(
        webhookBody({ ...notification, alerts }, templates.externalUrl, {
          version: '4',
          truncated,
        }),
      )
      await exchange(client, {
        method: 'POST',
        url: address,
        headers: { 'content-type': 'application/json', 'user-agent': userAgent },
        body: `${body}\n`,
        signal,
        ...(config.timeoutMs > 0 ? { timeoutMs: config.timeoutMs } : {}),
      })
    }
  },
})

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
      labels: new Map(alert.labels),
      annotations: alert.annotations,
      startsAt: printRfc3339(alert.startsAtMs),
      endsAt: printRfc3339(alert.endsAtMs),
      generatorURL: alert.generatorUrl,
      fingerprint: alert.fingerprint,
    })),
    notification_reason: notification.reason,
    groupLabels: new Map(notification.groupLabels),
    commonLabels,
    commonAnnotations,
    externalURL: externalUrl,
    version,
    groupKey: notification.groupKey,
    truncatedAlerts: truncated,
  }
}
