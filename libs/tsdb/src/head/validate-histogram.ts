import type { AnyHistogram } from '@prom/chunks'
import { AppendError } from '@prom/storage'

const CUSTOM_SCHEMA = -53

/** Throws AppendError with the original's text if a histogram cannot be what somebody observed. */
export function validateHistogram(h: AnyHistogram): void {
  checkSchema(h)
  const [positive, negative] =
    h.kind === 'int'
      ? [absolute(h.positiveDeltas), absolute(h.negativeDeltas)]
      : [h.positiveBuckets, h.negativeBuckets]
  checkSpans('negative', h.negativeSpans, negative.length)
  checkSpans('positive', h.positiveSpans, positive.length)
  checkBuckets('negative', negative)
  checkBuckets('positive', positive)
  if (h.kind === 'float') {
    if (h.zeroCount < 0) {
      refuse(
        `zero bucket has observation count of ${h.zeroCount}: histogram has a bucket whose observation count is negative`,
      )
    }
    if (h.count < 0)
      refuse(`observation count is ${h.count}: histogram's observation count is negative`)
    return
  }
  const sum = [...positive, ...negative].reduce((total, count) => total + count, h.zeroCount)
  const found = `${sum} observations found in buckets, but the Count field is ${h.count}: `
  if (Number.isNaN(h.sum)) {
    if (sum > h.count) {
      refuse(
        `${found}histogram's observation count should be at least the number of observations found in the buckets`,
      )
    }
  } else if (sum !== h.count) {
    refuse(
      `${found}histogram's observation count should equal the number of observations found in the buckets (in absence of NaN)`,
    )
  }
}

function checkSchema(h: AnyHistogram): void {
  if (h.schema !== CUSTOM_SCHEMA) {
    if (h.schema < -4 || h.schema > 8) {
      // Better than the original of this format, which stores them and fails in the query.
      refuse(
        `histogram has an invalid schema, which must be between -4 and 8 for exponential buckets, or -53 for custom buckets, got schema ${h.schema}`,
      )
    }
    if (h.customValues.length > 0)
      refuse('histogram with exponential schema must not have custom bounds')
    return
  }
  h.customValues.forEach((bound, i) => {
    if (Number.isNaN(bound)) refuse('custom buckets: histogram custom bounds must not be NaN')
    if (bound === Infinity || bound === -Infinity) {
      refuse('custom buckets: histogram custom bounds must be finite')
    }
    const before = h.customValues[i - 1]
    if (before !== undefined && bound <= before) {
      refuse(
        `custom buckets: previous bound is ${before} and current is ${bound}: histogram custom bounds must be in strictly increasing order`,
      )
    }
  })
  if (h.zeroCount !== 0) refuse('custom buckets: must have zero count of 0')
  if (h.zeroThreshold !== 0) refuse('custom buckets: must have zero threshold of 0')
  if (h.negativeSpans.length > 0) refuse('custom buckets: must not have negative spans')
  const negative = h.kind === 'int' ? h.negativeDeltas : h.negativeBuckets
  if (negative.length > 0) refuse('custom buckets: must not have negative buckets')
  const used = h.positiveSpans.reduce((sum, { offset, length }) => sum + offset + length, 0)
  if (used > h.customValues.length + 1) {
    refuse(
      `custom buckets: only ${h.customValues.length} custom bounds defined which is insufficient to cover total span length of ${used}: histogram custom bounds are too few`,
    )
  }
}

function checkSpans(side: string, spans: AnyHistogram['positiveSpans'], buckets: number): void {
  let needed = 0
  spans.forEach(({ offset, length }, i) => {
    if (i > 0 && offset < 0) {
      refuse(
        `${side} side: span number ${i + 1} with offset ${offset}: histogram has a span whose offset is negative`,
      )
    }
    needed += length
  })
  if (needed !== buckets) {
    refuse(
      `${side} side: spans need ${needed} buckets, have ${buckets} buckets: histogram spans specify different number of buckets than provided`,
    )
  }
}

function checkBuckets(side: string, counts: readonly number[]): void {
  counts.forEach((count, i) => {
    if (count < 0) {
      refuse(
        `${side} side: bucket number ${i + 1} has observation count of ${count}: histogram has a bucket whose observation count is negative`,
      )
    }
  })
}

function absolute(deltas: readonly number[]): number[] {
  let sum = 0
  return deltas.map((delta) => {
    sum += delta
    return sum
  })
}

function refuse(text: string): never {
  throw new AppendError('invalid sample', text)
}
