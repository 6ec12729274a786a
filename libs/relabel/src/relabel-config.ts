/** One entry of `relabel_configs` and its siblings. */
import { isValidLabelName, quoteGo } from '@prom/model'
import { AnchoredRegex, RegexError } from '@prom/regex'
import {
  field,
  type Infer,
  list,
  oneOf,
  type Schema,
  type StructSchema,
  string,
  struct,
  uint64,
} from '@prom/yaml'
import { labelNames } from './label-schemas.ts'
import type { RelabelAction, RelabelRule } from './relabel.ts'

const ACTIONS = [
  'replace',
  'keep',
  'drop',
  'keepequal',
  'dropequal',
  'hashmod',
  'labelmap',
  'labeldrop',
  'labelkeep',
  'lowercase',
  'uppercase',
] as const

const DEFAULT_REGEX = '(.*)'
const DEFAULT_REPLACEMENT = '$1'
const DEFAULT_SEPARATOR = ';'

const NEEDS_TARGET = new Set<RelabelAction>([
  'replace',
  'hashmod',
  'lowercase',
  'uppercase',
  'keepequal',
  'dropequal',
])

const REFUSES_REPLACEMENT = new Set<RelabelAction>([
  'lowercase',
  'uppercase',
  'keepequal',
  'dropequal',
])

/** Anchored on both sides; null is the empty pattern, and so printed. */
const regex: Schema<AnchoredRegex> = {
  typeName: 'relabel.Regexp',
  decode(node, scope) {
    const text = string.decode(node, scope)
    try {
      return AnchoredRegex.compileInConfig(text)
    } catch (err) {
      if (!(err instanceof RegexError)) throw err
      const prefix = err.message.startsWith('error parsing regexp: ')
        ? ''
        : 'error parsing regexp: '
      return scope.fail(node.line, `${prefix}${err.message}`)
    }
  },
  encode: (value) => (value.pattern === '' ? null : value.pattern),
  zero: () => AnchoredRegex.compileInConfig(''),
  isEmpty: () => false,
}

const fields = {
  sourceLabels: field('source_labels', labelNames),
  separator: field('separator', string, { default: DEFAULT_SEPARATOR }),
  regex: field('regex', regex, {
    default: () => AnchoredRegex.compileInConfig(DEFAULT_REGEX),
    isPrintedIfWritten: true,
  }),
  modulus: field('modulus', uint64),
  targetLabel: field('target_label', string),
  replacement: field('replacement', string, { default: DEFAULT_REPLACEMENT }),
  action: field(
    'action',
    oneOf(ACTIONS, (text) => `unknown relabel action ${quoteGo(text)}`, {
      normalise: (text) => text.toLowerCase(),
    }),
    { default: 'replace' },
  ),
}

export const relabelConfig = struct('relabel.plain', fields, {
  typeName: 'relabel.Config',
  check: checkRule,
})

export type RelabelConfig = Infer<typeof relabelConfig>

/** A list of rules; `nullError` is the original's text for an empty entry, which depends on the place. */
export function relabelConfigs(nullError: string): Schema<readonly RelabelConfig[]> {
  return list(relabelConfig as StructSchema<RelabelConfig>, { nullError })
}

function checkRule(rule: RelabelRule): string | undefined {
  const { action, targetLabel, replacement } = rule
  if ((action as string) === '') return 'relabel action cannot be empty'
  if (rule.modulus === 0 && action === 'hashmod') {
    return 'relabel configuration for hashmod requires non-zero modulus'
  }
  if (NEEDS_TARGET.has(action) && targetLabel === '') {
    return `relabel configuration for ${action} action requires 'target_label' value`
  }
  const mayExpand = action === 'replace' && /\$/.test(targetLabel)
  if (NEEDS_TARGET.has(action) && !mayExpand && !isValidLabelName(targetLabel)) {
    return `${quoteGo(targetLabel)} is invalid 'target_label' for ${action} action`
  }
  if (REFUSES_REPLACEMENT.has(action) && replacement !== DEFAULT_REPLACEMENT) {
    return `'replacement' can not be set for ${action} action`
  }
  if (action === 'labelmap' && !isValidLabelName(replacement)) {
    return `${quoteGo(replacement)} is invalid 'replacement' for labelmap action`
  }
  if (action === 'keepequal' || action === 'dropequal') {
    const isPlain =
      rule.regex.pattern === DEFAULT_REGEX &&
      rule.modulus === 0 &&
      rule.separator === DEFAULT_SEPARATOR &&
      replacement === DEFAULT_REPLACEMENT
    if (!isPlain) {
      return `${action} action requires only 'source_labels' and \`target_label\`, and no other fields`
    }
  }
  if (action === 'labeldrop' || action === 'labelkeep') {
    const isPlain =
      rule.sourceLabels.length === 0 &&
      targetLabel === '' &&
      rule.modulus === 0 &&
      rule.separator === DEFAULT_SEPARATOR &&
      replacement === DEFAULT_REPLACEMENT
    if (!isPlain) return `${action} action requires only 'regex', and no other fields`
  }
  return undefined
}
