/** From matchers to refs: which series of the head match. */
import type { Matcher } from '@prom/labels'
import type { HeadMemory } from '../head/head-memory.ts'
import { H, P, R, RECORD_BYTES, RECORDS, SLOT_MASK } from '../head/layout.ts'
import { findPair, readPostings } from '../head/pairs.ts'
import type { SymbolStrings } from '../head/strings.ts'
import { type SelectionBound, SelectionTooLarge } from './selection-bound.ts'
import { symbolOf } from './string-lookup.ts'

/** What a matcher asks of a series: its pair of `name` is in (or not in) `pairs`. */
interface Test {
  readonly name: number
  readonly pairs: Set<number>
  /** The pair must be one of `pairs`; otherwise it must not be. */
  readonly isPositive: boolean
  /** Series listed under `pairs`. */
  readonly size: number
}

const NOTHING = new Uint32Array(0)

/** Refs of the series that match, in no order. Dead refs are left out. Throws SelectionTooLarge beyond `bound`. */
export function selectRefs(
  memory: HeadMemory,
  strings: SymbolStrings,
  matchers: readonly Matcher[],
  bound?: SelectionBound,
): Uint32Array {
  const tests: Test[] = []
  for (const matcher of matchers) {
    const test = makeTest(memory, strings, matcher, bound?.postingsMax)
    if (test === 'never') return NOTHING
    if (test !== 'always') tests.push(test)
  }
  const { u32 } = memory
  let best: Test | undefined
  for (const test of tests) {
    if (test.isPositive && (!best || test.size < best.size)) best = test
  }
  if (bound && !(best && best.size <= bound.postingsMax)) throw new SelectionTooLarge()
  let refs: Uint32Array
  let count = 0
  if (best) {
    refs = new Uint32Array(best.size)
    for (const pair of best.pairs) count = readPostings(memory, pair, refs, count)
  } else {
    const all = u32[H.allPair >>> 2]!
    refs = new Uint32Array(u32[(all + P.count) >>> 2]!)
    count = readPostings(memory, all, refs, 0)
  }
  const rest = tests.filter((test) => test !== best)
  let kept = 0
  for (let i = 0; i < count; i++) {
    const ref = refs[i]!
    const record = (RECORDS + (ref & SLOT_MASK) * RECORD_BYTES) >>> 2
    if (ref === 0 || u32[record] !== ref) continue
    if (rest.length > 0 && !passes(u32, u32[record + (R.labels >>> 2)]! >>> 2, rest)) continue
    refs[kept++] = ref
  }
  if (bound && kept > bound.seriesMax) throw new SelectionTooLarge()
  return refs.subarray(0, kept)
}

/** Pairs of a label name, newest first. Throws SelectionTooLarge if there are more than `max`. */
export function pairsOfName({ u32 }: HeadMemory, nameSymbol: number, max = Infinity): number[] {
  const record = nameSymbol === 0 ? 0 : u32[(nameSymbol >>> 2) + 2]!
  const pairs: number[] = []
  if (record === 0) return pairs
  for (let pair = u32[(record >>> 2) + 1]!; pair !== 0; pair = u32[(pair + P.nextOfName) >>> 2]!) {
    if (pairs.push(pair) > max) throw new SelectionTooLarge()
  }
  return pairs
}

function passes(u32: Uint32Array, labels: number, tests: readonly Test[]): boolean {
  const count = u32[labels]!
  next: for (const test of tests) {
    for (let i = 1; i <= count; i++) {
      const pair = u32[labels + i]!
      if (u32[pair >>> 2] !== test.name) continue
      if (test.pairs.has(pair) !== test.isPositive) return false
      continue next
    }
    if (test.isPositive) return false
  }
  return true
}

function makeTest(
  memory: HeadMemory,
  strings: SymbolStrings,
  matcher: Matcher,
  valuesMax?: number,
): Test | 'always' | 'never' {
  const name = symbolOf(memory, matcher.name)
  const isEmptyFine = matcher.matchesEmpty
  const nameRecord = name === 0 ? 0 : memory.u32[(name >>> 2) + 2]!
  if (nameRecord === 0) return isEmptyFine ? 'always' : 'never'

  const pairs = new Set<number>()
  let size = 0
  const add = (pair: number) => {
    if (pairs.has(pair)) return
    pairs.add(pair)
    size += memory.u32[(pair + P.count) >>> 2]!
  }
  // A few values can be looked up; everything else is asked value by value.
  const listed = listedValues(matcher)
  const isPositive = !isEmptyFine
  const isListedMatching = matcher.type === '=' || matcher.type === '=~'
  if (listed && isListedMatching === isPositive) {
    for (const value of listed) {
      const symbol = value === '' ? 0 : symbolOf(memory, value)
      const pair = symbol === 0 ? 0 : findPair(memory, name, symbol)
      if (pair !== 0) add(pair)
    }
  } else {
    for (const pair of pairsOfName(memory, name, valuesMax)) {
      const value = strings.of(memory.u32[(pair + P.value) >>> 2]!)
      if (matcher.matches(value) === isPositive) add(pair)
    }
  }
  if (isPositive && pairs.size === 0) return 'never'
  if (!isPositive && pairs.size === 0) return 'always'
  return { name, pairs, isPositive, size }
}

function listedValues(matcher: Matcher): readonly string[] | undefined {
  return matcher.regex ? matcher.regex.setMatches() : [matcher.value]
}
