/** What is wrong with a label set or a sequence of a test file, in the words of the original. */

import { quoteGo } from '@prom/model'
import { ParseError, parseExpr, parseSequence } from '@prom/promql-syntax'

const DESCRIPTORS = new Set([
  'schema',
  'sum',
  'count',
  'z_bucket',
  'z_bucket_w',
  'custom_values',
  'buckets',
  'offset',
  'n_buckets',
  'n_offset',
  'counter_reset_hint',
])

/**
 * `err` is why `text` could not be read; `line` is the line the original counts it as. Label sets are read like
 * selectors, so the parser of queries knows the words for what is wrong with them.
 */
export function seriesProblem(text: string, err: unknown, line: number): string {
  const message = err instanceof Error ? err.message : String(err)
  if (err instanceof ParseError) return ofSeries(message, line)
  const start = /^(?:[^\s{]*(?:\{(?!\{)(?:"(?:[^"\\]|\\.)*"|[^"}])*\})?)?(?=\s)/.exec(text)?.[0]
  if (text.startsWith(' ')) {
    const kind = /^ \d/.test(text) ? 'number ' : ''
    return `${line}:1: parse error: unexpected ${kind}${quoteGo(text.trim().split(' ')[0] ?? '')} in series values`
  }
  const problem = start === undefined ? undefined : sequenceProblem(text, start.length)
  if (problem) return `${line}:${problem.column}: parse error: ${problem.text}`
  try {
    parseExpr(text)
  } catch (better) {
    if (better instanceof ParseError) return ofSeries(better.message, line)
  }
  return message
}

const ofSeries = (message: string, line: number) =>
  message.replace(/^1:/, `${line}:`).replace('in label matching', 'in label set')

interface Problem {
  /** From 1. */
  readonly column: number
  readonly text: string
}

/** The first word of the values that cannot be read. */
function sequenceProblem(text: string, start: number): Problem | undefined {
  const words = /(?:\{\{[^}]*(?:\}\}|$)|[^\s{])+/g
  words.lastIndex = start
  for (let match = words.exec(text); match; match = words.exec(text)) {
    try {
      parseSequence(match[0])
      if (!/^\{\{[^}]*$/.test(match[0])) continue
    } catch {
      // Named below.
    }
    return wordProblem(match[0], match.index, text)
  }
  return undefined
}

function wordProblem(word: string, at: number, text: string): Problem {
  if (word.startsWith('{{')) return histogramProblem(word, at, text)
  const other = word.search(/[^\w.+-]/)
  if (other >= 0) {
    const column = at + other + 1
    return { column, text: `unexpected character in series sequence: '${word[other]}'` }
  }
  if (/^x/.test(word)) return { column: at + 1, text: `unexpected ${quoteGo(word)}` }
  if (/^[a-zA-Z_]/.test(word)) {
    const reason = `unexpected identifier ${quoteGo(word)} in series values, expected number or "stale"`
    return { column: at + 1, text: reason }
  }
  const sign = word.search(/x[+-]/)
  if (sign >= 0) {
    return { column: at + sign + 2, text: `unexpected <op:${word[sign + 1]}> in series values` }
  }
  if (/(?:[+-]|x)$/.test(word) && at + word.length === text.trimEnd().length) {
    return { column: text.trimEnd().length + 1, text: 'unexpected end of input in series values' }
  }
  const reason = `unexpected ${quoteGo(word)} in series values, expected number or "stale"`
  return { column: at + 1, text: reason }
}

function histogramProblem(word: string, at: number, text: string): Problem {
  const seen = new Set<string>()
  const keys = /([a-zA-Z_]+)(:?)(?:\[[^\]]*\]|[^\s}[]*)/g
  keys.lastIndex = 2
  for (let match = keys.exec(word); match; match = keys.exec(word)) {
    const [, key = '', colon] = match
    const column = at + match.index + 1
    if (!DESCRIPTORS.has(key)) {
      return { column, text: `bad histogram descriptor found: ${quoteGo(key)}` }
    }
    if (colon === '') return { column, text: 'missing `:` for histogram descriptor' }
    if (seen.has(key)) return { column: 1, text: `duplicate key ${quoteGo(key)} in histogram` }
    seen.add(key)
  }
  const reason = "histogram description incomplete unexpected: '\ufffd'"
  return { column: text.length + 1, text: reason }
}
