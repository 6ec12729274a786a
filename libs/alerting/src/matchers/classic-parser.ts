/** The older of the two matcher grammars: label names of the classic kind, values bare or quoted. */
import type { Matcher, MatchType } from '@prom/labels'
import { compileMatcher } from './compile-matcher.ts'

export class MatcherSyntaxError extends Error {}

const MATCHER = /^\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(=~|=|!=|!~)\s*([\s\S]*?)\s*$/

/** One matcher; throws `MatcherSyntaxError`, or `RegexError` for a bad pattern. */
export function parseClassicMatcher(input: string): Matcher {
  const parts = MATCHER.exec(input)
  if (!parts) throw new MatcherSyntaxError(`bad matcher format: ${input}`)
  const [, name, type, raw] = parts as unknown as [string, string, MatchType, string]
  return compileMatcher(type, name, unescapeValue(raw))
}

/** Several matchers, comma separated, with or without braces. */
export function parseClassicMatchers(input: string): Matcher[] {
  const body = input.replace(/^\{/, '').replace(/\}$/, '')
  return splitAtCommas(body).map(parseClassicMatcher)
}

function splitAtCommas(body: string): string[] {
  const tokens: string[] = []
  let token = ''
  let isQuoted = false
  let isEscaped = false
  for (const char of body) {
    if (char === ',' && !isQuoted) {
      tokens.push(token)
      token = ''
      continue
    }
    if (char === '"') {
      if (isEscaped) isEscaped = false
      else isQuoted = !isQuoted
    } else if (char === '\\') isEscaped = !isEscaped
    else isEscaped = false
    token += char
  }
  const last = token.trim()
  if (last !== '') tokens.push(last)
  return tokens
}

/** Only \n, \" and \\ are escapes; any other backslash stands for itself. */
function unescapeValue(raw: string): string {
  const isQuoted = raw.startsWith('"')
  const body = isQuoted ? raw.slice(1) : raw
  const bad = () => new MatcherSyntaxError(`matcher value contains unescaped double quote: ${raw}`)
  let value = ''
  let isClosed = !isQuoted
  for (let i = 0; i < body.length; i++) {
    const char = body[i] as string
    const next = body[i + 1]
    if (char === '\\' && next !== undefined) {
      if (next === 'n') value += '\n'
      else if (next === '"' || next === '\\') value += next
      else value += char + next
      i++
    } else if (char === '"') {
      if (!isQuoted || i < body.length - 1) throw bad()
      isClosed = true
    } else value += char
  }
  if (!isClosed) throw bad()
  return value
}
