/** What rules take from one load of the configuration. Durations are milliseconds. */

export interface RuleConfig {
  /** Exactly one of `record` and `alert` is not empty. */
  readonly record: string
  readonly alert: string
  readonly expr: string
  readonly forMs: number
  readonly keepFiringForMs: number
  readonly labels: ReadonlyMap<string, string>
  readonly annotations: ReadonlyMap<string, string>
}

export interface RuleGroupConfig {
  readonly name: string
  /** 0: the global evaluation interval. */
  readonly intervalMs: number
  /** Undefined: the global offset. */
  readonly queryOffsetMs?: number | undefined
  /** Series or alerts a rule may give; 0 = no limit. */
  readonly limit: number
  readonly labels: ReadonlyMap<string, string>
  readonly rules: readonly RuleConfig[]
}

export interface RulesUpdate {
  readonly files: readonly { readonly file: string; readonly groups: readonly RuleGroupConfig[] }[]
  readonly evaluationIntervalMs: number
  readonly queryOffsetMs: number
  readonly externalLabels: Readonly<Record<string, string>> | ReadonlyMap<string, string>
  readonly externalUrl: string
}
