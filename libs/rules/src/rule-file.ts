/**
 * Rule files: YAML (v3 flavour) with groups of recording and alerting rules, checked as the original checks them at
 * load and in `promtool check rules`. All errors of a file are found, not only the first.
 */
import { isValidLabelName, isValidLabelValue, isValidMetricName, quoteGo } from '@prom/model'
import { ParseError, type ParseOptions, parseExpr } from '@prom/promql-syntax'
import { checkAlertTemplate } from '@prom/templates'
import {
  type ConfigNode,
  duration,
  entryOf,
  field,
  type Infer,
  int,
  list,
  loadYaml,
  map,
  nodeOf,
  optional,
  string,
  struct,
} from '@prom/yaml'
import { oldRuleFile } from './old-rule-file.ts'

const rule = struct('rulefmt.Rule', {
  record: field('record', string),
  alert: field('alert', string),
  expr: field('expr', string, { isAlwaysPrinted: true }),
  forMs: field('for', duration),
  keepFiringForMs: field('keep_firing_for', duration),
  labels: field('labels', map(string)),
  annotations: field('annotations', map(string)),
})

const group = struct('rulefmt.RuleGroup', {
  name: field('name', string, { isAlwaysPrinted: true }),
  /** 0: the server's evaluation interval. */
  intervalMs: field('interval', duration),
  /** Undefined: the server's. */
  queryOffsetMs: field('query_offset', optional(duration)),
  limit: field('limit', int),
  rules: field('rules', list(rule), { isAlwaysPrinted: true }),
  labels: field('labels', map(string)),
})

/** For printing rule files; reading goes through `parseRuleFile`. */
export const ruleFile = struct('rulefmt.RuleGroups', {
  groups: field('groups', list(group), { isAlwaysPrinted: true }),
})

export type RuleConfig = Infer<typeof rule>
export type RuleGroupConfig = Infer<typeof group>
export type RuleFileConfig = Infer<typeof ruleFile>

export interface RuleFileOptions {
  readonly promql?: ParseOptions
  readonly ignoreUnknownFields?: boolean
}

/** One problem of a rule file. `text` is what the original prints after the file's name. */
export interface RuleFileError {
  /** From 1; 0 when unknown. */
  readonly line: number
  readonly column: number
  readonly text: string
}

export type ParsedRuleFile =
  | { readonly file: RuleFileConfig }
  | { readonly errors: readonly RuleFileError[] }

/** Reads and checks one rule file; `name` only appears in messages of the caller. */
export function parseRuleFile(
  text: string,
  name: string,
  options: RuleFileOptions = {},
): ParsedRuleFile {
  const loaded = loadYaml(text, ruleFile, name, {
    flavour: 'v3',
    ignoreUnknownFields: options.ignoreUnknownFields ?? false,
  })
  if ('errors' in loaded) {
    const line = loaded.errors[0]?.line ?? 0
    const today = oldRuleFile(text)
    const hint =
      today === undefined
        ? ''
        : `\nThis is the syntax of Prometheus 1.x; today the file reads:\n${today}`
    return { errors: [{ line, column: 0, text: `${loaded.message}${hint}` }] }
  }
  const errors = checkFile(loaded.value, options.promql ?? {})
  return errors.length > 0 ? { errors } : { file: loaded.value }
}

function checkFile(file: RuleFileConfig, promql: ParseOptions): RuleFileError[] {
  const errors: RuleFileError[] = []
  const names = new Set<string>()
  for (const group of file.groups) {
    const add = (line: number, text: string) => errors.push({ line, column: 0, text })
    const line = nodeOf(group)?.line ?? 0
    if (group.name === '') add(line, '0:0: Groupname must not be empty')
    if (names.has(group.name)) {
      add(line, `0:0: groupname: ${quoteGo(group.name)} is repeated in the same file`)
    }
    names.add(group.name)
    for (const [label, value] of group.labels) {
      if (!isUsableLabel(label)) add(line, `invalid label name: ${label}`)
      if (!isValidLabelValue(value)) add(line, `invalid label value: ${value}`)
    }
    group.rules.forEach((rule, index) => {
      const problems = checkRule(rule, promql)
      if (problems.length === 0) return
      const where = `group ${quoteGo(group.name)}, rule ${index + 1}, ${quoteGo(rule.alert || rule.record)}`
      for (const { places, text } of problems) {
        const spots = places.map((place) => `${place?.line ?? 0}:${place?.column ?? 0}: `).join('')
        const known = places.find((place) => place !== undefined) ?? nodeOf(rule)
        errors.push({
          line: known?.line ?? 0,
          column: known?.column ?? 0,
          text: `${spots}${where}: ${text}`,
        })
      }
    })
  }
  return errors
}

interface RuleProblem {
  /** The nodes the original names, in its order; a missing one prints as 0:0. */
  readonly places: readonly (ConfigNode | undefined)[]
  readonly text: string
}

/** Everything wrong with one rule, in the order of the original. */
function checkRule(rule: RuleConfig, promql: ParseOptions): readonly RuleProblem[] {
  const problems: RuleProblem[] = []
  const own = nodeOf(rule)
  const at = (key: string) => own && entryOf(own, key)?.value
  const add = (text: string, ...places: (ConfigNode | undefined)[]) =>
    problems.push({ places, text })
  const { record, alert, expr } = rule

  if (record !== '' && alert !== '') {
    add("only one of 'record' and 'alert' must be set", at('record'), at('alert'))
  }
  if (record === '' && alert === '') {
    add("one of 'record' or 'alert' must be set", at('record'), at('alert'))
  }
  if (expr === '') add("field 'expr' must be set in rule", at('expr'))
  else {
    const problem = exprProblem(expr, promql)
    if (problem !== undefined) add(`could not parse expression: ${problem}`, at('expr'))
  }
  if (record !== '') {
    for (const key of forbiddenKeys(rule)) {
      add(`invalid field '${key}' in recording rule`, at('record'))
    }
    if (!isValidMetricName(record)) add(`invalid recording rule name: ${record}`, at('record'))
    else if (/[{}]/.test(record)) {
      add(
        `braces present in the recording rule name; should it be in expr?: ${record}`,
        at('record'),
      )
    }
  }
  for (const [label, value] of rule.labels) {
    if (!isUsableLabel(label)) add(`invalid label name: ${label}`)
    if (!isValidLabelValue(value)) add(`invalid label value: ${value}`)
  }
  for (const name of rule.annotations.keys()) {
    if (!isValidLabelName(name)) add(`invalid annotation name: ${name}`)
  }
  if (alert === '') return problems
  for (const [label, text] of rule.labels) {
    const problem = checkAlertTemplate(alert, text)
    if (problem !== undefined) add(`label ${quoteGo(label)}: ${problem}`)
  }
  for (const [name, text] of rule.annotations) {
    const problem = checkAlertTemplate(alert, text)
    if (problem !== undefined) add(`annotation ${quoteGo(name)}: ${problem}`)
  }
  return problems
}

function exprProblem(expr: string, promql: ParseOptions): string | undefined {
  try {
    parseExpr(expr, promql)
    return undefined
  } catch (err) {
    if (err instanceof ParseError) return err.message
    throw err
  }
}

function forbiddenKeys(rule: RuleConfig): string[] {
  const keys: string[] = []
  if (rule.annotations.size > 0) keys.push('annotations')
  if (rule.forMs !== 0) keys.push('for')
  if (rule.keepFiringForMs !== 0) keys.push('keep_firing_for')
  return keys
}

const isUsableLabel = (name: string) => isValidLabelName(name) && name !== '__name__'
