import { AnchoredRegex } from '@prom/regex'
import type { RelabelAction, RelabelRule } from './relabel.ts'

/** One relabelling step as plain data; compiled where it runs. */
export interface PlainRelabelRule {
  readonly action: RelabelAction
  readonly sourceLabels: readonly string[]
  readonly separator: string
  readonly targetLabel: string
  readonly regex: string
  readonly modulus: number
  readonly replacement: string
}

/** Rules as plain data, to cross threads. */
export function toPlainRules(rules: readonly RelabelRule[]): PlainRelabelRule[] {
  return rules.map((rule) => ({
    action: rule.action,
    sourceLabels: [...rule.sourceLabels],
    separator: rule.separator,
    targetLabel: rule.targetLabel,
    regex: rule.regex.pattern,
    modulus: rule.modulus,
    replacement: rule.replacement,
  }))
}

export function fromPlainRules(rules: readonly PlainRelabelRule[]): RelabelRule[] {
  return rules.map((rule) => ({ ...rule, regex: AnchoredRegex.compileInConfig(rule.regex) }))
}
