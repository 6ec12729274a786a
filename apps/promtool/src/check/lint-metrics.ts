/** The conventions for metrics, as the original's linter knows them. */
import type { MetricFamily } from '@prom/metrics'

export interface LintProblem {
  readonly metric: string
  readonly text: string
}

/** Units that are their own base, and what is to be used instead of the others. */
const UNITS: Readonly<Record<string, string>> = {
  amperes: 'amperes',
  bytes: 'bytes',
  celsius: 'celsius',
  grams: 'grams',
  joules: 'joules',
  kelvin: 'kelvin',
  meters: 'meters',
  metres: 'metres',
  seconds: 'seconds',
  volts: 'volts',
  minutes: 'seconds',
  hours: 'seconds',
  days: 'seconds',
  weeks: 'seconds',
  kelvins: 'kelvin',
  fahrenheit: 'celsius',
  rankine: 'celsius',
  inches: 'meters',
  yards: 'meters',
  miles: 'meters',
  bits: 'bytes',
  calories: 'joules',
  pounds: 'grams',
  ounces: 'grams',
}

const PREFIXES = [
  'pico',
  'nano',
  'micro',
  'milli',
  'centi',
  'deci',
  'deca',
  'hecto',
  'kilo',
  'kibi',
  'mega',
  'mibi',
  'giga',
  'gibi',
  'tera',
  'tebi',
  'peta',
  'pebi',
]

const ABBREVIATIONS = [
  's',
  'ms',
  'us',
  'ns',
  'sec',
  'b',
  'kb',
  'mb',
  'gb',
  'tb',
  'pb',
  'm',
  'h',
  'd',
]

/** Everything that could be better about one family; one problem per series where a series is at fault. */
export function lintFamily(family: MetricFamily): LintProblem[] {
  const texts = [
    ...lintHelp(family),
    ...lintUnit(family),
    ...lintTotal(family),
    ...lintReservedSuffixes(family),
    ...lintReservedLabels(family),
    ...lintName(family),
    ...lintLabelCase(family),
    ...lintRepeated(family),
  ]
  return texts.map((text) => ({ metric: family.name, text }))
}

function* lintHelp({ help }: MetricFamily): Generator<string> {
  if (help === undefined || help === '') yield 'no help text'
}

function* lintUnit({ name }: MetricFamily): Generator<string> {
  const found = unitOf(name)
  if (found && found.unit !== found.base) {
    yield `use base unit "${found.base}" instead of "${found.unit}"`
  }
}

function unitOf(name: string): { readonly unit: string; readonly base: string } | undefined {
  for (const part of name.split('_')) {
    const own = Object.hasOwn(UNITS, part) ? UNITS[part] : undefined
    if (own !== undefined) return { unit: part, base: own }
    for (const prefix of PREFIXES) {
      if (!part.startsWith(prefix)) continue
      const rest = part.slice(prefix.length)
      if (Object.hasOwn(UNITS, rest)) return { unit: part, base: UNITS[rest]! }
    }
  }
  return undefined
}

function* lintTotal({ name, type }: MetricFamily): Generator<string> {
  if (type === 'untyped') return
  const isTotal = name.endsWith('_total')
  if (type === 'counter' && !isTotal) yield 'counter metrics should have "_total" suffix'
  if (type !== 'counter' && isTotal) yield 'non-counter metrics should not have "_total" suffix'
}

function* lintReservedSuffixes({ name, type }: MetricFamily): Generator<string> {
  if (type === 'untyped') return
  if (type !== 'histogram' && name.endsWith('_bucket')) {
    yield 'non-histogram metrics should not have "_bucket" suffix'
  }
  if (type === 'histogram' || type === 'summary') return
  for (const suffix of ['_count', '_sum']) {
    if (name.endsWith(suffix)) {
      yield `non-histogram and non-summary metrics should not have "${suffix}" suffix`
    }
  }
}

function* lintReservedLabels({ type, points }: MetricFamily): Generator<string> {
  if (type === 'untyped') return
  for (const { labels } of points) {
    for (let i = 0; i < labels.length; i += 2) {
      if (labels[i] === 'le' && type !== 'histogram') {
        yield 'non-histogram metrics should not have "le" label'
      }
      if (labels[i] === 'quantile' && type !== 'summary') {
        yield 'non-summary metrics should not have "quantile" label'
      }
    }
  }
}

function* lintName({ name, type }: MetricFamily): Generator<string> {
  const lower = name.toLowerCase()
  const hasPart = (part: string) => lower.includes(`_${part}_`) || lower.endsWith(`_${part}`)
  if (type !== 'untyped' && hasPart(type)) yield `metric name should not include type '${type}'`
  if (name.includes(':')) yield "metric names should not contain ':'"
  if (/[a-z][A-Z]/.test(name)) {
    yield "metric names should be written in 'snake_case' not 'camelCase'"
  }
  if (ABBREVIATIONS.some(hasPart)) yield 'metric names should not contain abbreviated units'
}

function* lintLabelCase({ points }: MetricFamily): Generator<string> {
  for (const { labels } of points) {
    for (let i = 0; i < labels.length; i += 2) {
      if (/[a-z][A-Z]/.test(labels[i]!)) {
        yield "label names should be written in 'snake_case' not 'camelCase'"
      }
    }
  }
}

function* lintRepeated({ points }: MetricFamily): Generator<string> {
  const seen = new Set<string>()
  for (const { labels } of points) {
    const key = labels.join('\xff')
    if (seen.has(key)) yield 'metric not unique'
    seen.add(key)
  }
}
