/** Posts the group as JSON to an address. */
import { httpClientConfig } from '@prom/http'
import { bool, field, type Infer, optional, string, struct, uint } from '@prom/yaml'
import { anyValue, renderAny } from '../any-value.ts'
import { NotifyError } from '../errors.ts'
import { goDuration } from '../go-duration.ts'
import { postJson } from '../post-json.ts'
import { defineReceiver } from '../receiver.ts'
import { readSecret } from '../secrets.ts'
import { secretTemplateUrl } from '../urls.ts'
import { firstAlerts, webhookBody } from '../webhook-body.ts'

const webhookConfig = struct(
  'config.plain',
  {
    sendResolved: field('send_resolved', bool, { default: true, isAlwaysPrinted: true }),
    httpConfig: field('http_config', optional(httpClientConfig)),
    url: field('url', secretTemplateUrl),
    urlFile: field('url_file', string, { isAlwaysPrinted: true }),
    maxAlerts: field('max_alerts', uint, { isAlwaysPrinted: true }),
    timeoutMs: field('timeout', goDuration, { isAlwaysPrinted: true }),
    payload: field('payload', optional(anyValue)),
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
      const url = (await readSecret(config.url, config.urlFile, files)).trim()
      // Thousands of alerts are not turned into template values for nobody.
      const needsData = config.payload !== undefined || url.includes('{{')
      const data = needsData ? templates.data(notification, alerts) : undefined
      const address = data === undefined ? url : templates.text(url, data)
      if (address === '') {
        throw new NotifyError('webhook URL is empty after templating', { canRetry: false })
      }
      const truncated = notification.alerts.length - alerts.length
      const extras = { version: '4', truncated }
      const body =
        config.payload === undefined || data === undefined
          ? webhookBody({ ...notification, alerts }, templates.externalUrl, extras)
          : renderAny(config.payload, templates, data)
      await postJson(client, {
        url: address,
        body,
        userAgent,
        signal,
        timeoutMs: config.timeoutMs,
      })
    }
  },
})
