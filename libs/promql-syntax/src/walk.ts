import type { Expr } from './ast.ts'

/** The direct children of a node, in text order (a selector inside a range selector is not a child). */
export function childrenOf(expr: Expr): Expr[] {
  switch (expr.kind) {
    case 'aggregation':
      return expr.param ? [expr.param, expr.expr] : [expr.expr]
    case 'binary':
      return [expr.lhs, expr.rhs]
    case 'call':
      return expr.args
    case 'paren':
    case 'unary':
    case 'subquery':
      return [expr.expr]
    default:
      return []
  }
}

/** Visits every node, parents first, with the path of its ancestors. */
export function walk(
  expr: Expr,
  visit: (node: Expr, path: readonly Expr[]) => void,
  path: readonly Expr[] = [],
): void {
  visit(expr, path)
  const below = [...path, expr]
  for (const child of childrenOf(expr)) walk(child, visit, below)
}

/** The matchers of every selector, range selectors included. */
export function selectorsOf(expr: Expr): Extract<Expr, { kind: 'selector' }>[] {
  const found: Extract<Expr, { kind: 'selector' }>[] = []
  walk(expr, (node) => {
    if (node.kind === 'selector') found.push(node)
    if (node.kind === 'matrix') found.push(node.selector)
  })
  return found
}
