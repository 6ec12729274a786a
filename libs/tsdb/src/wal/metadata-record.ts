/** Metadata records of the log, type 6: { uvarint ref, u8 type, uvarint fields, { str name, str value } x fields }*. */
import { Reader, type Writer } from '@prom/bytes'
import type { MetricMetadata } from '@prom/storage'
import { RECORD_METADATA } from './record.ts'

/** By their number. */
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
const FIELDS_MAX = 64

export interface MetadataRow {
  readonly walRef: number
  readonly metadata: MetricMetadata
}

export function encodeMetadata(rows: readonly MetadataRow[], writer: Writer): Uint8Array {
  writer.clear()
  writer.u8(RECORD_METADATA)
  for (const { walRef, metadata } of rows) {
    writer.uvarint(walRef)
    writer.u8(Math.max(0, (TYPES as readonly string[]).indexOf(metadata.type)))
    writer.uvarint(2)
    for (const text of ['UNIT', metadata.unit, 'HELP', metadata.help]) writer.string(text)
  }
  return writer.bytes()
}

/** Unknown fields are passed over; false if the record is damaged. */
export function decodeMetadata(record: Uint8Array, onRow: (row: MetadataRow) => void): boolean {
  const reader = new Reader(record, 1)
  while (reader.left > 0) {
    const walRef = reader.uvarint()
    const type = TYPES[reader.u8()] ?? 'unknown'
    const fields = reader.uvarint()
    if (reader.failed || fields > FIELDS_MAX) return false
    let unit = ''
    let help = ''
    for (let i = 0; i < fields; i++) {
      const name = reader.string()
      const text = reader.string()
      if (name === 'UNIT') unit = text
      else if (name === 'HELP') help = text
    }
    if (reader.failed) return false
    onRow({ walRef, metadata: { type, unit, help } })
  }
  return !reader.failed
}
