export type { AppendCounts, Appender, Exemplar, MetricMetadata } from './appender.ts'
export { AppendError, type AppendReason } from './errors.ts'
export type { LabelHints, Querier, SampleColumns, SelectHints, SeriesSet } from './querier.ts'
