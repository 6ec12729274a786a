export type { CounterResetHint, FloatHistogram, Histogram, Span } from './histogram.ts'
