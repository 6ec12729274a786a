/** Creates, updates and closes an Opsgenie alert per group. */
import { bool, field, type Infer, list, map, secret, string, struct } from '@prom/yaml'
import { commonFields, httpOf, template, withHttp } from '../common-fields.ts'
import type { Json } from '../go-json.ts'
import type { Notification } from '../notification.ts'
import { hashKey, postJson } from '../post-json.ts'
import { defineReceiver, type ReceiverDeps } from '../receiver.ts'
import { readSecret } from '../secrets.ts'
import { factsOf } from '../template-data.ts'
import { truncateRunes } from '../truncate.ts'
import { httpUrl, withFinalSlash } from '../urls.ts'

const MESSAGE_RUNES_MAX = 130

const responder = struct(
  'config.OpsGenieConfigResponder',
  {
    id: field('id', string),
    name: field('name', string),
    username: field('username', string),
    type: field('type', string),
  },
  {
    typeName: 'config.OpsGenieConfigResponder',
    check: ({ id, name, username, type }) => {
      if (id === '' && name === '' && username === '') {
        return `opsGenieConfig responder {${id} ${name} ${username} ${type}} has to have at least one of id, username or name specified`
      }
      const isKnown = /^(team|teams|user|escalation|schedule)$/.test(type) || type.includes('{{')
      return isKnown
        ? undefined
        : `opsGenieConfig responder {${id} ${name} ${username} ${type}} type does not match valid options team, teams, user, escalation, schedule`
    },
  },
)

const opsgenieConfig = struct(
  'config.plain',
  {
    ...commonFields(true),
    apiKey: field('api_key', secret),
    apiKeyFile: field('api_key_file', string),
    apiUrl: field('api_url', httpUrl),
    message: field('message', string, template('opsgenie.default.message')),
    description: field('description', string, template('opsgenie.default.description')),
    source: field('source', string, template('opsgenie.default.source')),
    details: field('details', map(string)),
    entity: field('entity', string),
    responders: field('responders', list(responder)),
    actions: field('actions', string),
    tags: field('tags', string),
    note: field('note', string),
    priority: field('priority', string),
    updateAlerts: field('update_alerts', bool),
  },
  {
    typeName: 'config.OpsGenieConfig',
    check: ({ apiKey, apiKeyFile }) =>
      !apiKey.isEmpty && apiKeyFile !== ''
        ? 'at most one of api_key & api_key_file must be configured'
        : undefined,
  },
)

type OpsgenieConfig = Infer<typeof opsgenieConfig>

export const opsgenie = defineReceiver<OpsgenieConfig>({
  name: 'opsgenie',
  schema: opsgenieConfig,
  complete: (config, global) => {
    const apiUrl = config.apiUrl || global.opsgenieApiUrl
    if (apiUrl === '') return { error: 'no global OpsGenie URL set' }
    const isAlone = config.apiKey.isEmpty && config.apiKeyFile === ''
    const apiKey = isAlone ? global.opsgenieApiKey : config.apiKey
    const apiKeyFile = isAlone ? global.opsgenieApiKeyFile : config.apiKeyFile
    if (apiKey.isEmpty && apiKeyFile === '') {
      return { error: 'no global OpsGenie API Key set either inline or in a file' }
    }
    return withHttp({ ...config, apiUrl: withFinalSlash(apiUrl), apiKey, apiKeyFile }, global)
  },
  sendResolved: ({ sendResolved }) => sendResolved,
  create: (config, deps) => {
    const client = deps.createClient(httpOf(config))
    return async (notification, signal) => {
      const key = deps.templates.text(
        await readSecret(config.apiKey, config.apiKeyFile, deps.files),
        deps.templates.data(notification),
      )
      for (const { method, path, body } of requestsOf(config, notification, deps)) {
        await postJson(
          client,
          {
            method,
            url: `${config.apiUrl}${path}`,
            body,
            userAgent: deps.userAgent,
            headers: { authorization: `GenieKey ${key}` },
            signal,
          },
          { retryCodes: [429] },
        )
      }
    }
  },
})

interface Step {
  readonly method: string
  readonly path: string
  readonly body: Json
}

function requestsOf(
  config: OpsgenieConfig,
  notification: Notification,
  { templates, log }: ReceiverDeps,
): Step[] {
  const data = templates.data(notification)
  const expand = (text: string) => templates.text(text, data)
  const alias = hashKey(notification.groupKey)
  const source = expand(config.source) || undefined
  const { status, commonLabels } = factsOf(notification.alerts)
  if (status === 'resolved') {
    const path = `v2/alerts/${alias}/close?identifierType=alias`
    return [{ method: 'POST', path, body: { source } }]
  }
  const cut = truncateRunes(expand(config.message), MESSAGE_RUNES_MAX)
  if (cut.isCut)
    log.warn('Truncated message', { alert: notification.groupKey, max_runes: MESSAGE_RUNES_MAX })
  const description = expand(config.description)
  const details = new Map([
    ...commonLabels,
    ...[...config.details].map(([name, text]) => [name, expand(text)] as const),
  ])
  const responders = config.responders.flatMap((wanted) => respondersOf(wanted, expand))
  const create = {
    alias,
    message: cut.text,
    description: description || undefined,
    details,
    source: source ?? '',
    responders: responders.length === 0 ? undefined : responders,
    tags: listOf(expand(config.tags)),
    note: expand(config.note) || undefined,
    priority: expand(config.priority) || undefined,
    entity: expand(config.entity) || undefined,
    actions: listOf(expand(config.actions)),
  }
  const steps: Step[] = [{ method: 'POST', path: 'v2/alerts', body: create }]
  if (config.updateAlerts) {
    const put = (what: string, body: Json): Step => ({
      method: 'PUT',
      path: `v2/alerts/${alias}/${what}?identifierType=alias`,
      body,
    })
    steps.push(
      put('message', { message: cut.text || undefined }),
      put('description', { description: description || undefined }),
    )
  }
  return steps
}

type Responder = Infer<typeof responder>

/** A responder that expands to nothing is left out; `teams` names several teams at once. */
function respondersOf(wanted: Responder, expand: (text: string) => string): Json[] {
  const { id, name, username, type } = {
    id: expand(wanted.id) || undefined,
    name: expand(wanted.name) || undefined,
    username: expand(wanted.username) || undefined,
    type: expand(wanted.type),
  }
  if (!id && !name && !username && type === '') return []
  if (type === 'teams')
    return (listOf(name ?? '') ?? []).map((team) => ({ name: team, type: 'team' }))
  return [{ id, name, username, type }]
}

function listOf(text: string): string[] | undefined {
  const items = text.split(',').filter((item) => item !== '')
  return items.length === 0 ? undefined : items
}
