/** Matchers on the command line: a first word that is none is the alert's name. */

import type { Matcher } from '@prom/labels'
import { quoteGo } from '@prom/model'
import { CommandError, type Context } from './context.ts'

export function matcherTexts(words: readonly string[], { parser }: Context): string[] {
  const [first, ...others] = words
  if (first === undefined) return []
  try {
    parser.parseOne(first, 'cli')
    return [...words]
  } catch {
    return [`alertname=${quoteGo(first)}`, ...others]
  }
}

export function parseMatchers(words: readonly string[], context: Context): Matcher[] {
  return matcherTexts(words, context).map((text) => {
    try {
      return context.parser.parseOne(text, 'cli')
    } catch (err) {
      throw new CommandError((err as Error).message)
    }
  })
}

/** `name=value` words; another operator is refused. */
export function parseLabels(words: readonly string[], context: Context): Map<string, string> {
  const labels = new Map<string, string>()
  for (const { type, name, value } of words.map((word) => context.parser.parseOne(word, 'cli'))) {
    if (type !== '=') {
      throw new CommandError(`${name}: labels must be specified as key=value pairs`)
    }
    labels.set(name, value)
  }
  return labels
}
