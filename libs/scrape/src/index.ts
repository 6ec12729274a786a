export type {
  AppendOutcome,
  AppendRows,
  DroppedTarget,
  HeadStats,
  Ingest,
  PoolOptions,
  PoolPlan,
  TargetError,
  TargetMetadata,
  TargetPlan,
  TargetStatus,
  WriteOutcome,
} from './contract.ts'
export { fillScrapeConfig } from './fill-scrape-config.ts'
export {
  createIngestPort,
  type IngestControl,
  type IngestEvent,
  type IngestOptions,
  type IngestRequest,
  type OpenedStorage,
  type PlainExemplars,
  type PlainMatchers,
  type StorageChange,
  serveIngest,
} from './ingest-port.ts'
export { type IngestDeps, IngestRole } from './ingest-role.ts'
export { IngestService, type IngestServiceDeps } from './ingest-service.ts'
export { nameEscapingScheme, nameValidationScheme } from './name-schemes.ts'
export { type ScrapeConfig, type ScrapeDefaults, scrapeConfig } from './scrape-config.ts'
export { ScrapeManager, type ScrapeManagerDeps } from './scrape-manager.ts'
export {
  DEFAULT_SCRAPE_PROTOCOLS,
  PROTO_FIRST_SCRAPE_PROTOCOLS,
  protocolsProblem,
  type ScrapeProtocol,
  scrapeProtocols,
} from './scrape-protocol.ts'
export type { ExternalAddress } from './target.ts'
export { type BuiltTarget, buildTarget } from './target.ts'
export type { ScrapeFeatures } from './target-pool.ts'
