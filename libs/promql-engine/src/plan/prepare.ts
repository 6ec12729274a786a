import { childrenOf, type Expr, selectorsOf, type TimeModifiers } from '@prom/promql-syntax'
import type { PlanDraft, QueryRange } from './rewrite.ts'
import { REWRITES } from './rewrites.ts'

/** A parsed query with every duration known, and which parts give the same at each step. */
export interface Plan {
  readonly expr: Expr
  readonly text: string
  /** Nodes to be evaluated once and repeated. */
  readonly invariant: ReadonlySet<Expr>
  /** Sample times the query may look at. */
  readonly mint: number
  readonly maxt: number
  /** What each rewrite changed, in the order in which they were applied. */
  readonly rewritten: readonly { readonly name: string; readonly changes: readonly string[] }[]
}

/** Resolves `expr` in place for one run. */
export function preparePlan(
  expr: Expr,
  text: string,
  range: QueryRange,
  lookbackMs: number,
  subqueryStepMs: number,
): Plan {
  const draft: PlanDraft = { expr, text, range, subqueryStepMs, invariant: new Set() }
  const rewritten = REWRITES.map((rewrite) => ({
    name: rewrite.name,
    changes: rewrite.apply(draft),
  }))
  const bounds = { mint: Number.POSITIVE_INFINITY, maxt: Number.NEGATIVE_INFINITY }
  const window = { from: range.startMs, to: range.endMs }
  findBounds(expr, window, lookbackMs, bounds)
  return { expr, text, invariant: draft.invariant, rewritten, ...bounds }
}

function findBounds(
  expr: Expr,
  window: { from: number; to: number },
  lookbackMs: number,
  bounds: { mint: number; maxt: number },
): void {
  const shift = (node: TimeModifiers, back: number) => {
    const from = (node.timestampMs ?? window.from) - node.offsetMs - back
    return { from, to: (node.timestampMs ?? window.to) - node.offsetMs }
  }
  const widen = (from: number, to: number) => {
    bounds.mint = Math.min(bounds.mint, from)
    bounds.maxt = Math.max(bounds.maxt, to)
  }
  if (expr.kind === 'selector') {
    const { from, to } = shift(expr, lookbackMs)
    widen(from, to + (expr.smoothed ? lookbackMs : 0))
  } else if (expr.kind === 'matrix') {
    const { anchored, smoothed } = expr.selector
    const more = anchored || smoothed ? lookbackMs : 0
    const { from, to } = shift(expr.selector, expr.rangeMs + more)
    widen(from, to + (smoothed ? lookbackMs : 0))
  } else if (expr.kind === 'subquery') {
    findBounds(expr.expr, shift(expr, expr.rangeMs), lookbackMs, bounds)
  } else {
    // info() looks up its info series over the times of its first argument, or of the query.
    if (expr.kind === 'call' && expr.func.name === 'info') {
      widen(window.from - lookbackMs, window.to)
      const [first] = selectorsOf(expr.args[0] as Expr)
      if (first) {
        const { from, to } = shift(first, lookbackMs)
        widen(from, to)
      }
    }
    for (const child of childrenOf(expr)) findBounds(child, window, lookbackMs, bounds)
  }
}
