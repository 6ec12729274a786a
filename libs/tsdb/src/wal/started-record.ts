/**
 * Records whose items have start times, types 11 (samples), 12 and 13 (integer and float histograms), which later
 * releases write: spec/storage-formats.md 9.2. They are read; the start times are not kept.
 *
 *   first: varint ref, varint t0, varint st0, payload
 *   next:  varint ref - ref before, varint t - t0, u8 marker, [varint st - st0 if marker is 2], payload
 */
import { Reader, Writer } from '@prom/bytes'
import { decodeHistogram, type HistogramRow } from './histogram-record.ts'
import {
  RECORD_SAMPLES,
  RECORD_STARTED_FLOAT_HISTOGRAMS,
  RECORD_STARTED_HISTOGRAMS,
  RECORD_STARTED_SAMPLES,
} from './record.ts'

const HAS_START = 2

export function isStartedRecord(type: number): boolean {
  return type >= RECORD_STARTED_SAMPLES && type <= RECORD_STARTED_FLOAT_HISTOGRAMS
}

/** Time of the first item; undefined if there is none. */
export function firstTimeOf(record: Uint8Array): number | undefined {
  const reader = new Reader(record, 1)
  reader.varint()
  const timeMs = reader.varint()
  return reader.failed ? undefined : timeMs
}

/** The same samples as a plain record, type 2. Undefined if the record is damaged. */
export function toPlainSamples(record: Uint8Array): Uint8Array | undefined {
  const plain = new Writer(record.length + 16)
  plain.u8(RECORD_SAMPLES)
  let firstRef = 0
  let firstTime = 0
  const isSound = decodeItems(record, (reader, walRef, timeMs) => {
    const value = reader.raw(8)
    if (plain.length === 1) {
      plain.u64(walRef)
      plain.u64(timeMs)
      firstRef = walRef
      firstTime = timeMs
    }
    plain.varint(walRef - firstRef)
    plain.varint(timeMs - firstTime)
    plain.raw(value)
  })
  return isSound ? plain.bytes() : undefined
}

export function decodeStartedHistograms(
  record: Uint8Array,
  onRow: (row: HistogramRow) => void,
): boolean {
  const kind = record[0] === RECORD_STARTED_HISTOGRAMS ? ('int' as const) : ('float' as const)
  return decodeItems(record, (reader, walRef, timeMs) => {
    const histogram = decodeHistogram(reader, kind)
    if (!reader.failed) onRow({ walRef, timeMs, histogram, kind })
  })
}

function decodeItems(
  record: Uint8Array,
  onItem: (reader: Reader, walRef: number, timeMs: number) => void,
): boolean {
  const reader = new Reader(record, 1)
  let walRef = 0
  let firstTime = 0
  for (let isFirst = true; reader.left > 0; isFirst = false) {
    walRef += reader.varint()
    const time = reader.varint()
    if (isFirst) {
      firstTime = time
      reader.varint()
    } else if (reader.u8() === HAS_START) reader.varint()
    if (reader.failed) return false
    onItem(reader, walRef, isFirst ? time : firstTime + time)
    if (reader.failed) return false
  }
  return true
}
