/** The buckets of a native histogram as the JSON API shows them: which bounds belong to them, bounds, count. */
import { exponentialBound, type FloatHistogram, type Histogram, type Span } from '@prom/histogram'
import { printFloat } from '@prom/model'

const OPEN_LEFT = 0
const OPEN_RIGHT = 1
const CLOSED_BOTH = 3
const SCHEMA_MAX = 8

type Row = readonly [boundaries: number, lower: string, upper: string, count: string]

/** From the lowest to the highest; empty ones are left out. */
export function nativeBuckets(histogram: Histogram | FloatHistogram): Row[] {
  const isInt = histogram.kind === 'int'
  const negative = expand(
    histogram.schema,
    histogram.negativeSpans,
    isInt ? sums(histogram.negativeDeltas) : histogram.negativeBuckets,
  )
  const positive = expand(
    histogram.schema,
    histogram.positiveSpans,
    isInt ? sums(histogram.positiveDeltas) : histogram.positiveBuckets,
  )
  const rows: Row[] = negative
    .reverse()
    .map(({ lower, upper, count }) => row(OPEN_RIGHT, -upper, -lower, count))
  if (histogram.zeroCount > 0) {
    const { zeroThreshold, zeroCount } = histogram
    rows.push(row(CLOSED_BOTH, -zeroThreshold, zeroThreshold, zeroCount))
  }
  return [
    ...rows,
    ...positive.map(({ lower, upper, count }) => row(OPEN_LEFT, lower, upper, count)),
  ]
}

function row(boundaries: number, lower: number, upper: number, count: number): Row {
  return [boundaries, printFloat(lower), printFloat(upper), printFloat(count)]
}

function expand(schema: number, spans: readonly Span[], counts: readonly number[]) {
  const buckets: { lower: number; upper: number; count: number }[] = []
  // A schema comes from outside as well; the formula holds for those that nobody uses.
  const bound = (index: number) =>
    schema > SCHEMA_MAX ? 2 ** (index * 2 ** -schema) : exponentialBound(schema, index)
  let index = 0
  let at = 0
  for (const { offset, length } of spans) {
    index += offset
    // A length comes from outside: only as many buckets as there are counts.
    for (let i = 0; i < length && at < counts.length; i++, index++, at++) {
      const count = counts[at] as number
      if (count !== 0) buckets.push({ lower: bound(index - 1), upper: bound(index), count })
    }
  }
  return buckets
}

/** Counts from their differences. */
function sums(deltas: readonly number[]): number[] {
  let sum = 0
  return deltas.map((delta) => {
    sum += delta
    return sum
  })
}
