/** What the rewrites of a query work on. */
import type { Expr } from '@prom/promql-syntax'

/** The moments a query is about, for resolving `start()`, `end()`, `step()` and `range()`. */
export interface QueryRange {
  readonly startMs: number
  readonly endMs: number
  readonly stepMs: number
}

/** A parsed query on its way to a plan; rewrites change it in place. */
export interface PlanDraft {
  readonly expr: Expr
  readonly text: string
  readonly range: QueryRange
  /** Step of subqueries without one. */
  readonly subqueryStepMs: number
  /** Nodes to be evaluated once and repeated. */
  readonly invariant: Set<Expr>
}

export interface Rewrite {
  readonly name: string
  /** One line for readers of a plan. */
  readonly about: string
  /** Says what it changed, as expressions. Throws EvaluationError for a query that cannot be run. */
  apply(draft: PlanDraft): string[]
}
