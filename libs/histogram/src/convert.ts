import type { FloatHistogram, Histogram } from './histogram.ts'

/** An integer histogram with absolute float counts; a float histogram is returned as it is. */
export function toFloatHistogram(histogram: Histogram | FloatHistogram): FloatHistogram {
  if (histogram.kind === 'float') return histogram
  const { positiveDeltas, negativeDeltas, kind: _, ...rest } = histogram
  return {
    ...rest,
    kind: 'float',
    positiveBuckets: prefixSums(positiveDeltas),
    negativeBuckets: prefixSums(negativeDeltas),
  }
}

function prefixSums(deltas: readonly number[]): number[] {
  let total = 0
  return deltas.map((delta) => (total += delta))
}

/** A float histogram without observations, with what is given replaced. */
export function makeFloatHistogram(fields: Partial<FloatHistogram> = {}): FloatHistogram {
  return {
    kind: 'float',
    counterResetHint: 'unknown',
    schema: 0,
    zeroThreshold: 0,
    zeroCount: 0,
    count: 0,
    sum: 0,
    positiveSpans: [],
    positiveBuckets: [],
    negativeSpans: [],
    negativeBuckets: [],
    customValues: [],
    ...fields,
  }
}
