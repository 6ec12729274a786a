import { Labels, METRIC_NAME } from '@prom/labels'
import { printExpr } from '@prom/promql-syntax'
import type { VectorAnswer } from '@prom/query'
import {
  AlertExpander,
  AlertTemplate,
  type GoMap,
  labelMap,
  tableLink,
  type Value,
} from '@prom/templates'
import { type Alert, advanceFound, advanceMissing, needsSending } from './alert-state.ts'
import type { OutgoingAlert, RuleQueries } from './contract.ts'
import type { EvaluationMoment, RuleSample } from './recording-rule.ts'
import { RuleError } from './rule.ts'
import { parseRuleExpr } from './rule-expression.ts'
import type { RuleConfig } from './rule-file.ts'
import { templateLabels } from './template-labels.ts'
import { histogramValue, templateSamples } from './template-samples.ts'

const ALERT_NAME = 'alertname'
const WITHOUT_NAME = new Set([METRIC_NAME])

/** What alerts need to know of the server around them. */
export interface AlertSurroundings {
  readonly externalLabels: Labels
  readonly externalUrl: string
  /** Told how many templates have been expanded. */
  readonly onExpansions: (count: number) => void
  /** Told of each template that failed to expand. */
  readonly onTemplateError: (rule: string, message: string) => void
}

interface Found {
  readonly labels: Labels
  readonly annotations: Labels
  readonly value: number
}

interface Template {
  readonly name: string
  readonly template: AlertTemplate
}

/** `alert`: each element of the answer of a query is an alert, from pending to firing to resolved. */
export class AlertingRule {
  readonly kind = 'alerting'
  readonly name: string
  readonly query: string
  /** As written, templates included; those of the group too. */
  readonly labels: Labels
  readonly annotations: Labels
  readonly forMs: number
  readonly keepFiringForMs: number
  /** False until the state before a restart has been looked up; until then no series are written. */
  isRestored: boolean
  readonly #surroundings: AlertSurroundings
  readonly #externalLabels: GoMap
  readonly #labelTemplates: readonly Template[]
  readonly #annotationTemplates: readonly Template[]
  #alerts = new Map<string, Alert>()

  constructor(
    config: RuleConfig,
    groupLabels: ReadonlyMap<string, string>,
    surroundings: AlertSurroundings,
    isRestored: boolean,
  ) {
    this.name = config.alert
    this.query = printExpr(parseRuleExpr(config.expr))
    this.labels = templateLabels([...groupLabels, ...config.labels])
    this.annotations = templateLabels(config.annotations)
    this.forMs = config.forMs
    this.keepFiringForMs = config.keepFiringForMs
    this.isRestored = isRestored
    this.#surroundings = surroundings
    this.#externalLabels = labelMap(surroundings.externalLabels.flat())
    this.#labelTemplates = this.#compile(this.labels)
    this.#annotationTemplates = this.#compile(this.annotations)
  }

  #compile(texts: Labels): Template[] {
    return [...texts].map(([name, text]) => ({
      name,
      template: new AlertTemplate(this.name, text),
    }))
  }

  /** firing if any alert fires, else pending if any is, else inactive. */
  get state(): 'firing' | 'pending' | 'inactive' {
    let state: 'pending' | 'inactive' = 'inactive'
    for (const alert of this.#alerts.values()) {
      if (alert.state === 'firing') return 'firing'
      if (alert.state === 'pending') state = 'pending'
    }
    return state
  }

  /** Pending and firing ones. */
  activeAlerts(): Alert[] {
    return [...this.#alerts.values()].filter((alert) => alert.resolvedAtMs === 0)
  }

  /** Those of `other` continue here; for a reload. */
  takeAlerts(other: AlertingRule): void {
    for (const [key, alert] of other.#alerts) this.#alerts.set(key, alert)
  }

  /** Sets when alerts became active; for the restore after a restart. */
  moveActiveAt(move: (alert: Alert) => number | undefined): void {
    for (const [key, alert] of this.#alerts) {
      const activeAtMs = move(alert)
      if (activeAtMs !== undefined) this.#alerts.set(key, { ...alert, activeAtMs })
    }
  }

  /** The ALERTS and ALERTS_FOR_STATE samples of this evaluation. Throws RuleError or QueryError. */
  async evaluate(
    queries: RuleQueries,
    moment: EvaluationMoment,
    limit: number,
  ): Promise<RuleSample[]> {
    const { atMs, queryOffsetMs } = moment
    const options = {
      priority: 'rule' as const,
      origin: moment.origin,
      ...(moment.signal ? { signal: moment.signal } : {}),
    }
    const answer = await queries.vector(this.query, atMs - queryOffsetMs, options)
    const expander = new AlertExpander({
      query: async (expression, timeMs) =>
        templateSamples(await queries.vector(expression, timeMs, options)),
      timeMs: atMs,
      externalUrl: this.#surroundings.externalUrl,
      externalLabels: this.#externalLabels,
      onError: (message) => this.#surroundings.onTemplateError(this.name, message),
    })
    const found = await this.#find(answer, expander)
    this.#advance(found, atMs)
    const active = [...this.#alerts.values()].filter((alert) => alert.state !== 'inactive')
    if (limit > 0 && active.length > limit) {
      this.#alerts = new Map()
      throw new RuleError(`exceeded limit of ${limit} with ${active.length} alerts`)
    }
    return this.isRestored ? active.flatMap((alert) => this.#samples(alert)) : []
  }

  /** The elements of the answer under their alert's labels. */
  async #find(answer: VectorAnswer, expander: AlertExpander): Promise<Map<string, Found>> {
    const found = new Map<string, Found>()
    const templateCount = this.#labelTemplates.length + this.#annotationTemplates.length
    this.#surroundings.onExpansions(answer.labels.length * templateCount)
    for (let row = 0; row < answer.labels.length; row++) {
      const flat = answer.labels[row] as readonly string[]
      const given = labelMap(flat)
      const histogram = answer.histograms?.[row]
      const value = answer.values[row] as number
      const shown: Value = histogram ? histogramValue(histogram) : value

      let labels = Labels.fromSortedFlat(flat).without(WITHOUT_NAME)
      for (const { name, template } of this.#labelTemplates) {
        const text = expander.expand(template, given, shown)
        labels = labels.with(name, typeof text === 'string' ? text : await text)
      }
      labels = labels.with(ALERT_NAME, this.name)
      const key = labels.key()
      if (found.has(key)) {
        throw new RuleError(
          'vector contains metrics with the same labelset after applying alert labels',
        )
      }
      const annotations: [string, string][] = []
      for (const { name, template } of this.#annotationTemplates) {
        const text = expander.expand(template, given, shown)
        annotations.push([name, typeof text === 'string' ? text : await text])
      }
      const isFloat = histogram === undefined
      found.set(key, {
        labels,
        annotations: templateLabels(annotations),
        value: isFloat ? value : 0,
      })
    }
    return found
  }

  #advance(found: ReadonlyMap<string, Found>, atMs: number): void {
    for (const [key, alert] of this.#alerts) {
      if (found.has(key)) continue
      const next = advanceMissing(alert, this, atMs)
      if (next) this.#alerts.set(key, next)
      else this.#alerts.delete(key)
    }
    for (const [key, element] of found) {
      this.#alerts.set(key, advanceFound(this.#alerts.get(key), element, this, atMs))
    }
  }

  #samples(alert: Alert): RuleSample[] {
    const named = alert.labels.with(ALERT_NAME, this.name)
    return [
      { labels: named.with(METRIC_NAME, 'ALERTS').with('alertstate', alert.state), value: 1 },
      {
        labels: named.with(METRIC_NAME, 'ALERTS_FOR_STATE'),
        value: Math.floor(alert.activeAtMs / 1000),
      },
    ]
  }

  /** Alerts that are due to be sent, marked as sent. */
  takeDueAlerts(atMs: number, resendDelayMs: number, intervalMs: number): OutgoingAlert[] {
    const due: OutgoingAlert[] = []
    let generatorUrl: string | undefined
    // Two evaluations or sendings may fail before an Alertmanager takes the alert for ended.
    const validUntilMs = atMs + 4 * Math.max(intervalMs, resendDelayMs)
    for (const [key, alert] of this.#alerts) {
      if (!needsSending(alert, resendDelayMs, atMs)) continue
      this.#alerts.set(key, { ...alert, lastSentAtMs: atMs, validUntilMs })
      generatorUrl ??= this.#surroundings.externalUrl + tableLink(this.query)
      due.push({
        labels: alert.labels,
        annotations: alert.annotations,
        startsAtMs: alert.firedAtMs,
        endsAtMs: alert.resolvedAtMs === 0 ? validUntilMs : alert.resolvedAtMs,
        generatorUrl,
      })
    }
    return due
  }
}
