/**
 * Records of memory snapshots: spec/storage-formats.md section 12. The first byte is the type.
 *
 *   1 series:     u64 ref | uvarint n { str, str } x n | i64 0 | uvarint 0 or 1; with 1:
 *                 i64 mint | i64 maxt | u8 encoding | str data | the last sample:
 *                 float: { i64 0, f64 0 } x 3, i64 0, f64 value; histogram: as in the log
 *   2 tombstones: str of u8 1, { uvarint ref, varint mint, varint maxt }*
 *   3 exemplars:  as in the log, without their type
 */
import { Reader, type Writer } from '@prom/bytes'
import type { WholeChunk } from '../head/sealed-chunk.ts'

export const SNAPSHOT_SERIES = 1
export const SNAPSHOT_TOMBSTONES = 2
export const SNAPSHOT_EXEMPLARS = 3
const TOMBSTONES_VERSION = 1
const LABELS_MAX = 4096

/** Writes what follows the labels of a series: its open chunk, if it has one, without the last sample. */
export function encodeSnapshotChunk(writer: Writer, chunk: WholeChunk | undefined): void {
  writer.u64(0)
  writer.uvarint(chunk ? 1 : 0)
  if (!chunk) return
  writer.u64(chunk.mint)
  writer.u64(chunk.maxt)
  writer.u8(chunk.encoding)
  writer.sized(chunk.data)
}

/** Writes the last sample of a float chunk. Compat: three more have their place, which nobody reads. */
export function encodeSnapshotFloat(writer: Writer, high: number, low: number): void {
  for (let i = 0; i < 3; i++) {
    writer.u64(0)
    writer.f64(0)
  }
  writer.u64(0)
  writer.f64Bits(high, low)
}

/** `offsets` as `decodeSeries` gives them. Undefined if the record is damaged. */
export function decodeSnapshotSeries(record: Uint8Array):
  | {
      readonly ref: number
      readonly offsets: Uint32Array
      readonly count: number
      readonly chunk: WholeChunk | undefined
    }
  | undefined {
  const reader = new Reader(record, 1)
  const ref = reader.u64()
  const count = reader.uvarint()
  if (reader.failed || count > LABELS_MAX) return undefined
  const offsets = new Uint32Array(count * 4)
  for (let i = 0; i < count * 2; i++) {
    const length = reader.uvarint()
    offsets[i * 2] = reader.offset
    reader.skip(length)
    offsets[i * 2 + 1] = reader.offset
  }
  reader.u64()
  const hasChunk = reader.uvarint() !== 0
  if (reader.failed) return undefined
  if (!hasChunk) return { ref, offsets, count, chunk: undefined }
  const mint = reader.i64()
  const maxt = reader.i64()
  const encoding = reader.u8()
  const data = reader.raw(reader.uvarint())
  const isSound = !reader.failed && encoding >= 1 && encoding <= 6 && data.length >= 2
  return isSound ? { ref, offsets, count, chunk: { mint, maxt, encoding, data } } : undefined
}

export function encodeSnapshotTombstones(
  writer: Writer,
  body: Writer,
  stones: Iterable<readonly [walRef: number, mint: number, maxt: number]>,
): void {
  body.clear()
  body.u8(TOMBSTONES_VERSION)
  for (const [walRef, mint, maxt] of stones) {
    body.uvarint(walRef)
    body.varint(mint)
    body.varint(maxt)
  }
  writer.clear()
  writer.u8(SNAPSHOT_TOMBSTONES)
  writer.sized(body.bytes())
}

/** False if the record is damaged. */
export function decodeSnapshotTombstones(
  record: Uint8Array,
  onStone: (walRef: number, mint: number, maxt: number) => void,
): boolean {
  const outer = new Reader(record, 1)
  const body = outer.raw(outer.uvarint())
  if (outer.failed) return false
  const reader = new Reader(body)
  if (reader.u8() !== TOMBSTONES_VERSION) return false
  while (reader.left > 0) {
    const walRef = reader.uvarint()
    const mint = reader.varint()
    const maxt = reader.varint()
    if (reader.failed) return false
    onStone(walRef, mint, maxt)
  }
  return !reader.failed
}
