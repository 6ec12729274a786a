/** Records of the log that only remote write reads item by item: spec/storage-formats.md section 9. */
import { Reader } from '@prom/bytes'
import type { SentMetadata } from './sent-series.ts'

/** Samples of one record, in columns that are used again. */
export class SampleRecord {
  count = 0
  refs = new Float64Array(4096)
  times = new Float64Array(4096)
  /** Bits of the values, low word first. */
  words = new Uint32Array(8192)

  /** Reads a record of type 2; false if it is damaged. */
  read(record: Uint8Array): boolean {
    this.count = 0
    if (record.length === 1) return true
    if (record.length < 17) return false
    const view = new DataView(record.buffer, record.byteOffset, record.byteLength)
    const ref0 = view.getUint32(1) * 4294967296 + view.getUint32(5)
    const time0 = view.getInt32(9) * 4294967296 + view.getUint32(13)
    this.#reserve(Math.ceil((record.length - 17) / 10))
    const { refs, times, words } = this
    const end = record.length
    let at = 17
    let count = 0
    while (at < end) {
      // Two zigzag varints, then eight bytes of value, big-endian.
      let low = 0
      let scale = 1
      let byte = 128
      while (byte >= 128) {
        if (at >= end || scale > 2 ** 60) return false
        byte = record[at++] as number
        low += (byte & 127) * scale
        scale *= 128
      }
      refs[count] = ref0 + (low % 2 === 0 ? low / 2 : -(low + 1) / 2)
      low = 0
      scale = 1
      byte = 128
      while (byte >= 128) {
        if (at >= end || scale > 2 ** 63) return false
        byte = record[at++] as number
        low += (byte & 127) * scale
        scale *= 128
      }
      times[count] = time0 + (low % 2 === 0 ? low / 2 : -(low + 1) / 2)
      if (at + 8 > end) return false
      words[count * 2 + 1] = view.getUint32(at)
      words[count * 2] = view.getUint32(at + 4)
      at += 8
      count++
    }
    this.count = count
    return true
  }

  #reserve(count: number): void {
    if (count <= this.refs.length) return
    const size = Math.max(count, this.refs.length * 2)
    this.refs = new Float64Array(size)
    this.times = new Float64Array(size)
    this.words = new Uint32Array(size * 2)
  }
}

/** Type 4: u64 ref0, i64 t0, { varint ref, varint t, f64 v, uvarint n, {str, str} x n }*. */
export function readExemplarRecord(
  record: Uint8Array,
  onExemplar: (row: {
    readonly ref: number
    readonly timeMs: number
    readonly low: number
    readonly high: number
    readonly labels: readonly string[]
  }) => void,
): boolean {
  const reader = new Reader(record, 1)
  if (reader.left === 0) return true
  const ref0 = reader.u64()
  const time0 = reader.i64()
  while (reader.left > 0) {
    const ref = ref0 + reader.varint()
    const timeMs = time0 + reader.varint()
    const high = reader.u32()
    const low = reader.u32()
    const count = reader.uvarint()
    const labels: string[] = []
    for (let i = 0; i < count * 2 && !reader.failed; i++) labels.push(reader.string())
    if (reader.failed) return false
    onExemplar({ ref, timeMs, low, high, labels })
  }
  return !reader.failed
}

/** Type 6: { uvarint ref, u8 type, uvarint fields, { str name, str value } x fields }*. */
export function readMetadataRecord(
  record: Uint8Array,
  onMetadata: (ref: number, metadata: SentMetadata) => void,
): boolean {
  const reader = new Reader(record, 1)
  while (reader.left > 0) {
    const ref = reader.uvarint()
    const type = reader.u8()
    const fields = new Map<string, string>()
    const count = reader.uvarint()
    for (let i = 0; i < count && !reader.failed; i++) fields.set(reader.string(), reader.string())
    if (reader.failed) return false
    onMetadata(ref, { type, unit: fields.get('UNIT') ?? '', help: fields.get('HELP') ?? '' })
  }
  return !reader.failed
}
