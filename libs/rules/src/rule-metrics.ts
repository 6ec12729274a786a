import { Counter, CounterVec, GaugeVec, type Registry, SummaryVec } from '@prom/metrics'
import type { Clock } from '@prom/runtime'

const GROUP = ['rule_group']

/** The prometheus_rule_* metrics. */
export class RuleMetrics {
  readonly evaluationSeconds: { observe(value: number): void }
  readonly groupSeconds: { observe(value: number): void }
  readonly #perGroup: readonly (CounterVec | GaugeVec)[]
  readonly expansions = new Counter({
    name: 'prometheus_template_text_expansions_total',
    help: 'The total number of template text expansions.',
  })
  readonly expansionFailures = new Counter({
    name: 'prometheus_template_text_expansion_failures_total',
    help: 'The total number of template text expansion failures.',
  })
  readonly evaluations: CounterVec
  readonly failures: CounterVec
  readonly iterations: CounterVec
  readonly missed: CounterVec
  readonly interval: GaugeVec
  readonly lastEvaluation: GaugeVec
  readonly lastDuration: GaugeVec
  readonly lastRuleDurationSum: GaugeVec
  readonly lastRestoreDuration: GaugeVec
  readonly lastSamples: GaugeVec
  readonly rules: GaugeVec

  constructor(registry: Registry, clock: Clock) {
    registry.register(this.expansions)
    registry.register(this.expansionFailures)
    this.evaluationSeconds = registry
      .register(
        new SummaryVec(
          {
            name: 'prometheus_rule_evaluation_duration_seconds',
            help: 'The duration for a rule to execute.',
            labelNames: [],
            quantiles: [0.5, 0.9, 0.99],
          },
          clock,
        ),
      )
      .of()
    this.groupSeconds = registry
      .register(
        new SummaryVec(
          {
            name: 'prometheus_rule_group_duration_seconds',
            help: 'The duration of rule group evaluations.',
            labelNames: [],
            quantiles: [0.01, 0.05, 0.5, 0.9, 0.99],
          },
          clock,
        ),
      )
      .of()
    const counter = (name: string, help: string) =>
      registry.register(new CounterVec({ name, help, labelNames: GROUP }))
    const gauge = (name: string, help: string) =>
      registry.register(new GaugeVec({ name, help, labelNames: GROUP }))
    this.evaluations = counter(
      'prometheus_rule_evaluations_total',
      'The total number of rule evaluations.',
    )
    this.failures = counter(
      'prometheus_rule_evaluation_failures_total',
      'The total number of rule evaluation failures.',
    )
    this.iterations = counter(
      'prometheus_rule_group_iterations_total',
      'The total number of scheduled rule group evaluations, whether executed or missed.',
    )
    this.missed = counter(
      'prometheus_rule_group_iterations_missed_total',
      'The total number of rule group evaluations missed due to slow rule group evaluation.',
    )
    this.interval = gauge('prometheus_rule_group_interval_seconds', 'The interval of a rule group.')
    this.lastEvaluation = gauge(
      'prometheus_rule_group_last_evaluation_timestamp_seconds',
      'The timestamp of the last rule group evaluation in seconds.',
    )
    this.lastDuration = gauge(
      'prometheus_rule_group_last_duration_seconds',
      'The duration of the last rule group evaluation.',
    )
    this.lastRuleDurationSum = gauge(
      'prometheus_rule_group_last_rule_duration_sum_seconds',
      'The sum of time in seconds it took to evaluate each rule in the group regardless of concurrency. This should be higher than the group duration if rules are evaluated concurrently.',
    )
    this.lastRestoreDuration = gauge(
      'prometheus_rule_group_last_restore_duration_seconds',
      'The duration of the last alert rules alerts restoration using the `ALERTS_FOR_STATE` series.',
    )
    this.lastSamples = gauge(
      'prometheus_rule_group_last_evaluation_samples',
      'The number of samples returned during the last rule group evaluation.',
    )
    this.rules = gauge('prometheus_rule_group_rules', 'The number of rules.')
    this.#perGroup = [
      this.evaluations,
      this.failures,
      this.iterations,
      this.missed,
      this.interval,
      this.lastEvaluation,
      this.lastDuration,
      this.lastRuleDurationSum,
      this.lastRestoreDuration,
      this.lastSamples,
      this.rules,
    ]
  }

  /** The children of a new group, at zero. */
  addGroup(key: string, ruleCount: number, intervalMs: number): void {
    for (const vec of this.#perGroup) vec.of(key).inc(0)
    this.rules.of(key).set(ruleCount)
    this.interval.of(key).set(intervalMs / 1000)
  }

  removeGroup(key: string): void {
    for (const vec of this.#perGroup) vec.remove(key)
  }
}
