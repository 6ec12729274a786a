import type { BinaryExpr, VectorMatching } from '@prom/promql-syntax'
import { isEmpty, mergeSameLabels, NONE, type StepSeries } from '../tile.ts'
import { matchLabels } from './signature.ts'

/** and, or, unless: by the presence of a match at each step, whatever the values. */
export function combineSets(
  node: BinaryExpr,
  left: StepSeries[],
  right: StepSeries[],
  steps: number,
): StepSeries[] {
  const match = matchLabels(node.matching as VectorMatching)
  if (node.op === 'or') {
    const there = presence(left, match, steps)
    const added = right.filter((series) => {
      const taken = there.get(match(series.labels).key())
      return keepWhere(series, taken, false)
    })
    return mergeSameLabels([...left, ...added])
  }
  const there = presence(right, match, steps)
  return left.filter((series) => {
    const found = there.get(match(series.labels).key())
    if (!found) return node.op === 'unless'
    return keepWhere(series, found, node.op === 'and')
  })
}

/** For each signature, the steps at which a series of it is there. */
function presence(
  all: readonly StepSeries[],
  match: ReturnType<typeof matchLabels>,
  steps: number,
): Map<string, Uint8Array> {
  const result = new Map<string, Uint8Array>()
  for (const { labels, kinds } of all) {
    const key = match(labels).key()
    let there = result.get(key)
    if (!there) {
      there = new Uint8Array(steps)
      result.set(key, there)
    }
    for (let step = 0; step < steps; step++)
      there[step] = (there[step] as number) | (kinds[step] as number)
  }
  return result
}

/** Clears the steps where `there` is not as wanted; false if nothing is left. */
function keepWhere(series: StepSeries, there: Uint8Array | undefined, wanted: boolean): boolean {
  if (!there) return true
  const { kinds } = series
  for (let step = 0; step < kinds.length; step++) {
    if ((there[step] !== NONE) !== wanted) kinds[step] = NONE
  }
  return !isEmpty(series)
}
