import type { BinaryExpr, VectorMatching } from '@prom/promql-syntax'
import type { Frame } from '../context.ts'
import { NUMBER_OPERATORS } from '../kernels/arithmetic.ts'
import { FLOAT, NONE, type StepSeries, tileBytes } from '../tile.ts'
import type { ElementOperator } from './element.ts'
import { withoutName } from './names.ts'
import { matchLabels } from './signature.ts'

/** Series between two questions whether to stop. */
const CHECK_EVERY = 256

/** What finding the partner of a series takes: its key, and an entry of a map. */
const PARTNER_BYTES = 200

/**
 * Joins floats one to one, into the columns of the left side. Undefined, with nothing changed, where that is not all there
 * is to it: histograms, fill values, names that stay, or a signature that several series of a side have.
 */
export function joinPairs(
  frame: Frame,
  node: BinaryExpr,
  element: ElementOperator,
  left: StepSeries[],
  right: StepSeries[],
): StepSeries[] | undefined {
  const matching = node.matching as VectorMatching
  const { limits, features } = frame.context
  const { card, fillLeft, fillRight } = matching
  const isPlain = card === 'one-to-one' && fillLeft === undefined && fillRight === undefined
  if (!isPlain || element.keepsName || features.delayedNameRemoval) return undefined
  if (!element.numbers || hasHistograms(left) || hasHistograms(right)) return undefined
  const heldBytes = (left.length + right.length) * PARTNER_BYTES
  limits.holdBytes(heldBytes)
  const partners = findPartners(matching, left, right)
  limits.releaseBytes(heldBytes)
  if (!partners) return undefined

  const match = matchLabels(matching)
  const results: StepSeries[] = []
  for (let i = 0; i < left.length; i++) {
    if (i % CHECK_EVERY === 0) limits.check()
    const partner = partners[i] as number
    if (partner < 0) continue
    const series = left[i] as StepSeries
    if (applyTo(series, right[partner] as StepSeries, node.op) === 0) continue
    series.labels = withoutName(match(series.labels), features)
    results.push(series)
  }
  limits.holdBytes(tileBytes(results.length, frame.times.length))
  return results
}

const hasHistograms = (all: readonly StepSeries[]) => all.some(({ histograms }) => histograms)

/** For each series of the left side the index of its partner, or -1; undefined if some signature is not unique. */
function findPartners(
  matching: VectorMatching,
  left: readonly StepSeries[],
  right: readonly StepSeries[],
): Int32Array | undefined {
  const match = matchLabels(matching)
  const byKey = new Map<string, number>()
  for (const { labels } of right) {
    byKey.set(match(labels).key(), byKey.size)
  }
  if (byKey.size < right.length) return undefined
  const isTaken = new Uint8Array(right.length)
  const partners = new Int32Array(left.length)
  for (let i = 0; i < left.length; i++) {
    const partner = byKey.get(match((left[i] as StepSeries).labels).key()) ?? -1
    partners[i] = partner
    if (partner < 0) continue
    if (isTaken[partner] === 1) return undefined
    isTaken[partner] = 1
  }
  return partners
}

/** Applies the operator where both have a float; elsewhere nothing is left. Returns how many steps have a value. */
function applyTo(into: StepSeries, other: StepSeries, op: string): number {
  const { kinds, values } = into
  const others = other.values
  let found = 0
  for (let step = 0; step < kinds.length; step++) {
    if (kinds[step] === FLOAT && other.kinds[step] === FLOAT) found++
    else kinds[step] = NONE
  }
  switch (op) {
    case '+':
      for (let step = 0; step < kinds.length; step++) values[step]! += others[step]!
      break
    case '-':
      for (let step = 0; step < kinds.length; step++) values[step]! -= others[step]!
      break
    case '*':
      for (let step = 0; step < kinds.length; step++) values[step]! *= others[step]!
      break
    case '/':
      for (let step = 0; step < kinds.length; step++) values[step]! /= others[step]!
      break
    default: {
      const operator = NUMBER_OPERATORS[op] as (a: number, b: number) => number
      for (let step = 0; step < kinds.length; step++) {
        if (kinds[step] === FLOAT) values[step] = operator(values[step]!, others[step]!)
      }
    }
  }
  return found
}
