import { quoteGo } from '@prom/model'
/**
 * Kinds of tokens. Words and operators have their (lower-case) text as kind, so that parser code reads like the
 * grammar.
 */
export type TokenKind =
  | 'eof'
  | 'identifier'
  | 'metric identifier'
  | 'number'
  | 'duration'
  | 'string'
  | string

export interface Token {
  readonly kind: TokenKind
  readonly text: string
  readonly start: number
}

export const AGGREGATORS: ReadonlySet<string> = new Set([
  'sum',
  'avg',
  'count',
  'min',
  'max',
  'group',
  'stddev',
  'stdvar',
  'topk',
  'bottomk',
  'count_values',
  'quantile',
  'limitk',
  'limit_ratio',
])

const OPERATOR_WORDS: ReadonlySet<string> = new Set(['and', 'or', 'unless', 'atan2'])

const MODIFIER_WORDS: ReadonlySet<string> = new Set([
  'offset',
  'smoothed',
  'anchored',
  'by',
  'without',
  'on',
  'ignoring',
  'group_left',
  'group_right',
  'fill',
  'fill_left',
  'fill_right',
  'bool',
  'start',
  'end',
  'step',
  'range',
  'max_of',
  'min_of',
])

/** Words that are keywords and yet may name a metric. */
const METRIC_WORDS: ReadonlySet<string> = new Set([
  ...AGGREGATORS,
  'and',
  'or',
  'unless',
  'by',
  'without',
  'offset',
  'start',
  'end',
  'step',
  'range',
  'anchored',
  'smoothed',
  'max_of',
  'min_of',
  'fill',
  'fill_left',
  'fill_right',
])

/** Lower-case words to their kinds; identifiers are not in it. */
const KINDS: ReadonlyMap<string, TokenKind> = new Map([
  ...[...AGGREGATORS, ...OPERATOR_WORDS, ...MODIFIER_WORDS].map((word) => [word, word] as const),
  ['inf', 'number'],
  ['nan', 'number'],
])

/** The kind of a word of letters, digits, `_` and `:` outside of braces. */
export function kindOfWord(word: string): TokenKind {
  const kind = KINDS.get(word)
  if (kind !== undefined) return kind
  if (word.includes(':')) return 'metric identifier'
  const lower = word.toLowerCase()
  return (lower === word ? undefined : KINDS.get(lower)) ?? 'identifier'
}

const isKeyword = (kind: string) =>
  AGGREGATORS.has(kind) || OPERATOR_WORDS.has(kind) || MODIFIER_WORDS.has(kind)

export function canNameMetric(token: Token): boolean {
  return (
    token.kind === 'identifier' ||
    token.kind === 'metric identifier' ||
    METRIC_WORDS.has(token.kind)
  )
}

export function canNameLabel(token: Token): boolean {
  return token.kind === 'identifier' || isKeyword(token.kind)
}

const SYMBOL_OPERATORS: ReadonlySet<string> = new Set([
  '+',
  '-',
  '*',
  '/',
  '%',
  '^',
  '==',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  '=~',
  '!~',
  '@',
  '</',
  '>/',
])

/** How an error text names a token. */
export function describeToken({ kind, text }: Token): string {
  if (kind === 'eof') return 'end of input'
  if (kind === 'identifier' || kind === 'metric identifier') return `${kind} "${text}"`
  if (kind === 'number' || kind === 'duration' || kind === 'string') {
    const shown = text.length > 10 ? `${quoteGo(text.slice(0, 10))}...` : quoteGo(text)
    return `${kind} ${shown}`
  }
  if (AGGREGATORS.has(kind)) return `<aggr:${kind}>`
  if (OPERATOR_WORDS.has(kind) || SYMBOL_OPERATORS.has(kind)) return `<op:${kind}>`
  if (MODIFIER_WORDS.has(kind)) return `<${kind}>`
  return quoteGo(kind)
}
