/**
 * Records of the log: spec/storage-formats.md section 9. The first byte is the type; numbers are exact up to 2^53.
 * Decoders call back per item and return false if the record is damaged.
 */
import { Reader } from '@prom/bytes'

export const RECORD_SERIES = 1
export const RECORD_SAMPLES = 2
export const RECORD_TOMBSTONES = 3
export const RECORD_EXEMPLARS = 4
export const RECORD_MMAP_MARKERS = 5
export const RECORD_METADATA = 6
export const RECORD_HISTOGRAMS = 7
export const RECORD_FLOAT_HISTOGRAMS = 8
export const RECORD_CUSTOM_HISTOGRAMS = 9
export const RECORD_CUSTOM_FLOAT_HISTOGRAMS = 10
export const RECORD_STARTED_SAMPLES = 11
export const RECORD_STARTED_HISTOGRAMS = 12
export const RECORD_STARTED_FLOAT_HISTOGRAMS = 13

/** Labels of one series in a record; more is damage. */
export const RECORD_LABELS_MAX = 4096

/**
 * Series: { u64 ref, uvarint n, { str name, str value } x n }*. `offsets` are start and end of name, then of value,
 * within `record`, for each of `count` labels; valid during the call.
 */
export function decodeSeries(
  record: Uint8Array,
  onSeries: (ref: number, offsets: Uint32Array, count: number) => void,
): boolean {
  const reader = new Reader(record, 1)
  const offsets = new Uint32Array(RECORD_LABELS_MAX * 4)
  while (reader.left > 0) {
    const ref = reader.u64()
    const count = reader.uvarint()
    if (reader.failed || count > RECORD_LABELS_MAX) return false
    for (let i = 0; i < count * 2; i++) {
      const length = reader.uvarint()
      offsets[i * 2] = reader.offset
      reader.skip(length)
      offsets[i * 2 + 1] = reader.offset
    }
    if (reader.failed) return false
    onSeries(ref, offsets, count)
  }
  return !reader.failed
}

/** Tombstones: { u64 ref, varint mint, varint maxt }*. */
export function decodeTombstones(
  record: Uint8Array,
  onStone: (ref: number, mint: number, maxt: number) => void,
): boolean {
  const reader = new Reader(record, 1)
  while (reader.left > 0) {
    const ref = reader.u64()
    const mint = reader.varint()
    const maxt = reader.varint()
    if (reader.failed) return false
    onStone(ref, mint, maxt)
  }
  return !reader.failed
}
