/** Sends the group through Pushover. */
import { bool, field, type Infer, secret, string, struct } from '@prom/yaml'
import { commonFields, httpOf, template, withHttp } from '../common-fields.ts'
import { goDuration } from '../go-duration.ts'
import { defineReceiver } from '../receiver.ts'
import { readSecret } from '../secrets.ts'
import { exchange } from '../status.ts'
import { truncateRunes } from '../truncate.ts'

const API_URL = 'https://api.pushover.net/1/messages.json'
const TITLE_RUNES_MAX = 250
const MESSAGE_RUNES_MAX = 1024
const URL_RUNES_MAX = 512

const pushoverConfig = struct(
  'config.plain',
  {
    ...commonFields(true),
    userKey: field('user_key', secret),
    userKeyFile: field('user_key_file', string),
    token: field('token', secret),
    tokenFile: field('token_file', string),
    title: field('title', string, template('pushover.default.title')),
    message: field('message', string, template('pushover.default.message')),
    url: field('url', string, template('pushover.default.url')),
    urlTitle: field('url_title', string),
    device: field('device', string),
    sound: field('sound', string),
    priority: field('priority', string, {
      default: '{{ if eq .Status "firing" }}2{{ else }}0{{ end }}',
    }),
    retryMs: field('retry', goDuration, { default: 60_000 }),
    expireMs: field('expire', goDuration, { default: 3_600_000 }),
    ttlMs: field('ttl', goDuration),
    html: field('html', bool),
    monospace: field('monospace', bool),
  },
  {
    typeName: 'config.PushoverConfig',
    check: ({ userKey, userKeyFile, token, tokenFile, html, monospace }) => {
      if (userKey.isEmpty && userKeyFile === '')
        return 'one of user_key or user_key_file must be configured'
      if (!userKey.isEmpty && userKeyFile !== '') {
        return 'at most one of user_key & user_key_file must be configured'
      }
      if (token.isEmpty && tokenFile === '') return 'one of token or token_file must be configured'
      if (!token.isEmpty && tokenFile !== '') {
        return 'at most one of token & token_file must be configured'
      }
      return html && monospace ? 'at most one of monospace & html must be configured' : undefined
    },
  },
)

export const pushover = defineReceiver<Infer<typeof pushoverConfig>>({
  name: 'pushover',
  schema: pushoverConfig,
  complete: withHttp,
  sendResolved: ({ sendResolved }) => sendResolved,
  create: (config, { createClient, templates, files, userAgent }) => {
    const client = createClient(httpOf(config))
    return async (notification, signal) => {
      const data = templates.data(notification)
      const expand = (text: string) => templates.text(text, data)
      const untrimmed = { isTrimmed: false }
      const message = truncateRunes(
        config.html ? templates.html(config.message, data) : expand(config.message),
        MESSAGE_RUNES_MAX,
      ).text.trim()
      const params: Record<string, string> = {
        token: expand(await readSecret(config.token, config.tokenFile, files, untrimmed)),
        user: expand(await readSecret(config.userKey, config.userKeyFile, files, untrimmed)),
        title: truncateRunes(expand(config.title), TITLE_RUNES_MAX).text,
        message: message || '(no details)',
        url: truncateRunes(expand(config.url), URL_RUNES_MAX).text,
        url_title: expand(config.urlTitle),
        priority: expand(config.priority),
        retry: seconds(config.retryMs),
        expire: seconds(config.expireMs),
        device: expand(config.device),
        sound: expand(config.sound),
      }
      if (config.html) params.html = '1'
      if (config.monospace) params.monospace = '1'
      const optional = config.ttlMs > 0 ? { ttl: seconds(config.ttlMs) } : {}
      const query = new URLSearchParams({ ...params, ...optional })
      query.sort()
      await exchange(client, {
        method: 'POST',
        url: `${API_URL}?${query}`,
        headers: { 'content-type': 'text/plain', 'user-agent': userAgent },
        signal,
      })
    }
  },
})

function seconds(ms: number): string {
  return String(Math.floor(ms / 1000))
}
