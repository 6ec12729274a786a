/** `/api/v1/rules`, as the pages read it. */
interface RuleCommon {
  readonly name: string
  readonly query: string
  /** Missing where a rule adds none. */
  readonly labels?: Record<string, string>
  readonly health: 'ok' | 'err' | 'unknown'
  readonly lastError?: string
  readonly evaluationTime: number
  readonly lastEvaluation: string
}

export interface Alert {
  readonly labels: Record<string, string>
  readonly annotations: Record<string, string>
  readonly state: string
  readonly activeAt: string
  readonly value: string
}

export interface AlertingRule extends RuleCommon {
  readonly type: 'alerting'
  readonly state: string
  readonly duration: number
  readonly keepFiringFor?: number
  readonly annotations: Record<string, string>
  readonly alerts: Alert[]
}

export interface RecordingRule extends RuleCommon {
  readonly type: 'recording'
}

export type Rule = AlertingRule | RecordingRule

export interface RuleGroup {
  readonly name: string
  readonly file: string
  readonly interval: number
  readonly evaluationTime: number
  readonly lastEvaluation: string
  readonly rules: readonly Rule[]
}
