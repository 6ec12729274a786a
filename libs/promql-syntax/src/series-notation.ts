import { addHistograms, type FloatHistogram, subtractHistograms } from '@prom/histogram'
import { Labels, METRIC_NAME } from '@prom/labels'
import { parseDuration, parseFloatGo } from '@prom/model'
import { unquote } from './go-string.ts'
import { parseHistogramLiteral } from './histogram-notation.ts'

/** One position of a sequence in a test file. */
export interface SequenceItem {
  readonly kind: 'none' | 'stale' | 'float' | 'histogram'
  readonly value: number
  readonly histogram: FloatHistogram | undefined
  /** The literal names its counter reset hint. */
  readonly hasHint: boolean
}

export interface SeriesLine {
  readonly labels: Labels
  readonly items: readonly SequenceItem[]
}

const ITEMS_MAX = 1_000_000
const NONE: SequenceItem = { kind: 'none', value: 0, histogram: undefined, hasHint: false }
const STALE: SequenceItem = {
  kind: 'stale',
  value: Number.NaN,
  histogram: undefined,
  hasHint: false,
}

/** Parses `name{label="value"} 1 2+1x3 _ stale {{count:1}}x2`. Throws an Error that names what is wrong. */
export function parseSeriesLine(line: string): SeriesLine {
  const { labels, length } = parseSeriesName(line)
  return { labels, items: parseSequence(line.slice(length)) }
}

/** The label set at the start of `line`, and how many characters it takes. */
export function parseSeriesName(line: string): { labels: Labels; length: number } {
  const name = /^[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(line)?.[0] ?? ''
  const pairs: [string, string][] = name === '' ? [] : [[METRIC_NAME, name]]
  let at = name.length
  while (line[at] === ' ' || line[at] === '\t') at++
  if (line[at] !== '{' || line[at + 1] === '{') {
    if (name === '') throw new Error(`no series in: ${line}`)
    return { labels: Labels.from(pairs), length: name.length }
  }
  const token =
    /\s*(?:([a-zA-Z_][a-zA-Z0-9_]*)|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)|([=,}]))/y
  token.lastIndex = at + 1
  let label: string | undefined
  let hasValue = false
  for (let match = token.exec(line); match; match = token.exec(line)) {
    const [, word, quoted, mark] = match
    const text = word ?? (quoted === undefined ? undefined : unquote(quoted))
    if (text !== undefined) {
      if (label !== undefined && hasValue) {
        pairs.push([label, text])
        label = undefined
        hasValue = false
      } else label = text
    } else if (mark === '=') hasValue = true
    else {
      if (label !== undefined) pairs.push([METRIC_NAME, label])
      label = undefined
      if (mark === '}') return { labels: Labels.from(pairs), length: token.lastIndex }
    }
  }
  throw new Error(`unclosed label set in: ${line}`)
}

/** Parses the values of a line. Throws an Error that names what is wrong. */
export function parseSequence(text: string): SequenceItem[] {
  const items: SequenceItem[] = []
  for (const word of splitItems(text)) {
    items.push(...expandItem(word))
    if (items.length > ITEMS_MAX) throw new Error(`more than ${ITEMS_MAX} samples in a sequence`)
  }
  return items
}

/** Words, with `{{...}}` kept whole. */
function splitItems(text: string): string[] {
  return text.trim().match(/(?:\{\{[^}]*\}\}|[^\s{])+/g) ?? []
}

function expandItem(word: string): SequenceItem[] {
  const omitted = /^_(?:x(\d+))?$/.exec(word)
  if (omitted) return repeat(NONE, omitted[1] === undefined ? 1 : count(omitted[1]))
  const stale = /^stale(?:x(\d+))?$/.exec(word)
  if (stale) return repeat(STALE, stale[1] === undefined ? 1 : count(stale[1]) + 1)
  if (word.startsWith('{{')) return expandHistogram(word)
  const match =
    /^([+-]?(?:[^x+-]|(?<=[eE])[+-])+)(?:([+-])((?:[^x+-]|(?<=[eE])[+-])+))?(?:x(\d+))?$/.exec(word)
  const [, first, sign, step, times] = match ?? []
  if (first === undefined || (step !== undefined && times === undefined)) {
    throw new Error(`bad value ${JSON.stringify(word)} in a sequence`)
  }
  let value = parseNumber(first)
  const delta = step === undefined ? 0 : parseNumber(step) * (sign === '-' ? -1 : 1)
  const length = times === undefined ? 1 : count(times) + 1
  const items: SequenceItem[] = []
  for (let i = 0; i < length; i++) {
    items.push({ kind: 'float', value, histogram: undefined, hasHint: false })
    value += delta
  }
  return items
}

function count(digits: string): number {
  const number = Number(digits)
  if (number > ITEMS_MAX) throw new Error(`more than ${ITEMS_MAX} samples in a sequence`)
  return number
}

const repeat = (item: SequenceItem, length: number) => new Array<SequenceItem>(length).fill(item)

function parseNumber(text: string): number {
  const value = parseFloatGo(text.replace(/(?<=\d)_(?=\d)/g, ''))
  if (value !== undefined) return value
  const duration = parseDuration(text.replace(/^[+-]/, ''))
  if ('ms' in duration) return (duration.ms / 1000) * (text.startsWith('-') ? -1 : 1)
  throw new Error(`bad number ${JSON.stringify(text)} in a sequence`)
}

function expandHistogram(word: string): SequenceItem[] {
  const match = /^(\{\{[^}]*\}\})(?:([+-])(\{\{[^}]*\}\}))?(?:x(\d+))?$/.exec(word)
  if (!match) throw new Error(`bad histogram ${JSON.stringify(word)} in a sequence`)
  const [, first, sign, step, times] = match as unknown as (string | undefined)[]
  const start = parseHistogramLiteral(first as string)
  const delta = step === undefined ? undefined : parseHistogramLiteral(step)
  if (delta && delta.histogram.schema < start.histogram.schema) {
    throw new Error('the step of a histogram sequence must not have a coarser schema')
  }
  const hasHint = delta ? delta.hasHint : start.hasHint
  const length = times === undefined ? 1 : count(times) + 1
  const items: SequenceItem[] = []
  let histogram = start.histogram
  for (let i = 0; i < length; i++) {
    items.push({ kind: 'histogram', value: 0, histogram, hasHint })
    if (delta && i + 1 < length) histogram = advance(histogram, delta.histogram, sign as string)
  }
  return items
}

function advance(histogram: FloatHistogram, delta: FloatHistogram, sign: string): FloatHistogram {
  const combine = sign === '-' ? subtractHistograms : addHistograms
  const result = combine(histogram, delta)
  if (!result) throw new Error('histograms of a sequence have different kinds of buckets')
  return result.histogram
}
