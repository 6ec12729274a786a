/** Which rules of a group may be evaluated at the same time: those that do not read what another one writes. */
import { METRIC_NAME } from '@prom/labels'
import { selectorsOf } from '@prom/promql-syntax'
import { parseRuleExpr } from './rule-expression.ts'

export interface RuleFacts {
  readonly kind: 'recording' | 'alerting'
  readonly name: string
  readonly query: string
}

const ALERT_SERIES = ['ALERTS', 'ALERTS_FOR_STATE']

/**
 * Batches of rule indices, to be evaluated one batch after another: rules that read no other rule, then one by one
 * those in the middle of a chain, then those that nobody reads. Where a selector has no fixed name, every rule is a
 * batch of its own.
 */
export function planBatches(rules: readonly RuleFacts[]): number[][] {
  const sequential = rules.map((_, index) => [index])
  if (rules.length <= 1) return sequential
  const writers = new Map<string, number[]>()
  rules.forEach((rule, index) => {
    for (const name of rule.kind === 'recording' ? [rule.name] : ALERT_SERIES) {
      const known = writers.get(name)
      if (known) known.push(index)
      else writers.set(name, [index])
    }
  })
  const hasInputs = rules.map(() => false)
  const hasReaders = rules.map(() => false)
  for (const [index, { query }] of rules.entries()) {
    const names = metricNames(query)
    if (!names) return sequential
    for (const writer of names.flatMap((name) => writers.get(name) ?? [])) {
      if (writer === index) continue
      hasInputs[index] = true
      hasReaders[writer] = true
    }
  }
  const indices = rules.map((_, index) => index)
  const first = indices.filter((index) => !hasInputs[index])
  const middle = indices.filter((index) => hasInputs[index] && hasReaders[index])
  const last = indices.filter((index) => hasInputs[index] && !hasReaders[index])
  return [first, ...middle.map((index) => [index]), last].filter((batch) => batch.length > 0)
}

/** Names of the metrics a query reads; undefined where a selector may mean any. */
function metricNames(query: string): string[] | undefined {
  const names: string[] = []
  for (const { matchers } of selectorsOf(parseRuleExpr(query))) {
    const name = matchers.find((matcher) => matcher.name === METRIC_NAME && matcher.type === '=')
    if (!name) return undefined
    names.push(name.value)
  }
  return names
}
