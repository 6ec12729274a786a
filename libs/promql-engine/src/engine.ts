import type { FloatHistogram } from '@prom/histogram'
import { EMPTY_LABELS } from '@prom/labels'
import { printFloat, printRfc3339 } from '@prom/model'
import { type Expr, type ParseOptions, parseExpr, TYPE_NAMES, typeOf } from '@prom/promql-syntax'
import type { Querier } from '@prom/storage'
import { type EngineFeatures, type Frame, makeFrame, type QueryContext } from './context.ts'
import { EvaluationError } from './errors.ts'
import { type LimitOptions, Limits } from './limits.ts'
import { forMetric, Notes } from './notes.ts'
import { Evaluator } from './operators/evaluate.ts'
import { withoutName } from './operators/names.ts'
import { findStatsSelectors } from './operators/stats-hints.ts'
import { type Explanation, explainPlan } from './plan/explain.ts'
import { preparePlan } from './plan/prepare.ts'
import type { QueryRange } from './plan/rewrite.ts'
import { matrixOf } from './range-result.ts'
import type { MatrixSeries, QueryResult, QueryValue, VectorSample } from './result.ts'
import { drain, FLOAT, HISTOGRAM, mergeSameLabels, NONE, type StepSeries } from './tile.ts'
import { beginQuery } from './workspace.ts'

export interface EngineOptions {
  readonly lookbackMs: number
  /** Step of subqueries without one: the global evaluation interval. */
  readonly subqueryStepMs: number
  readonly parse: ParseOptions
  readonly features: EngineFeatures
}

/** One query: what to evaluate, when, on what. */
export interface QueryRequest {
  readonly query: string
  /** `query` parsed before, by the same options; runs resolve it in place, so one at a time. */
  readonly expr?: Expr
  /** Instant queries: startMs = endMs, stepMs 0. */
  readonly range: QueryRange
  readonly isInstant: boolean
  readonly lookbackMs?: number | undefined
  /** The account of the query; given as `Limits`, it goes on after the result, for encoding. */
  readonly limits: LimitOptions | Limits
  /** Opens the storage for the sample times the query needs. */
  readonly openQuerier: (mint: number, maxt: number) => Querier
}

/** A parse error in a range query of a type that has no range form. */
export class QueryTypeError extends Error {}

/** Parses and evaluates one query. Throws ParseError, QueryTypeError or EvaluationError. */
export function runQuery(request: QueryRequest, options: EngineOptions): QueryResult {
  const expr = parseFor(request, options)
  try {
    return evaluate(expr, request, options)
  } catch (err) {
    if (err instanceof RangeError && /call stack/.test(err.message)) {
      throw new EvaluationError('expression is nested too deeply')
    }
    throw err
  }
}

function parseFor({ query, isInstant, expr: given }: Asked, options: EngineOptions): Expr {
  const expr = given ?? parseExpr(query, options.parse)
  const type = typeOf(expr)
  if (!isInstant && type !== 'scalar' && type !== 'vector') {
    const rule = 'for range query, must be Scalar or instant Vector'
    throw new QueryTypeError(`invalid expression type "${TYPE_NAMES[type]}" ${rule}`)
  }
  return expr
}

type Asked = Pick<QueryRequest, 'query' | 'expr' | 'isInstant' | 'range' | 'lookbackMs'>

/** How a query would be evaluated; nothing is read. Throws as `runQuery`. */
export function explainQuery(request: Asked, options: EngineOptions): Explanation {
  const expr = parseFor(request, options)
  const lookbackMs = request.lookbackMs || options.lookbackMs
  const { query, range } = request
  const plan = preparePlan(expr, query, range, lookbackMs, options.subqueryStepMs)
  return explainPlan(plan, range, lookbackMs)
}

function evaluate(expr: Expr, request: QueryRequest, options: EngineOptions): QueryResult {
  const { range, query, isInstant } = request
  const lookbackMs = request.lookbackMs || options.lookbackMs
  const plan = preparePlan(expr, query, range, lookbackMs, options.subqueryStepMs)
  const notes = new Notes(query)
  const limits = request.limits instanceof Limits ? request.limits : new Limits(request.limits)
  const hasData = plan.mint <= plan.maxt
  const querier = request.openQuerier(hasData ? plan.mint : 0, hasData ? plan.maxt : 0)
  try {
    const context: QueryContext = {
      querier,
      notes,
      limits,
      features: options.features,
      lookbackMs,
      subqueryStepMs: options.subqueryStepMs,
      startMs: range.startMs,
      endMs: range.endMs,
      stepMs: range.stepMs,
      isInstant,
      statsSelectors: findStatsSelectors(expr),
    }
    limits.check()
    const frame = makeFrame(context, range.startMs, range.endMs, range.stepMs)
    limits.begin(frame.times.length)
    beginQuery()
    const value = valueAt(expr, new Evaluator(plan), frame)
    for (const warning of querier.warnings) notes.plainWarning(warning)
    noteMonotonicity(notes)
    const { queryableSamples, samplesRead, peakSamples, peakBytes, perStep } = limits
    return {
      value,
      warnings: notes.warnings(),
      infos: notes.infos(),
      stats: {
        totalQueryableSamples: queryableSamples,
        samplesRead,
        peakSamples,
        peakBytes,
        perStep: perStep && { times: frame.times, ...perStep },
      },
    }
  } finally {
    querier.close()
  }
}

function valueAt(expr: Expr, evaluator: Evaluator, frame: Frame): QueryValue {
  const { isInstant, features } = frame.context
  const timeMs = frame.times[0] ?? 0
  switch (typeOf(expr)) {
    case 'string':
      return { type: 'string', timeMs, value: evaluator.text(expr) }
    case 'scalar': {
      const values = evaluator.scalar(expr, frame)
      if (isInstant) return { type: 'scalar', timeMs, value: values[0] as number }
      const series = [{ labels: EMPTY_LABELS, times: frame.times, values, histograms: undefined }]
      return { type: 'matrix', series: values.length > 0 ? series : [] }
    }
    case 'matrix':
      return { type: 'matrix', series: matrixOf(expr, evaluator, frame) }
    default: {
      const all = settleNames(drain(evaluator.vector(expr, frame)), features)
      if (isInstant) return { type: 'vector', timeMs, samples: all.flatMap(sampleOf) }
      const points = new PointMaker(frame.times)
      const series = all.map((one) => points.of(one)).filter((one) => one !== undefined)
      return { type: 'matrix', series: series.sort((a, b) => a.labels.compare(b.labels)) }
    }
  }
}

/** Drops the names that were only marked, and joins what became equal. */
function settleNames(all: StepSeries[], features: EngineFeatures): StepSeries[] {
  if (!features.delayedNameRemoval) return all
  let isAny = false
  for (const series of all) {
    if (!series.isNameDropped) continue
    series.labels = withoutName(series.labels, features)
    isAny = true
  }
  return isAny ? mergeSameLabels(all) : all
}

function sampleOf({ labels, kinds, values, histograms }: StepSeries): VectorSample[] {
  if (kinds[0] === NONE) return []
  const histogram = kinds[0] === HISTOGRAM ? histograms?.[0] : undefined
  return [{ labels, value: values[0] as number, histogram }]
}

/** Makes points of steps; series that are there at the same steps share their times. */
class PointMaker {
  readonly #steps: Float64Array
  #kinds: Uint8Array | undefined
  #times = new Float64Array(0)

  constructor(steps: Float64Array) {
    this.#steps = steps
  }

  of(series: StepSeries): MatrixSeries | undefined {
    const { labels, kinds } = series
    if (!series.histograms && kinds.indexOf(NONE) < 0) {
      return { labels, times: this.#steps, values: series.values, histograms: undefined }
    }
    const times = this.#timesOf(kinds)
    if (times.length === 0) return undefined
    const values = new Float64Array(times.length)
    const histograms: (FloatHistogram | undefined)[] | undefined = series.histograms && []
    let at = 0
    for (let step = 0; step < kinds.length; step++) {
      if (kinds[step] === NONE) continue
      if (kinds[step] === FLOAT) values[at] = series.values[step] as number
      if (histograms) {
        histograms[at] = kinds[step] === HISTOGRAM ? series.histograms?.[step] : undefined
      }
      at++
    }
    return { labels, times, values, histograms }
  }

  #timesOf(kinds: Uint8Array): Float64Array {
    if (this.#kinds && hasSameSteps(kinds, this.#kinds)) return this.#times
    this.#kinds = kinds
    this.#times = this.#steps.filter((_, step) => kinds[step] !== NONE)
    return this.#times
  }
}

function hasSameSteps(a: Uint8Array, b: Uint8Array): boolean {
  for (let step = 0; step < a.length; step++) {
    if ((a[step] === NONE) !== (b[step] === NONE)) return false
  }
  return true
}

/** Top-level infos about classic histograms, as one text per series name and place. */
function noteMonotonicity(notes: Notes): void {
  for (const { name, at, low, high, maxDiff, count, firstMs, lastMs } of notes.takeMonotonicity()) {
    const link =
      'https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile'
    const span = `from buckets ${printFloat(low)} to ${printFloat(high)}`
    const diff = `with a max diff of ${printFloat(maxDiff, 'g', 2)}`
    const when = `over ${count} samples from ${printRfc3339(firstMs)} to ${printRfc3339(lastMs)}`
    const text = `input to histogram_quantile needed to be fixed for monotonicity (see ${link})`
    notes.info(`${text}, ${span}, ${diff}, ${when}${forMetric(name)}`, at)
  }
}
