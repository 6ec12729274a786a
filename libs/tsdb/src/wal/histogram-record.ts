/** Histogram records of the log, types 7 to 10: spec/storage-formats.md 9.1. */
import { Reader, type Writer } from '@prom/bytes'
import type { AnyHistogram } from '@prom/chunks'
import type { CounterResetHint, Span } from '@prom/histogram'
import { STALE_HIGH, STALE_LOW } from '@prom/model'
import {
  RECORD_CUSTOM_FLOAT_HISTOGRAMS,
  RECORD_CUSTOM_HISTOGRAMS,
  RECORD_FLOAT_HISTOGRAMS,
  RECORD_HISTOGRAMS,
} from './record.ts'

const CUSTOM_SCHEMA = -53
const HINTS: readonly CounterResetHint[] = ['unknown', 'reset', 'not_reset', 'gauge']
const BUCKETS_MAX = 1 << 20

/** One row of a record. No histogram is a stale marker, of the kind its series has. */
export interface HistogramRow {
  readonly walRef: number
  readonly timeMs: number
  readonly histogram: AnyHistogram | undefined
  readonly kind: 'int' | 'float'
}

export function isHistogramRecord(type: number): boolean {
  return type >= RECORD_HISTOGRAMS && type <= RECORD_CUSTOM_FLOAT_HISTOGRAMS
}

/** Writes the records of one commit in their order: 7, 9, 8, 10, each to `flush` when complete. */
export function encodeHistogramRows(
  rows: readonly HistogramRow[],
  writer: Writer,
  flush: (record: Uint8Array) => void,
): void {
  for (const kind of ['int', 'float'] as const) {
    const ofKind = rows.filter((row) => row.kind === kind)
    const first = ofKind[0]
    if (!first) continue
    for (const isCustom of [false, true]) {
      const some = ofKind.filter(
        ({ histogram }) => (histogram?.schema === CUSTOM_SCHEMA) === isCustom,
      )
      if (some.length === 0) continue
      writer.clear()
      writer.u8(recordType(kind, isCustom))
      // Compat: both records of a kind count from the first row of the kind.
      writer.u64(first.walRef)
      writer.u64(first.timeMs)
      for (const { walRef, timeMs, histogram } of some) {
        writer.varint(walRef - first.walRef)
        writer.varint(timeMs - first.timeMs)
        encodeHistogram(writer, kind, histogram)
      }
      flush(writer.bytes())
    }
  }
}

/** Calls back per row; false if the record is damaged. */
export function decodeHistogramRows(
  record: Uint8Array,
  onRow: (row: HistogramRow) => void,
): boolean {
  const type = record[0]!
  const kind =
    type === RECORD_HISTOGRAMS || type === RECORD_CUSTOM_HISTOGRAMS
      ? ('int' as const)
      : ('float' as const)
  const reader = new Reader(record, 1)
  if (reader.left === 0) return true
  const firstRef = reader.u64()
  const firstTime = reader.i64()
  while (reader.left > 0) {
    const walRef = firstRef + reader.varint()
    const timeMs = firstTime + reader.varint()
    const histogram = decodeHistogram(reader, kind)
    if (reader.failed) return false
    onRow({ walRef, timeMs, histogram, kind })
  }
  return !reader.failed
}

function recordType(kind: 'int' | 'float', isCustom: boolean): number {
  if (kind === 'int') return isCustom ? RECORD_CUSTOM_HISTOGRAMS : RECORD_HISTOGRAMS
  return isCustom ? RECORD_CUSTOM_FLOAT_HISTOGRAMS : RECORD_FLOAT_HISTOGRAMS
}

export function encodeHistogram(
  writer: Writer,
  kind: 'int' | 'float',
  h: AnyHistogram | undefined,
): void {
  const number = (value: number) => (kind === 'int' ? writer.uvarint(value) : writer.f64(value))
  writer.u8(h ? HINTS.indexOf(h.counterResetHint) : 0)
  writer.varint(h?.schema ?? 0)
  writer.f64(h?.zeroThreshold ?? 0)
  number(h?.zeroCount ?? 0)
  number(h?.count ?? 0)
  if (h) writer.f64(h.sum)
  else writer.f64Bits(STALE_HIGH, STALE_LOW)
  for (const spans of [h?.positiveSpans ?? [], h?.negativeSpans ?? []]) {
    writer.uvarint(spans.length)
    for (const { offset, length } of spans) {
      writer.varint(offset)
      writer.uvarint(length)
    }
  }
  const sides =
    h?.kind === 'int'
      ? [h.positiveDeltas, h.negativeDeltas]
      : [h?.positiveBuckets ?? [], h?.negativeBuckets ?? []]
  for (const side of sides) {
    writer.uvarint(side.length)
    for (const value of side) {
      if (kind === 'int') writer.varint(value)
      else writer.f64(value)
    }
  }
  if (h?.schema !== CUSTOM_SCHEMA) return
  writer.uvarint(h.customValues.length)
  for (const bound of h.customValues) writer.f64(bound)
}

/** Undefined for a stale marker, or when the reader has failed. */
export function decodeHistogram(reader: Reader, kind: 'int' | 'float'): AnyHistogram | undefined {
  const number = () => (kind === 'int' ? reader.uvarint() : reader.f64())
  const counterResetHint = HINTS[reader.u8()] ?? 'unknown'
  const schema = reader.varint()
  const zeroThreshold = reader.f64()
  const zeroCount = number()
  const count = number()
  const sumBits = new Reader(reader.raw(8))
  const isStale = sumBits.u32() === STALE_HIGH && sumBits.u32() === STALE_LOW
  sumBits.offset = 0
  const sum = sumBits.f64()
  const positiveSpans = decodeSpans(reader)
  const negativeSpans = decodeSpans(reader)
  const value = () => (kind === 'int' ? reader.varint() : reader.f64())
  const positive = decodeList(reader, value)
  const negative = decodeList(reader, value)
  const customValues = schema === CUSTOM_SCHEMA ? decodeList(reader, () => reader.f64()) : []
  if (reader.failed || isStale) return undefined
  const base = {
    counterResetHint,
    schema,
    zeroThreshold,
    zeroCount,
    count,
    sum,
    positiveSpans,
    negativeSpans,
    customValues,
  }
  return kind === 'int'
    ? { ...base, kind, positiveDeltas: positive, negativeDeltas: negative }
    : { ...base, kind, positiveBuckets: positive, negativeBuckets: negative }
}

function decodeSpans(reader: Reader): Span[] {
  const spans: Span[] = []
  const count = reader.uvarint()
  for (let i = 0; i < count && !reader.failed; i++) {
    const offset = reader.varint()
    const length = reader.uvarint32()
    if (length > BUCKETS_MAX) reader.failed = true
    spans.push({ offset, length })
  }
  return spans
}

function decodeList(reader: Reader, take: () => number): number[] {
  const list: number[] = []
  const count = reader.uvarint()
  for (let i = 0; i < count && !reader.failed; i++) list.push(take())
  return list
}
