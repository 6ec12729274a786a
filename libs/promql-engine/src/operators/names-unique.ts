import { METRIC_NAME } from '@prom/labels'
import type { Expr } from '@prom/promql-syntax'
import { NAME_KEEPERS, RANGE_FUNCTIONS } from '../functions/range-functions.ts'

/** Whether series of `expr` certainly stay apart when their metric name is dropped. */
export function isUniqueWithoutName(expr: Expr): boolean {
  switch (expr.kind) {
    case 'selector':
      return expr.matchers.some(({ name, type }) => name === METRIC_NAME && type === '=')
    case 'matrix':
      return isUniqueWithoutName(expr.selector)
    case 'subquery':
    case 'paren':
    case 'unary':
      return isUniqueWithoutName(expr.expr)
    case 'aggregation':
      return !expr.grouping.includes(METRIC_NAME)
        ? !expr.op.endsWith('k') && expr.op !== 'limit_ratio' && expr.op !== 'count_values'
        : false
    case 'call': {
      const { name } = expr.func
      const isRange = RANGE_FUNCTIONS.has(name)
      // Without delayed removal the function has dropped the names and refused what became equal.
      return isRange && !NAME_KEEPERS.has(name)
    }
    default:
      return false
  }
}
