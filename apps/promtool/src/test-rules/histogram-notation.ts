import { CUSTOM_SCHEMA, type FloatHistogram, type Span } from '@prom/histogram'
import { printFloat } from '@prom/model'

/** A histogram as test files write it: `{{schema:1 sum:3 count:4 buckets:[1 2]}}`. */
export function histogramNotation(histogram: FloatHistogram): string {
  const words: string[] = []
  const add = (key: string, value: number) => {
    if (value !== 0) words.push(`${key}:${printFloat(value)}`)
  }
  add('schema', histogram.schema)
  add('count', histogram.count)
  add('sum', histogram.sum)
  add('z_bucket', histogram.zeroCount)
  add('z_bucket_w', histogram.zeroThreshold)
  if (histogram.schema === CUSTOM_SCHEMA) {
    words.push(
      `custom_values:[${[...histogram.customValues].map((value) => printFloat(value)).join(' ')}]`,
    )
  }
  const hint = histogram.counterResetHint
  if (hint !== 'unknown') words.push(`counter_reset_hint:${hint}`)
  words.push(...bucketWords(histogram.positiveSpans, histogram.positiveBuckets, ''))
  words.push(...bucketWords(histogram.negativeSpans, histogram.negativeBuckets, 'n_'))
  return `{{${words.join(' ')}}}`
}

/** One list from the first bucket to the last, gaps as zeros. */
function bucketWords(
  spans: readonly Span[],
  counts: ArrayLike<number>,
  prefix: '' | 'n_',
): string[] {
  let start: number | undefined
  const dense: number[] = []
  let index = 0
  let at = 0
  spans.forEach(({ offset, length }, span) => {
    index = span === 0 ? offset : index + offset
    for (let i = 0; i < length; i++, index++) {
      const count = counts[at++] ?? 0
      if (start === undefined && count === 0) continue
      start ??= index
      while (dense.length < index - start) dense.push(0)
      dense.push(count)
    }
  })
  while (dense.at(-1) === 0) dense.pop()
  if (start === undefined || dense.length === 0) return []
  const offset = start === 0 ? [] : [`${prefix}offset:${start}`]
  return [...offset, `${prefix}buckets:[${dense.map((count) => printFloat(count)).join(' ')}]`]
}
