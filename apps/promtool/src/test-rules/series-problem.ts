/** What is wrong with a label set or a sequence of a test file, in the words of the original. */

import { quoteGo } from '@prom/model'
import { ParseError, parseExpr } from '@prom/promql-syntax'

/**
 * `err` is why `text` could not be read; `line` is the line the original counts it as. Label sets are read like
 * selectors, so the parser of queries knows the words for what is wrong with them.
 */
export function seriesProblem(text: string, err: unknown, line: number): string {
  const message = err instanceof Error ? err.message : String(err)
  if (err instanceof ParseError) return message.replace(/^1:/, `${line}:`)
  const word = /^bad number "(.*)" in a sequence$/s.exec(message)?.[1]
  if (word !== undefined) {
    const column = text.lastIndexOf(word) + 1
    const kind = /^[a-zA-Z_]/.test(word) ? 'identifier ' : ''
    return `${line}:${column}: parse error: unexpected ${kind}${quoteGo(word)} in series values, expected number or "stale"`
  }
  try {
    parseExpr(text)
  } catch (better) {
    if (better instanceof ParseError) return better.message.replace(/^1:/, `${line}:`)
  }
  return message
}
