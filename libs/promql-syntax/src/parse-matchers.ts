import { Matcher, type MatchType, METRIC_NAME } from '@prom/labels'
import { quoteGo } from '@prom/model'
import { unquote } from './go-string.ts'
import type { TokenStream } from './token-stream.ts'
import { canNameLabel } from './tokens.ts'

const CONTEXT = 'label matching'
const MATCH_TYPES: ReadonlySet<string> = new Set(['=', '!=', '=~', '!~'])

/** `{a="b", "c d"=~"x", "metric.name"}`, from the opening brace to the closing one. */
export function parseMatchers(tokens: TokenStream): Matcher[] {
  tokens.expect('{')
  const matchers: Matcher[] = []
  for (;;) {
    if (tokens.take('}')) return matchers
    matchers.push(parseMatcher(tokens))
    if (tokens.take('}')) return matchers
    tokens.expect(',', CONTEXT, '"," or "}"')
  }
}

function parseMatcher(tokens: TokenStream): Matcher {
  const name = tokens.peek()
  const isQuoted = name.kind === 'string'
  if (!isQuoted && name.kind !== 'identifier') tokens.unexpected(CONTEXT, 'identifier or "}"')
  tokens.next()
  const label = isQuoted ? unquote(name.text) : name.text
  const op = tokens.peek().kind
  if (!MATCH_TYPES.has(op)) {
    if (isQuoted && (op === ',' || op === '}')) return new Matcher('=', METRIC_NAME, label)
    tokens.unexpected(CONTEXT, isQuoted ? '"," or "}"' : 'label matching operator')
  }
  tokens.next()
  const value = unquote(tokens.expect('string', CONTEXT, 'string').text)
  try {
    return new Matcher(op as MatchType, label, value)
  } catch (err) {
    const reason = (err as Error).message
    const prefix = reason.startsWith('error parsing regexp') ? '' : 'error parsing regexp: '
    return tokens.fail(`${prefix}${reason}`, name.start, tokens.end)
  }
}

/** `(a, b, "c d")` after by, without, on, ignoring and group_left. */
export function parseGrouping(tokens: TokenStream): string[] {
  const context = 'grouping opts'
  tokens.expect('(', context, '"("')
  const labels: string[] = []
  if (tokens.take(')')) return labels
  for (;;) {
    const token = tokens.peek()
    if (token.kind === 'string') {
      const label = unquote(token.text)
      if (label === '') {
        const end = token.start + token.text.length
        tokens.fail(`invalid label name for grouping: ${quoteGo(label)}`, token.start, end)
      }
      labels.push(label)
    } else if (canNameLabel(token)) labels.push(token.text)
    else tokens.unexpected(context, 'label')
    tokens.next()
    if (tokens.take(')')) return labels
    tokens.expect(',', context, '"," or ")"')
    if (tokens.take(')')) return labels
  }
}
