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
