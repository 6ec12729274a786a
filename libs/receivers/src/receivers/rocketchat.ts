/** Posts the group to a Rocket.Chat channel. */
import { bool, field, type Infer, list, optional, secret, string, struct } from '@prom/yaml'
import { commonFields, httpOf, template, withHttp } from '../common-fields.ts'
import { NotifyError } from '../errors.ts'
import { postJson } from '../post-json.ts'
import { defineReceiver } from '../receiver.ts'
import { readSecret } from '../secrets.ts'
import { truncateRunes } from '../truncate.ts'
import { httpUrl } from '../urls.ts'

const TITLE_RUNES_MAX = 1024

const attachmentField = struct('config.RocketchatAttachmentField', {
  short: field('short', optional(bool)),
  title: field('title', string),
  value: field('value', string),
})

const action = struct('config.RocketchatAttachmentAction', {
  type: field('type', string),
  text: field('text', string),
  url: field('url', string),
  imageUrl: field('imageurl', string),
  isWebview: field('iswebview', bool),
  webviewHeightRatio: field('webviewheightratio', string),
  msg: field('msg', string),
  msgInChatWindow: field('msginchatwindow', bool),
  msgProcessingType: field('msgprocessingtype', string),
})

const rocketchatConfig = struct(
  'config.plain',
  {
    ...commonFields(false),
    apiUrl: field('api_url', httpUrl),
    tokenId: field('token_id', secret),
    tokenIdFile: field('token_id_file', string),
    token: field('token', secret),
    tokenFile: field('token_file', string),
    channel: field('channel', string),
    color: field('color', string, {
      default: '{{ if eq .Status "firing" }}red{{ else }}green{{ end }}',
    }),
    title: field('title', string, template('rocketchat.default.title')),
    titleLink: field('title_link', string, template('rocketchat.default.titlelink')),
    text: field('text', string, template('rocketchat.default.text')),
    fields: field('fields', list(attachmentField)),
    shortFields: field('short_fields', bool, { isAlwaysPrinted: true }),
    emoji: field('emoji', string, template('rocketchat.default.emoji')),
    iconUrl: field('icon_url', string, template('rocketchat.default.iconurl')),
    imageUrl: field('image_url', string),
    thumbUrl: field('thumb_url', string),
    linkNames: field('link_names', bool, { isAlwaysPrinted: true }),
    actions: field('actions', list(action)),
  },
  {
    typeName: 'config.RocketchatConfig',
    check: ({ token, tokenFile, tokenId, tokenIdFile }) => {
      if (!token.isEmpty && tokenFile !== '') {
        return 'at most one of token & token_file must be configured'
      }
      return !tokenId.isEmpty && tokenIdFile !== ''
        ? 'at most one of token_id & token_id_file must be configured'
        : undefined
    },
  },
)

export const rocketchat = defineReceiver<Infer<typeof rocketchatConfig>>({
  name: 'rocketchat',
  schema: rocketchatConfig,
  complete: (config, global) => {
    const hasId = !config.tokenId.isEmpty || config.tokenIdFile !== ''
    const hasToken = !config.token.isEmpty || config.tokenFile !== ''
    const filled = {
      ...config,
      apiUrl: config.apiUrl || global.rocketchatApiUrl,
      tokenId: hasId ? config.tokenId : global.rocketchatTokenId,
      tokenIdFile: hasId ? config.tokenIdFile : global.rocketchatTokenIdFile,
      token: hasToken ? config.token : global.rocketchatToken,
      tokenFile: hasToken ? config.tokenFile : global.rocketchatTokenFile,
    }
    if (filled.tokenId.isEmpty && filled.tokenIdFile === '') {
      return { error: 'no global Rocketchat TokenID set either inline or in a file' }
    }
    if (filled.token.isEmpty && filled.tokenFile === '') {
      return { error: 'no global Rocketchat Token set either inline or in a file' }
    }
    return withHttp(filled, global)
  },
  sendResolved: ({ sendResolved }) => sendResolved,
  create: (config, { createClient, templates, files, userAgent }) => {
    const client = createClient(httpOf(config))
    return async (notification, signal) => {
      const data = templates.data(notification)
      const expand = (text: string) => templates.text(text, data)
      const some = (text: string) => expand(text) || undefined
      const attachment = {
        title: truncateRunes(expand(config.title), TITLE_RUNES_MAX).text || undefined,
        title_link: some(config.titleLink),
        text: some(config.text),
        image_url: some(config.imageUrl),
        thumb_url: some(config.thumbUrl),
        color: some(config.color),
        fields:
          config.fields.length === 0
            ? undefined
            : config.fields.map(({ short, title, value }) => ({
                short: short ?? config.shortFields,
                title: some(title),
                value: some(value),
              })),
        actions:
          config.actions.length === 0
            ? undefined
            : config.actions.map(({ text, url, msg }) => ({
                type: 'button',
                text: some(text),
                url: some(url),
                is_webview: false,
                msg: some(msg),
                msg_in_chat_window: false,
              })),
      }
      const body = {
        channel: some(config.channel),
        emoji: some(config.emoji),
        avatar: some(config.iconUrl),
        attachments: [attachment],
      }
      const answer = await postJson(client, {
        url: `${config.apiUrl.replace(/\/$/, '')}/api/v1/chat.postMessage`,
        body,
        userAgent,
        signal,
        headers: {
          'x-user-id': await readSecret(config.tokenId, config.tokenIdFile, files),
          'x-auth-token': await readSecret(config.token, config.tokenFile, files),
        },
      })
      checkReply(answer.body)
    }
  },
})

function checkReply(body: Uint8Array): void {
  const text = new TextDecoder().decode(body)
  let reply: { success?: unknown; error?: unknown }
  try {
    reply = JSON.parse(text) as typeof reply
  } catch (err) {
    throw new NotifyError(
      `could not unmarshal JSON response "${text}": ${(err as Error).message}`,
      {
        canRetry: false,
        reason: 'clientError',
      },
    )
  }
  if (reply?.success === true) return
  throw new NotifyError(`error response from Rocket.Chat: ${String(reply?.error ?? '')}`, {
    canRetry: false,
    reason: 'clientError',
  })
}
