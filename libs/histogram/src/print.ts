import { allBuckets, type Bucket } from './buckets.ts'
import type { FloatHistogram } from './histogram.ts'

/** `{count:3, sum:4.5, [-1,1]:1, (1,2]:2}`; `printNumber` prints as Go's %g, `printCount` counts. */
export function printHistogram(
  histogram: FloatHistogram,
  printNumber: (value: number) => string,
  printCount = printNumber,
): string {
  const parts = [`count:${printCount(histogram.count)}`, `sum:${printNumber(histogram.sum)}`]
  for (const bucket of allBuckets(histogram)) {
    if (bucket.count === 0) continue
    // Compat: without a lower bound the bucket counts as closed.
    const [bracket, close] = BRACKETS[bucket.kind]
    const open = bucket.lower === -Infinity ? '[' : bracket
    const bounds = `${printNumber(bucket.lower)},${printNumber(bucket.upper)}`
    parts.push(`${open}${bounds}${close}:${printCount(bucket.count)}`)
  }
  return `{${parts.join(', ')}}`
}

const BRACKETS: Readonly<Record<Bucket['kind'], readonly [string, string]>> = {
  negative: ['[', ')'],
  zero: ['[', ']'],
  positive: ['(', ']'],
}

/** Numbers of the API for which bounds belong to a bucket: 0 (lo,hi], 1 [lo,hi), 3 [lo,hi]. */
const EDGES: Readonly<Record<Bucket['kind'], number>> = { negative: 1, zero: 3, positive: 0 }

/** The histogram as the HTTP API has it; `printNumber` prints as in sample values. */
export function histogramJson(
  histogram: FloatHistogram,
  printNumber: (value: number) => string,
): string {
  const buckets: string[] = []
  for (const { lower, upper, count, kind } of allBuckets(histogram)) {
    if (count === 0) continue
    const numbers = [lower, upper, count].map((value) => `"${printNumber(value)}"`)
    // Compat: a custom bucket without a lower bound counts as closed on the right like any other.
    buckets.push(`[${EDGES[kind]},${numbers.join(',')}]`)
  }
  const head = `{"count":"${printNumber(histogram.count)}","sum":"${printNumber(histogram.sum)}"`
  return buckets.length > 0 ? `${head},"buckets":[${buckets.join(',')}]}` : `${head}}`
}
