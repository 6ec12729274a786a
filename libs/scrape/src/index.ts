export type {
  AppendOutcome,
  AppendRows,
  DroppedTarget,
  HeadStats,
  Ingest,
  TargetMetadata,
  TargetStatus,
} from './contract.ts'
export { fillScrapeConfig } from './fill-scrape-config.ts'
export { nameEscapingScheme, nameValidationScheme } from './name-schemes.ts'
export { type ScrapeConfig, type ScrapeDefaults, scrapeConfig } from './scrape-config.ts'
export {
  DEFAULT_SCRAPE_PROTOCOLS,
  protocolsProblem,
  type ScrapeProtocol,
  scrapeProtocols,
} from './scrape-protocol.ts'
