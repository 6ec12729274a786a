export type { Alert, AlertState } from './alert-state.ts'
export { buildGroup } from './build-group.ts'
export type {
  AlertSink,
  OutgoingAlert,
  RuleAppender,
  RuleAppendOutcome,
  RuleQueries,
  RuleRows,
} from './contract.ts'
export type { RuleHealth } from './rule.ts'
export {
  type ParsedRuleFile,
  parseRuleFile,
  type RuleConfig,
  type RuleFileConfig,
  type RuleFileError,
  type RuleFileOptions,
  type RuleGroupConfig,
  ruleFile,
} from './rule-file.ts'
export { groupKey, type RuleGroup } from './rule-group.ts'
export {
  DEFAULT_RULE_OPTIONS,
  RuleManager,
  type RuleManagerDeps,
  type RuleManagerOptions,
} from './rule-manager.ts'
export { RuleMetrics } from './rule-metrics.ts'
export type {
  AlertingRuleStatus,
  RecordingRuleStatus,
  RuleGroupStatus,
} from './rule-status.ts'
export type { RulesUpdate } from './rules-update.ts'
export { groupOffsetNs } from './slot.ts'
export { templateSamples } from './template-samples.ts'
