/** ExportMetricsServiceRequest as OTLP/JSON: camelCase names, 64-bit numbers as texts, ids in hex. */
import { MessageError } from '@prom/protobuf'
import { printAny } from './decode-protobuf.ts'
import {
  type ExponentialBuckets,
  type MetricData,
  type OtlpExemplar,
  type OtlpMetric,
  type OtlpResource,
  type OtlpScope,
  TEMPORALITIES,
  type Temporality,
} from './otlp-data.ts'

const DEPTH_MAX = 32
type Json = Readonly<Record<string, unknown>>

/** Throws MessageError for what is no such request. */
export function decodeOtlpJson(bytes: Uint8Array): OtlpResource[] {
  let root: unknown
  try {
    root = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'))
  } catch (err) {
    throw new MessageError((err as Error).message)
  }
  return list(object(root).resourceMetrics).map(readResource)
}

function readResource(json: Json): OtlpResource {
  return {
    attributes: attributes(object(json.resource).attributes),
    scopes: list(json.scopeMetrics).map(readScope),
  }
}

function readScope(json: Json): OtlpScope {
  const scope = object(json.scope)
  return {
    name: text(scope.name),
    version: text(scope.version),
    schemaUrl: text(json.schemaUrl),
    attributes: attributes(scope.attributes),
    metrics: list(json.metrics).map(readMetric),
  }
}

function readMetric(json: Json): OtlpMetric {
  return {
    name: text(json.name),
    description: text(json.description),
    unit: text(json.unit),
    data: readData(json),
  }
}

function readData(json: Json): MetricData {
  const { gauge, sum, histogram, exponentialHistogram, summary } = json
  if (gauge) return { kind: 'gauge', points: points(gauge).map(readNumberPoint) }
  if (sum) {
    const { isMonotonic, aggregationTemporality } = object(sum)
    return {
      ...{ kind: 'sum', temporality: temporality(aggregationTemporality) },
      ...{ isMonotonic: isMonotonic === true, points: points(sum).map(readNumberPoint) },
    }
  }
  if (histogram) {
    return {
      kind: 'histogram',
      temporality: temporality(object(histogram).aggregationTemporality),
      points: points(histogram).map((point) => ({
        ...readPoint(point),
        count: number(point.count),
        sum: point.sum === undefined ? undefined : number(point.sum),
        bucketCounts: numbers(point.bucketCounts),
        bounds: numbers(point.explicitBounds),
      })),
    }
  }
  if (exponentialHistogram) {
    return {
      kind: 'exponential',
      temporality: temporality(object(exponentialHistogram).aggregationTemporality),
      points: points(exponentialHistogram).map((point) => ({
        ...readPoint(point),
        count: number(point.count),
        sum: point.sum === undefined ? undefined : number(point.sum),
        scale: number(point.scale),
        zeroCount: number(point.zeroCount),
        positive: buckets(point.positive),
        negative: buckets(point.negative),
      })),
    }
  }
  if (summary) {
    return {
      kind: 'summary',
      points: points(summary).map((point) => ({
        ...readPoint(point),
        count: number(point.count),
        sum: number(point.sum),
        quantiles: list(point.quantileValues).map(
          (one) => [number(one.quantile), number(one.value)] as const,
        ),
      })),
    }
  }
  return { kind: 'none', points: [] }
}

function readNumberPoint(json: Json) {
  const value = json.asDouble ?? json.asInt
  return { ...readPoint(json), value: number(value) }
}

function readPoint(json: Json) {
  return {
    attributes: attributes(json.attributes),
    startMs: milliseconds(json.startTimeUnixNano),
    timeMs: milliseconds(json.timeUnixNano),
    isStale: (number(json.flags) & 1) === 1,
    exemplars: list(json.exemplars).map(readExemplar),
  }
}

function readExemplar(json: Json): OtlpExemplar {
  return {
    timeMs: milliseconds(json.timeUnixNano),
    value: number(json.asDouble ?? json.asInt),
    traceId: text(json.traceId).toLowerCase(),
    spanId: text(json.spanId).toLowerCase(),
    attributes: attributes(json.filteredAttributes),
  }
}

function buckets(value: unknown): ExponentialBuckets {
  const { offset, bucketCounts } = object(value)
  return { offset: number(offset), counts: numbers(bucketCounts) }
}

function attributes(value: unknown): [string, string][] {
  return list(value).map((one) => [text(one.key), printAny(any(one.value, 0))])
}

function any(value: unknown, depth: number): unknown {
  if (depth > DEPTH_MAX) throw new MessageError('attribute value is nested too deep')
  const json = object(value)
  const { stringValue, boolValue, intValue, doubleValue, arrayValue, kvlistValue } = json
  if (stringValue !== undefined) return text(stringValue)
  if (boolValue !== undefined) return boolValue === true
  if (intValue !== undefined) return integer(intValue)
  if (doubleValue !== undefined) return number(doubleValue)
  if (arrayValue !== undefined) {
    return list(object(arrayValue).values).map((one) => any(one, depth + 1))
  }
  if (kvlistValue !== undefined) {
    const pairs = list(object(kvlistValue).values)
    return new Map(pairs.map((one) => [text(one.key), any(one.value, depth + 1)]))
  }
  return json.bytesValue === undefined ? undefined : text(json.bytesValue)
}

function temporality(value: unknown): Temporality {
  if (typeof value === 'number') return TEMPORALITIES[value] ?? 'unspecified'
  const name = text(value).replace('AGGREGATION_TEMPORALITY_', '').toLowerCase()
  return TEMPORALITIES.find((one) => one === name) ?? 'unspecified'
}

function points(value: unknown): Json[] {
  return list(object(value).dataPoints)
}

function object(value: unknown): Json {
  if (value === undefined || value === null) return {}
  if (typeof value !== 'object' || Array.isArray(value))
    throw new MessageError('expected an object')
  return value as Json
}

function list(value: unknown): Json[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw new MessageError('expected a list')
  return value.map(object)
}

function numbers(value: unknown): number[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw new MessageError('expected a list')
  return value.map(number)
}

function text(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (typeof value !== 'string') throw new MessageError('expected a string')
  return value
}

/** Numbers may be texts: `"NaN"` and `"Infinity"` among doubles, all of 64 bits among integers. */
function number(value: unknown): number {
  if (value === undefined || value === null) return 0
  const read = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  if (typeof read !== 'number' || (Number.isNaN(read) && value !== 'NaN')) {
    throw new MessageError('expected a number')
  }
  return read
}

function integer(value: unknown): bigint {
  try {
    return BigInt(value as string | number)
  } catch {
    throw new MessageError('expected an integer')
  }
}

function milliseconds(value: unknown): number {
  return value === undefined || value === null ? 0 : Number(integer(value) / 1_000_000n)
}
