export { type CombinedFamilies, combineFamilies, describePoint } from './combine.ts'
export type {
  HistogramValue,
  MetricFamily,
  MetricPoint,
  MetricType,
  SummaryValue,
} from './family.ts'
export { DEFAULT_BOUNDS, exponentialBounds, Histogram, HistogramVec } from './histogram.ts'
export { Counter, CounterVec, Gauge, GaugeVec } from './instruments.ts'
export { createProcessMetrics } from './process-metrics.ts'
export { type Collector, mergeFamilies, Registry } from './registry.ts'
export { SummaryVec } from './summary.ts'
