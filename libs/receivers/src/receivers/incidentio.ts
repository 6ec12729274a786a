/** Posts the group to an incident.io alert source. */
import { field, type Infer, secret, string, struct, uint } from '@prom/yaml'
import { commonFields, httpOf, withHttp } from '../common-fields.ts'
import { goDuration } from '../go-duration.ts'
import { printJson } from '../go-json.ts'
import { postJson } from '../post-json.ts'
import { defineReceiver } from '../receiver.ts'
import { readSecret } from '../secrets.ts'
import { httpUrl } from '../urls.ts'
import { firstAlerts, webhookBody } from '../webhook-body.ts'

const BODY_BYTES_MAX = 512 * 1024
const printed = { isAlwaysPrinted: true }

const incidentioConfig = struct(
  'config.plain',
  {
    ...commonFields(true),
    url: field('url', httpUrl),
    urlFile: field('url_file', string, printed),
    alertSourceToken: field('alert_source_token', secret),
    alertSourceTokenFile: field('alert_source_token_file', string),
    maxAlerts: field('max_alerts', uint, printed),
    timeoutMs: field('timeout', goDuration, printed),
  },
  {
    typeName: 'config.IncidentioConfig',
    check: ({ url, urlFile, alertSourceToken, alertSourceTokenFile, httpConfig }) => {
      if (url === '' && urlFile === '') return 'one of url or url_file must be configured'
      if (url !== '' && urlFile !== '') return 'at most one of url & url_file must be configured'
      if (!alertSourceToken.isEmpty && alertSourceTokenFile !== '') {
        return 'at most one of alert_source_token & alert_source_token_file must be configured'
      }
      const hasToken = !alertSourceToken.isEmpty || alertSourceTokenFile !== ''
      if (httpConfig?.authorization && hasToken) {
        return 'cannot specify alert_source_token or alert_source_token_file when using http_config.authorization'
      }
      return hasToken || httpConfig?.authorization
        ? undefined
        : 'at least one of alert_source_token, alert_source_token_file or http_config.authorization must be configured'
    },
  },
)

export const incidentio = defineReceiver<Infer<typeof incidentioConfig>>({
  name: 'incidentio',
  schema: incidentioConfig,
  complete: withHttp,
  sendResolved: ({ sendResolved }) => sendResolved,
  create: (config, { createClient, templates, files, userAgent, log }) => {
    const client = createClient(httpOf(config))
    return async (notification, signal) => {
      const bodyOf = (max: number) => {
        const alerts = firstAlerts(notification.alerts, max)
        const truncated = notification.alerts.length - alerts.length
        return webhookBody({ ...notification, alerts }, templates.externalUrl, {
          version: '1',
          truncated,
        })
      }
      let body = bodyOf(config.maxAlerts)
      if (Buffer.byteLength(printJson(body)) + 1 > BODY_BYTES_MAX) {
        log.warn('Truncated alerts', { max_bytes: BODY_BYTES_MAX })
        body = bodyOf(1)
      }
      const url =
        config.urlFile === '' ? config.url : await readSecret(undefined, config.urlFile, files)
      const token = await readSecret(config.alertSourceToken, config.alertSourceTokenFile, files)
      await postJson(
        client,
        {
          url,
          body,
          userAgent,
          signal,
          headers: token === '' ? {} : { authorization: `Bearer ${token}` },
          timeoutMs: config.timeoutMs,
        },
        { retryCodes: [429] },
      )
    }
  },
})
