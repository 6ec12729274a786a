import type { FloatHistogram } from '@prom/histogram'
import type { Call, Expr } from '@prom/promql-syntax'
import type { Frame } from '../context.ts'
import {
  FLOAT_FUNCTIONS,
  type FloatFunction,
  HISTOGRAM_FUNCTIONS,
} from '../functions/instant-functions.ts'
import { sortLikeOriginal } from '../kernels/go-order.ts'
import {
  drain,
  FLOAT,
  fromSeries,
  HISTOGRAM,
  mapSeries,
  mergeSameLabels,
  NONE,
  type Operator,
  type StepSeries,
} from '../tile.ts'
import { dropName } from './names.ts'

/** Drops the names of all series; joins or refuses those that become equal, if that can happen. */
export function dropNames(frame: Frame, input: Operator, isUnique: boolean): Operator {
  const { features } = frame.context
  const drop = (series: StepSeries) => {
    dropName(series, features)
    return series
  }
  if (features.delayedNameRemoval || isUnique) return mapSeries(input, drop)
  return lazy(() => fromSeries(mergeSameLabels(drain(mapSeries(input, drop)))))
}

/** An operator that is made at the first `next`. */
export function lazy(make: () => Operator): Operator {
  let operator: Operator | undefined
  return {
    next() {
      operator ??= make()
      return operator.next()
    },
  }
}

/** A function of each element by itself. Series are changed in place: nobody else has them. */
export function callElementwise(
  frame: Frame,
  call: Call,
  input: Operator,
  parameters: readonly Float64Array[],
  isUnique: boolean,
): Operator {
  const { name } = call.func
  const compute = FLOAT_FUNCTIONS.get(name)
  const ofHistogram = HISTOGRAM_FUNCTIONS.get(name)
  const map = compute
    ? mapSeries(input, (series) => mapFloats(series, compute, parameters, name === 'clamp'))
    : mapSeries(input, (series) =>
        mapHistograms(series, ofHistogram as (h: FloatHistogram) => number),
      )
  return dropNames(frame, map, isUnique)
}

function mapFloats(
  series: StepSeries,
  compute: FloatFunction,
  [a, b]: readonly Float64Array[],
  isClamp: boolean,
): StepSeries | undefined {
  const { kinds, values } = series
  let found = 0
  for (let step = 0; step < kinds.length; step++) {
    if (kinds[step] !== FLOAT) {
      kinds[step] = NONE
      continue
    }
    const first = a?.[step] as number
    const second = b?.[step] as number
    if (isClamp && second < first) {
      kinds[step] = NONE
      continue
    }
    values[step] = compute(values[step] as number, first, second)
    found++
  }
  series.histograms = undefined
  return found > 0 ? series : undefined
}

function mapHistograms(
  series: StepSeries,
  compute: (histogram: FloatHistogram) => number,
): StepSeries | undefined {
  const { kinds, values, histograms } = series
  if (!histograms) return undefined
  for (let step = 0; step < kinds.length; step++) {
    if (kinds[step] !== HISTOGRAM) kinds[step] = NONE
    else {
      values[step] = compute(histograms[step] as FloatHistogram)
      kinds[step] = FLOAT
    }
  }
  series.histograms = undefined
  return series
}

/** sort and sort_desc: floats only; in an instant query by value, NaN last. */
export function sortByValue(
  all: StepSeries[],
  isDescending: boolean,
  isInstant: boolean,
): StepSeries[] {
  const floats = all.filter(({ kinds, histograms }) => {
    for (let step = 0; histograms && step < kinds.length; step++) {
      if (kinds[step] === HISTOGRAM) kinds[step] = NONE
    }
    return kinds.indexOf(FLOAT) >= 0
  })
  if (!isInstant) return floats
  // Compat: NaN is below everything in the wrong direction, and the result is turned around.
  const values = Float64Array.from(floats, (series) => series.values[0] as number)
  const less = (j: number, i: number) => {
    const value = values[i] as number
    const other = values[j] as number
    return Number.isNaN(value) || (isDescending ? value < other : value > other)
  }
  const swap = (i: number, j: number) => {
    const value = values[i] as number
    values[i] = values[j] as number
    values[j] = value
    const series = floats[i] as StepSeries
    floats[i] = floats[j] as StepSeries
    floats[j] = series
  }
  sortLikeOriginal({ less, swap }, floats.length)
  return floats
}

/** The expression without parentheses around it. */
export function unwrap(expr: Expr): Expr {
  let inner = expr
  while (inner.kind === 'paren') inner = inner.expr
  return inner
}
