import { type FloatHistogram, printHistogram } from '@prom/histogram'
import { isValidLabelName, printFloat } from '@prom/model'
import { type Aggregation, quoteBytes } from '@prom/promql-syntax'
import type { Frame } from '../context.ts'
import { fail } from '../errors.ts'
import { FLOAT, makeHeldSeries, NONE, type Operator, type StepSeries } from '../tile.ts'
import { Grouping } from './grouping.ts'

/** count_values: how many series of a group have each value, the value in a label. */
export function countValues(
  frame: Frame,
  node: Aggregation,
  label: string,
  input: Operator,
): StepSeries[] {
  if (!isValidLabelName(label, 'utf8')) fail(`invalid label name ${quoteBytes(label)}`)
  const { features, limits } = frame.context
  const steps = frame.times.length
  const inner = node.without ? { ...node, grouping: [...node.grouping, label] } : node
  const grouping = new Grouping(inner, features)
  const results = new Map<string, StepSeries>()
  for (let tile = input.next(); tile; tile = input.next()) {
    limits.check()
    for (const { labels, kinds, values, histograms } of tile) {
      const group = grouping.labelsAt(grouping.indexOf(labels))
      for (let step = 0; step < steps; step++) {
        if (kinds[step] === NONE) continue
        const text =
          kinds[step] === FLOAT
            ? printFloat(values[step] as number, 'f')
            : printHistogram(histograms?.[step] as FloatHistogram, (value) => printFloat(value))
        const target = group.with(label, text)
        const key = target.key()
        let result = results.get(key)
        if (!result) {
          limits.hold(steps)
          limits.holdBytes(2 * text.length)
          result = makeHeldSeries(limits, target, steps)
          results.set(key, result)
        }
        result.kinds[step] = FLOAT
        ;(result.values[step] as number) += 1
      }
    }
  }
  return [...results.values()]
}
