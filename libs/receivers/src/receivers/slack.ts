/** Posts the group to a Slack channel: incoming webhook, or the API with an app's token. */
import { httpClientConfig } from '@prom/http'
import { bool, field, type Infer, list, optional, secret, string, struct } from '@prom/yaml'
import { NotifyError } from '../errors.ts'
import { goDuration } from '../go-duration.ts'
import { type Json, printJson } from '../go-json.ts'
import type { Notification } from '../notification.ts'
import { defineReceiver, type ReceiverDeps } from '../receiver.ts'
import { readSecret } from '../secrets.ts'
import { postToSlackWebhook } from '../slack-webhook.ts'
import { checkStatus, send } from '../status.ts'
import { truncateRunes } from '../truncate.ts'
import { httpUrl, secretUrl } from '../urls.ts'

const TITLE_RUNES_MAX = 1024
const printed = { isAlwaysPrinted: true }
const slackTemplate = (name: string) => ({ default: `{{ template "slack.default.${name}" . }}` })

const slackField = struct(
  'config.plain',
  {
    title: field('title', string),
    value: field('value', string),
    short: field('short', optional(bool)),
  },
  {
    typeName: 'config.SlackField',
    check: ({ title, value }) => {
      if (title === '') return 'missing title in Slack field configuration'
      if (value === '') return 'missing value in Slack field configuration'
      return undefined
    },
  },
)

const slackConfirmation = struct(
  'config.plain',
  {
    text: field('text', string),
    title: field('title', string),
    okText: field('ok_text', string),
    dismissText: field('dismiss_text', string),
  },
  {
    typeName: 'config.SlackConfirmationField',
    check: ({ text }) =>
      text === '' ? 'missing text in Slack confirmation configuration' : undefined,
  },
)

const slackAction = struct(
  'config.plain',
  {
    type: field('type', string),
    text: field('text', string),
    url: field('url', string),
    style: field('style', string),
    name: field('name', string),
    value: field('value', string),
    confirm: field('confirm', optional(slackConfirmation)),
  },
  {
    typeName: 'config.SlackAction',
    check: ({ type, text, url, name }) => {
      if (type === '') return 'missing type in Slack action configuration'
      if (text === '') return 'missing text in Slack action configuration'
      if (url === '' && name === '') return 'missing name or url in Slack action configuration'
      return undefined
    },
    // An action that opens an address needs nothing else.
    finish: (action) =>
      action.url === '' ? action : { ...action, name: '', value: '', confirm: undefined },
  },
)

const slackConfig = struct(
  'config.plain',
  {
    sendResolved: field('send_resolved', bool, { default: false, ...printed }),
    httpConfig: field('http_config', optional(httpClientConfig)),
    apiUrl: field('api_url', secretUrl),
    apiUrlFile: field('api_url_file', string),
    appToken: field('app_token', secret),
    appTokenFile: field('app_token_file', string),
    appUrl: field('app_url', httpUrl),
    channel: field('channel', string),
    username: field('username', string, slackTemplate('username')),
    color: field('color', string, slackTemplate('color')),
    title: field('title', string, slackTemplate('title')),
    titleLink: field('title_link', string, slackTemplate('titlelink')),
    pretext: field('pretext', string, slackTemplate('pretext')),
    text: field('text', string, slackTemplate('text')),
    messageText: field('message_text', string),
    fields: field('fields', list(slackField)),
    shortFields: field('short_fields', bool, printed),
    footer: field('footer', string, slackTemplate('footer')),
    fallback: field('fallback', string, slackTemplate('fallback')),
    callbackId: field('callback_id', string, slackTemplate('callbackid')),
    iconEmoji: field('icon_emoji', string, slackTemplate('iconemoji')),
    iconUrl: field('icon_url', string, slackTemplate('iconurl')),
    imageUrl: field('image_url', string),
    thumbUrl: field('thumb_url', string),
    linkNames: field('link_names', bool, printed),
    mrkdwnIn: field('mrkdwn_in', list(string)),
    actions: field('actions', list(slackAction)),
    updateMessage: field('update_message', bool, printed),
    timeoutMs: field('timeout', goDuration, printed),
  },
  {
    typeName: 'config.SlackConfig',
    check: ({ apiUrl, apiUrlFile, appToken, appTokenFile }) => {
      if (!apiUrl.isEmpty && apiUrlFile !== '')
        return 'at most one of api_url & api_url_file must be configured'
      if (!appToken.isEmpty && appTokenFile !== '')
        return 'at most one of app_token & app_token_file must be configured'
      return undefined
    },
  },
)

type SlackConfig = Infer<typeof slackConfig>

export const slack = defineReceiver<SlackConfig>({
  name: 'slack',
  schema: slackConfig,
  complete: (config, global) => {
    const hasUrl = !config.apiUrl.isEmpty || config.apiUrlFile !== ''
    const hasToken = !config.appToken.isEmpty || config.appTokenFile !== ''
    const isAlone = !hasUrl && !hasToken
    const httpConfig = config.httpConfig ?? global.httpConfig
    const filled = {
      ...config,
      httpConfig,
      apiUrl: isAlone ? global.slackApiUrl : config.apiUrl,
      apiUrlFile: isAlone ? global.slackApiUrlFile : config.apiUrlFile,
      appToken: isAlone ? global.slackAppToken : config.appToken,
      appTokenFile: isAlone ? global.slackAppTokenFile : config.appTokenFile,
      appUrl: config.appUrl === '' ? global.slackAppUrl : config.appUrl,
    }
    if (filled.appUrl === '') return { error: 'no global Slack App URL set' }
    const usesToken = !filled.appToken.isEmpty || filled.appTokenFile !== ''
    if (!usesToken && filled.apiUrl.isEmpty && filled.apiUrlFile === '') {
      return { error: 'no Slack API URL nor App token set either inline or in a file' }
    }
    if (usesToken && httpConfig.authorization) {
      return { error: "http authorization can't be set when using Slack App tokens" }
    }
    return filled
  },
  sendResolved: ({ sendResolved }) => sendResolved,
  create: (config, deps) => {
    const client = deps.createClient(config.httpConfig as NonNullable<SlackConfig['httpConfig']>)
    return async (notification, signal) => {
      const { receiverData } = notification
      const { url, token } = await addressOf(config, deps)
      const isFirst = notification.reason === 'first notification'
      const thread = config.updateMessage && !isFirst ? threadOf(receiverData) : undefined
      const text = printJson(slackBody(config, notification, deps, thread))
      const post = (body: string) =>
        send(client, {
          method: 'POST',
          url: thread ? url.replace('chat.postMessage', 'chat.update') : url,
          headers: {
            'content-type': 'application/json',
            'user-agent': deps.userAgent,
            ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
          },
          body,
          signal,
          ...(config.timeoutMs > 0 ? { timeoutMs: config.timeoutMs } : {}),
        })
      // The library knows webhooks; the API of Slack apps wants a token and other methods.
      const answer =
        token === ''
          ? await postToSlackWebhook(url, JSON.parse(text), post)
          : await post(`${text}\n`)
      checkStatus(answer, { retryCodes: [429] })
      const reply = checkReply(answer, config.channel)
      if (config.updateMessage && reply.ts !== '') {
        receiverData.set('threadTs', { kind: 'string', value: reply.ts })
        receiverData.set('channelId', { kind: 'string', value: reply.channel })
      }
    }
  },
})

async function addressOf(
  config: SlackConfig,
  { files }: ReceiverDeps,
): Promise<{ url: string; token: string }> {
  if (!config.appToken.isEmpty || config.appTokenFile !== '') {
    const token = await readSecret(config.appToken, config.appTokenFile, files)
    return { url: config.appUrl, token }
  }
  return { url: await readSecret(config.apiUrl, config.apiUrlFile, files), token: '' }
}

interface Thread {
  readonly ts: string
  readonly channel: string
}

function threadOf(data: Notification['receiverData']): Thread | undefined {
  const ts = data.get('threadTs')
  const channel = data.get('channelId')
  if (ts?.kind !== 'string' || channel?.kind !== 'string') return undefined
  return { ts: ts.value, channel: channel.value }
}

function slackBody(
  config: SlackConfig,
  notification: Notification,
  deps: ReceiverDeps,
  thread: Thread | undefined,
): Json {
  const { templates } = deps
  const data = templates.data(notification)
  let isBroken = false
  // Compat: a broken template does not stop the message; it and all later fields stay empty.
  const expand = (template: string): string => {
    if (isBroken) return ''
    try {
      return templates.text(template, data)
    } catch {
      isBroken = true
      return ''
    }
  }
  const some = (template: string) => expand(template) || undefined
  const title = truncateRunes(expand(config.title), TITLE_RUNES_MAX)
  if (title.isCut) deps.log.warn('Truncated title', { max_runes: TITLE_RUNES_MAX })
  const attachment = {
    title: title.text || undefined,
    title_link: some(config.titleLink),
    pretext: some(config.pretext),
    text: expand(config.text),
    fallback: expand(config.fallback),
    callback_id: expand(config.callbackId),
    fields: listOf(config.fields, ({ title, value, short }) => ({
      title: expand(title),
      value: expand(value),
      short: short ?? config.shortFields,
    })),
    actions: listOf(config.actions, (action) => ({
      type: expand(action.type),
      text: expand(action.text),
      url: some(action.url),
      style: some(action.style),
      name: some(action.name),
      value: some(action.value),
      confirm: action.confirm && {
        text: expand(action.confirm.text),
        title: some(action.confirm.title),
        ok_text: some(action.confirm.okText),
        dismiss_text: some(action.confirm.dismissText),
      },
    })),
    image_url: some(config.imageUrl),
    thumb_url: some(config.thumbUrl),
    footer: expand(config.footer),
    color: some(config.color),
    mrkdwn_in: config.mrkdwnIn.length > 0 ? config.mrkdwnIn : ['fallback', 'pretext', 'text'],
  }
  return {
    channel: thread?.channel ?? some(config.channel),
    ts: thread?.ts,
    username: some(config.username),
    icon_emoji: some(config.iconEmoji),
    icon_url: some(config.iconUrl),
    link_names: config.linkNames || undefined,
    text: some(config.messageText),
    attachments: [attachment],
  }
}

function listOf<T>(items: readonly T[], map: (item: T) => Json): Json {
  return items.length === 0 ? undefined : items.map(map)
}

/** Slack answers some faults with status 200; none of them is worth another try. */
function checkReply(
  {
    headers,
    body,
  }: { readonly headers: Readonly<Record<string, string>>; readonly body: Uint8Array },
  channel: string,
): { ts: string; channel: string } {
  const text = new TextDecoder().decode(body)
  const fail = (message: string) =>
    new NotifyError(`channel "${channel}": ${message}`, { canRetry: false, reason: 'clientError' })
  if (!(headers['content-type'] ?? '').startsWith('application/json')) {
    if (text === 'ok') return { ts: '', channel: '' }
    throw fail(`received an error response from Slack: ${text}`)
  }
  let reply: { ok?: unknown; error?: unknown; ts?: unknown; channel?: unknown }
  try {
    reply = JSON.parse(text) as typeof reply
  } catch (err) {
    throw fail(`could not unmarshal JSON response "${text}": ${(err as Error).message}`)
  }
  if (reply?.ok !== true) throw fail(`error response from Slack: ${String(reply?.error ?? '')}`)
  return { ts: String(reply.ts ?? ''), channel: String(reply.channel ?? '') }
}
