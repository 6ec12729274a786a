import type { RuleGroupConfig } from './rule-file.ts'

/** What rules take from one load of the configuration. Durations are milliseconds. */
export interface RulesUpdate {
  /** The checked rule files, by path as the API shows it. */
  readonly files: readonly { readonly file: string; readonly groups: readonly RuleGroupConfig[] }[]
  readonly evaluationIntervalMs: number
  readonly queryOffsetMs: number
  readonly externalLabels: Readonly<Record<string, string>> | ReadonlyMap<string, string>
  readonly externalUrl: string
}
