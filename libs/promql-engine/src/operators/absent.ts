import { EMPTY_LABELS, type Labels, type Matcher, METRIC_NAME } from '@prom/labels'
import type { Expr } from '@prom/promql-syntax'
import { FLOAT, makeSeries, NONE, type Operator, type StepSeries } from '../tile.ts'
import { unwrap } from './call-instant.ts'

/** Labels for what is not there: those its selector asks for with `=`, once each. */
function labelsOfAbsent(expr: Expr): Labels {
  const inner = unwrap(expr)
  const selector =
    inner.kind === 'matrix' ? inner.selector : inner.kind === 'selector' ? inner : undefined
  if (!selector) return EMPTY_LABELS
  const seen = new Set<string>()
  let labels = EMPTY_LABELS
  for (const { name, type, value } of selector.matchers as readonly Matcher[]) {
    if (name === METRIC_NAME) continue
    if (type === '=' && !seen.has(name)) {
      labels = labels.with(name, value)
      seen.add(name)
    } else labels = labels.with(name, '')
  }
  return labels
}

/** absent() and absent_over_time(): 1 at every step where no series of `input` is. */
export function absent(expr: Expr, input: Operator, steps: number): StepSeries[] {
  const result = makeSeries(labelsOfAbsent(expr), steps)
  result.kinds.fill(FLOAT)
  result.values.fill(1)
  let left = steps
  for (let tile = input.next(); tile; tile = input.next()) {
    for (const { kinds } of tile) {
      for (let step = 0; step < steps; step++) {
        if (kinds[step] === NONE || result.kinds[step] === NONE) continue
        result.kinds[step] = NONE
        left--
      }
    }
  }
  return left > 0 ? [result] : []
}
