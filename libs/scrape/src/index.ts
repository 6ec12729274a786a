export type {
  AppendOutcome,
  AppendRows,
  DroppedTarget,
  HeadStats,
  Ingest,
  TargetMetadata,
  TargetStatus,
} from './contract.ts'
