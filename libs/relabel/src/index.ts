export { labelMap, labelName, labelNames, labelSet } from './label-schemas.ts'
export { fromPlainRules, type PlainRelabelRule, toPlainRules } from './plain-rules.ts'
export { type RelabelAction, type RelabelOptions, type RelabelRule, relabel } from './relabel.ts'
export { type RelabelConfig, relabelConfig, relabelConfigs } from './relabel-config.ts'
