/** Opens, updates, resolves and reopens a Jira issue per group. */
import type { HttpAnswer, HttpClient } from '@prom/http'
import {
  bool,
  type ConfigNode,
  duration,
  field,
  type Infer,
  list,
  oneOf,
  optional,
  type Schema,
  string,
  struct,
} from '@prom/yaml'
import { anyMap, renderAny } from '../any-value.ts'
import { commonFields, httpOf, withHttp } from '../common-fields.ts'
import { NotifyError } from '../errors.ts'
import { type Json, printJson } from '../go-json.ts'
import type { Notification } from '../notification.ts'
import { hashKey } from '../post-json.ts'
import { defineReceiver, type ReceiverDeps } from '../receiver.ts'
import { checkStatus } from '../status.ts'
import { factsOf } from '../template-data.ts'
import { truncateRunes } from '../truncate.ts'
import { httpUrl } from '../urls.ts'

const SUMMARY_RUNES_MAX = 255
const DESCRIPTION_RUNES_MAX = 32_767
const ANSWER_BYTES_MAX = 8 << 20

interface TemplatedField {
  readonly template: string
  readonly enableUpdate: boolean | undefined
}

const fieldStruct = struct('config.plain', {
  template: field('template', string),
  enableUpdate: field('enable_update', optional(bool), { isAlwaysPrinted: true }),
})

/** A text, or a text and whether updates may change it. */
const templatedField: Schema<TemplatedField> = {
  typeName: 'config.JiraFieldConfig',
  decode: (node: ConfigNode, scope) =>
    node.kind === 'map'
      ? fieldStruct.decode(node, scope)
      : { template: string.decode(node, scope), enableUpdate: undefined },
  encode: (value) => fieldStruct.encode(value),
  zero: () => ({ template: '', enableUpdate: undefined }),
}

const jiraTemplate = (name: string) => ({
  default: { template: `{{ template "jira.default.${name}" . }}`, enableUpdate: undefined },
})

const jiraConfig = struct(
  'config.plain',
  {
    ...commonFields(true),
    apiUrl: field('api_url', httpUrl),
    apiType: field(
      'api_type',
      oneOf(
        ['auto', 'cloud', 'datacenter'],
        () => 'unknown api_type on jira_config, must be auto, cloud or datacenter',
      ),
      { default: 'auto' },
    ),
    project: field('project', string),
    summary: field('summary', templatedField, jiraTemplate('summary')),
    description: field('description', templatedField, jiraTemplate('description')),
    labels: field('labels', list(string)),
    priority: field('priority', string, { default: '{{ template "jira.default.priority" . }}' }),
    issueType: field('issue_type', string),
    reopenTransition: field('reopen_transition', string),
    resolveTransition: field('resolve_transition', string),
    wontFixResolution: field('wont_fix_resolution', string),
    reopenDurationMs: field('reopen_duration', duration),
    fields: field('fields', anyMap),
  },
  {
    typeName: 'config.JiraConfig',
    check: ({ project, issueType }) => {
      if (project === '') return 'missing project in jira_config'
      return issueType === '' ? 'missing issue_type in jira_config' : undefined
    },
  },
)

type JiraConfig = Infer<typeof jiraConfig>

export const jira = defineReceiver<JiraConfig>({
  name: 'jira',
  schema: jiraConfig,
  complete: (config, global) => {
    const apiUrl = config.apiUrl || global.jiraApiUrl
    return apiUrl === ''
      ? { error: 'no global Jira Cloud URL set' }
      : withHttp({ ...config, apiUrl }, global)
  },
  sendResolved: ({ sendResolved }) => sendResolved,
  create: (config, deps) => {
    const client = deps.createClient(httpOf(config))
    return (notification, signal) =>
      new IssueKeeper(config, { ...deps, client, signal }).notify(notification)
  },
})

interface Issue {
  readonly key: string
  /** `done`, `new`, ... */
  readonly category: string
}

interface KeeperDeps extends ReceiverDeps {
  readonly client: HttpClient
  readonly signal: AbortSignal
}

class IssueKeeper {
  readonly #config: JiraConfig
  readonly #deps: KeeperDeps

  constructor(config: JiraConfig, deps: KeeperDeps) {
    this.#config = config
    this.#deps = deps
  }

  async notify(notification: Notification): Promise<void> {
    const isFiring = factsOf(notification.alerts).status === 'firing'
    const label = `ALERT{${hashKey(notification.groupKey)}}`
    const known = await this.#search(notification, label, isFiring)
    if (!known && !isFiring) return
    const fields = this.#fields(notification, label, known !== undefined)
    if (known) await this.#call('PUT', `issue/${known.key}`, { fields })
    else await this.#call('POST', 'issue', { fields })
    if (known) await this.#transition(known, isFiring)
  }

  #base(): string {
    const { apiUrl } = this.#config
    return apiUrl.endsWith('/') ? apiUrl : `${apiUrl}/`
  }

  async #search(
    notification: Notification,
    label: string,
    isFiring: boolean,
  ): Promise<Issue | undefined> {
    const { apiType, reopenTransition, reopenDurationMs, wontFixResolution, apiUrl } = this.#config
    const expand = this.#expander(notification)
    let jql = ''
    if (wontFixResolution !== '') {
      jql += `(resolution is EMPTY or resolution != ${JSON.stringify(wontFixResolution)}) and `
    }
    if (isFiring && reopenTransition !== '') {
      const minutes = Math.floor(reopenDurationMs / 60_000)
      if (minutes > 0) jql += `(resolutiondate is EMPTY OR resolutiondate >= -${minutes}m) and `
    } else jql += 'statusCategory != Done and '
    const project = JSON.stringify(expand(this.#config.project))
    jql += `project=${project} and labels=${JSON.stringify(label)} order by status ASC,resolutiondate DESC`
    const isCloud =
      apiType === 'cloud' ||
      (apiType === 'auto' && new URL(apiUrl).hostname.endsWith('atlassian.net'))
    const path = isCloud ? new URL('/rest/api/3/search/jql', apiUrl).href : `${this.#base()}search`
    const answer = await this.#send('POST', path, { fields: ['status'], jql, maxResults: 2 })
    const { issues } = parse(answer) as { issues?: unknown }
    const first = Array.isArray(issues) ? (issues[0] as Record<string, unknown>) : undefined
    if (!first) return undefined
    if ((issues as unknown[]).length > 1) {
      this.#deps.log.warn('more than one issue matched, selecting the most recently resolved', {
        selected_issue: first.key,
      })
    }
    const status = (first.fields as { status?: { statusCategory?: { key?: unknown } } })?.status
    return { key: String(first.key), category: String(status?.statusCategory?.key ?? '') }
  }

  #fields(notification: Notification, label: string, isUpdate: boolean): Json {
    const { templates, log } = this.#deps
    const config = this.#config
    const expand = this.#expander(notification)
    const cut = (what: string, text: string, max: number) => {
      const result = truncateRunes(text, max)
      if (result.isCut) log.warn(`Truncated ${what}`, { max_runes: max })
      return result.text
    }
    const isIncluded = ({ enableUpdate }: TemplatedField) => !isUpdate || (enableUpdate ?? true)
    const labels = [...config.labels.map(expand), label].sort()
    const priority = expand(config.priority)
    const custom = renderAny(config.fields, templates, templates.data(notification))
    const description = cut(
      'description',
      expand(config.description.template),
      DESCRIPTION_RUNES_MAX,
    )
    return new Map<string, Json>([
      ...(custom as ReadonlyMap<string, Json>),
      ['project', { key: expand(config.project) }],
      ['issuetype', { name: expand(config.issueType) }],
      ['labels', labels],
      ...(isIncluded(config.summary)
        ? [['summary', cut('summary', expand(config.summary.template), SUMMARY_RUNES_MAX)] as const]
        : []),
      ...(isIncluded(config.description) && description !== ''
        ? [['description', this.#document(description)] as const]
        : []),
      ...(priority === '' ? [] : [['priority', { name: priority }] as const]),
    ])
  }

  /** Version 3 of the API takes structured documents, as JSON. */
  #document(text: string): Json {
    if (!this.#config.apiUrl.replace(/\/$/, '').endsWith('/3')) return text
    try {
      return JSON.parse(text) as Json
    } catch (err) {
      const message = `convert description to ADF: ${(err as Error).message}`
      throw new NotifyError(message, { canRetry: false, cause: err })
    }
  }

  async #transition({ key, category }: Issue, isFiring: boolean): Promise<void> {
    const { reopenTransition, resolveTransition } = this.#config
    const isDone = category === 'done'
    const wanted = isFiring ? (isDone ? reopenTransition : '') : isDone ? '' : resolveTransition
    if (wanted === '') return
    const answer = await this.#send('GET', `${this.#base()}issue/${key}/transitions`)
    const { transitions } = parse(answer) as { transitions?: { id?: unknown; name?: unknown }[] }
    const found = transitions?.find(({ name }) => name === wanted)
    if (!found) {
      throw new NotifyError(`can't find transition ${wanted} for issue ${key}`, { canRetry: false })
    }
    await this.#call('POST', `issue/${key}/transitions`, { transition: { id: String(found.id) } })
  }

  #expander(notification: Notification): (text: string) => string {
    const { templates } = this.#deps
    const data = templates.data(notification)
    return (text) => templates.text(text, data)
  }

  async #call(method: string, path: string, body: Json): Promise<void> {
    await this.#send(method, `${this.#base()}${path}`, body)
  }

  async #send(method: string, url: string, body?: Json): Promise<HttpAnswer> {
    const { client, signal } = this.#deps
    let answer: HttpAnswer
    try {
      answer = await client.request({
        method,
        url,
        headers: { 'content-type': 'application/json', 'accept-language': 'en' },
        ...(body === undefined ? {} : { body: `${printJson(body)}\n` }),
        bodyLimitBytes: ANSWER_BYTES_MAX,
        signal,
      })
    } catch (err) {
      // Compat: faults of the network are not tried again here.
      throw new NotifyError((err as Error).message, { canRetry: false, cause: err })
    }
    checkStatus(answer, { retryCodes: [429] })
    return answer
  }
}

function parse({ body }: HttpAnswer): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body)) ?? {}
  } catch (err) {
    throw new NotifyError(`could not read the answer: ${(err as Error).message}`, {
      canRetry: false,
      cause: err,
    })
  }
}
