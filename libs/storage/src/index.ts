export type { AppendCounts, Appender, Exemplar, MetricMetadata } from './appender.ts'
export { AppendError, type AppendReason } from './errors.ts'
export { MemoryStorage } from './memory-storage.ts'
export type {
  ColumnFacts,
  ColumnMemory,
  LabelHints,
  LabelPairs,
  Querier,
  SampleColumns,
  SelectHints,
  SeriesSet,
} from './querier.ts'
