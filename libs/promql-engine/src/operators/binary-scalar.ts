import type { FloatHistogram } from '@prom/histogram'
import type { BinaryExpr } from '@prom/promql-syntax'
import type { Frame } from '../context.ts'
import {
  FLOAT,
  HISTOGRAM,
  mapSeries,
  NONE,
  type Operator,
  type StepSeries,
  setHistogram,
} from '../tile.ts'
import { dropNames } from './call-instant.ts'
import { ElementOperator } from './element.ts'

/** Vector and scalar, in either order (`isSwapped`: the scalar is on the left). */
export function binaryWithScalar(
  frame: Frame,
  node: BinaryExpr,
  vector: Operator,
  scalar: Float64Array,
  isSwapped: boolean,
  isUnique: boolean,
): Operator {
  const element = new ElementOperator(frame, node)
  const { numbers, isComparison } = element
  const isFilter = isComparison && !node.returnBool
  const map = mapSeries(vector, (series: StepSeries) => {
    const { kinds, values } = series
    let found = 0
    for (let step = 0; step < kinds.length; step++) {
      const kind = kinds[step]
      if (kind === NONE) continue
      const other = scalar[step] as number
      if (kind === FLOAT && numbers) {
        const value = values[step] as number
        const result = isSwapped ? numbers(other, value) : numbers(value, other)
        if (!isFilter) values[step] = result
        else if (result === 0) {
          kinds[step] = NONE
          continue
        }
        found++
        continue
      }
      const value =
        kind === HISTOGRAM
          ? (series.histograms?.[step] as FloatHistogram)
          : (values[step] as number)
      const result = isSwapped ? element.apply(other, value) : element.apply(value, other)
      if (result === undefined) kinds[step] = NONE
      else {
        found++
        if (typeof result !== 'number') setHistogram(series, step, result)
        else {
          values[step] = result
          kinds[step] = FLOAT
        }
      }
    }
    return found > 0 ? series : undefined
  })
  return element.keepsName ? map : dropNames(frame, map, isUnique)
}
