/** Requests of version 1 that hold only metadata. */
import { MessageWriter } from '@prom/protobuf'

/** As `GET /api/v1/metadata` tells it; types are those of the text format. */
export interface ScrapedMetadata {
  readonly metric: string
  readonly type: string
  readonly help: string
  readonly unit: string
}

const TYPES = [
  'unknown',
  'counter',
  'gauge',
  'histogram',
  'gaugehistogram',
  'summary',
  'info',
  'stateset',
] as const

/** WriteRequest { metadata 3 }, MetricMetadata { type 1, metric_family_name 2, help 4, unit 5 }. */
export function encodeMetadata(rows: readonly ScrapedMetadata[]): Uint8Array {
  const writer = new MessageWriter()
  for (const { metric, type, help, unit } of rows) {
    writer.message(3, (row) =>
      row.varint(1, metadataType(type)).string(2, metric).string(4, help).string(5, unit),
    )
  }
  return writer.finish()
}

/** The number of a type in WAL and remote write; 0 for one that has none. */
export function metadataType(type: string): number {
  return Math.max(0, (TYPES as readonly string[]).indexOf(type))
}
