/** `/rules` and `/alerts`. */
import { createHash } from 'node:crypto'
import type { Labels } from '@prom/labels'
import { printFloat, quoteGo } from '@prom/model'
import { parseSelector } from '@prom/promql-syntax'
import { badParameter } from './api-error.ts'
import type { ApiRequest, Endpoint } from './envelope.ts'
import { matchParameters, readBoolean, readInteger } from './parameters.ts'
import { printTime } from './print-time.ts'

/** What rules say of themselves; `RuleManager` does. */
export interface RulesView {
  groups(): readonly RuleGroupView[]
}

interface RuleGroupView {
  readonly name: string
  readonly file: string
  readonly intervalMs: number
  readonly limit: number
  readonly evaluationSeconds: number
  readonly lastEvaluationMs: number
  readonly rules: readonly RuleView[]
}

interface RuleBase {
  readonly name: string
  readonly query: string
  readonly labels: Labels
  readonly health: string
  readonly lastError: string
  readonly lastEvaluationMs: number
  readonly evaluationSeconds: number
}

type RuleView =
  | (RuleBase & { readonly type: 'recording' })
  | (RuleBase & {
      readonly type: 'alerting'
      readonly annotations: Labels
      readonly forMs: number
      readonly keepFiringForMs: number
      readonly state: string
      readonly alerts: readonly AlertView[]
    })

interface AlertView {
  readonly labels: Labels
  readonly annotations: Labels
  readonly state: string
  readonly value: number
  readonly activeAtMs: number
  readonly keepFiringSinceMs: number
}

export function createAlerts(rules: RulesView): Endpoint {
  return () => {
    const alerts = rules
      .groups()
      .flatMap((group) => group.rules)
      .flatMap((rule) => (rule.type === 'alerting' ? rule.alerts : []))
    return { data: { alerts: alerts.map(printAlert) } }
  }
}

export function createRules(rules: RulesView): Endpoint {
  return (request) => {
    const isWanted = ruleFilter(request)
    const excludesAlerts = excludeParameter(request.urlParams)
    const page = pageParameters(request.params)
    const inGroup = listFilter(request.params, 'rule_group[]')
    const inFile = listFilter(request.params, 'file[]')
    const groups = rules
      .groups()
      .filter(({ name, file }) => inGroup(name) && inFile(file))
      .map((group) => ({ ...group, rules: group.rules.filter(isWanted) }))
      .filter((group) => group.rules.length > 0)
    const { shown, next } = paginate(groups, page)
    return {
      data: {
        groups: shown.map((group) => printGroup(group, excludesAlerts)),
        ...(next !== undefined && { groupNextToken: next }),
      },
    }
  }
}

function ruleFilter({ params, urlParams }: ApiRequest): (rule: RuleView) => boolean {
  const type = (urlParams.get('type') ?? '').toLowerCase()
  if (type !== '' && type !== 'alert' && type !== 'record') {
    throw badParameter('type', `not supported value ${quoteGo(type)}`)
  }
  const hasName = listFilter(params, 'rule_name[]')
  const matcherSets = matchParameters(params).map((text) => parseSelector(text))
  return (rule) => {
    if (type === 'alert' && rule.type !== 'alerting') return false
    if (type === 'record' && rule.type !== 'recording') return false
    if (!hasName(rule.name)) return false
    if (matcherSets.length === 0) return true
    return matcherSets.some((matchers) =>
      matchers.every((matcher) => matcher.matches(rule.labels.get(matcher.name))),
    )
  }
}

function listFilter(params: URLSearchParams, name: string): (value: string) => boolean {
  const wanted = new Set(params.getAll(name))
  return (value) => wanted.size === 0 || wanted.has(value)
}

function excludeParameter(params: URLSearchParams): boolean {
  const text = params.get('exclude_alerts') ?? ''
  if (text === '') return false
  const value = readBoolean(text)
  if (value === undefined) {
    const cause = `strconv.ParseBool: parsing ${quoteGo(text)}: invalid syntax`
    throw badParameter('exclude_alerts', `error converting exclude_alerts: ${cause}`)
  }
  return value
}

interface Page {
  /** 0: all. */
  readonly limit: number
  readonly token: string
}

function pageParameters(params: URLSearchParams): Page {
  const text = params.get('group_limit') ?? ''
  const token = params.get('group_next_token') ?? ''
  if (text === '') {
    if (token === '') return { limit: 0, token }
    throw badParameter(
      'group_next_token',
      'group_limit needs to be present in order to paginate over the groups',
    )
  }
  const limit = readInteger(text)
  if (limit === undefined) {
    const cause = `strconv.ParseInt: parsing ${quoteGo(text)}: invalid syntax`
    throw badParameter('group_limit', `group_limit needs to be a valid number: ${cause}`)
  }
  if (limit <= 0) throw badParameter('group_limit', 'group_limit needs to be greater than 0')
  return { limit, token }
}

function paginate<G extends { readonly file: string; readonly name: string }>(
  groups: readonly G[],
  { limit, token }: Page,
): { shown: readonly G[]; next: string | undefined } {
  if (limit === 0) return { shown: groups, next: undefined }
  const start = token === '' ? 0 : groups.findIndex((group) => tokenOf(group) === token)
  if (start < 0) {
    throw badParameter(
      'group_next_token',
      `invalid group_next_token '${token}'. were rule groups changed?`,
    )
  }
  const following = groups[start + limit]
  return {
    shown: groups.slice(start, start + limit),
    next: following && tokenOf(following),
  }
}

function tokenOf({ file, name }: { readonly file: string; readonly name: string }): string {
  return createHash('sha1').update(`${file};${name}`).digest('hex')
}

function printGroup(group: RuleGroupView, excludesAlerts: boolean) {
  return {
    name: group.name,
    file: group.file,
    rules: group.rules.map((rule) => printRule(rule, excludesAlerts)),
    interval: group.intervalMs / 1000,
    limit: group.limit,
    evaluationTime: group.evaluationSeconds,
    lastEvaluation: printTime(group.lastEvaluationMs),
  }
}

function printRule(rule: RuleView, excludesAlerts: boolean) {
  const labels = rule.labels.toObject()
  const hasLabels = rule.type === 'alerting' || rule.labels.size > 0
  const shared = {
    health: rule.health,
    ...(rule.lastError !== '' && { lastError: rule.lastError }),
    evaluationTime: rule.evaluationSeconds,
    lastEvaluation: printTime(rule.lastEvaluationMs),
    type: rule.type,
  }
  const named = { name: rule.name, query: rule.query }
  if (rule.type === 'recording') return { ...named, ...(hasLabels && { labels }), ...shared }
  return {
    state: rule.state,
    ...named,
    duration: rule.forMs / 1000,
    keepFiringFor: rule.keepFiringForMs / 1000,
    labels,
    annotations: rule.annotations.toObject(),
    alerts: excludesAlerts ? null : rule.alerts.map(printAlert),
    ...shared,
  }
}

function printAlert(alert: AlertView) {
  return {
    labels: alert.labels.toObject(),
    annotations: alert.annotations.toObject(),
    state: alert.state,
    activeAt: printTime(alert.activeAtMs),
    ...(alert.keepFiringSinceMs !== 0 && { keepFiringSince: printTime(alert.keepFiringSinceMs) }),
    value: printFloat(alert.value, 'e'),
  }
}
