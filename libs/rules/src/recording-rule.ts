import { Labels, METRIC_NAME } from '@prom/labels'
import { printExpr } from '@prom/promql-syntax'
import type { RuleQueries } from './contract.ts'
import { RuleError } from './rule.ts'
import { parseRuleExpr } from './rule-expression.ts'
import type { RuleConfig } from './rule-file.ts'
import { templateLabels } from './template-labels.ts'

export interface EvaluationMoment {
  /** The slot of the evaluation. */
  readonly atMs: number
  /** How far in the past the query looks. */
  readonly queryOffsetMs: number
  /** The group, for the query log. */
  readonly origin?: { readonly ruleGroup: { readonly file: string; readonly name: string } }
  readonly signal?: AbortSignal | undefined
}

/** A result row: flat sorted labels, and a histogram where the row is none of a float. */
export interface RuleSample {
  readonly labels: Labels
  readonly value: number
  readonly histogram?: import('@prom/histogram').FloatHistogram | undefined
}

/** `record`: the answer of a query under a new name. */
export class RecordingRule {
  readonly kind = 'recording'
  readonly name: string
  /** As the API prints it. */
  readonly query: string
  /** Those of the group and of the rule. */
  readonly labels: Labels

  constructor(config: RuleConfig, groupLabels: ReadonlyMap<string, string>) {
    this.name = config.record
    this.query = printExpr(parseRuleExpr(config.expr))
    this.labels = templateLabels([...groupLabels, ...config.labels])
  }

  /** Throws RuleError or QueryError. */
  async evaluate(
    queries: RuleQueries,
    { atMs, queryOffsetMs, signal, origin }: EvaluationMoment,
    limit: number,
  ): Promise<RuleSample[]> {
    const answer = await queries.vector(this.query, atMs - queryOffsetMs, {
      priority: 'rule',
      origin,
      ...(signal ? { signal } : {}),
    })
    const seen = new Set<string>()
    const samples = answer.labels.map((flat, row): RuleSample => {
      const labels = this.#relabel(flat)
      seen.add(labels.key())
      const histogram = answer.histograms?.[row]
      return { labels, value: answer.values[row] as number, ...(histogram ? { histogram } : {}) }
    })
    if (seen.size !== samples.length) {
      throw new RuleError(
        'vector contains metrics with the same labelset after applying rule labels',
      )
    }
    if (limit > 0 && samples.length > limit) {
      throw new RuleError(`exceeded limit of ${limit} with ${samples.length} series`)
    }
    return samples
  }

  #relabel(flat: readonly string[]): Labels {
    let labels = Labels.fromSortedFlat(flat).with(METRIC_NAME, this.name)
    for (const [name, value] of this.labels) labels = labels.with(name, value)
    return labels
  }
}
