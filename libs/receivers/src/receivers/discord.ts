/** Posts the group to a Discord channel's webhook. */
import { field, type Infer, string, struct } from '@prom/yaml'
import { commonFields, httpOf, template, withHttp } from '../common-fields.ts'
import { postJson } from '../post-json.ts'
import { defineReceiver } from '../receiver.ts'
import { readSecret } from '../secrets.ts'
import { factsOf } from '../template-data.ts'
import { truncateRunes } from '../truncate.ts'
import { secretUrl } from '../urls.ts'

const TITLE_RUNES_MAX = 256
const MESSAGE_RUNES_MAX = 4096
const CONTENT_RUNES_MAX = 2000
const COLORS = { firing: 0x992d22, resolved: 0x2ecc71 } as const

const discordConfig = struct(
  'config.plain',
  {
    ...commonFields(true),
    webhookUrl: field('webhook_url', secretUrl),
    webhookUrlFile: field('webhook_url_file', string),
    content: field('content', string),
    title: field('title', string, template('discord.default.title')),
    message: field('message', string, template('discord.default.message')),
    username: field('username', string),
    avatarUrl: field('avatar_url', string),
  },
  {
    typeName: 'config.DiscordConfig',
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

export const discord = defineReceiver<Infer<typeof discordConfig>>({
  name: 'discord',
  schema: discordConfig,
  complete: withHttp,
  sendResolved: ({ sendResolved }) => sendResolved,
  create: (config, { createClient, templates, files, userAgent }) => {
    const client = createClient(httpOf(config))
    return async (notification, signal) => {
      const data = templates.data(notification)
      const { text: title } = truncateRunes(templates.text(config.title, data), TITLE_RUNES_MAX)
      const { text: description } = truncateRunes(
        templates.text(config.message, data),
        MESSAGE_RUNES_MAX,
      )
      const { text: content } = truncateRunes(
        templates.text(config.content, data),
        CONTENT_RUNES_MAX,
      )
      const body = {
        content,
        embeds: [{ title, description, color: COLORS[factsOf(notification.alerts).status] }],
        username: config.username || undefined,
        avatar_url: config.avatarUrl || undefined,
      }
      const url = await readSecret(config.webhookUrl, config.webhookUrlFile, files)
      await postJson(client, { url, body, userAgent, signal })
    }
  },
})
