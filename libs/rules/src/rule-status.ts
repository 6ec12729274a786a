/** What the API shows of rules and alerts. */
import type { Labels } from '@prom/labels'
import type { Alert } from './alert-state.ts'
import type { AlertingRule } from './alerting-rule.ts'
import type { RecordingRule } from './recording-rule.ts'
import type { RuleOutcome } from './rule.ts'

export interface RecordingRuleStatus extends RuleOutcome {
  readonly type: 'recording'
  readonly name: string
  readonly query: string
  readonly labels: Labels
}

export interface AlertingRuleStatus extends RuleOutcome {
  readonly type: 'alerting'
  readonly name: string
  readonly query: string
  /** Templates as written. */
  readonly labels: Labels
  readonly annotations: Labels
  readonly forMs: number
  readonly keepFiringForMs: number
  /** unknown before the first evaluation. */
  readonly state: 'unknown' | 'inactive' | 'pending' | 'firing'
  /** Pending and firing ones. */
  readonly alerts: readonly Alert[]
}

export interface RuleGroupStatus {
  readonly name: string
  readonly file: string
  readonly intervalMs: number
  readonly limit: number
  readonly evaluationSeconds: number
  /** Wall-clock start of the last evaluation; 0 = never. */
  readonly lastEvaluationMs: number
  readonly rules: readonly (RecordingRuleStatus | AlertingRuleStatus)[]
}

export function ruleStatus(
  rule: RecordingRule | AlertingRule,
  outcome: RuleOutcome,
): RecordingRuleStatus | AlertingRuleStatus {
  const { name, query, labels } = rule
  if (rule.kind === 'recording') return { ...outcome, type: 'recording', name, query, labels }
  const { annotations, forMs, keepFiringForMs } = rule
  const state = outcome.lastEvaluationMs === 0 ? 'unknown' : rule.state
  const alerts = rule.activeAlerts()
  const shared = { name, query, labels, annotations, forMs, keepFiringForMs }
  return { ...outcome, ...shared, type: 'alerting', state, alerts }
}
