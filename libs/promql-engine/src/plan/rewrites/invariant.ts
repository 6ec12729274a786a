/** What gives the same at each step is evaluated once. */
import { childrenOf, type Expr, printExpr } from '@prom/promql-syntax'
import type { Rewrite } from '../rewrite.ts'

/** Functions whose result depends on the evaluation time, whatever their arguments. */
const TIME_DEPENDENT: ReadonlySet<string> = new Set([
  'time',
  'predict_linear',
  'timestamp',
  'minute',
  'hour',
  'day_of_week',
  'day_of_month',
  'day_of_year',
  'days_in_month',
  'month',
  'year',
  'start',
  'end',
  'range',
  'step',
])

export const invariant: Rewrite = {
  name: 'invariant',
  about: 'what is the same at every step is evaluated once and repeated',
  apply({ expr, invariant: marked }) {
    markInvariant(expr, marked)
    return [...marked].map((node) => printExpr(node))
  },
}

/** Whether `expr` gives the same at every step; marks the topmost such nodes below nodes that do not. */
function markInvariant(expr: Expr, marked: Set<Expr>): boolean {
  const isOwn = isInvariantItself(expr)
  const children = childrenOf(expr)
  if (expr.kind === 'subquery') {
    // Compat: what is inside a subquery is judged there; the subquery itself by its own @.
    if (markInvariant(expr.expr, marked)) markIfWorth(expr.expr, marked)
    return expr.timestampMs !== undefined
  }
  const verdicts = children.map((child) => markInvariant(child, marked))
  if (isOwn && verdicts.every(Boolean)) {
    if (children.length === 0 || !isCallUnsafe(expr)) return true
  }
  children.forEach((child, i) => {
    if (verdicts[i]) markIfWorth(child, marked)
  })
  return false
}

function isInvariantItself(expr: Expr): boolean {
  if (expr.kind === 'selector') return expr.timestampMs !== undefined
  if (expr.kind === 'matrix') return expr.selector.timestampMs !== undefined
  return !isCallUnsafe(expr)
}

function isCallUnsafe(expr: Expr): boolean {
  if (expr.kind !== 'call' || !TIME_DEPENDENT.has(expr.func.name)) return false
  if (expr.func.name !== 'timestamp') return true
  let arg = expr.args[0]
  while (arg?.kind === 'paren') arg = arg.expr
  return !(arg?.kind === 'selector' && arg.timestampMs !== undefined)
}

/** Literals and range selectors gain nothing from being evaluated once. */
function markIfWorth(expr: Expr, marked: Set<Expr>): void {
  if (expr.kind === 'number' || expr.kind === 'string') return
  if (expr.kind === 'matrix' || expr.kind === 'subquery') return
  marked.add(expr)
}
