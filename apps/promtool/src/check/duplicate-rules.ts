import type { RuleFileConfig } from '@prom/rules'
import { lineOf } from '@prom/yaml'

const NO_LABELS: Entry['labels'] = []

interface Entry {
  readonly metric: string
  readonly labels: readonly (readonly [string, string])[]
  readonly line: number
}

export interface Duplicates {
  /** As the original prints it. */
  readonly text: string
  /** Of the first rule that repeats another. */
  readonly line: number
}

/** Rules that give the same series, or undefined if there are none. */
export function findDuplicates(file: RuleFileConfig): Duplicates | undefined {
  const entries: Entry[] = file.groups.flatMap((group) =>
    group.rules.map((rule) => ({
      line: lineOf(rule),
      metric: rule.record || rule.alert,
      labels:
        rule.labels.size === 0 ? NO_LABELS : [...rule.labels].sort(([a], [b]) => compare(a, b)),
    })),
  )
  if (new Set(entries.map(keyOf)).size === entries.length) return undefined
  entries.sort(compareEntries)
  const repeated = entries.filter(
    (entry, i) => i > 0 && compareEntries(entries[i - 1]!, entry) === 0,
  )
  if (repeated.length === 0) return undefined
  const blocks = repeated.map(({ metric, labels }) => {
    const lines = labels.map(([name, value]) => `\t${name}: ${value}\n`)
    return `Metric: ${metric}\nLabel(s):\n${lines.join('')}`
  })
  const text = `lint error ${repeated.length} duplicate rule(s) found.\n${blocks.join('')}Might cause inconsistency while recording expressions`
  return { text, line: Math.min(...repeated.map(({ line }) => line)) }
}

const keyOf = ({ metric, labels }: Entry) =>
  labels.length === 0 ? metric : `${metric}\0${labels.flat().join('\0')}`

function compareEntries(a: Entry, b: Entry): number {
  if (a.metric !== b.metric) return compare(a.metric, b.metric)
  for (let i = 0; i < a.labels.length && i < b.labels.length; i++) {
    const [left, right] = [a.labels[i]!, b.labels[i]!]
    const order = compare(left[0], right[0]) || compare(left[1], right[1])
    if (order !== 0) return order
  }
  return a.labels.length - b.labels.length
}

const compare = (a: string, b: string) => (a === b ? 0 : a < b ? -1 : 1)
