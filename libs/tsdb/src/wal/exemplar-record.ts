/** Exemplar records of the log, type 4: u64 ref0, i64 t0, { varint ref, varint t, f64 value, labels }*. */
import { Reader, type Writer } from '@prom/bytes'
import { Labels } from '@prom/labels'
import { RECORD_EXEMPLARS } from './record.ts'

const LABELS_MAX = 128

export interface ExemplarRow {
  readonly walRef: number
  readonly timeMs: number
  readonly value: number
  readonly labels: Labels
}

/** Writes the record; without its type byte as memory snapshots have it. At least one row. */
export function encodeExemplars(
  rows: readonly ExemplarRow[],
  writer: Writer,
  hasType = true,
): Uint8Array {
  const first = rows[0]!
  writer.clear()
  if (hasType) writer.u8(RECORD_EXEMPLARS)
  writer.u64(first.walRef)
  writer.u64(first.timeMs)
  for (const { walRef, timeMs, value, labels } of rows) {
    writer.varint(walRef - first.walRef)
    writer.varint(timeMs - first.timeMs)
    writer.f64(value)
    writer.uvarint(labels.size)
    for (const text of labels.flat()) writer.string(text)
  }
  return writer.bytes()
}

/** Reads rows from `offset` on; false if the record is damaged. */
export function decodeExemplars(
  record: Uint8Array,
  offset: number,
  onRow: (row: ExemplarRow) => void,
): boolean {
  const reader = new Reader(record, offset)
  if (reader.left === 0) return true
  const firstRef = reader.u64()
  const firstTime = reader.i64()
  while (reader.left > 0) {
    const walRef = firstRef + reader.varint()
    const timeMs = firstTime + reader.varint()
    const value = reader.f64()
    const count = reader.uvarint()
    if (reader.failed || count > LABELS_MAX) return false
    const flat: string[] = []
    for (let i = 0; i < count * 2; i++) flat.push(reader.string())
    if (reader.failed) return false
    onRow({ walRef, timeMs, value, labels: Labels.fromSortedFlat(flat) })
  }
  return !reader.failed
}
