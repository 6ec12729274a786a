/** Which rules no test looked at. */
import { METRIC_NAME } from '@prom/labels'
import { quoteGo } from '@prom/model'
import { type ParseOptions, parseExpr, selectorsOf } from '@prom/promql-syntax'
import type { RuleConfig, RuleGroupConfig } from '@prom/rules'
import { lineOf } from '@prom/yaml'
import type { UnitTest } from './unit-test-file.ts'

interface Entry {
  readonly file: string
  readonly group: string
  readonly rule: RuleConfig
}

/**
 * Gathers rules and what tests ask for. A rule counts as tested if an alert test names it, an expression of a test
 * reads what it records, or a tested rule does.
 */
export class Coverage {
  readonly #rules = new Map<string, Entry>()
  readonly #options: ParseOptions
  readonly #alerts = new Set<string>()
  /** Names of metrics that tests read, and patterns of those they do not name. */
  readonly #metrics = new Set<string>()

  constructor(options: ParseOptions) {
    this.#options = options
  }

  addRules(groups: readonly { readonly file: string; readonly group: RuleGroupConfig }[]): void {
    for (const { file, group } of groups) {
      group.rules.forEach((rule, index) => {
        this.#rules.set(`${file}\n${group.name}\n${index}`, { file, group: group.name, rule })
      })
    }
  }

  addTest({ alertCases, exprCases }: UnitTest): void {
    for (const { alertName } of alertCases) this.#alerts.add(alertName)
    for (const { expr } of exprCases) this.#read(expr)
  }

  /** `  COVERAGE: 1 of 2 rules tested (50%)`, and a line for each that is not. */
  print(): string {
    const all = [...this.#rules.values()]
    const tested = new Set<Entry>()
    for (let before = -1; before !== tested.size; ) {
      before = tested.size
      for (const entry of all) {
        if (tested.has(entry) || !this.#isRead(entry.rule)) continue
        tested.add(entry)
        this.#read(entry.rule.expr)
      }
    }
    const share = all.length === 0 ? 100 : Math.floor((100 * tested.size) / all.length)
    const missing = all
      .filter((entry) => !tested.has(entry))
      .map(({ file, group, rule }) => {
        const name = rule.alert === '' ? rule.record : rule.alert
        const line = lineOf(rule, rule.alert === '' ? 'record' : 'alert')
        return `    not tested: ${file}:${line}: group ${quoteGo(group)}, rule ${quoteGo(name)}\n`
      })
    const head = `  COVERAGE: ${tested.size} of ${all.length} rules tested (${share}%)\n`
    return `${head}${missing.join('')}`
  }

  #isRead({ alert, record }: RuleConfig): boolean {
    if (alert !== '') return this.#alerts.has(alert)
    return this.#metrics.has(record)
  }

  #read(query: string): void {
    try {
      for (const { matchers } of selectorsOf(parseExpr(query, this.#options))) {
        const name = matchers.find((matcher) => matcher.name === METRIC_NAME)
        const alert = matchers.find((matcher) => matcher.name === 'alertname')
        if (name?.value.startsWith('ALERTS') && alert) this.#alerts.add(alert.value)
        for (const { rule } of this.#rules.values()) {
          if (rule.record !== '' && name?.matches(rule.record)) this.#metrics.add(rule.record)
        }
      }
    } catch {
      // The test itself reports what cannot be read.
    }
  }
}
