/** Functions over strings that both programs have. */
import { RegexError, SearchRegex } from '@prom/regex'
import { FunctionError } from '../errors.ts'
import { GoText, type GoType } from '../values.ts'
import { define, type FunctionTable } from './define.ts'

/** Content that HTML escaping lets through as it is. */
export const HTML_TEXT: GoType<GoText> = { name: 'template.HTML' }

/** Compiled patterns kept, over all templates. */
const PATTERNS_MAX = 256
/** Against copying a text. */
const REGEX_WEIGHT = 20
const patterns = new Map<string, SearchRegex>()

function compile(pattern: string): SearchRegex {
  const known = patterns.get(pattern)
  if (known) return known
  const compiled = SearchRegex.compile(pattern)
  if (patterns.size >= PATTERNS_MAX) patterns.clear()
  patterns.set(pattern, compiled)
  return compiled
}

function matches(pattern: string, text: string): boolean {
  try {
    return compile(pattern).test(text)
  } catch (err) {
    if (!(err instanceof RegexError)) throw err
    throw new FunctionError(err.message)
  }
}

function replaceAll(pattern: string, replacement: string, text: string): string {
  try {
    return compile(pattern).replaceAll(text, replacement)
  } catch (err) {
    if (!(err instanceof RegexError)) throw err
    throw new FunctionError(`regexp: Compile(\`${pattern}\`): ${err.message}`)
  }
}

export const textFunctions: FunctionTable = {
  toUpper: define(['string'], upperCase),
  toLower: define(['string'], (text) => text.toLowerCase()),
  match: { ...define(['string', 'string'], matches), weight: REGEX_WEIGHT },
  reReplaceAll: { ...define(['string', 'string', 'string'], replaceAll), weight: REGEX_WEIGHT },
  safeHtml: define(['string'], (text) => new GoText(HTML_TEXT, text)),
}

/** Letter by letter as in Go: what has no single upper-case letter stays. */
export function upperCase(text: string): string {
  const upper = text.toUpperCase()
  if (upper.length === text.length) return upper
  let out = ''
  for (const char of text) {
    const letter = char.toUpperCase()
    out += letter.length === char.length ? letter : char
  }
  return out
}
