/** Samples as tests compare and print them. */
import type { FloatHistogram } from '@prom/histogram'
import { EMPTY_LABELS, type Labels } from '@prom/labels'
import { printFloat, quoteGo } from '@prom/model'
import { parseSequence, parseSeriesName } from '@prom/promql-syntax'
import { histogramNotation } from './histogram-notation.ts'
import { seriesProblem } from './series-problem.ts'
import { type Pair, pairUp } from './side-by-side.ts'
import type { TestResult } from './test-queries.ts'
import type { ExpectedSample } from './unit-test-file.ts'

/** Throws an Error with the original's text for labels or a histogram that cannot be read. */
export function expectedSamples(expected: readonly ExpectedSample[]): readonly TestResult[] {
  return expected.map(({ labels, value, histogram }) => {
    let text = labels
    try {
      const parsed = readLabels(labels)
      text = `{} ${histogram}`
      return { labels: parsed, value, histogram: readHistogram(histogram) }
    } catch (err) {
      throw new Error(`labels ${quoteGo(labels)}: ${seriesProblem(text, err, 1)}`)
    }
  })
}

/** In any order. Compat: NaN equals nothing. Fuzzy: values may be neighbours. */
export function sameSamples(
  want: readonly TestResult[],
  got: readonly TestResult[],
  isFuzzy: boolean,
): boolean {
  if (want.length !== got.length) return false
  const others = sorted(got)
  return sorted(want).every((sample, i) => {
    const other = others[i]!
    if (!sample.labels.equals(other.labels)) return false
    if (sample.histogram || other.histogram) {
      return (
        sample.histogram !== undefined &&
        other.histogram !== undefined &&
        histogramNotation(sample.histogram) === histogramNotation(other.histogram)
      )
    }
    return sameValue(sample.value, other.value, isFuzzy)
  })
}

export function printSamples(samples: readonly TestResult[]): string {
  if (samples.length === 0) return 'nil'
  return sorted(samples).map(printSample).join(', ')
}

function printSample({ labels, value, histogram }: TestResult): string {
  return `${labels} ${histogram ? histogramNotation(histogram) : printFloat(value, 'E')}`
}

/** For showing both sides: samples of equal labels together. */
export function pairSamples(want: readonly TestResult[], got: readonly TestResult[]): Pair[] {
  const pairs = pairUp(sorted(want), sorted(got), ({ labels }) => labels.key())
  return pairs.map(([left, right]) => ({
    want: left && [printSample(left)],
    got: right && [printSample(right)],
  }))
}

const sorted = (samples: readonly TestResult[]) =>
  samples.toSorted((a, b) => a.labels.compare(b.labels))

function sameValue(a: number, b: number, isFuzzy: boolean): boolean {
  if (a === b) return true
  return isFuzzy && (nextFloat(a, 1) === b || nextFloat(a, -1) === b)
}

/** The neighbour of `value` away from (1) or towards (-1) minus infinity. */
function nextFloat(value: number, direction: 1 | -1): number {
  if (!Number.isFinite(value)) return value
  if (value === 0) return direction * Number.MIN_VALUE
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  const isAway = value > 0 === direction > 0
  view.setBigUint64(0, view.getBigUint64(0) + (isAway ? 1n : -1n))
  return view.getFloat64(0)
}

function readLabels(text: string): Labels {
  if (text.trim() === '') return EMPTY_LABELS
  const { labels, length } = parseSeriesName(text)
  const rest = text.slice(length).trim()
  if (rest !== '') throw new Error(`unexpected ${quoteGo(rest)} after labels`)
  return labels
}

function readHistogram(text: string): FloatHistogram | undefined {
  if (text === '') return undefined
  const items = parseSequence(text)
  if (items.length !== 1) throw new Error(`expected 1 value, got ${items.length}`)
  const { histogram } = items[0]!
  if (histogram === undefined) throw new Error('expected histogram, got float')
  return histogram
}
