import { quoteGo } from '@prom/model'

export type LintOption = 'duplicate-rules' | 'too-long-scrape-interval'

const ALL: readonly LintOption[] = ['duplicate-rules', 'too-long-scrape-interval']

/** Reads `--lint=a,b`; `warnings` are whole lines for stdout. */
export function readLint(text: string): {
  readonly options: ReadonlySet<LintOption>
  readonly warnings: readonly string[]
} {
  const options = new Set<LintOption>()
  const warnings: string[] = []
  for (const word of text.split(',')) {
    const option = ALL.find((known) => known === word)
    if (word === 'all') for (const each of ALL) options.add(each)
    else if (option !== undefined) options.add(option)
    else if (word !== 'none') warnings.push(`WARNING: unknown lint option: ${quoteGo(word)}\n`)
  }
  return { options, warnings }
}
