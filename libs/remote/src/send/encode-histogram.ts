/** The Histogram message of both versions of remote write, from a histogram of the log. */
import type { CounterResetHint, FloatHistogram, Histogram, Span } from '@prom/histogram'
import { STALE_HIGH, STALE_LOW } from '@prom/model'
import type { ByteSink } from './byte-sink.ts'

const HINTS: Readonly<Record<CounterResetHint, number>> = {
  unknown: 0,
  reset: 1,
  not_reset: 2,
  gauge: 3,
}

/** Undefined is a stale marker; `isFloat` says of which kind its series is. */
export function encodeHistogram(
  into: ByteSink,
  histogram: Histogram | FloatHistogram | undefined,
  isFloat: boolean,
  timeMs: number,
): void {
  const h = histogram
  into.reserve(128)
  if (isFloat) {
    into.u8(0x11)
    into.double(h?.count ?? 0)
  } else {
    into.u8(0x08)
    into.varint(h?.count ?? 0)
  }
  into.u8(0x19)
  if (h) into.double(h.sum)
  else into.words(STALE_LOW, STALE_HIGH)
  into.u8(0x20)
  into.zigzag(h?.schema ?? 0)
  into.u8(0x29)
  into.double(h?.zeroThreshold ?? 0)
  if (isFloat) {
    into.u8(0x39)
    into.double(h?.zeroCount ?? 0)
  } else {
    into.u8(0x30)
    into.varint(h?.zeroCount ?? 0)
  }
  if (h) {
    spans(into, 0x42, h.negativeSpans)
    if (h.kind === 'int') deltas(into, 0x4a, h.negativeDeltas)
    else doubles(into, 0x52, h.negativeBuckets)
    spans(into, 0x5a, h.positiveSpans)
    if (h.kind === 'int') deltas(into, 0x62, h.positiveDeltas)
    else doubles(into, 0x6a, h.positiveBuckets)
    into.reserve(32)
    into.u8(0x70)
    into.varint(HINTS[h.counterResetHint])
  }
  into.reserve(32)
  into.u8(0x78)
  into.int64(timeMs)
  if (h && h.customValues.length > 0) {
    into.reserve(h.customValues.length * 8 + 16)
    into.varint(0x82)
    into.varint(h.customValues.length * 8)
    for (const value of h.customValues) into.double(value)
  }
}

function spans(into: ByteSink, key: number, list: readonly Span[]): void {
  for (const { offset, length } of list) {
    into.reserve(32)
    into.u8(key)
    const at = into.length++
    into.u8(0x08)
    into.zigzag(offset)
    into.u8(0x10)
    into.varint(length)
    into.bytes[at] = into.length - at - 1
  }
}

function deltas(into: ByteSink, key: number, list: readonly number[]): void {
  if (list.length === 0) return
  // The length in front is known afterwards: five bytes are kept for it, as a padded varint.
  into.reserve(list.length * 10 + 16)
  into.u8(key)
  const at = into.length
  into.length += 5
  for (const value of list) into.zigzag(value)
  let size = into.length - at - 5
  for (let i = 0; i < 5; i++) {
    into.bytes[at + i] = i < 4 ? (size & 127) | 128 : size & 127
    size >>>= 7
  }
}

function doubles(into: ByteSink, key: number, list: readonly number[]): void {
  if (list.length === 0) return
  into.reserve(list.length * 8 + 16)
  into.u8(key)
  into.varint(list.length * 8)
  for (const value of list) into.double(value)
}
