import type { Expr } from './ast.ts'
import { byteLength } from './position.ts'
import { printAggregationHead, printExpr, printOperator, printSubquerySuffix } from './print.ts'

/** Bytes. */
const LINE_MAX = 100

/** The query over several lines where it is long, as `promtool promql format` and /api/v1/format_query give it. */
export function formatExpr(expr: Expr): string {
  return format(expr, 0)
}

const indent = (level: number) => '  '.repeat(level)

function format(expr: Expr, level: number): string {
  const line = printExpr(expr)
  if (byteLength(line) <= LINE_MAX) {
    // Compat: a short subquery is not indented.
    return expr.kind === 'subquery' ? line : indent(level) + line
  }
  switch (expr.kind) {
    case 'aggregation': {
      const param = expr.param ? `${format(expr.param, level + 1)},\n` : ''
      const body = `${param}${format(expr.expr, level + 1)}`
      return `${indent(level)}${printAggregationHead(expr)}(\n${body}\n${indent(level)})`
    }
    case 'binary': {
      const operator = `${indent(level)}${printOperator(expr)}`
      return `${format(expr.lhs, level + 1)}\n${operator}\n${format(expr.rhs, level + 1)}`
    }
    case 'call': {
      const args = expr.args.map((arg) => format(arg, level + 1)).join(',\n')
      return `${indent(level)}${expr.func.name}(\n${args}\n${indent(level)})`
    }
    case 'paren':
      return `${indent(level)}(\n${format(expr.expr, level + 1)}\n${indent(level)})`
    case 'subquery':
      return format(expr.expr, level) + printSubquerySuffix(expr)
    case 'unary':
      return `${indent(level)}${expr.op}${format(expr.expr, level).trimStart()}`
    default:
      return indent(level) + line
  }
}
