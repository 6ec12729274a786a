import type { Labels } from '@prom/labels'
import { printFloat } from '@prom/model'
import type { Aggregation } from '@prom/promql-syntax'
import type { Frame } from '../context.ts'
import { fail } from '../errors.ts'
import { labelHash } from '../kernels/label-hash.ts'
import { RankingHeap } from '../kernels/ranking-heap.ts'
import {
  copyStep,
  FLOAT,
  HISTOGRAM,
  isEmpty,
  makeHeldSeries,
  NONE,
  type StepSeries,
} from '../tile.ts'
import { Grouping } from './grouping.ts'

/** Series looked at between two questions whether to stop. */
const CHECK_EVERY = 1_000_000

const INT64 = 2 ** 63

/** topk, bottomk, limitk, limit_ratio: some of the input series, unchanged. */
export function selectK(
  frame: Frame,
  node: Aggregation,
  input: StepSeries[],
  parameter: Float64Array,
): StepSeries[] {
  if (node.op === 'limit_ratio') return limitRatio(frame, node, input, parameter)
  const counts = Float64Array.from(parameter, (k) => checkCount(k))
  const members = groupMembers(frame, node, input)
  if (node.op === 'limitk') return limitK(frame, members, counts)
  const chosen = members.map((all) => rank(frame, node, all, counts))
  if (!frame.context.isInstant) return chosen.flat().filter((series) => !isEmpty(series))
  return chosen.flat()
}

function checkCount(k: number): number {
  if (Number.isNaN(k)) fail('Parameter value is NaN')
  if (k >= INT64) fail(`Scalar value ${printFloat(k)} overflows int64`)
  if (k <= -INT64) fail(`Scalar value ${printFloat(k)} underflows int64`)
  return Math.trunc(k)
}

function groupMembers(frame: Frame, node: Aggregation, input: StepSeries[]): StepSeries[][] {
  const grouping = new Grouping(node, frame.context.features)
  const members: StepSeries[][] = []
  for (const series of input) {
    const index = grouping.indexOf(series.labels)
    members[index] ??= []
    members[index].push(series)
  }
  return members
}

/** Keeps at each step the k largest (or smallest) floats of a group. */
function rank(
  frame: Frame,
  node: Aggregation,
  all: StepSeries[],
  counts: Float64Array,
): StepSeries[] {
  const steps = frame.times.length
  const { limits } = frame.context
  const heap = new RankingHeap(node.op === 'topk')
  const results: (StepSeries | undefined)[] = new Array(all.length)
  let looked = 0
  for (let step = 0; step < steps; step++) {
    const k = counts[step] as number
    looked += all.length
    if (looked > CHECK_EVERY) {
      looked = 0
      limits.check()
    }
    heap.clear()
    for (let i = 0; i < all.length; i++) {
      const { kinds, values } = all[i] as StepSeries
      if (kinds[step] === FLOAT) {
        if (k >= 1) heap.offer(i, values[step] as number, k)
      } else if (kinds[step] === HISTOGRAM) {
        const text = `ignored histogram in ${node.op} aggregation`
        frame.context.notes.info(text, node.expr.range)
      }
    }
    for (const i of heap.ids()) {
      const source = all[i] as StepSeries
      const result =
        results[i] ?? makeHeldSeries(limits, source.labels, steps, source.isNameDropped)
      results[i] = result
      copyStep(source, result, step)
    }
  }
  const isInstant = frame.context.isInstant && steps === 1
  const picked = isInstant ? heap.ranked().map((i) => results[i]) : results
  return picked.filter((series) => series !== undefined)
}

/** The first k series of each group at each step. */
function limitK(frame: Frame, members: StepSeries[][], counts: Float64Array): StepSeries[] {
  const steps = frame.times.length
  const kept: StepSeries[] = []
  for (const all of members) {
    const taken = new Float64Array(steps)
    for (const series of all) {
      for (let step = 0; step < steps; step++) {
        if (series.kinds[step] === NONE) continue
        if ((taken[step] as number) < (counts[step] as number)) (taken[step] as number) += 1
        else series.kinds[step] = NONE
      }
      if (!isEmpty(series)) kept.push(series)
    }
  }
  return kept
}

function limitRatio(
  frame: Frame,
  node: Aggregation,
  input: StepSeries[],
  parameter: Float64Array,
): StepSeries[] {
  const { notes } = frame.context
  const at = node.param?.range ?? node.range
  const ratios = parameter.map((ratio) => {
    if (Number.isNaN(ratio)) fail('Ratio value is NaN')
    const capped = Math.max(-1, Math.min(1, ratio))
    if (capped !== ratio) {
      const got = `got ${printFloat(ratio)}, capping to ${capped}`
      notes.warn(`ratio value should be between -1 and 1, ${got}`, at)
    }
    return capped
  })
  return input.filter((series) => {
    const place = offsetOf(series.labels)
    for (let step = 0; step < ratios.length; step++) {
      const ratio = ratios[step] as number
      const isIn = ratio >= 0 ? place < ratio : place >= 1 + ratio
      if (!isIn || ratio === 0) series.kinds[step] = NONE
    }
    return !isEmpty(series)
  })
}

/** Where a label set lies between 0 and 1, by its hash. */
function offsetOf(labels: Labels): number {
  return Number(labelHash(labels)) / 2 ** 64
}
