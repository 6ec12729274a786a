import type { FloatHistogram, Histogram } from '@prom/histogram'

/** What `histogram` was when its series began: nothing observed, in the same layout. */
export function zeroHistogram(histogram: Histogram | FloatHistogram): Histogram | FloatHistogram {
  const common = {
    counterResetHint: 'reset',
    schema: histogram.schema,
    zeroThreshold: histogram.zeroThreshold,
    customValues: histogram.customValues,
    zeroCount: 0,
    count: 0,
    sum: 0,
    positiveSpans: [],
    negativeSpans: [],
  } as const
  return histogram.kind === 'int'
    ? { ...common, kind: 'int', positiveDeltas: [], negativeDeltas: [] }
    : { ...common, kind: 'float', positiveBuckets: [], negativeBuckets: [] }
}
