/** The messages of the protobuf exposition, as far as a scrape needs them; numbers are field numbers. */
import type { Span } from '@prom/histogram'
import { MessageReader } from '@prom/protobuf'

export type FamilyType =
  | 'counter'
  | 'gauge'
  | 'summary'
  | 'unknown'
  | 'histogram'
  | 'gaugehistogram'

const TYPES: readonly FamilyType[] = [
  'counter',
  'gauge',
  'summary',
  'unknown',
  'histogram',
  'gaugehistogram',
]

export interface ProtoFamily {
  name: string
  help: string
  unit: string
  /** Undefined for a number that means nothing. */
  type: FamilyType | undefined
  readonly metrics: ProtoMetric[]
}

export interface ProtoExemplar {
  readonly labels: readonly string[]
  readonly value: number
  readonly timeMs: number | undefined
}

export interface ProtoMetric {
  /** Flat name/value pairs. */
  readonly labels: string[]
  value: number
  /** Of a counter. */
  exemplar: ProtoExemplar | undefined
  /** Start time of a counter, histogram or summary. */
  createdMs: number | undefined
  summary: ProtoSummary | undefined
  histogram: ProtoHistogram | undefined
  /** 0 = none. */
  timeMs: number
}

export interface ProtoSummary {
  count: number
  sum: number
  readonly quantiles: { quantile: number; value: number }[]
}

export interface ProtoHistogram {
  count: number
  countFloat: number
  sum: number
  readonly buckets: ProtoBucket[]
  schema: number
  zeroThreshold: number
  zeroCount: number
  zeroCountFloat: number
  readonly negativeSpans: Span[]
  readonly negativeDeltas: number[]
  readonly negativeCounts: number[]
  readonly positiveSpans: Span[]
  readonly positiveDeltas: number[]
  readonly positiveCounts: number[]
  readonly exemplars: ProtoExemplar[]
}

export interface ProtoBucket {
  count: number
  countFloat: number
  le: number
  exemplar: ProtoExemplar | undefined
}

/** Throws MessageError on broken input. */
export function readFamily(bytes: Uint8Array): ProtoFamily {
  const reader = new MessageReader(bytes)
  const family: ProtoFamily = { name: '', help: '', unit: '', type: 'counter', metrics: [] }
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) family.name = reader.string()
    else if (field === 2) family.help = reader.string()
    else if (field === 3) family.type = TYPES[reader.number()]
    else if (field === 4) family.metrics.push(readMetric(reader.message()))
    else if (field === 5) family.unit = reader.string()
    else reader.skip()
  }
  return family
}

function readMetric(reader: MessageReader): ProtoMetric {
  const metric: ProtoMetric = {
    labels: [],
    value: 0,
    exemplar: undefined,
    createdMs: undefined,
    summary: undefined,
    histogram: undefined,
    timeMs: 0,
  }
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) metric.labels.push(...readLabel(reader.message()))
    else if (field === 2 || field === 5) metric.value = readValue(reader.message())
    else if (field === 3) readCounter(reader.message(), metric)
    else if (field === 4) metric.summary = readSummary(reader.message(), metric)
    else if (field === 6) metric.timeMs = reader.number()
    else if (field === 7) metric.histogram = readHistogram(reader.message(), metric)
    else reader.skip()
  }
  return metric
}

function readLabel(reader: MessageReader): [string, string] {
  let name = ''
  let value = ''
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) name = reader.string()
    else if (field === 2) value = reader.string()
    else reader.skip()
  }
  return [name, value]
}

function readCounter(reader: MessageReader, metric: ProtoMetric): void {
  metric.value = 0
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) metric.value = reader.double()
    else if (field === 2) metric.exemplar = readExemplar(reader.message())
    else if (field === 3) metric.createdMs = readTimestamp(reader.message())
    else reader.skip()
  }
}

function readExemplar(reader: MessageReader): ProtoExemplar {
  const labels: string[] = []
  let value = 0
  let timeMs: number | undefined
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) labels.push(...readLabel(reader.message()))
    else if (field === 2) value = reader.double()
    else if (field === 3) timeMs = readTimestamp(reader.message())
    else reader.skip()
  }
  return { labels, value, timeMs }
}

/** Seconds and nanoseconds to milliseconds, cut off downwards. */
function readTimestamp(reader: MessageReader): number {
  let seconds = 0
  let nanos = 0
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) seconds = Number(BigInt.asIntN(64, reader.uint64()))
    else if (field === 2) nanos = Number(BigInt.asIntN(64, reader.uint64()))
    else reader.skip()
  }
  return seconds * 1000 + Math.floor(nanos / 1e6)
}

/** Of a gauge or untyped: their value is field 1. */
function readValue(reader: MessageReader): number {
  let value = 0
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) value = reader.double()
    else reader.skip()
  }
  return value
}

function readSummary(reader: MessageReader, metric: ProtoMetric): ProtoSummary {
  const summary: ProtoSummary = { count: 0, sum: 0, quantiles: [] }
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) summary.count = Number(reader.uint64())
    else if (field === 2) summary.sum = reader.double()
    else if (field === 3) summary.quantiles.push(readQuantile(reader.message()))
    else if (field === 4) metric.createdMs = readTimestamp(reader.message())
    else reader.skip()
  }
  return summary
}

function readQuantile(reader: MessageReader): { quantile: number; value: number } {
  const found = { quantile: 0, value: 0 }
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) found.quantile = reader.double()
    else if (field === 2) found.value = reader.double()
    else reader.skip()
  }
  return found
}

function readHistogram(reader: MessageReader, metric: ProtoMetric): ProtoHistogram {
  const h: ProtoHistogram = {
    count: 0,
    countFloat: 0,
    sum: 0,
    buckets: [],
    schema: 0,
    zeroThreshold: 0,
    zeroCount: 0,
    zeroCountFloat: 0,
    negativeSpans: [],
    negativeDeltas: [],
    negativeCounts: [],
    positiveSpans: [],
    positiveDeltas: [],
    positiveCounts: [],
    exemplars: [],
  }
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 15) metric.createdMs = readTimestamp(reader.message())
    else readHistogramField(reader, field, h)
  }
  return h
}

function readHistogramField(reader: MessageReader, field: number, h: ProtoHistogram): void {
  switch (field) {
    case 1:
      h.count = Number(reader.uint64())
      return
    case 2:
      h.sum = reader.double()
      return
    case 3:
      h.buckets.push(readBucket(reader.message()))
      return
    case 4:
      h.countFloat = reader.double()
      return
    case 5:
      h.schema = unzigzag(reader.uint64())
      return
    case 6:
      h.zeroThreshold = reader.double()
      return
    case 7:
      h.zeroCount = Number(reader.uint64())
      return
    case 8:
      h.zeroCountFloat = reader.double()
      return
    case 9:
      h.negativeSpans.push(readSpan(reader.message()))
      return
    case 10:
      repeated(reader, h.negativeDeltas, (from) => unzigzag(from.uint64()))
      return
    case 11:
      repeated(reader, h.negativeCounts, (from) => from.double())
      return
    case 12:
      h.positiveSpans.push(readSpan(reader.message()))
      return
    case 13:
      repeated(reader, h.positiveDeltas, (from) => unzigzag(from.uint64()))
      return
    case 14:
      repeated(reader, h.positiveCounts, (from) => from.double())
      return
    case 16:
      h.exemplars.push(readExemplar(reader.message()))
      return
    default:
      reader.skip()
  }
}

function readBucket(reader: MessageReader): ProtoBucket {
  const bucket: ProtoBucket = { count: 0, countFloat: 0, le: 0, exemplar: undefined }
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) bucket.count = Number(reader.uint64())
    else if (field === 2) bucket.le = reader.double()
    else if (field === 3) bucket.exemplar = readExemplar(reader.message())
    else if (field === 4) bucket.countFloat = reader.double()
    else reader.skip()
  }
  return bucket
}

function readSpan(reader: MessageReader): Span {
  const span = { offset: 0, length: 0 }
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) span.offset = unzigzag(reader.uint64())
    else if (field === 2) span.length = Number(reader.uint64())
    else reader.skip()
  }
  return span
}

/** A repeated number: packed or one by one. */
function repeated(
  reader: MessageReader,
  into: number[],
  read: (reader: MessageReader) => number,
): void {
  if (!reader.isPacked) {
    into.push(read(reader))
    return
  }
  const packed = reader.message()
  while (!packed.isAtEnd) into.push(read(packed))
}

function unzigzag(value: bigint): number {
  return Number(value & 1n ? -((value + 1n) >> 1n) : value >> 1n)
}
