/** ExportMetricsServiceRequest as protobuf (spec/wire-formats.md 14). Throws MessageError on broken input. */
import { MessageError, MessageReader } from '@prom/protobuf'
import {
  type ExponentialBuckets,
  type MetricData,
  NO_BUCKETS,
  type OtlpExemplar,
  type OtlpMetric,
  type OtlpResource,
  type OtlpScope,
  TEMPORALITIES,
} from './otlp-data.ts'

const DEPTH_MAX = 32

export function decodeOtlpProtobuf(bytes: Uint8Array): OtlpResource[] {
  return collect(new MessageReader(bytes), 1, readResourceMetrics)
}

type Read = (field: number, reader: MessageReader) => boolean

/** Calls `read` for each field; what it does not take is skipped. */
function walk(reader: MessageReader, read: Read): void {
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (!read(field, reader)) reader.skip()
  }
}

function collect<T>(reader: MessageReader, wanted: number, read: (inner: MessageReader) => T): T[] {
  const all: T[] = []
  walk(reader, (field) => {
    if (field !== wanted) return false
    all.push(read(reader.message()))
    return true
  })
  return all
}

function readResourceMetrics(reader: MessageReader): OtlpResource {
  const attributes: [string, string][] = []
  const scopes: OtlpScope[] = []
  walk(reader, (field) => {
    if (field === 1) attributes.push(...collect(reader.message(), 1, readAttribute))
    else if (field === 2) scopes.push(readScopeMetrics(reader.message()))
    else return false
    return true
  })
  return { attributes, scopes }
}

function readScopeMetrics(reader: MessageReader): OtlpScope {
  let scope = { name: '', version: '', attributes: [] as [string, string][] }
  let schemaUrl = ''
  const metrics: OtlpMetric[] = []
  walk(reader, (field) => {
    if (field === 1) scope = readScope(reader.message())
    else if (field === 2) metrics.push(readMetric(reader.message()))
    else if (field === 3) schemaUrl = reader.string()
    else return false
    return true
  })
  return { ...scope, schemaUrl, metrics }
}

function readScope(reader: MessageReader) {
  const scope = { name: '', version: '', attributes: [] as [string, string][] }
  walk(reader, (field) => {
    if (field === 1) scope.name = reader.string()
    else if (field === 2) scope.version = reader.string()
    else if (field === 3) scope.attributes.push(readAttribute(reader.message()))
    else return false
    return true
  })
  return scope
}

function readMetric(reader: MessageReader): OtlpMetric {
  let name = ''
  let description = ''
  let unit = ''
  let data: MetricData = { kind: 'none', points: [] }
  walk(reader, (field) => {
    if (field === 1) name = reader.string()
    else if (field === 2) description = reader.string()
    else if (field === 3) unit = reader.string()
    else if (field === 5 || field === 7 || (field >= 9 && field <= 11)) {
      data = readData(field, reader.message())
    } else return false
    return true
  })
  return { name, description, unit, data }
}

function readData(kind: number, reader: MessageReader): MetricData {
  const points: MessageReader[] = []
  let temporality = TEMPORALITIES[0] as (typeof TEMPORALITIES)[number]
  let isMonotonic = false
  walk(reader, (field) => {
    if (field === 1) points.push(reader.message())
    else if (field === 2) temporality = TEMPORALITIES[reader.number()] ?? 'unspecified'
    else if (field === 3) isMonotonic = reader.bool()
    else return false
    return true
  })
  if (kind === 5) return { kind: 'gauge', points: points.map(readNumberPoint) }
  if (kind === 7) {
    return { kind: 'sum', temporality, isMonotonic, points: points.map(readNumberPoint) }
  }
  if (kind === 9) return { kind: 'histogram', temporality, points: points.map(readHistogramPoint) }
  if (kind === 10) {
    return { kind: 'exponential', temporality, points: points.map(readExponentialPoint) }
  }
  return { kind: 'summary', points: points.map(readSummaryPoint) }
}

const basePoint = () => ({
  ...{ startMs: 0, timeMs: 0, isStale: false },
  attributes: [] as [string, string][],
  exemplars: [] as OtlpExemplar[],
})

function readNumberPoint(reader: MessageReader) {
  const point = { ...basePoint(), value: 0 }
  walk(reader, (field) => {
    if (field === 2) point.startMs = milliseconds(reader)
    else if (field === 3) point.timeMs = milliseconds(reader)
    else if (field === 4) point.value = reader.double()
    else if (field === 5) point.exemplars.push(readExemplar(reader.message()))
    else if (field === 6) point.value = Number(BigInt.asIntN(64, reader.fixed64()))
    else if (field === 7) point.attributes.push(readAttribute(reader.message()))
    else if (field === 8) point.isStale = (reader.number() & 1) === 1
    else return false
    return true
  })
  return point
}

function readHistogramPoint(reader: MessageReader) {
  const point = {
    ...{ ...basePoint(), count: 0, sum: undefined as number | undefined },
    ...{ bucketCounts: [] as number[], bounds: [] as number[] },
  }
  walk(reader, (field) => {
    if (field === 2) point.startMs = milliseconds(reader)
    else if (field === 3) point.timeMs = milliseconds(reader)
    else if (field === 4) point.count = Number(reader.fixed64())
    else if (field === 5) point.sum = reader.double()
    else if (field === 6) each(reader, (one) => point.bucketCounts.push(Number(one.fixed64())))
    else if (field === 7) each(reader, (one) => point.bounds.push(one.double()))
    else if (field === 8) point.exemplars.push(readExemplar(reader.message()))
    else if (field === 9) point.attributes.push(readAttribute(reader.message()))
    else if (field === 10) point.isStale = (reader.number() & 1) === 1
    else return false
    return true
  })
  return point
}

function readExponentialPoint(reader: MessageReader) {
  const point = {
    ...{ ...basePoint(), count: 0, sum: undefined as number | undefined, scale: 0, zeroCount: 0 },
    ...{ positive: NO_BUCKETS, negative: NO_BUCKETS },
  }
  walk(reader, (field) => {
    if (field === 1) point.attributes.push(readAttribute(reader.message()))
    else if (field === 2) point.startMs = milliseconds(reader)
    else if (field === 3) point.timeMs = milliseconds(reader)
    else if (field === 4) point.count = Number(reader.fixed64())
    else if (field === 5) point.sum = reader.double()
    else if (field === 6) point.scale = zigzag(reader)
    else if (field === 7) point.zeroCount = Number(reader.fixed64())
    else if (field === 8) point.positive = readBuckets(reader.message())
    else if (field === 9) point.negative = readBuckets(reader.message())
    else if (field === 10) point.isStale = (reader.number() & 1) === 1
    else if (field === 11) point.exemplars.push(readExemplar(reader.message()))
    else return false
    return true
  })
  return point
}

function readBuckets(reader: MessageReader): ExponentialBuckets {
  let offset = 0
  const counts: number[] = []
  walk(reader, (field) => {
    if (field === 1) offset = zigzag(reader)
    else if (field === 2) each(reader, (one) => counts.push(Number(one.uint64())))
    else return false
    return true
  })
  return { offset, counts }
}

function readSummaryPoint(reader: MessageReader) {
  const point = {
    ...{ ...basePoint(), count: 0, sum: 0 },
    quantiles: [] as [number, number][],
  }
  walk(reader, (field) => {
    if (field === 2) point.startMs = milliseconds(reader)
    else if (field === 3) point.timeMs = milliseconds(reader)
    else if (field === 4) point.count = Number(reader.fixed64())
    else if (field === 5) point.sum = reader.double()
    else if (field === 6) point.quantiles.push(readQuantile(reader.message()))
    else if (field === 7) point.attributes.push(readAttribute(reader.message()))
    else if (field === 8) point.isStale = (reader.number() & 1) === 1
    else return false
    return true
  })
  return point
}

function readQuantile(reader: MessageReader): [number, number] {
  const pair: [number, number] = [0, 0]
  walk(reader, (field) => {
    if (field !== 1 && field !== 2) return false
    pair[field - 1] = reader.double()
    return true
  })
  return pair
}

function readExemplar(reader: MessageReader): OtlpExemplar {
  const exemplar = {
    ...{ timeMs: 0, value: 0, traceId: '', spanId: '' },
    attributes: [] as [string, string][],
  }
  walk(reader, (field) => {
    if (field === 2) exemplar.timeMs = milliseconds(reader)
    else if (field === 3) exemplar.value = reader.double()
    else if (field === 4) exemplar.spanId = Buffer.from(reader.bytes()).toString('hex')
    else if (field === 5) exemplar.traceId = Buffer.from(reader.bytes()).toString('hex')
    else if (field === 6) exemplar.value = Number(BigInt.asIntN(64, reader.fixed64()))
    else if (field === 7) exemplar.attributes.push(readAttribute(reader.message()))
    else return false
    return true
  })
  return exemplar
}

function readAttribute(reader: MessageReader): [string, string] {
  let key = ''
  let value: unknown = ''
  walk(reader, (field) => {
    if (field === 1) key = reader.string()
    else if (field === 2) value = readAny(reader.message(), 0)
    else return false
    return true
  })
  return [key, printAny(value)]
}

function readAny(reader: MessageReader, depth: number): unknown {
  if (depth > DEPTH_MAX) throw new MessageError('proto: attribute value is nested too deep')
  let value: unknown
  walk(reader, (field) => {
    if (field === 1) value = reader.string()
    else if (field === 2) value = reader.bool()
    else if (field === 3) value = BigInt.asIntN(64, reader.uint64())
    else if (field === 4) value = reader.double()
    else if (field === 5) value = collect(reader.message(), 1, (one) => readAny(one, depth + 1))
    else if (field === 6) value = readMap(reader.message(), depth + 1)
    else if (field === 7) value = Buffer.from(reader.bytes()).toString('base64')
    else return false
    return true
  })
  return value
}

function readMap(reader: MessageReader, depth: number): Map<string, unknown> {
  const map = new Map<string, unknown>()
  for (const [key, value] of collect(reader, 1, (inner) => {
    let name = ''
    let text: unknown = ''
    walk(inner, (field) => {
      if (field === 1) name = inner.string()
      else if (field === 2) text = readAny(inner.message(), depth)
      else return false
      return true
    })
    return [name, text] as const
  })) {
    map.set(key, value)
  }
  return map
}

/** An attribute's value as label text: shortest numbers, lists and maps as JSON, bytes as base64. */
export function printAny(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'object') return JSON.stringify(value, toJson)
  return String(value)
}

function toJson(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof Map)
    return Object.fromEntries([...value].sort(([a], [b]) => (a < b ? -1 : 1)))
  return value === undefined ? null : value
}

function each(reader: MessageReader, read: (one: MessageReader) => void): void {
  if (!reader.isPacked) {
    read(reader)
    return
  }
  const packed = reader.message()
  while (!packed.isAtEnd) read(packed)
}

function milliseconds(reader: MessageReader): number {
  return Number(reader.fixed64() / 1_000_000n)
}

function zigzag(reader: MessageReader): number {
  const value = reader.uint64()
  return Number((value >> 1n) ^ -(value & 1n))
}
