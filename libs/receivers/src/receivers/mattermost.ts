/** Posts the group to a Mattermost channel's incoming webhook. */
import { bool, field, type Infer, list, optional, string, struct } from '@prom/yaml'
import { commonFields, httpOf, template, withHttp } from '../common-fields.ts'
import type { Json } from '../go-json.ts'
import { postJson } from '../post-json.ts'
import { defineReceiver } from '../receiver.ts'
import { readSecret } from '../secrets.ts'
import { truncateRunes } from '../truncate.ts'
import { secretUrl } from '../urls.ts'

const TEXT_RUNES_MAX = 16_383

const attachmentField = struct('config.MattermostField', {
  title: field('title', string),
  value: field('value', string),
  short: field('short', optional(bool)),
})

const attachmentFields = {
  fallback: field('fallback', string),
  color: field('color', string),
  pretext: field('pretext', string),
  text: field('text', string),
  authorName: field('author_name', string),
  authorLink: field('author_link', string),
  authorIcon: field('author_icon', string),
  title: field('title', string),
  titleLink: field('title_link', string),
  fields: field('fields', list(attachmentField)),
  thumbUrl: field('thumb_url', string),
  footer: field('footer', string),
  footerIcon: field('footer_icon', string),
  imageUrl: field('image_url', string),
}

const attachment = struct('config.MattermostAttachment', attachmentFields)

const mattermostConfig = struct(
  'config.plain',
  {
    ...commonFields(true),
    webhookUrl: field('webhook_url', secretUrl),
    webhookUrlFile: field('webhook_url_file', string),
    channel: field('channel', string),
    username: field('username', string, template('mattermost.default.username')),
    text: field('text', string, template('mattermost.default.text')),
    fallback: field('fallback', string, template('mattermost.default.fallback')),
    color: field('color', string, template('mattermost.default.color')),
    pretext: field('pretext', string),
    authorName: field('author_name', string),
    authorLink: field('author_link', string),
    authorIcon: field('author_icon', string),
    title: field('title', string, template('mattermost.default.title')),
    titleLink: field('title_link', string, template('mattermost.default.titlelink')),
    fields: field('fields', list(attachmentField)),
    thumbUrl: field('thumb_url', string),
    footer: field('footer', string),
    footerIcon: field('footer_icon', string),
    imageUrl: field('image_url', string),
    iconUrl: field('icon_url', string),
    iconEmoji: field('icon_emoji', string),
    attachments: field('attachments', list(attachment)),
    type: field('type', string),
    props: field(
      'props',
      optional(struct('config.MattermostProps', { card: field('card', string) })),
    ),
    priority: field(
      'priority',
      optional(
        struct('config.MattermostPriority', {
          priority: field('priority', string),
          requestedAck: field('requested_ack', bool),
          persistentNotifications: field('persistent_notifications', bool),
        }),
      ),
    ),
  },
  {
    typeName: 'config.MattermostConfig',
    check: ({ webhookUrl, webhookUrlFile }) =>
      !webhookUrl.isEmpty && webhookUrlFile !== ''
        ? 'at most one of webhook_url & webhook_url_file must be configured'
        : undefined,
  },
)

type MattermostConfig = Infer<typeof mattermostConfig>
type Attachment = Infer<typeof attachment>

export const mattermost = defineReceiver<MattermostConfig>({
  name: 'mattermost',
  schema: mattermostConfig,
  complete: (config, global) => {
    const isAlone = config.webhookUrl.isEmpty && config.webhookUrlFile === ''
    const webhookUrl = isAlone ? global.mattermostWebhookUrl : config.webhookUrl
    const webhookUrlFile = isAlone ? global.mattermostWebhookUrlFile : config.webhookUrlFile
    if (webhookUrl.isEmpty && webhookUrlFile === '') {
      return { error: 'missing webhook_url or webhook_url_file on mattermost_config' }
    }
    return withHttp({ ...config, webhookUrl, webhookUrlFile }, global)
  },
  sendResolved: ({ sendResolved }) => sendResolved,
  create: (config, { createClient, templates, files, userAgent }) => {
    const client = createClient(httpOf(config))
    return async (notification, signal) => {
      const data = templates.data(notification)
      const body = message(config, (text) => templates.text(text, data))
      const url = await readSecret(config.webhookUrl, config.webhookUrlFile, files)
      await postJson(client, { url, body, userAgent, signal }, { retryCodes: [429] })
    }
  },
})

type Expand = (text: string) => string

/** Without attachments of its own the message is one attachment, with the text inside. */
function message(config: MattermostConfig, expand: Expand): Json {
  const some = (text: string) => expand(text) || undefined
  const own = config.attachments
  const text = own.length > 0 ? truncateRunes(expand(config.text), TEXT_RUNES_MAX).text : ''
  return {
    channel: some(config.channel),
    text: text || undefined,
    username: some(config.username),
    icon_url: some(config.iconUrl),
    icon_emoji: some(config.iconEmoji),
    attachments: (own.length > 0 ? own : [config]).map((item) => attachmentJson(item, expand)),
    type: some(config.type),
    props: config.props && { card: some(config.props.card) },
    priority: priorityJson(config, expand),
  }
}

function attachmentJson(item: Attachment, expand: Expand): Json {
  const some = (text: string) => expand(text) || undefined
  const fields = item.fields.map(({ title, value, short }) => ({
    title: some(title),
    value: some(value),
    short: short || undefined,
  }))
  return {
    fallback: some(item.fallback),
    color: some(item.color),
    pretext: some(item.pretext),
    text: some(item.text),
    author_name: some(item.authorName),
    author_link: some(item.authorLink),
    author_icon: some(item.authorIcon),
    title: some(item.title),
    title_link: some(item.titleLink),
    fields: fields.length === 0 ? undefined : fields,
    thumb_url: some(item.thumbUrl),
    footer: some(item.footer),
    footer_icon: some(item.footerIcon),
    image_url: some(item.imageUrl),
  }
}

/** Only urgent and important messages can ask to be acknowledged, only urgent ones insist. */
function priorityJson({ priority }: MattermostConfig, expand: Expand): Json {
  if (!priority) return undefined
  const wanted = expand(priority.priority).toLowerCase()
  const level = wanted === 'urgent' || wanted === 'important' ? wanted : 'standard'
  return {
    priority: level,
    requested_ack: (level !== 'standard' && priority.requestedAck) || undefined,
    persistent_notifications: (level === 'urgent' && priority.persistentNotifications) || undefined,
  }
}
