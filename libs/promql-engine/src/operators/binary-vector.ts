import type { FloatHistogram } from '@prom/histogram'
import type { Labels } from '@prom/labels'
import type { BinaryExpr, VectorMatching } from '@prom/promql-syntax'
import type { Frame } from '../context.ts'
import { fail } from '../errors.ts'
import {
  FLOAT,
  HISTOGRAM,
  isEmpty,
  makeHeldSeries,
  mergeSameLabels,
  NONE,
  type StepSeries,
  setHistogram,
} from '../tile.ts'
import { ElementOperator, type Value } from './element.ts'
import { joinPairs } from './join-pairs.ts'
import { metadataLabels } from './names.ts'
import { matchLabels } from './signature.ts'

/** Matches two vectors and applies the operator pair by pair. */
export function binaryVectors(
  frame: Frame,
  node: BinaryExpr,
  left: StepSeries[],
  right: StepSeries[],
): StepSeries[] {
  return new VectorJoin(frame, node).join(left, right)
}

/** Series between two questions whether to stop. */
const CHECK_EVERY = 256

/** What finding the partners of a series takes. */
const MATCH_BYTES = 300

/** The series of one signature. */
interface Match {
  readonly labels: Labels
  /** The side of which there may be only one at a time. */
  readonly one: StepSeries[]
  readonly many: StepSeries[]
}

class VectorJoin {
  readonly #frame: Frame
  readonly #node: BinaryExpr
  readonly #matching: VectorMatching
  readonly #element: ElementOperator
  readonly #isSwapped: boolean
  /** Steps at which the many side has anything: at others duplicates of the one side do not matter. */
  #manyThere: Uint8Array = new Uint8Array(0)

  constructor(frame: Frame, node: BinaryExpr) {
    this.#frame = frame
    this.#node = node
    this.#matching = node.matching as VectorMatching
    this.#element = new ElementOperator(frame, node)
    this.#isSwapped = this.#matching.card === 'one-to-many'
  }

  join(left: StepSeries[], right: StepSeries[]): StepSeries[] {
    const pairs = joinPairs(this.#frame, this.#node, this.#element, left, right)
    if (pairs) return pairs
    const many = this.#isSwapped ? right : left
    const one = this.#isSwapped ? left : right
    const matches = this.#match(one, many)
    this.#manyThere = stepsWithAny(many, this.#frame.times.length)
    const { fillLeft, fillRight } = this.#matching
    // Compat: with group_right, too, fill_left is for the many side.
    const manyFill = fillLeft
    if (manyFill !== undefined) this.#manyThere.fill(1)
    const oneFill = fillRight
    const results: StepSeries[] = []
    const bySeries = new Map<StepSeries, StepSeries[]>()
    const filled: StepSeries[] = []
    for (const [i, match] of matches.entries()) {
      if (i % CHECK_EVERY === 0) this.#frame.context.limits.check()
      if (this.#isPair(match)) {
        this.#joinPair(match.many[0] as StepSeries, match.one[0] as StepSeries, bySeries)
        continue
      }
      if (match.many.length === 0 && manyFill === undefined) {
        this.#oneSide(match)
        continue
      }
      if (match.one.length === 0 && oneFill === undefined) continue
      this.#joinMatch(match, oneFill, manyFill, bySeries, filled)
    }
    // In the order of the many side, then what only the other side has.
    for (const series of many) results.push(...(bySeries.get(series) ?? []))
    results.push(...filled)
    const kept = results.filter((series) => !isEmpty(series))
    return this.#frame.context.features.delayedNameRemoval ? kept : mergeSameLabels(kept)
  }

  /** One series on each side: nothing can be ambiguous. */
  #isPair({ many, one }: Match): boolean {
    const { fillLeft, fillRight } = this.#matching
    return (
      many.length === 1 && one.length === 1 && fillLeft === undefined && fillRight === undefined
    )
  }

  #joinPair(many: StepSeries, one: StepSeries, bySeries: Map<StepSeries, StepSeries[]>): void {
    const { limits } = this.#frame.context
    const steps = many.kinds.length
    let series: StepSeries | undefined
    for (let step = 0; step < steps; step++) {
      if (many.kinds[step] === NONE || one.kinds[step] === NONE) continue
      const result = this.#apply(valueAt(many, step), valueAt(one, step))
      if (result === undefined) continue
      if (!series) {
        const labels = this.#resultLabels(many.labels, one.labels)
        series = makeHeldSeries(limits, labels, steps)
        series.isNameDropped = many.isNameDropped
        this.#settleName(series)
      }
      put(series, step, result)
    }
    if (series) bySeries.set(many, [series])
  }

  #match(one: readonly StepSeries[], many: readonly StepSeries[]): Match[] {
    const match = matchLabels(this.#matching)
    const { limits } = this.#frame.context
    const byKey = new Map<string, Match>()
    const of = (labels: Labels) => {
      const matched = match(labels)
      const key = matched.key()
      let entry = byKey.get(key)
      if (!entry) {
        entry = { labels: matched, one: [], many: [] }
        byKey.set(key, entry)
      }
      return entry
    }
    limits.holdBytes((many.length + one.length) * MATCH_BYTES)
    for (const series of many) of(series.labels).many.push(series)
    for (const series of one) of(series.labels).one.push(series)
    limits.releaseBytes((many.length + one.length) * MATCH_BYTES)
    return [...byKey.values()]
  }

  /** The series of the one side at each step; fails if there are two. */
  #oneSide(match: Match): Int32Array {
    const at = new Int32Array(this.#frame.times.length).fill(-1)
    match.one.forEach(({ kinds }, i) => {
      for (let step = 0; step < kinds.length; step++) {
        if (kinds[step] === NONE) continue
        if (at[step] !== -1 && this.#manyThere[step] !== NONE) {
          this.#failDuplicate(match, at[step] as number, i)
        }
        at[step] = i
      }
    })
    return at
  }

  #failDuplicate({ labels, one }: Match, a: number, b: number): never {
    const side = this.#isSwapped ? 'left' : 'right'
    const names = [a, b].map((i) => (one[i] as StepSeries).labels.toString()).sort()
    return fail(
      `found duplicate series for the match group ${labels} on the ${side} hand-side of the operation: ` +
        `[${names.join(', ')}];many-to-many matching not allowed: matching labels must be unique on one side`,
    )
  }

  #joinMatch(
    match: Match,
    oneFill: number | undefined,
    manyFill: number | undefined,
    bySeries: Map<StepSeries, StepSeries[]>,
    filled: StepSeries[],
  ): void {
    const steps = this.#frame.times.length
    const { limits } = this.#frame.context
    const oneAt = this.#oneSide(match)
    const isOneToOne = this.#matching.card === 'one-to-one'
    // How many elements matched at each step, to refuse what is not unique.
    const used = new Uint8Array(isOneToOne ? steps : 0)
    const outputs = new Map<string, Uint8Array>()
    for (const [i, many] of match.many.entries()) {
      if (i % CHECK_EVERY === 0) limits.check()
      const made = new Map<number, StepSeries>()
      for (let step = 0; step < steps; step++) {
        if (many.kinds[step] === NONE) continue
        const index = oneAt[step] as number
        if (index < 0 && oneFill === undefined) continue
        const one = index >= 0 ? (match.one[index] as StepSeries) : undefined
        const oneValue = one ? valueAt(one, step) : (oneFill as number)
        if (isOneToOne) {
          if (used[step] === 1) {
            const rule = 'many-to-one matching must be explicit (group_left/group_right)'
            fail(`multiple matches for labels: ${rule}`)
          }
          used[step] = 1
        }
        const result = this.#apply(valueAt(many, step), oneValue)
        if (result === undefined) continue
        let series = made.get(index)
        if (!series) {
          const labels = this.#resultLabels(many.labels, one?.labels ?? match.labels)
          series = makeHeldSeries(limits, labels, steps)
          series.isNameDropped = many.isNameDropped
          this.#settleName(series)
          made.set(index, series)
        }
        if (!isOneToOne) this.#claim(outputs, series.labels, step, steps)
        put(series, step, result)
      }
      bySeries.set(many, [...made.values()])
    }
    if (manyFill !== undefined) filled.push(...this.#fillMany(match, manyFill))
  }

  /** Steps at which only the one side is there. */
  #fillMany(match: Match, fill: number): StepSeries[] {
    const steps = this.#frame.times.length
    const results: StepSeries[] = []
    for (const one of match.one) {
      const { limits } = this.#frame.context
      const series = makeHeldSeries(limits, this.#resultLabels(match.labels, one.labels), steps)
      this.#settleName(series)
      for (let step = 0; step < steps; step++) {
        if (one.kinds[step] === NONE) continue
        if (match.many.some(({ kinds }) => kinds[step] !== NONE)) continue
        const result = this.#apply(fill, valueAt(one, step))
        if (result !== undefined) put(series, step, result)
      }
      results.push(series)
    }
    return results
  }

  #apply(many: Value, one: Value): Value | undefined {
    if (!this.#isSwapped) return this.#element.apply(many, one)
    return this.#element.apply(one, many)
  }

  #claim(outputs: Map<string, Uint8Array>, labels: Labels, step: number, steps: number): void {
    const key = labels.key()
    let taken = outputs.get(key)
    if (!taken) {
      taken = new Uint8Array(steps)
      outputs.set(key, taken)
    }
    if (taken[step] === 1) {
      fail('multiple matches for labels: grouping labels must ensure unique matches')
    }
    taken[step] = 1
  }

  #settleName(series: StepSeries): void {
    const { features } = this.#frame.context
    if (this.#element.keepsName) return
    if (features.delayedNameRemoval) series.isNameDropped = true
    else series.labels = series.labels.without(metadataLabels(features))
  }

  #resultLabels(many: Labels, one: Labels): Labels {
    const { card, on, labels, include } = this.#matching
    let result = many
    if (card === 'one-to-one') {
      result = on ? many.only(new Set(labels)) : many.without(new Set(labels))
    }
    for (const name of include) result = result.with(name, one.get(name))
    return result
  }
}

function stepsWithAny(all: readonly StepSeries[], steps: number): Uint8Array {
  const there = new Uint8Array(steps)
  for (const { kinds } of all) {
    for (let step = 0; step < steps; step++) {
      there[step] = (there[step] as number) | (kinds[step] as number)
    }
  }
  return there
}

function valueAt(series: StepSeries, step: number): Value {
  return series.kinds[step] === HISTOGRAM
    ? (series.histograms?.[step] as FloatHistogram)
    : (series.values[step] as number)
}

function put(series: StepSeries, step: number, value: Value): void {
  if (typeof value !== 'number') setHistogram(series, step, value)
  else {
    series.values[step] = value
    series.kinds[step] = FLOAT
  }
}
