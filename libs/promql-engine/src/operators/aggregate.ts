import { type FloatHistogram, HistogramSum } from '@prom/histogram'
import { type Labels, METRIC_NAME } from '@prom/labels'
import type { Aggregation } from '@prom/promql-syntax'
import type { Frame } from '../context.ts'
import { checkQuantile, quantileOf } from '../functions/quantile.ts'
import {
  addPlaced,
  addToAccumulators,
  finishAccumulators,
  makeAccumulators,
} from '../kernels/accumulate.ts'
import { forMetric } from '../notes.ts'
import {
  FLOAT,
  HISTOGRAM,
  makeHeldSeries,
  type Operator,
  type StepSeries,
  setHistogram,
  tileBytes,
} from '../tile.ts'
import { Workspace } from '../workspace.ts'
import { Grouping } from './grouping.ts'

/** sum, avg, count, min, max, group, stddev, stdvar, quantile: one result per group. */
export function aggregate(
  frame: Frame,
  node: Aggregation,
  input: Operator,
  parameter: Float64Array | undefined,
): StepSeries[] {
  if (node.op === 'quantile') return quantiles(frame, node, input, parameter as Float64Array)
  const grouping = new Grouping(node, frame.context.features)
  const steps = frame.times.length
  const groups: GroupState[] = []
  const { limits } = frame.context
  const add = (series: StepSeries) => {
    const index = grouping.indexOf(series.labels)
    let group = groups[index]
    if (!group) {
      group = new GroupState(frame, node, grouping.labelsAt(index), series.place?.space)
      groups.push(group)
    }
    group.add(series)
  }
  if (input.visit) {
    const mark = Workspace.mark()
    while (input.visit(add)) limits.check()
    const results = resultsOf(groups)
    // Whoever computed the input is done with it, too.
    Workspace.release(mark)
    return results
  }
  for (let tile = input.next(); tile; tile = input.next()) {
    limits.check()
    for (const series of tile) add(series)
    limits.releaseBytes(tileBytes(tile.length, steps))
    input.recycle?.()
  }
  return resultsOf(groups)
}

function resultsOf(groups: readonly GroupState[]): StepSeries[] {
  return groups.map((group) => group.result()).filter((series) => series !== undefined)
}

/** What an aggregation keeps per step besides its result. */
const ACCUMULATOR_BYTES = 25

const HISTOGRAM_OPS: ReadonlySet<string> = new Set(['sum', 'avg'])
const COUNTING_OPS: ReadonlySet<string> = new Set(['count', 'group'])

class GroupState {
  readonly #frame: Frame
  readonly #node: Aggregation
  readonly #result: StepSeries
  readonly #accumulators: ReturnType<typeof makeAccumulators>
  /** Sums of histograms per step, and the steps at which they are of no use. */
  #histograms: (HistogramSum | 'mixed' | undefined)[] | undefined
  #hasAny = false

  /** `space`: where what is added lies, if kernels find it. */
  constructor(frame: Frame, node: Aggregation, labels: Labels, space: Workspace | undefined) {
    const steps = frame.times.length
    this.#frame = frame
    this.#node = node
    const { limits } = frame.context
    limits.holdBytes(steps * ACCUMULATOR_BYTES)
    this.#result = makeHeldSeries(limits, labels, steps)
    this.#accumulators = makeAccumulators(node.op, steps, space?.take(steps * 3))
  }

  add(series: StepSeries): void {
    const { op } = this.#node
    this.#hasAny = true
    this.#result.isNameDropped ||= series.isNameDropped
    if (!series.histograms) {
      const { place, values, kinds } = series
      if (place && this.#accumulators.address !== 0) {
        addPlaced(this.#accumulators, place, values, kinds)
      } else addToAccumulators(this.#accumulators, values, kinds)
      return
    }
    if (COUNTING_OPS.has(op)) {
      const kinds = series.kinds.map((kind) => (kind === HISTOGRAM ? FLOAT : kind))
      addToAccumulators(this.#accumulators, series.values, kinds)
      return
    }
    const kinds = series.kinds.map((kind) => (kind === FLOAT ? FLOAT : 0))
    addToAccumulators(this.#accumulators, series.values, kinds)
    if (HISTOGRAM_OPS.has(op)) this.#addHistograms(series)
    else if (series.kinds.indexOf(HISTOGRAM) >= 0) {
      const text = `ignored histogram in ${op} aggregation`
      this.#frame.context.notes.info(text, this.#node.expr.range)
    }
  }

  #addHistograms(series: StepSeries): void {
    this.#histograms ??= new Array(series.kinds.length)
    const { notes } = this.#frame.context
    const { op } = this.#node
    for (let step = 0; step < series.kinds.length; step++) {
      if (series.kinds[step] !== HISTOGRAM) continue
      const histogram = series.histograms?.[step] as FloatHistogram
      const sum = this.#histograms[step]
      if (sum === undefined) this.#histograms[step] = new HistogramSum(histogram, op === 'avg')
      else if (sum !== 'mixed' && !sum.add(histogram)) {
        this.#histograms[step] = 'mixed'
        const text =
          'vector contains a mix of histograms with exponential and custom buckets schemas'
        const name = forMetric(series.labels.get(METRIC_NAME))
        notes.warn(`${text}${name}`, this.#node.expr.range)
      }
    }
  }

  result(): StepSeries | undefined {
    if (!this.#hasAny) return undefined
    const result = this.#result
    const found = finishAccumulators(this.#accumulators, result.values, result.kinds)
    const histograms = this.#histograms
    if (!histograms) return found > 0 ? result : undefined
    const { notes } = this.#frame.context
    const { range } = this.#node.expr
    let isThere = false
    for (let step = 0; step < result.kinds.length; step++) {
      const sum = histograms[step]
      if (sum !== undefined && result.kinds[step] === FLOAT) {
        result.kinds[step] = 0
        notes.warn('encountered a mix of histograms and floats for aggregation', range)
        continue
      }
      if (sum === undefined || sum === 'mixed') {
        isThere ||= result.kinds[step] === FLOAT
        continue
      }
      if (sum.hasConflict) {
        notes.warn('conflicting counter resets during histogram aggregation', range)
      }
      if (sum.isRebucketed) {
        notes.info('mismatched custom buckets were reconciled during aggregation', range)
      }
      setHistogram(result, step, sum.result())
      isThere = true
    }
    return isThere ? result : undefined
  }
}

function quantiles(
  frame: Frame,
  node: Aggregation,
  input: Operator,
  parameter: Float64Array,
): StepSeries[] {
  const { notes, features, limits } = frame.context
  const at = node.param?.range ?? node.range
  const grouping = new Grouping(node, features)
  const members: StepSeries[][] = []
  for (let tile = input.next(); tile; tile = input.next()) {
    limits.check()
    for (const series of tile) {
      if (series.histograms && series.kinds.indexOf(HISTOGRAM) >= 0) {
        notes.info('ignored histogram in quantile aggregation', node.expr.range)
      }
      if (series.kinds.indexOf(FLOAT) < 0) continue
      const index = grouping.indexOf(series.labels)
      members[index] ??= []
      members[index].push(series)
    }
  }
  // After the input, whose own notes about the same come first.
  for (const q of parameter) checkQuantile(q, notes, at)
  return members.flatMap((all, index) => {
    limits.check()
    const result = makeHeldSeries(limits, grouping.labelsAt(index), frame.times.length)
    result.isNameDropped = all.some(({ isNameDropped }) => isNameDropped)
    const scratch = new Float64Array(all.length)
    for (let step = 0; step < frame.times.length; step++) {
      let count = 0
      for (const { kinds, values } of all) {
        if (kinds[step] === FLOAT) scratch[count++] = values[step] as number
      }
      if (count === 0) continue
      result.values[step] = quantileOf(parameter[step] as number, scratch.subarray(0, count))
      result.kinds[step] = FLOAT
    }
    limits.releaseBytes(tileBytes(all.length, frame.times.length))
    return [result]
  })
}
