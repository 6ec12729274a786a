import type { BucketList } from './buckets.ts'
import { type Draft, draftOf, finish, isCustom, reconcile } from './draft.ts'
import type { CounterResetHint, FloatHistogram } from './histogram.ts'

/** What happened while two histograms were put together. */
export interface Combined {
  readonly histogram: FloatHistogram
  /** Custom bounds differed and were reduced to the common ones. */
  readonly isRebucketed: boolean
  /** One hint said reset, the other said no reset. */
  readonly hasConflict: boolean
}

/** a + b, or undefined when one has custom bounds and the other has not. */
export function addHistograms(a: FloatHistogram, b: FloatHistogram): Combined | undefined {
  return combine(a, b, 1)
}

/** a - b, or undefined when one has custom bounds and the other has not. */
export function subtractHistograms(a: FloatHistogram, b: FloatHistogram): Combined | undefined {
  return combine(a, b, -1)
}

function combine(a: FloatHistogram, b: FloatHistogram, sign: number): Combined | undefined {
  const left = draftOf(a)
  const right = draftOf(b)
  const layout = reconcile(left, right)
  if (!layout) return undefined
  const { hint, hasConflict } = joinHints(a.counterResetHint, b.counterResetHint)
  left.counterResetHint = hint
  left.count += sign * right.count
  left.sum += sign * right.sum
  left.zeroCount += sign * right.zeroCount
  left.positive = mergeCounts(left.positive, right.positive, sign)
  left.negative = mergeCounts(left.negative, right.negative, sign)
  return { histogram: finish(left), isRebucketed: layout.isRebucketed, hasConflict }
}

/** The hint of a combination. */
export function joinHints(
  a: CounterResetHint,
  b: CounterResetHint,
): { hint: CounterResetHint; hasConflict: boolean } {
  if (a === b) return { hint: a, hasConflict: false }
  if (a === 'gauge' || b === 'gauge') return { hint: 'gauge', hasConflict: false }
  const hasConflict = a !== 'unknown' && b !== 'unknown'
  return { hint: 'unknown', hasConflict }
}

/** Counts of `b`, times `sign`, added to those of `a`; both ascending. */
function mergeCounts(a: BucketList, b: BucketList, sign: number): BucketList {
  const indices: number[] = []
  const counts: number[] = []
  let i = 0
  let j = 0
  while (i < a.indices.length || j < b.indices.length) {
    const left = i < a.indices.length ? (a.indices[i] as number) : Number.POSITIVE_INFINITY
    const right = j < b.indices.length ? (b.indices[j] as number) : Number.POSITIVE_INFINITY
    indices.push(Math.min(left, right))
    if (left < right) counts.push(a.counts[i++] as number)
    else if (right < left) counts.push(sign * (b.counts[j++] as number))
    else counts.push((a.counts[i++] as number) + sign * (b.counts[j++] as number))
  }
  return { indices, counts }
}

/** Every count and the sum times `factor`. */
export function scaleHistogram(histogram: FloatHistogram, factor: number): FloatHistogram {
  return mapCounts(histogram, (count) => count * factor, factor < 0)
}

/** Every count and the sum divided by `divisor`; buckets vanish when that is zero. */
export function divideHistogram(histogram: FloatHistogram, divisor: number): FloatHistogram {
  const divided = mapCounts(histogram, (count) => count / divisor, divisor < 0)
  if (divisor !== 0) return divided
  return {
    ...divided,
    positiveSpans: [],
    positiveBuckets: [],
    negativeSpans: [],
    negativeBuckets: [],
  }
}

function mapCounts(
  histogram: FloatHistogram,
  map: (count: number) => number,
  isNegative: boolean,
): FloatHistogram {
  return {
    ...histogram,
    counterResetHint: isNegative ? 'gauge' : histogram.counterResetHint,
    zeroCount: map(histogram.zeroCount),
    count: map(histogram.count),
    sum: map(histogram.sum),
    positiveBuckets: histogram.positiveBuckets.map(map),
    negativeBuckets: histogram.negativeBuckets.map(map),
  }
}

/**
 * Adds histograms with compensated (Kahan) sums, as sum() and avg() do. The first histogram decides whether the
 * rest may be exponential or custom.
 */
export class HistogramSum {
  readonly #draft: Draft
  // What got lost in rounding, added at the end: count, sum, zero count, buckets by index.
  #lostCount = 0
  #lostSum = 0
  #lostZero = 0
  #lostPositive = new Map<number, number>()
  #lostNegative = new Map<number, number>()
  #hasReset: boolean
  #hasNoReset: boolean
  isRebucketed = false
  readonly #isAverage: boolean
  /** The sum would overflow: the draft is the mean so far. */
  #isIncremental = false
  #size = 1

  /** With `isAverage` the result is the mean, found step by step where the sum would overflow. */
  constructor(first: FloatHistogram, isAverage = false) {
    this.#isAverage = isAverage
    this.#draft = draftOf(first)
    this.#hasReset = first.counterResetHint === 'reset'
    this.#hasNoReset = first.counterResetHint === 'not_reset'
  }

  get hasConflict(): boolean {
    return this.#hasReset && this.#hasNoReset
  }

  /** False if the layouts cannot be combined; the sum is then of no use. */
  add(histogram: FloatHistogram): boolean {
    const draft = this.#draft
    const { schema, zeroThreshold } = draft
    let other = draftOf(histogram)
    this.#size++
    if (this.#isAverage) {
      if (!this.#isIncremental && overflows(draft, other)) {
        this.#scale(1 / (this.#size - 1))
        this.#isIncremental = true
      }
      if (this.#isIncremental) {
        this.#scale((this.#size - 1) / this.#size)
        other = draftOf(divideHistogram(histogram, this.#size))
      }
    }
    if (isCustom(draft) === isCustom(other)) this.#settleIfLayoutChanges(other)
    const layout = reconcile(draft, other)
    if (!layout) return false
    if (layout.isRebucketed) this.isRebucketed = true
    if (draft.schema !== schema || draft.zeroThreshold !== zeroThreshold || layout.isRebucketed) {
      this.#lostPositive.clear()
      this.#lostNegative.clear()
    }
    this.#hasReset ||= histogram.counterResetHint === 'reset'
    this.#hasNoReset ||= histogram.counterResetHint === 'not_reset'
    draft.counterResetHint = joinHints(draft.counterResetHint, histogram.counterResetHint).hint
    ;[draft.count, this.#lostCount] = kahan(other.count, draft.count, this.#lostCount)
    ;[draft.sum, this.#lostSum] = kahan(other.sum, draft.sum, this.#lostSum)
    ;[draft.zeroCount, this.#lostZero] = kahan(other.zeroCount, draft.zeroCount, this.#lostZero)
    draft.positive = addCompensated(draft.positive, other.positive, this.#lostPositive)
    draft.negative = addCompensated(draft.negative, other.negative, this.#lostNegative)
    return true
  }

  #scale(factor: number): void {
    const draft = this.#draft
    draft.count *= factor
    draft.sum *= factor
    draft.zeroCount *= factor
    this.#lostCount *= factor
    this.#lostSum *= factor
    this.#lostZero *= factor
    for (const sign of ['positive', 'negative'] as const) {
      const { indices, counts } = draft[sign]
      draft[sign] = { indices, counts: counts.map((count) => count * factor) }
    }
    for (const lost of [this.#lostPositive, this.#lostNegative]) {
      for (const [index, rest] of lost) lost.set(index, rest * factor)
    }
  }

  /** Folds the losses of buckets into their counts before the buckets change. */
  #settleIfLayoutChanges(other: Draft): void {
    const draft = this.#draft
    const isSame =
      draft.schema <= other.schema &&
      draft.zeroThreshold === other.zeroThreshold &&
      draft.customValues.length === other.customValues.length
    if (isSame || (this.#lostPositive.size === 0 && this.#lostNegative.size === 0)) return
    draft.positive = withLosses(draft.positive, this.#lostPositive)
    draft.negative = withLosses(draft.negative, this.#lostNegative)
    this.#lostPositive.clear()
    this.#lostNegative.clear()
  }

  /** The sum or the mean. */
  result(): FloatHistogram {
    const draft = this.#draft
    const isUnknown = this.hasConflict && draft.counterResetHint !== 'gauge'
    const total = finish({
      ...draft,
      counterResetHint: isUnknown ? 'unknown' : draft.counterResetHint,
      count: draft.count + this.#lostCount,
      sum: draft.sum + this.#lostSum,
      zeroCount: draft.zeroCount + this.#lostZero,
      positive: withLosses(draft.positive, this.#lostPositive),
      negative: withLosses(draft.negative, this.#lostNegative),
    })
    const isDone = !this.#isAverage || this.#isIncremental || this.#size === 1
    return isDone ? total : divideHistogram(total, this.#size)
  }
}

/** Whether any number of the sum might be infinite, though the numbers added are not. */
function overflows(a: Draft, b: Draft): boolean {
  const isOver = (x: number, y: number) => Math.abs(x) + Math.abs(y) === Number.POSITIVE_INFINITY
  const highest = ({ positive, negative }: Draft) =>
    Math.max(0, ...positive.counts, ...negative.counts)
  return (
    isOver(a.count, b.count) ||
    isOver(a.sum, b.sum) ||
    isOver(a.zeroCount, b.zeroCount) ||
    isOver(highest(a), highest(b))
  )
}

function kahan(add: number, sum: number, lost: number): [number, number] {
  const total = sum + add
  if (total === Number.POSITIVE_INFINITY || total === Number.NEGATIVE_INFINITY) return [total, 0]
  const rest = Math.abs(sum) >= Math.abs(add) ? sum - total + add : add - total + sum
  return [total, lost + rest]
}

function addCompensated(a: BucketList, b: BucketList, lost: Map<number, number>): BucketList {
  const merged = mergeCounts(a, { indices: b.indices, counts: b.counts.map(() => 0) }, 1)
  let at = 0
  b.indices.forEach((index, i) => {
    while (merged.indices[at] !== index) at++
    const [sum, rest] = kahan(
      b.counts[i] as number,
      merged.counts[at] as number,
      lost.get(index) ?? 0,
    )
    merged.counts[at] = sum
    if (rest !== 0) lost.set(index, rest)
    else lost.delete(index)
  })
  return merged
}

function withLosses(list: BucketList, lost: ReadonlyMap<number, number>): BucketList {
  if (lost.size === 0) return list
  const counts = list.counts.map((count, i) => count + (lost.get(list.indices[i] as number) ?? 0))
  return { indices: list.indices, counts }
}
