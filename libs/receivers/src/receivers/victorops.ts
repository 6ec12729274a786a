/** Sends the group to VictorOps (Splunk On-Call). */
import { field, type Infer, map, secret, string, struct } from '@prom/yaml'
import { commonFields, httpOf, template, withHttp } from '../common-fields.ts'
import { hashKey, postJson } from '../post-json.ts'
import { defineReceiver } from '../receiver.ts'
import { readSecret } from '../secrets.ts'
import { factsOf } from '../template-data.ts'
import { truncateRunes } from '../truncate.ts'
import { httpUrl, withFinalSlash } from '../urls.ts'

const STATE_MESSAGE_RUNES_MAX = 20_480
const FIRING_TYPES = ['INFO', 'WARNING', 'CRITICAL']
const RESERVED = [
  'routing_key',
  'message_type',
  'state_message',
  'entity_display_name',
  'monitoring_tool',
  'entity_id',
  'entity_state',
]

const victoropsConfig = struct(
  'config.plain',
  {
    ...commonFields(true),
    apiKey: field('api_key', secret),
    apiKeyFile: field('api_key_file', string),
    apiUrl: field('api_url', httpUrl),
    routingKey: field('routing_key', string, { isAlwaysPrinted: true }),
    messageType: field('message_type', string, { default: 'CRITICAL', isAlwaysPrinted: true }),
    stateMessage: field('state_message', string, {
      ...template('victorops.default.state_message'),
      isAlwaysPrinted: true,
    }),
    entityDisplayName: field('entity_display_name', string, {
      ...template('victorops.default.entity_display_name'),
      isAlwaysPrinted: true,
    }),
    monitoringTool: field('monitoring_tool', string, {
      ...template('victorops.default.monitoring_tool'),
      isAlwaysPrinted: true,
    }),
    customFields: field('custom_fields', map(string)),
  },
  {
    typeName: 'config.VictorOpsConfig',
    check: ({ routingKey, apiKey, apiKeyFile, customFields }) => {
      if (routingKey === '') return 'missing Routing key in VictorOps config'
      if (!apiKey.isEmpty && apiKeyFile !== '') {
        return 'at most one of api_key & api_key_file must be configured'
      }
      const reserved = RESERVED.find((name) => customFields.has(name))
      return reserved === undefined
        ? undefined
        : `victorOps config contains custom field ${reserved} which cannot be used as it conflicts with the fixed/static fields`
    },
  },
)

export const victorops = defineReceiver<Infer<typeof victoropsConfig>>({
  name: 'victorops',
  schema: victoropsConfig,
  complete: (config, global) => {
    const apiUrl = config.apiUrl || global.victoropsApiUrl
    if (apiUrl === '') return { error: 'no global VictorOps URL set' }
    const isAlone = config.apiKey.isEmpty && config.apiKeyFile === ''
    const apiKey = isAlone ? global.victoropsApiKey : config.apiKey
    const apiKeyFile = isAlone ? global.victoropsApiKeyFile : config.apiKeyFile
    if (apiKey.isEmpty && apiKeyFile === '') return { error: 'no global VictorOps API Key set' }
    return withHttp({ ...config, apiUrl: withFinalSlash(apiUrl), apiKey, apiKeyFile }, global)
  },
  sendResolved: ({ sendResolved }) => sendResolved,
  create: (config, { createClient, templates, files, userAgent }) => {
    const client = createClient(httpOf(config))
    return async (notification, signal) => {
      const data = templates.data(notification)
      const expand = (text: string) => templates.text(text, data)
      const wanted = expand(config.messageType)
      const firing = FIRING_TYPES.includes(wanted) ? wanted : 'CRITICAL'
      const isFiring = factsOf(notification.alerts).status === 'firing'
      const body = new Map([
        ['message_type', isFiring ? firing : 'RECOVERY'],
        ['entity_id', hashKey(notification.groupKey)],
        ['entity_display_name', expand(config.entityDisplayName)],
        ['state_message', truncateRunes(expand(config.stateMessage), STATE_MESSAGE_RUNES_MAX).text],
        ['monitoring_tool', expand(config.monitoringTool)],
        ...[...config.customFields].map(([name, text]) => [name, expand(text)] as const),
      ])
      const key = await readSecret(config.apiKey, config.apiKeyFile, files)
      const url = `${config.apiUrl}${encodeURI(key)}/${encodeURI(expand(config.routingKey))}`
      await postJson(client, { url, body, userAgent, signal })
    }
  },
})
