/** Sends the group through WeCom (WeChat Work). */
import { field, type Infer, oneOf, secret, string, struct } from '@prom/yaml'
import { commonFields, httpOf, template, withHttp } from '../common-fields.ts'
import { NotifyError } from '../errors.ts'
import { postJson } from '../post-json.ts'
import { defineReceiver } from '../receiver.ts'
import { readSecret } from '../secrets.ts'
import { exchange } from '../status.ts'
import { httpUrl, withFinalSlash } from '../urls.ts'

/** Tokens are good for two hours. */
const TOKEN_MS = 2 * 3_600_000
const TOKEN_EXPIRED = 42_001

const wechatConfig = struct(
  'config.plain',
  {
    ...commonFields(false),
    apiSecret: field('api_secret', secret),
    apiSecretFile: field('api_secret_file', string),
    corpId: field('corp_id', string),
    message: field('message', string, template('wechat.default.message')),
    apiUrl: field('api_url', httpUrl),
    toUser: field('to_user', string, template('wechat.default.to_user')),
    toParty: field('to_party', string, template('wechat.default.to_party')),
    toTag: field('to_tag', string, template('wechat.default.to_tag')),
    agentId: field('agent_id', string, template('wechat.default.agent_id')),
    messageType: field(
      'message_type',
      oneOf(
        ['text', 'markdown'],
        (text) => `weChat message type "${text}" does not match valid options text|markdown`,
      ),
      { default: 'text' },
    ),
  },
  {
    typeName: 'config.WechatConfig',
    check: ({ apiSecret, apiSecretFile }) =>
      !apiSecret.isEmpty && apiSecretFile !== ''
        ? 'at most one of api_secret & api_secret_file must be configured'
        : undefined,
  },
)

export const wechat = defineReceiver<Infer<typeof wechatConfig>>({
  name: 'wechat',
  schema: wechatConfig,
  complete: (config, global) => {
    const apiUrl = config.apiUrl || global.wechatApiUrl
    if (apiUrl === '') return { error: 'no global Wechat URL set' }
    const isAlone = config.apiSecret.isEmpty && config.apiSecretFile === ''
    const apiSecret = isAlone ? global.wechatApiSecret : config.apiSecret
    const apiSecretFile = isAlone ? global.wechatApiSecretFile : config.apiSecretFile
    if (apiSecret.isEmpty && apiSecretFile === '') {
      return { error: 'no global Wechat Api Secret set either inline or in a file' }
    }
    const corpId = config.corpId || global.wechatApiCorpId
    if (corpId === '') return { error: 'no global Wechat CorpID set' }
    return withHttp(
      { ...config, apiUrl: withFinalSlash(apiUrl), apiSecret, apiSecretFile, corpId },
      global,
    )
  },
  sendResolved: ({ sendResolved }) => sendResolved,
  create: (config, { createClient, templates, files, userAgent, clock }) => {
    const client = createClient(httpOf(config))
    const anyFault = { retryCodes: RETRY_ALL }
    let token = ''
    let tokenAtMs = 0
    return async (notification, signal) => {
      const data = templates.data(notification)
      const expand = (text: string) => templates.text(text, data)
      if (token === '' || clock.now() - tokenAtMs > TOKEN_MS) {
        const query = new URLSearchParams({
          corpid: expand(config.corpId),
          corpsecret: expand(await readSecret(config.apiSecret, config.apiSecretFile, files)),
        })
        const url = `${config.apiUrl}gettoken?${query}`
        const answer = await exchange(
          client,
          { method: 'GET', url, headers: { 'user-agent': userAgent }, signal },
          anyFault,
        )
        const reply = parse(answer.body, { canRetry: false })
        token = typeof reply.access_token === 'string' ? reply.access_token : ''
        if (token === '') {
          throw new NotifyError(`invalid APISecret for CorpID: ${config.corpId}`, {
            canRetry: false,
          })
        }
        tokenAtMs = clock.now()
      }
      const content = expand(config.message)
      const isMarkdown = config.messageType === 'markdown'
      const body = {
        text: isMarkdown ? { content: '' } : { content },
        touser: expand(config.toUser) || undefined,
        toparty: expand(config.toParty) || undefined,
        totag: expand(config.toTag) || undefined,
        agentid: expand(config.agentId) || undefined,
        safe: '0',
        msgtype: config.messageType,
        markdown: isMarkdown ? { content } : { content: '' },
      }
      const url = `${config.apiUrl}message/send?${new URLSearchParams({ access_token: token })}`
      const reply = parse(
        (await postJson(client, { url, body, userAgent, signal }, anyFault)).body,
        {
          canRetry: true,
        },
      )
      const code = Number(reply.errcode ?? 0)
      if (code === 0) return
      if (code === TOKEN_EXPIRED) token = ''
      throw new NotifyError(String(reply.errmsg ?? ''), { canRetry: code === TOKEN_EXPIRED })
    }
  },
})

/** Compat: here every refusal by status is worth another try. */
const RETRY_ALL: readonly number[] = Array.from({ length: 500 }, (_, i) => 100 + i)

interface Reply {
  readonly access_token?: unknown
  readonly errcode?: unknown
  readonly errmsg?: unknown
}

function parse(body: Uint8Array, { canRetry }: { readonly canRetry: boolean }): Reply {
  const text = new TextDecoder().decode(body)
  try {
    return (JSON.parse(text) ?? {}) as Reply
  } catch (err) {
    throw new NotifyError(`could not read the answer: ${(err as Error).message}`, {
      canRetry,
      cause: err,
    })
  }
}
