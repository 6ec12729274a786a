import { type FloatHistogram, histogramFraction, histogramQuantile } from '@prom/histogram'
import { type Labels, METRIC_NAME } from '@prom/labels'
import { parseFloatGo, printFloat } from '@prom/model'
import type { Call, Expr } from '@prom/promql-syntax'
import type { Frame } from '../context.ts'
import { forMetric } from '../notes.ts'
import { metadataLabels } from '../operators/names.ts'
import { FLOAT, HISTOGRAM, makeHeldSeries, mergeSameLabels, type StepSeries } from '../tile.ts'
import { type ClassicBucket, classicFraction, classicQuantile } from './classic-quantile.ts'
import { checkQuantile } from './quantile.ts'

const LE: ReadonlySet<string> = new Set(['le'])

/** Series that belong to one histogram: classic buckets, or one native series. */
interface Group {
  readonly labels: Labels
  readonly isNameDropped: boolean
  readonly buckets: { readonly bound: number; readonly series: StepSeries }[]
  native: StepSeries | undefined
}

type Compute = (step: number, input: FloatHistogram | ClassicBucket[], name: string) => number

/** Groups the input of a histogram function and computes one value per histogram and step. */
function overHistograms(
  frame: Frame,
  input: readonly StepSeries[],
  at: Expr,
  compute: Compute,
): { group: Group; result: StepSeries }[] {
  const { notes, limits } = frame.context
  const groups = groupBuckets(frame, input, at)
  const results: { group: Group; result: StepSeries }[] = []
  for (const group of groups) {
    const { labels, buckets, native } = group
    const name = labels.get(METRIC_NAME)
    limits.check()
    const result = makeHeldSeries(limits, labels, frame.times.length, group.isNameDropped)
    for (let step = 0; step < frame.times.length; step++) {
      const histogram = native?.kinds[step] === HISTOGRAM ? native.histograms?.[step] : undefined
      const there = buckets.filter(({ series }) => series.kinds[step] === FLOAT)
      if (histogram && there.length > 0) {
        const text = 'vector contains a mix of classic and native histograms'
        notes.warn(`${text}${forMetric(name)}`, at.range)
        continue
      }
      if (!histogram && there.length === 0) continue
      const classic = () =>
        there.map(({ bound, series }) => ({
          upperBound: bound,
          count: series.values[step] as number,
        }))
      result.values[step] = compute(step, histogram ?? classic(), name)
      result.kinds[step] = FLOAT
    }
    if (result.kinds.indexOf(FLOAT) >= 0) results.push({ group, result })
  }
  return results
}

function groupBuckets(frame: Frame, input: readonly StepSeries[], at: Expr): Group[] {
  const { notes } = frame.context
  const groups = new Map<string, Group>()
  const groupOf = (labels: Labels, isNameDropped: boolean) => {
    const key = labels.key()
    let group = groups.get(key)
    if (!group) {
      group = { labels, isNameDropped, buckets: [], native: undefined }
      groups.set(key, group)
    }
    return group
  }
  for (const series of input) {
    const { labels, kinds, isNameDropped } = series
    if (kinds.indexOf(HISTOGRAM) >= 0) groupOf(labels, isNameDropped).native = series
    if (kinds.indexOf(FLOAT) < 0) continue
    const le = labels.get('le')
    const bound = parseFloatGo(le)
    if (bound === undefined) {
      const text = `bucket label "le" is missing or has a malformed value of ${JSON.stringify(le)}`
      const name = JSON.stringify(labels.get(METRIC_NAME))
      notes.warn(`${text} for metric name ${name}`, at.range)
      continue
    }
    groupOf(labels.without(LE), isNameDropped).buckets.push({ bound, series })
  }
  return [...groups.values()]
}

/** Drops the name of results, and joins what became equal. */
function finish(frame: Frame, results: { result: StepSeries }[]): StepSeries[] {
  const { features } = frame.context
  const all = results.map(({ result }) => result)
  if (features.delayedNameRemoval) {
    for (const result of all) result.isNameDropped = true
    return all
  }
  const metadata = metadataLabels(features)
  for (const result of all) result.labels = result.labels.without(metadata)
  return mergeSameLabels(all)
}

export function histogramQuantileOf(
  frame: Frame,
  call: Call,
  quantiles: Float64Array,
  input: readonly StepSeries[],
): StepSeries[] {
  const { notes } = frame.context
  const [parameter, vector] = call.args as [Expr, Expr]
  for (const q of quantiles) checkQuantile(q, notes, parameter.range)
  const compute = quantileComputation(frame, vector, (step) => quantiles[step] as number)
  return finish(frame, overHistograms(frame, input, vector, compute))
}

export function histogramQuantilesOf(
  frame: Frame,
  call: Call,
  label: string,
  quantiles: readonly Float64Array[],
  input: readonly StepSeries[],
): StepSeries[] {
  const { notes } = frame.context
  const vector = call.args[0] as Expr
  const all: { result: StepSeries }[] = []
  quantiles.forEach((column, i) => {
    const parameter = call.args[i + 2] as Expr
    for (const q of column) checkQuantile(q, notes, parameter.range)
    const compute = quantileComputation(frame, vector, (step) => column[step] as number)
    const text = openMetricsFloat(column[0] ?? Number.NaN)
    for (const { group, result } of overHistograms(frame, input, vector, compute)) {
      result.labels = result.labels.with(label, text)
      all.push({ result })
      void group
    }
  })
  return finish(frame, all)
}

function openMetricsFloat(value: number): string {
  const text = printFloat(value)
  return /^-?\d+$/.test(text) ? `${text}.0` : text
}

function quantileComputation(
  frame: Frame,
  at: Expr,
  quantileAt: (step: number) => number,
): Compute {
  const { notes } = frame.context
  return (step, input, name) => {
    const q = quantileAt(step)
    if (!Array.isArray(input)) {
      const value = histogramQuantile(q, input)
      if (Number.isNaN(input.sum) && q >= 0 && q <= 1 && input.count > 0) {
        noteNan(frame, value, name, at)
      }
      return value
    }
    const { value, forced } = classicQuantile(q, input)
    if (forced) {
      const time = frame.times[step] as number
      const { low, high, diff: maxDiff } = forced
      notes.forcedMonotonicity({
        name,
        at: at.range,
        count: 1,
        firstMs: time,
        lastMs: time,
        low,
        high,
        maxDiff,
      })
    }
    return value
  }
}

function noteNan(frame: Frame, value: number, name: string, at: Expr): void {
  const outcome = Number.isNaN(value) ? 'result is NaN' : 'result is skewed higher'
  const text = `input to histogram_quantile has NaN observations, ${outcome}${forMetric(name)}`
  frame.context.notes.info(text, at.range)
}

export function histogramFractionOf(
  frame: Frame,
  call: Call,
  lower: Float64Array,
  upper: Float64Array,
  input: readonly StepSeries[],
): StepSeries[] {
  const { notes } = frame.context
  const vector = call.args[2] as Expr
  const compute: Compute = (step, histogram, name) => {
    const from = lower[step] as number
    const to = upper[step] as number
    if (Array.isArray(histogram)) return classicFraction(from, to, histogram)
    if (Number.isNaN(histogram.sum) && histogram.count > 0 && from < to) {
      const text =
        'input to histogram_fraction has NaN observations, which are excluded from all fractions'
      notes.info(`${text}${forMetric(name)}`, vector.range)
    }
    return histogramFraction(from, to, histogram)
  }
  return finish(frame, overHistograms(frame, input, vector, compute))
}
