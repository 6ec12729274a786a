import { type FloatHistogram, scaleHistogram } from '@prom/histogram'
import { EMPTY_LABELS } from '@prom/labels'
import type { Aggregation, BinaryExpr, Call, Expr } from '@prom/promql-syntax'
import { SET_OPERATORS, typeOf } from '@prom/promql-syntax'
import { type Frame, makeFrame, type QueryContext } from '../context.ts'
import { fail } from '../errors.ts'
import {
  histogramFractionOf,
  histogramQuantileOf,
  histogramQuantilesOf,
} from '../functions/histogram-functions.ts'
import {
  DATE_FUNCTIONS,
  FLOAT_FUNCTIONS,
  HISTOGRAM_FUNCTIONS,
} from '../functions/instant-functions.ts'
import { labelJoin, labelReplace, sortByLabel } from '../functions/label-functions.ts'
import { RANGE_FUNCTIONS } from '../functions/range-functions.ts'
import { NUMBER_OPERATORS } from '../kernels/arithmetic.ts'
import type { Plan } from '../plan/prepare.ts'
import {
  drain,
  FLOAT,
  fromSeries,
  HISTOGRAM,
  makeHeldSeries,
  makeSeries,
  mapSeries,
  type Operator,
  type StepSeries,
  setHistogram,
  tileBytes,
} from '../tile.ts'
import { absent } from './absent.ts'
import { aggregate } from './aggregate.ts'
import { binaryWithScalar } from './binary-scalar.ts'
import { binaryVectors } from './binary-vector.ts'
import { callElementwise, dropNames, lazy, sortByValue, unwrap } from './call-instant.ts'
import { callRange } from './call-range.ts'
import { countValues } from './count-values.ts'
import { addInfoLabels } from './info.ts'
import { isUniqueWithoutName } from './names-unique.ts'
import { type RangeSource, rangesOfSubquery, selectRanges, subqueryFrame } from './range-source.ts'
import { lookupTimes, selectInstants } from './select.ts'
import { selectK } from './select-k.ts'
import { combineSets } from './set-operators.ts'
import { sampleTimes } from './timestamps.ts'

/** Evaluates the nodes of one plan. */
export class Evaluator {
  readonly #plan: Plan

  constructor(plan: Plan) {
    this.#plan = plan
  }

  /** An expression of type instant vector, at every step of the frame. */
  vector(expr: Expr, frame: Frame): Operator {
    if (frame.times.length > 1 && this.#plan.invariant.has(expr)) {
      return lazy(() => {
        const once = countedPerStep(frame, (one) => drain(this.#vector(expr, one)))
        return mapSeries(fromSeries(once), (series) => {
          frame.context.limits.check()
          return repeatFirst(frame.context, series, frame.times.length)
        })
      })
    }
    return this.#vector(expr, frame)
  }

  /** An expression of type scalar: a value per step. */
  scalar(expr: Expr, frame: Frame): Float64Array {
    const steps = frame.times.length
    if (steps > 1 && this.#plan.invariant.has(expr)) {
      const [value] = countedPerStep(frame, (one) => this.#scalar(expr, one))
      return new Float64Array(steps).fill(value as number)
    }
    return this.#scalar(expr, frame)
  }

  /** An expression of type range vector. */
  ranges(expr: Expr, frame: Frame, func: string): RangeSource {
    const inner = unwrap(expr)
    if (inner.kind === 'matrix') return selectRanges(frame, inner, { func })
    if (inner.kind !== 'subquery') return fail(`no range vector: ${inner.kind}`)
    const ends = lookupTimes(frame, inner)
    const innerFrame = subqueryFrame(frame, inner, ends)
    return rangesOfSubquery(ends, inner.rangeMs, innerFrame, this.vector(inner.expr, innerFrame))
  }

  #vector(expr: Expr, frame: Frame): Operator {
    switch (expr.kind) {
      case 'selector':
        return selectInstants(frame, expr)
      case 'paren':
        return this.vector(expr.expr, frame)
      case 'unary':
        return this.#unary(expr.op, expr.expr, frame)
      case 'binary':
        return this.#binary(expr, frame)
      case 'aggregation':
        return lazy(() => fromSeries(this.#aggregation(expr, frame)))
      case 'call':
        return this.#call(expr, frame)
      default:
        return fail(`no instant vector: ${expr.kind}`)
    }
  }

  #unary(op: string, expr: Expr, frame: Frame): Operator {
    const input = this.vector(expr, frame)
    if (op === '+') return input
    const negated = mapSeries(input, negate)
    return dropNames(frame, negated, isUniqueWithoutName(expr))
  }

  #binary(node: BinaryExpr, frame: Frame): Operator {
    const { lhs, rhs } = node
    if (typeOf(lhs) === 'scalar') {
      const scalar = this.scalar(lhs, frame)
      const isUnique = isUniqueWithoutName(rhs)
      return binaryWithScalar(frame, node, this.vector(rhs, frame), scalar, true, isUnique)
    }
    if (typeOf(rhs) === 'scalar') {
      const vector = this.vector(lhs, frame)
      const isUnique = isUniqueWithoutName(lhs)
      return binaryWithScalar(frame, node, vector, this.scalar(rhs, frame), false, isUnique)
    }
    return lazy(() => {
      const left = drain(this.vector(lhs, frame))
      const right = drain(this.vector(rhs, frame))
      if (SET_OPERATORS.has(node.op)) {
        return fromSeries(combineSets(node, left, right, frame.times.length))
      }
      const joined = binaryVectors(frame, node, left, right)
      frame.context.limits.releaseBytes(tileBytes(left.length + right.length, frame.times.length))
      return fromSeries(joined)
    })
  }

  #aggregation(node: Aggregation, frame: Frame): StepSeries[] {
    const { op, param } = node
    const input = this.vector(node.expr, frame)
    if (op === 'count_values') {
      return countValues(frame, node, this.text(param as Expr), input)
    }
    const parameter = param ? this.scalar(param, frame) : undefined
    if (op === 'topk' || op === 'bottomk' || op === 'limitk' || op === 'limit_ratio') {
      return selectK(frame, node, drain(input), parameter as Float64Array)
    }
    return aggregate(frame, node, input, parameter)
  }

  #call(call: Call, frame: Frame): Operator {
    const { name } = call.func
    if (RANGE_FUNCTIONS.has(name)) return this.#rangeCall(call, frame)
    if (FLOAT_FUNCTIONS.has(name) || HISTOGRAM_FUNCTIONS.has(name)) {
      return this.#elementwise(call, frame)
    }
    return lazy(() => fromSeries(this.#wholeVector(call, frame)))
  }

  #rangeCall(call: Call, frame: Frame): Operator {
    const index = call.func.argTypes.indexOf('matrix')
    const rangeArg = unwrap(call.args[index] as Expr)
    const scalars = call.args.filter((_, i) => i !== index).map((arg) => this.scalar(arg, frame))
    const source = this.ranges(rangeArg, frame, call.func.name)
    const result = callRange(frame, call, rangeArg, source, scalars)
    if (call.func.name !== 'absent_over_time') return result
    return lazy(() => fromSeries(absent(rangeArg, result, frame.times.length)))
  }

  #elementwise(call: Call, frame: Frame): Operator {
    const [vector, ...rest] = call.args
    if (!vector && DATE_FUNCTIONS.has(call.func.name)) {
      const now = makeSeries(EMPTY_LABELS, frame.times.length)
      now.kinds.fill(FLOAT)
      now.values.set(frame.times.map((time) => time / 1000))
      return callElementwise(frame, call, fromSeries([now]), [], true)
    }
    const input = this.vector(vector as Expr, frame)
    const parameters = rest.map((arg) => this.scalar(arg, frame))
    return callElementwise(frame, call, input, parameters, isUniqueWithoutName(vector as Expr))
  }

  /** Functions that need their whole input. */
  #wholeVector(call: Call, frame: Frame): StepSeries[] {
    const { isInstant } = frame.context
    const args = call.args
    const input = () => drain(this.vector(args[0] as Expr, frame))
    const scalarAt = (index: number) => this.scalar(args[index] as Expr, frame)
    const texts = () => args.slice(1).map((arg) => this.text(arg))
    switch (call.func.name) {
      case 'vector':
        frame.context.limits.hold(frame.times.length)
        return [scalarSeries(scalarAt(0))]
      case 'absent':
        return absent(args[0] as Expr, this.vector(args[0] as Expr, frame), frame.times.length)
      case 'sort':
      case 'sort_desc':
        if (!isInstant) noteUselessSort(frame, call)
        return sortByValue(input(), call.func.name === 'sort_desc', isInstant)
      case 'sort_by_label':
      case 'sort_by_label_desc':
        if (isInstant) return sortByLabel(input(), texts(), call.func.name.endsWith('_desc'))
        noteUselessSort(frame, call)
        return input()
      case 'label_replace':
        return labelReplace(frame.context.limits, input(), texts())
      case 'label_join':
        return labelJoin(frame.context.limits, input(), texts())
      case 'timestamp':
      case 'start_timestamp':
        return this.#timestamps(call, frame)
      case 'histogram_quantile':
        return histogramQuantileOf(
          frame,
          call,
          scalarAt(0),
          drain(this.vector(args[1] as Expr, frame)),
        )
      case 'histogram_fraction': {
        const vector = drain(this.vector(args[2] as Expr, frame))
        return histogramFractionOf(frame, call, scalarAt(0), scalarAt(1), vector)
      }
      case 'histogram_quantiles': {
        const quantiles = args.slice(2).map((arg) => this.scalar(arg, frame))
        return histogramQuantilesOf(frame, call, this.text(args[1] as Expr), quantiles, input())
      }
      case 'info':
        return addInfoLabels(frame, call, input())
    }
    return fail(`function ${call.func.name} is not implemented`)
  }

  #timestamps(call: Call, frame: Frame): StepSeries[] {
    const arg = unwrap(call.args[0] as Expr)
    const isStart = call.func.name === 'start_timestamp'
    if (arg.kind === 'selector') {
      return drain(dropNames(frame, sampleTimes(frame, arg, isStart), isUniqueWithoutName(arg)))
    }
    if (isStart) return []
    const timed = mapSeries(this.vector(arg, frame), (series) => {
      for (let step = 0; step < series.kinds.length; step++) {
        if (series.kinds[step] === HISTOGRAM) series.kinds[step] = FLOAT
        series.values[step] = (frame.times[step] as number) / 1000
      }
      series.histograms = undefined
      return series
    })
    return drain(dropNames(frame, timed, isUniqueWithoutName(arg)))
  }

  /** The value of a string expression. */
  text(expr: Expr): string {
    const inner = unwrap(expr)
    return inner.kind === 'string' ? inner.value : fail('expected a string')
  }

  #scalar(expr: Expr, frame: Frame): Float64Array {
    const steps = frame.times.length
    switch (expr.kind) {
      case 'number':
        return new Float64Array(steps).fill(expr.value)
      case 'paren':
        return this.scalar(expr.expr, frame)
      case 'unary': {
        const value = this.scalar(expr.expr, frame)
        return expr.op === '-' ? value.map((number) => -number) : value
      }
      case 'binary': {
        const left = this.scalar(expr.lhs, frame)
        const right = this.scalar(expr.rhs, frame)
        const operator = NUMBER_OPERATORS[expr.op]
        if (!operator) return fail(`operator "${expr.op}" not allowed for Scalar operations`)
        return left.map((value, step) => operator(value, right[step] as number))
      }
      case 'call':
        return this.#scalarCall(expr, frame)
      default:
        return fail(`no scalar: ${expr.kind}`)
    }
  }

  #scalarCall(call: Call, frame: Frame): Float64Array {
    const steps = frame.times.length
    const fill = (value: number) => new Float64Array(steps).fill(value)
    const { context } = frame
    switch (call.func.name) {
      case 'time':
        return frame.times.map((time) => time / 1000)
      case 'pi':
        return fill(Math.PI)
      case 'start':
        return fill(context.startMs / 1000)
      case 'end':
        return fill(context.endMs / 1000)
      case 'step':
        return fill(stepSeconds(context))
      case 'range':
        return fill((context.endMs - context.startMs) / 1000)
      case 'min_of':
      case 'max_of': {
        const [left, right] = call.args.map((arg) => this.scalar(arg, frame))
        const pick = call.func.name === 'min_of' ? Math.min : Math.max
        return (left as Float64Array).map((value, step) => pick(value, right?.[step] as number))
      }
      case 'scalar':
        return onlyElement(this.vector(call.args[0] as Expr, frame), steps)
    }
    return fail(`function ${call.func.name} is not implemented`)
  }
}

function noteUselessSort(frame: Frame, { range }: Call): void {
  const reason = 'results are always ordered by labels'
  frame.context.notes.warn(`sort is ineffective for range queries since ${reason}`, range)
}

const stepSeconds = ({ isInstant, stepMs }: QueryContext) => (isInstant ? 0 : stepMs / 1000)

/** The value of the only float at each step, NaN where there is none or several. */
function onlyElement(input: Operator, steps: number): Float64Array {
  const values = new Float64Array(steps).fill(Number.NaN)
  const counts = new Uint32Array(steps)
  for (let tile = input.next(); tile; tile = input.next()) {
    for (const series of tile) {
      for (let step = 0; step < steps; step++) {
        if (series.kinds[step] !== FLOAT) continue
        counts[step] = (counts[step] as number) + 1
        values[step] = counts[step] === 1 ? (series.values[step] as number) : Number.NaN
      }
    }
  }
  return values
}

function scalarSeries(values: Float64Array): StepSeries {
  const series = makeSeries(EMPTY_LABELS, values.length)
  series.values.set(values)
  series.kinds.fill(FLOAT)
  return series
}

/**
 * Evaluates at the first step what is the same at each. Compat: it counts as if each step had looked at its samples.
 */
function countedPerStep<T>(frame: Frame, evaluate: (one: Frame) => T): T {
  const { context, times, stepMs, isOuter } = frame
  const { limits } = context
  const first = times[0] as number
  const { perStep } = limits
  // Within, nothing belongs to a step of the query.
  limits.perStep = undefined
  const before = limits.queryableSamples
  const value = evaluate(makeFrame(context, first, first, stepMs, false))
  const looked = limits.queryableSamples - before
  limits.perStep = perStep
  limits.queryableSamples += looked * (times.length - 1)
  for (let step = 0; perStep && step < times.length; step++) limits.countAt(step, isOuter, looked)
  return value
}

function repeatFirst({ limits }: QueryContext, series: StepSeries, steps: number): StepSeries {
  const repeated = makeHeldSeries(limits, series.labels, steps, series.isNameDropped)
  const kind = series.kinds[0] as number
  repeated.kinds.fill(kind)
  repeated.values.fill(series.values[0] as number)
  const histogram = series.histograms?.[0]
  if (histogram) for (let step = 0; step < steps; step++) setHistogram(repeated, step, histogram)
  return repeated
}

function negate(series: StepSeries): StepSeries {
  const { kinds, values, histograms } = series
  for (let step = 0; step < kinds.length; step++) {
    if (kinds[step] === FLOAT) values[step] = -(values[step] as number)
    else if (kinds[step] === HISTOGRAM && histograms) {
      histograms[step] = scaleHistogram(histograms[step] as FloatHistogram, -1)
    }
  }
  return series
}
