export type {
  AppendOutcome,
  AppendRows,
  DroppedTarget,
  HeadStats,
  Ingest,
  PoolOptions,
  PoolPlan,
  TargetMetadata,
  TargetPlan,
  TargetStatus,
} from './contract.ts'
export { fillScrapeConfig } from './fill-scrape-config.ts'
export {
  createIngestPort,
  type IngestRequest,
  type RemoteIngest,
  serveIngest,
} from './ingest-port.ts'
export { type IngestDeps, IngestRole } from './ingest-role.ts'
export { nameEscapingScheme, nameValidationScheme } from './name-schemes.ts'
export { type ScrapeConfig, type ScrapeDefaults, scrapeConfig } from './scrape-config.ts'
export {
  DEFAULT_SCRAPE_PROTOCOLS,
  protocolsProblem,
  type ScrapeProtocol,
  scrapeProtocols,
} from './scrape-protocol.ts'
