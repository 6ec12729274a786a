export type { AgentOptions } from './agent/agent-storage.ts'
export { Block } from './block/block.ts'
export type { BlockMeta } from './block/meta.ts'
export type { CompactionResult } from './compact/compaction-job.ts'
export {
  type CompactionRequest,
  serveCompaction,
} from './compact/compaction-service.ts'
export { ImportBlock, type ImportDeps } from './compact/import-block.ts'
export { encodeSamples, type LooseSample } from './compact/recode.ts'
export {
  type AttachOptions,
  type ColumnBatch,
  type ColumnCounts,
  type Compactor,
  type HeadFacts,
  type HeadWriter,
  type ReplayProgress,
  ROW_DUPLICATE,
  ROW_OUT_OF_BOUNDS,
  ROW_OUT_OF_ORDER,
  ROW_REFUSED,
  ROW_STORED,
  ROW_TOO_OLD,
  ROW_UNKNOWN_SERIES,
  type StorageLimits,
  type Tsdb,
  type TsdbDeps,
  type TsdbOptions,
  type TsdbReader,
} from './contract.ts'
export { StorageError } from './errors.ts'
export type { SeriesExemplars, StoredExemplar } from './exemplars/exemplar-ring.ts'
export type { ExemplarEntry } from './exemplars/exemplar-writer.ts'
export { attachTsdbReader, openAgentStorage, openTsdb } from './open.ts'
export { selectFromIndex } from './read/block-select.ts'
export { PageCache } from './read/page-cache.ts'
export { type SelectionBound, SelectionTooLarge } from './read/selection-bound.ts'
export { openReadOnlyTsdb, type ReadOnlyTsdb } from './read-only.ts'
export { SmallReader } from './small-reader.ts'
export {
  decodeHistogramRows,
  type HistogramRow,
  isHistogramRecord,
} from './wal/histogram-record.ts'
export { LogCorruption } from './wal/log-reader.ts'
export { LogTail } from './wal/log-tail.ts'
export {
  decodeSeries,
  RECORD_EXEMPLARS,
  RECORD_METADATA,
  RECORD_SAMPLES,
  RECORD_SERIES,
  RECORD_TOMBSTONES,
} from './wal/record.ts'
export { lastCheckpoint, listSegments } from './wal/segments.ts'
