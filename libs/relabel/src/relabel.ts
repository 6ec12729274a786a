import { createHash } from 'node:crypto'
import { Labels } from '@prom/labels'
import type { AnchoredRegex } from '@prom/regex'
import { toLowerSimple, toUpperSimple } from './letter-case.ts'

export type RelabelAction =
  | 'replace'
  | 'keep'
  | 'drop'
  | 'keepequal'
  | 'dropequal'
  | 'hashmod'
  | 'labelmap'
  | 'labeldrop'
  | 'labelkeep'
  | 'lowercase'
  | 'uppercase'

/** One relabelling step, validated. */
export interface RelabelRule {
  readonly action: RelabelAction
  readonly sourceLabels: readonly string[]
  readonly separator: string
  readonly targetLabel: string
  readonly regex: AnchoredRegex
  readonly modulus: number
  readonly replacement: string
}

export interface RelabelOptions {
  /** Which computed label names are valid; an invalid one skips its rule. Default `utf8`. */
  readonly nameValidation?: 'utf8' | 'legacy'
}

/**
 * Applies `rules` in order. Undefined: a rule dropped the object. Without rules `labels` comes back unchanged;
 * a label whose value becomes empty is gone.
 */
export function relabel(
  labels: Labels,
  rules: readonly RelabelRule[],
  options: RelabelOptions = {},
): Labels | undefined {
  if (rules.length === 0) return labels
  const builder = new LabelsBuilder(labels)
  for (const rule of rules) {
    if (!applyRule(rule, builder, options.nameValidation ?? 'utf8')) return undefined
  }
  return builder.labels()
}

/** A label set being changed; hands the original back if nothing was. */
class LabelsBuilder {
  readonly #base: Labels
  readonly #values: Map<string, string>
  #isChanged = false

  constructor(base: Labels) {
    this.#base = base
    this.#values = new Map(base)
  }

  get(name: string): string {
    return this.#values.get(name) ?? ''
  }

  set(name: string, value: string): void {
    if (this.get(name) === value) return
    this.#isChanged = true
    if (value === '') this.#values.delete(name)
    else this.#values.set(name, value)
  }

  /** A snapshot of what is there, so that the set may be changed while it is walked. */
  entries(): [string, string][] {
    return [...this.#values]
  }

  labels(): Labels {
    return this.#isChanged ? Labels.from(this.#values) : this.#base
  }
}

/** False if the rule drops the object. */
function applyRule(rule: RelabelRule, builder: LabelsBuilder, names: 'utf8' | 'legacy'): boolean {
  const { regex, targetLabel } = rule
  switch (rule.action) {
    case 'drop':
      return !regex.matches(sourceValue(rule, builder))
    case 'keep':
      return regex.matches(sourceValue(rule, builder))
    case 'dropequal':
      return builder.get(targetLabel) !== sourceValue(rule, builder)
    case 'keepequal':
      return builder.get(targetLabel) === sourceValue(rule, builder)
    case 'replace':
      replace(rule, builder, names)
      return true
    case 'lowercase':
      builder.set(targetLabel, toLowerSimple(sourceValue(rule, builder)))
      return true
    case 'uppercase':
      builder.set(targetLabel, toUpperSimple(sourceValue(rule, builder)))
      return true
    case 'hashmod':
      builder.set(targetLabel, hashMod(sourceValue(rule, builder), rule.modulus))
      return true
    case 'labelmap':
      for (const [name, value] of builder.entries()) {
        const mapped = regex.expand(name, rule.replacement)
        if (mapped !== undefined) builder.set(mapped, value)
      }
      return true
    case 'labeldrop':
      for (const [name] of builder.entries()) if (regex.matches(name)) builder.set(name, '')
      return true
    case 'labelkeep':
      for (const [name] of builder.entries()) if (!regex.matches(name)) builder.set(name, '')
      return true
  }
}

function sourceValue({ sourceLabels, separator }: RelabelRule, builder: LabelsBuilder): string {
  const [only] = sourceLabels
  if (sourceLabels.length === 1) return builder.get(only as string)
  return sourceLabels.map((name) => builder.get(name)).join(separator)
}

function replace(rule: RelabelRule, builder: LabelsBuilder, names: 'utf8' | 'legacy'): void {
  const expanded = rule.regex.expandAll(sourceValue(rule, builder), [
    rule.targetLabel,
    rule.replacement,
  ])
  if (!expanded) return
  const [target, value] = expanded as [string, string]
  if (isLabelName(target, names)) builder.set(target, value)
}

function isLabelName(name: string, names: 'utf8' | 'legacy'): boolean {
  return names === 'legacy' ? /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) : name !== ''
}

const MODULUS_EXACT_MAX = 2 ** 21

/** The last 8 bytes of the MD5, as one big-endian number, modulo `modulus`; in decimal. */
function hashMod(value: string, modulus: number): string {
  const digest = createHash('md5').update(value).digest()
  const high = digest.readUInt32BE(8)
  const low = digest.readUInt32BE(12)
  if (modulus <= MODULUS_EXACT_MAX) {
    return String(
      ((((high % modulus) * (2 ** 32 % modulus)) % modulus) + (low % modulus)) % modulus,
    )
  }
  return String(((BigInt(high) << 32n) | BigInt(low)) % BigInt(modulus))
}
