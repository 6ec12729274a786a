/** One rule in its group: evaluates it, writes what it gave, marks stale what is gone, sends its alerts. */
import type { Labels } from '@prom/labels'
import type { Clock, Logger } from '@prom/runtime'
import type { AlertingRule } from './alerting-rule.ts'
import type { AlertSink, RuleAppender, RuleAppendOutcome, RuleQueries } from './contract.ts'
import type { EvaluationMoment, RecordingRule, RuleSample } from './recording-rule.ts'
import { NEVER_EVALUATED, type RuleOutcome, rowsAt } from './rule.ts'
import type { RuleMetrics } from './rule-metrics.ts'

export interface RuleDeps {
  readonly clock: Clock
  readonly log: Logger
  readonly queries: RuleQueries
  readonly appender: RuleAppender
  readonly alerts: AlertSink
  readonly metrics: RuleMetrics
  readonly resendDelayMs: number
}

export interface GroupFacts {
  readonly key: string
  readonly intervalMs: number
  readonly limit: number
  readonly index: number
}

export class GroupRule {
  readonly rule: RecordingRule | AlertingRule
  readonly #facts: GroupFacts
  readonly #deps: RuleDeps
  #outcome: RuleOutcome = NEVER_EVALUATED
  #series = new Map<string, Labels>()

  constructor(rule: RecordingRule | AlertingRule, facts: GroupFacts, deps: RuleDeps) {
    this.rule = rule
    this.#facts = facts
    this.#deps = deps
  }

  get outcome(): RuleOutcome {
    return this.#outcome
  }

  /** Series the last evaluation wrote. */
  series(): Iterable<Labels> {
    return this.#series.values()
  }

  /** Rules of the same name and labels are the same rule, before and after a reload. */
  get identity(): string {
    return `${this.rule.name}\n${this.rule.labels.key()}`
  }

  /** Goes on where `other` stopped. */
  takeState(other: GroupRule): void {
    this.#series = other.#series
    if (this.rule.kind === 'alerting' && other.rule.kind === 'alerting') {
      this.rule.takeAlerts(other.rule)
    }
  }

  /** Returns how many samples the rule gave. Never rejects. */
  async evaluate(moment: EvaluationMoment): Promise<number> {
    const { clock, log, metrics } = this.#deps
    const startMs = clock.now()
    const start = clock.monotonic()
    metrics.evaluations.of(this.#facts.key).inc()
    let count = 0
    let error = ''
    try {
      const samples = await this.rule.evaluate(this.#deps.queries, moment, this.#facts.limit)
      count = samples.length
      this.#sendAlerts(moment.atMs)
      error = await this.#append(samples, moment)
    } catch (err) {
      error = err instanceof Error ? err.message : String(err)
      metrics.failures.of(this.#facts.key).inc()
      if (!moment.signal?.aborted) {
        const facts = { name: this.rule.name, index: this.#facts.index, rule: printRule(this.rule) }
        log.warn('Evaluating rule failed', { ...facts, err: error })
      }
    }
    const evaluationSeconds = (clock.monotonic() - start) / 1000
    metrics.evaluationSeconds.observe(evaluationSeconds)
    const health = error === '' ? 'ok' : 'err'
    this.#outcome = { health, lastError: error, lastEvaluationMs: startMs, evaluationSeconds }
    return count
  }

  #sendAlerts(atMs: number): void {
    if (this.rule.kind !== 'alerting') return
    const { resendDelayMs, alerts } = this.#deps
    const due = this.rule.takeDueAlerts(atMs, resendDelayMs, this.#facts.intervalMs)
    if (due.length > 0) alerts.send(due)
  }

  /** Writes the samples, and stale markers for series that are gone; the error text of what was refused, or ''. */
  async #append(samples: readonly RuleSample[], moment: EvaluationMoment): Promise<string> {
    const series = new Map(samples.map(({ labels }) => [labels.key(), labels]))
    const gone: (readonly string[])[] = []
    for (const [key, labels] of this.#series) if (!series.has(key)) gone.push(labels.flat())
    if (samples.length === 0 && gone.length === 0) {
      this.#series = series
      return ''
    }
    const rows = rowsAt(
      moment.atMs - moment.queryOffsetMs,
      samples.map(({ labels, value }) => ({ labels: labels.flat(), value })),
      gone,
    )
    const hasHistograms = samples.some(({ histogram }) => histogram !== undefined)
    const histograms = hasHistograms
      ? { histograms: [...samples.map((row) => row.histogram), ...gone.map(() => undefined)] }
      : {}
    const outcome = await this.#deps.appender.append({ ...rows, ...histograms })
    this.#series = series
    return this.#refusal(outcome)
  }

  #refusal(outcome: RuleAppendOutcome): string {
    const { log } = this.#deps
    let error = ''
    const check = (count: number, text: string, message: string) => {
      if (count === 0) return
      error = text
      log.warn(message, { num_dropped: count })
    }
    check(
      outcome.outOfOrder,
      'out of order sample',
      'Error on ingesting out-of-order result from rule evaluation',
    )
    check(
      outcome.tooOld + outcome.outOfBounds,
      outcome.outOfBounds > 0 ? 'out of bounds' : 'too old sample',
      'Error on ingesting too old result from rule evaluation',
    )
    check(
      outcome.duplicates,
      'duplicate sample for timestamp',
      'Error on ingesting results from rule evaluation with different value but same timestamp',
    )
    return error
  }
}

/** As the original logs a rule: its YAML. */
function printRule(rule: RecordingRule | AlertingRule): string {
  const kind = rule.kind === 'recording' ? 'record' : 'alert'
  return `${kind}: ${rule.name}\nexpr: ${rule.query}\n`
}
