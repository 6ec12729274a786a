export type { HistogramValue, MetricFamily, MetricPoint, MetricType } from './family.ts'
export { Counter, CounterVec, Gauge, GaugeVec, Histogram, HistogramVec } from './instruments.ts'
export { type Collector, Registry } from './registry.ts'
