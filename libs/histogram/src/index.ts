export { CUSTOM_SCHEMA, exponentialBound } from './bounds.ts'
export { allBuckets, type Bucket, type BucketList, listBuckets, packBuckets } from './buckets.ts'
export {
  addHistograms,
  type Combined,
  divideHistogram,
  HistogramSum,
  scaleHistogram,
  subtractHistograms,
} from './combine.ts'
export { makeFloatHistogram, toFloatHistogram } from './convert.ts'
export { equalHistograms, histogramSizeBytes } from './equal.ts'
export type { CounterResetHint, FloatHistogram, Histogram, Span } from './histogram.ts'
export { histogramJson, printHistogram } from './print.ts'
export { histogramFraction, histogramQuantile, histogramVariance } from './quantile.ts'
export { isCounterReset } from './reset.ts'
export { trimHistogram } from './trim.ts'
