import { type FloatHistogram, makeFloatHistogram, type Span } from '@prom/histogram'
import { parseFloatGo } from '@prom/model'

/** A histogram literal of test files, and whether it names its counter reset hint. */
export interface HistogramLiteral {
  readonly histogram: FloatHistogram
  readonly hasHint: boolean
}

const HINTS: Readonly<Record<string, FloatHistogram['counterResetHint']>> = {
  unknown: 'unknown',
  reset: 'reset',
  not_reset: 'not_reset',
  gauge: 'gauge',
}

/** Parses `{{schema:0 count:4 sum:5 buckets:[1 2 1]}}`. Throws an Error that names what is wrong. */
export function parseHistogramLiteral(text: string): HistogramLiteral {
  const body = /^\{\{([\s\S]*)\}\}$/.exec(text)?.[1]
  if (body === undefined) throw new Error(`not a histogram literal: ${text}`)
  const fields = new Map<string, string>()
  const pattern = /\s*([a-z_]+):(\[[^\]]*\]|[^\s\]]+)\s*/gy
  let at = 0
  for (let match = pattern.exec(body); match; match = pattern.exec(body)) {
    if (fields.has(match[1] as string)) throw new Error(`duplicate key "${match[1]}" in histogram`)
    fields.set(match[1] as string, match[2] as string)
    at = pattern.lastIndex
  }
  if (body.slice(at).trim() !== '') throw new Error(`unexpected ${body.slice(at)} in histogram`)
  return { histogram: build(fields), hasHint: fields.has('counter_reset_hint') }
}

function build(fields: Map<string, string>): FloatHistogram {
  const number = (key: string) => parseNumber(fields.get(key) ?? '0', key)
  const list = (key: string) => parseList(fields.get(key) ?? '[]', key)
  const hint = HINTS[fields.get('counter_reset_hint') ?? 'unknown']
  if (!hint) throw new Error(`unknown counter reset hint ${fields.get('counter_reset_hint')}`)
  for (const key of fields.keys()) if (!KEYS.has(key)) throw new Error(`bad histogram key "${key}"`)
  const positive = list('buckets')
  const negative = list('n_buckets')
  return makeFloatHistogram({
    counterResetHint: hint,
    schema: number('schema'),
    count: number('count'),
    sum: number('sum'),
    zeroCount: number('z_bucket'),
    zeroThreshold: number('z_bucket_w'),
    positiveSpans: spans(number('offset'), positive),
    positiveBuckets: positive,
    negativeSpans: spans(number('n_offset'), negative),
    negativeBuckets: negative,
    customValues: list('custom_values'),
  })
}

const KEYS: ReadonlySet<string> = new Set([
  'schema',
  'count',
  'sum',
  'z_bucket',
  'z_bucket_w',
  'buckets',
  'offset',
  'n_buckets',
  'n_offset',
  'custom_values',
  'counter_reset_hint',
])

function spans(offset: number, counts: readonly number[]): Span[] {
  return counts.length > 0 ? [{ offset, length: counts.length }] : []
}

function parseNumber(text: string, key: string): number {
  const value = parseFloatGo(text)
  if (value === undefined) throw new Error(`bad number ${text} for "${key}" in histogram`)
  return value
}

function parseList(text: string, key: string): number[] {
  if (!text.startsWith('[')) throw new Error(`"${key}" in histogram needs a list in brackets`)
  const items = text.slice(1, -1).trim()
  return items === '' ? [] : items.split(/\s+/).map((item) => parseNumber(item, key))
}
