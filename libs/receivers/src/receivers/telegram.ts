/** Sends the group to a Telegram chat. */
import { bool, field, type Infer, int, parsed, secret, string, struct } from '@prom/yaml'
import { commonFields, httpOf, template, withHttp } from '../common-fields.ts'
import { NotifyError } from '../errors.ts'
import { postJson } from '../post-json.ts'
import { defineReceiver } from '../receiver.ts'
import { readSecret } from '../secrets.ts'
import { truncateRunes } from '../truncate.ts'
import { httpUrl } from '../urls.ts'

const MESSAGE_RUNES_MAX = 4096
/** Compat: the library the original uses here names itself so. */
const GO_AGENT = 'Go-http-client/1.1'
const MODES = ['', 'Markdown', 'MarkdownV2', 'HTML']

const parseMode = parsed<string>({
  zero: '',
  parse: (text) =>
    MODES.includes(text)
      ? { value: text }
      : {
          error:
            'unknown parse_mode on telegram_config, must be Markdown, MarkdownV2, HTML or empty string',
        },
  print: (text) => text,
})

const telegramConfig = struct(
  'config.plain',
  {
    ...commonFields(true),
    apiUrl: field('api_url', httpUrl),
    botToken: field('bot_token', secret),
    botTokenFile: field('bot_token_file', string),
    chatId: field('chat_id', int),
    chatIdFile: field('chat_id_file', string),
    messageThreadId: field('message_thread_id', int),
    message: field('message', string, template('telegram.default.message')),
    disableNotifications: field('disable_notifications', bool),
    parseMode: field('parse_mode', parseMode, { default: 'HTML' }),
  },
  {
    typeName: 'config.TelegramConfig',
    check: ({ botToken, botTokenFile, chatId, chatIdFile }) => {
      if (!botToken.isEmpty && botTokenFile !== '') {
        return 'at most one of bot_token & bot_token_file must be configured'
      }
      if (chatId === 0 && chatIdFile === '') {
        return 'missing chat_id or chat_id_file on telegram_config'
      }
      return chatId !== 0 && chatIdFile !== ''
        ? 'at most one of chat_id & chat_id_file must be configured'
        : undefined
    },
  },
)

export const telegram = defineReceiver<Infer<typeof telegramConfig>>({
  name: 'telegram',
  schema: telegramConfig,
  complete: (config, global) => {
    const isAlone = config.botToken.isEmpty && config.botTokenFile === ''
    const filled = {
      ...config,
      apiUrl: config.apiUrl || global.telegramApiUrl,
      botToken: isAlone ? global.telegramBotToken : config.botToken,
      botTokenFile: isAlone ? global.telegramBotTokenFile : config.botTokenFile,
    }
    return filled.botToken.isEmpty && filled.botTokenFile === ''
      ? { error: 'missing bot_token or bot_token_file on telegram_config' }
      : withHttp(filled, global)
  },
  sendResolved: ({ sendResolved }) => sendResolved,
  create: (config, { createClient, templates, files, log }) => {
    const client = createClient(httpOf(config))
    return async (notification, signal) => {
      const isHtml = config.parseMode === 'HTML'
      let text = isHtml
        ? templates.html(config.message, templates.data(notification))
        : templates.text(config.message, templates.data(notification))
      if ([...text].length > MESSAGE_RUNES_MAX) {
        log.warn('Truncated message', { max_runes: MESSAGE_RUNES_MAX })
        // HTML cannot be cut anywhere without breaking it.
        if (isHtml)
          text = 'The message is too long for Telegram: look at Alertmanager for the alerts.'
        else ({ text } = truncateRunes(text, MESSAGE_RUNES_MAX))
      }
      const token = await readSecret(config.botToken, config.botTokenFile, files)
      const chat =
        config.chatIdFile === ''
          ? String(config.chatId)
          : await readSecret(undefined, config.chatIdFile, files)
      const body = {
        chat_id: chat,
        disable_notification: config.disableNotifications ? 'true' : undefined,
        disable_web_page_preview: 'true',
        message_thread_id:
          config.messageThreadId === 0 ? undefined : String(config.messageThreadId),
        parse_mode: config.parseMode || undefined,
        text,
      }
      try {
        const url = `${config.apiUrl.replace(/\/$/, '')}/bot${token}/sendMessage`
        await postJson(client, { url, body, userAgent: GO_AGENT, signal })
      } catch (err) {
        // Compat: every fault is worth another try here; and none may show the token.
        const { message, reason } = err as NotifyError
        const safe = message.replaceAll(token, '<redacted>')
        throw new NotifyError(safe, { canRetry: true, reason, cause: err })
      }
    }
  },
})
