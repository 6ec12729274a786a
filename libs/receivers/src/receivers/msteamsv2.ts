/** Posts the group to Microsoft Teams as an adaptive card (workflows). */
import { field, type Infer, string, struct } from '@prom/yaml'
import { commonFields, httpOf, template, withHttp } from '../common-fields.ts'
import { postJson } from '../post-json.ts'
import { defineReceiver } from '../receiver.ts'
import { readSecret } from '../secrets.ts'
import { factsOf } from '../template-data.ts'
import { secretUrl } from '../urls.ts'

const COLORS = { firing: 'Attention', resolved: 'Good' } as const

const msteamsv2Config = struct(
  'config.plain',
  {
    ...commonFields(true),
    webhookUrl: field('webhook_url', secretUrl),
    webhookUrlFile: field('webhook_url_file', string),
    title: field('title', string, template('msteamsv2.default.title')),
    text: field('text', string, template('msteamsv2.default.text')),
  },
  {
    typeName: 'config.MSTeamsV2Config',
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

export const msteamsv2 = defineReceiver<Infer<typeof msteamsv2Config>>({
  name: 'msteamsv2',
  schema: msteamsv2Config,
  complete: withHttp,
  sendResolved: ({ sendResolved }) => sendResolved,
  create: (config, { createClient, templates, files, userAgent }) => {
    const client = createClient(httpOf(config))
    return async (notification, signal) => {
      const data = templates.data(notification)
      const color = COLORS[factsOf(notification.alerts).status]
      const heading = {
        type: 'TextBlock',
        text: templates.text(config.title, data),
        weight: 'Bolder',
        size: 'Medium',
        wrap: true,
        style: 'heading',
        color,
      }
      const text = { type: 'TextBlock', text: templates.text(config.text, data), wrap: true }
      const content = {
        $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
        type: 'AdaptiveCard',
        version: '1.2',
        body: [heading, text],
        msteams: { width: 'full' },
      }
      const contentType = 'application/vnd.microsoft.card.adaptive'
      const body = {
        type: 'message',
        attachments: [{ contentType, contentUrl: null, content }],
      }
      const url = await readSecret(config.webhookUrl, config.webhookUrlFile, files)
      await postJson(client, { url, body, userAgent, signal })
    }
  },
})
