/** Posts the group to Microsoft Teams as a message card (the older connector). */
import { field, type Infer, string, struct } from '@prom/yaml'
import { commonFields, httpOf, template, withHttp } from '../common-fields.ts'
import { postJson } from '../post-json.ts'
import { defineReceiver } from '../receiver.ts'
import { readSecret } from '../secrets.ts'
import { factsOf } from '../template-data.ts'
import { secretUrl } from '../urls.ts'

const COLORS = { firing: '8C1A1A', resolved: '2DC72D' } as const

const msteamsConfig = struct(
  'config.plain',
  {
    ...commonFields(true),
    webhookUrl: field('webhook_url', secretUrl),
    webhookUrlFile: field('webhook_url_file', string),
    title: field('title', string, template('msteams.default.title')),
    summary: field('summary', string, template('msteams.default.summary')),
    text: field('text', string, template('msteams.default.text')),
  },
  {
    typeName: 'config.MSTeamsConfig',
    check: ({ webhookUrl, webhookUrlFile }) => {
      if (!webhookUrl.isEmpty && webhookUrlFile !== '') {
        return 'at most one of webhook_url & webhook_url_file must be configured'
      }
      return webhookUrl.isEmpty && webhookUrlFile === ''
        ? 'one of webhook_url or webhook_url_file must be configured'
        : undefined
    },
  },
)

export const msteams = defineReceiver<Infer<typeof msteamsConfig>>({
  name: 'msteams',
  schema: msteamsConfig,
  complete: withHttp,
  sendResolved: ({ sendResolved }) => sendResolved,
  create: (config, { createClient, templates, files, userAgent }) => {
    const client = createClient(httpOf(config))
    return async (notification, signal) => {
      const data = templates.data(notification)
      const body = {
        '@context': 'http://schema.org/extensions',
        type: 'MessageCard',
        title: templates.text(config.title, data),
        summary: templates.text(config.summary, data),
        text: templates.text(config.text, data),
        themeColor: COLORS[factsOf(notification.alerts).status],
      }
      const url = await readSecret(config.webhookUrl, config.webhookUrlFile, files)
      await postJson(client, { url, body, userAgent, signal })
    }
  },
})
