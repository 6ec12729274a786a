/**
 * Metric families as protobuf messages, as client_golang writes them.
 *
 *   MetricFamily  1 name  2 help  3 type  4 metric*  5 unit
 *   Metric        1 label* (1 name, 2 value)  2 gauge  3 counter  4 summary  5 untyped  6 timestamp_ms  7 histogram
 *   gauge, counter, untyped   1 value
 *   summary       1 count  2 sum  3 quantile* (1 quantile, 2 value)
 *   histogram     1 count  2 sum  3 bucket* (1 cumulative count, 2 upper bound, 4 float count)  4 float count
 *                 5 schema  6 zero threshold  7 zero count  8 float zero count
 *                 9 negative span* (1 offset, 2 length)  10 negative delta*  11 negative float count*
 *                 12 positive span*  13 positive delta*  14 positive float count*
 */
import type { FloatHistogram, Histogram, Span } from '@prom/histogram'
import type {
  HistogramValue,
  MetricFamily,
  MetricPoint,
  MetricType,
  SummaryValue,
} from '@prom/metrics'
import { MessageWriter } from '@prom/protobuf'

const TYPE_NUMBERS: Readonly<Record<MetricType, number>> = {
  counter: 0,
  gauge: 1,
  summary: 2,
  untyped: 3,
  histogram: 4,
  gauge_histogram: 5,
}
const GAUGE_HISTOGRAM = 5
const VALUE_FIELDS = { gauge: 2, counter: 3, untyped: 5 } as const
/** Fields whose zero counts are written all the same, because readers look for their presence. */
const ZERO = new Uint8Array([0])
/** What the largest count is as a float. */
const UINT64_END = 2 ** 64

const encoder = new TextEncoder()

/** A stream of length-delimited messages, as a scrape in protobuf is answered. */
export function encodeFamilies(families: readonly MetricFamily[]): Uint8Array {
  const writer = new MessageWriter()
  for (const family of families) writer.delimited(encodeFamily(family))
  return writer.finish()
}

export function encodeFamily({ name, help, type, points, unit }: MetricFamily): Uint8Array {
  const writer = new MessageWriter().present(1, encoder.encode(name))
  if (help !== undefined) writer.present(2, encoder.encode(help))
  present(writer, 3, isGauge(points[0]) ? GAUGE_HISTOGRAM : TYPE_NUMBERS[type])
  for (const point of points) writer.message(4, (message) => encodePoint(message, type, point))
  if (unit !== undefined) writer.present(5, encoder.encode(unit))
  return writer.finish()
}

/** True for a native histogram that may go down. */
function isGauge(point: MetricPoint | undefined): boolean {
  const value = point?.value
  if (typeof value !== 'object' || !('native' in value)) return false
  return (value.native as Histogram | FloatHistogram | undefined)?.counterResetHint === 'gauge'
}

function encodePoint(writer: MessageWriter, type: MetricType, point: MetricPoint): void {
  const { labels } = point
  for (let i = 0; i < labels.length; i += 2) {
    writer.message(1, (pair) =>
      pair
        .present(1, encoder.encode(labels[i] as string))
        .present(2, encoder.encode(labels[i + 1] as string)),
    )
  }
  encodeValue(writer, type, point)
}

/** What follows the labels in a `Metric` message: the value, and a timestamp if there is one. */
export function encodeValue(
  writer: MessageWriter,
  type: MetricType,
  { value, timeMs }: Pick<MetricPoint, 'value' | 'timeMs'>,
): void {
  if (typeof value === 'number') {
    const field = VALUE_FIELDS[type as keyof typeof VALUE_FIELDS] ?? VALUE_FIELDS.untyped
    writer.message(field, (message) => message.double(1, value))
  } else if ('quantiles' in value) {
    writer.message(4, (message) => encodeSummary(message, value))
  }
  if (timeMs !== undefined) present(writer, 6, timeMs)
  if (typeof value !== 'number' && 'buckets' in value) {
    writer.message(7, (message) => encodeHistogram(message, value))
  }
}

/** A varint that is written even if it is zero. */
function present(writer: MessageWriter, field: number, value: number): void {
  if (value === 0) writer.raw(new Uint8Array([field * 8])).raw(ZERO)
  else if (value >= UINT64_END) writer.varint(field, 0xffff_ffff_ffff_ffffn)
  else writer.varint(field, value)
}

function encodeSummary(writer: MessageWriter, { count, sum, quantiles }: SummaryValue): void {
  present(writer, 1, count)
  writer.double(2, sum)
  for (const { quantile, value } of quantiles) {
    writer.message(3, (message) => message.double(1, quantile).double(2, value))
  }
}

function encodeHistogram(writer: MessageWriter, histogram: HistogramValue): void {
  const native = histogram.native as Histogram | FloatHistogram | undefined
  const isFloat = histogram.isFloat || native?.kind === 'float'
  if (!isFloat) present(writer, 1, histogram.count)
  writer.double(2, histogram.sum)
  for (const { le, count } of histogram.buckets) {
    writer.message(3, (message) => {
      if (!isFloat) present(message, 1, Math.floor(count))
      message.double(2, le)
      if (isFloat || !Number.isInteger(count)) message.double(4, count)
    })
  }
  if (isFloat) writer.double(4, histogram.count)
  if (native) encodeNative(writer, native)
}

function encodeNative(writer: MessageWriter, native: Histogram | FloatHistogram): void {
  present(writer, 5, unzigzag(native.schema))
  writer.double(6, native.zeroThreshold)
  if (native.kind === 'float') writer.double(8, native.zeroCount)
  else present(writer, 7, native.zeroCount)
  encodeSpans(writer, 9, native.negativeSpans)
  if (native.kind === 'float') encodeDoubles(writer, 11, native.negativeBuckets)
  else encodeDeltas(writer, 10, native.negativeDeltas)
  encodeSpans(writer, 12, native.positiveSpans)
  if (native.kind === 'float') encodeDoubles(writer, 14, native.positiveBuckets)
  else encodeDeltas(writer, 13, native.positiveDeltas)
}

function encodeSpans(writer: MessageWriter, field: number, spans: readonly Span[]): void {
  for (const { offset, length } of spans) {
    writer.message(field, (message) => {
      present(message, 1, unzigzag(offset))
      present(message, 2, length)
    })
  }
}

function encodeDeltas(writer: MessageWriter, field: number, deltas: readonly number[]): void {
  for (const delta of deltas) present(writer, field, unzigzag(delta))
}

function encodeDoubles(writer: MessageWriter, field: number, values: readonly number[]): void {
  for (const value of values) writer.double(field, value)
}

function unzigzag(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1
}
