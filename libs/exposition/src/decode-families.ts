/**
 * Metric families as protobuf messages (io.prometheus.client.MetricFamily), read whole: what a push carries and what a
 * persistence file holds. Numbers of fields are drawn in `encode-families.ts`.
 */
import type { FloatHistogram, Histogram, Span } from '@prom/histogram'
import type {
  HistogramValue,
  MetricFamily,
  MetricPoint,
  MetricType,
  SummaryValue,
} from '@prom/metrics'
import { MessageReader } from '@prom/protobuf'

const TYPES: readonly MetricType[] = [
  'counter',
  'gauge',
  'summary',
  'untyped',
  'histogram',
  'gauge_histogram',
]

/** A stream of length-delimited messages. Throws MessageError on broken input. */
export function decodeFamilies(bytes: Uint8Array): MetricFamily[] {
  const reader = new MessageReader(bytes)
  const families: MetricFamily[] = []
  while (!reader.isAtEnd) families.push(decodeFamily(reader.delimited()))
  return families
}

/** What a message says about its family, apart from the points. */
export type FamilyHeader = Omit<MetricFamily, 'points'>

/** Takes the points of one family. */
export interface PointSink {
  /**
   * `kind`: what the point itself says it is; `none` if it has no value. `rest`: all of its message but the labels, with
   * what a point of ours does not keep (exemplars, times of creation).
   */
  addPoint(point: MetricPoint, kind: MetricType | 'none', rest: Uint8Array): void
}

/** Points between two steps: together well below a millisecond. */
const STEP_POINTS = 128

/**
 * As `decodeFamilies`, into sinks of the caller's own, and with a pause now and then for a caller who has other things
 * to do meanwhile.
 */
export function* decodeFamiliesInSteps<Sink extends PointSink>(
  bytes: Uint8Array,
  create: (header: FamilyHeader) => Sink,
): Generator<undefined, Sink[]> {
  const reader = new MessageReader(bytes)
  const sinks: Sink[] = []
  let count = 0
  while (!reader.isAtEnd) {
    const message = reader.delimited()
    // Fields come in any order: what they say about the family is read before its points.
    const sink = create(decodeHeader(message))
    const points = new MessageReader(message)
    for (let field = points.field(); field !== 0; field = points.field()) {
      if (field !== 4) points.skip()
      else {
        const bytes = points.bytes()
        sink.addPoint(decodePoint(bytes), kindOf(bytes), restOf(bytes))
        if (++count % STEP_POINTS === 0) yield undefined
      }
    }
    sinks.push(sink)
  }
  return sinks
}

/** One message. Throws MessageError on broken input. */
export function decodeFamily(bytes: Uint8Array): MetricFamily {
  const points: MetricPoint[] = []
  const reader = new MessageReader(bytes)
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 4) points.push(decodePoint(reader.bytes()))
    else reader.skip()
  }
  const { unit, ...header } = decodeHeader(bytes)
  return { ...header, points, ...(unit !== undefined && { unit }) }
}

function decodeHeader(bytes: Uint8Array): FamilyHeader {
  const reader = new MessageReader(bytes)
  let name = ''
  let help: string | undefined
  let type: MetricType = 'counter'
  let unit: string | undefined
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) name = reader.string()
    else if (field === 2) help = reader.string()
    else if (field === 3) type = TYPES[reader.number()] ?? 'untyped'
    else if (field === 5) unit = reader.string()
    else reader.skip()
  }
  return { name, help, type, ...(unit !== undefined && { unit }) }
}

const KINDS: Readonly<Record<number, MetricType>> = {
  2: 'gauge',
  3: 'counter',
  4: 'summary',
  5: 'untyped',
  7: 'histogram',
}

function kindOf(bytes: Uint8Array): MetricType | 'none' {
  const reader = new MessageReader(bytes)
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    const kind = KINDS[field]
    if (kind) return kind
    reader.skip()
  }
  return 'none'
}

/** Everything but the labels, which mostly come first. */
function restOf(bytes: Uint8Array): Uint8Array {
  const reader = new MessageReader(bytes)
  const kept: Uint8Array[] = []
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    const one = reader.skip()
    if (field !== 1) kept.push(one)
  }
  return kept.length === 1 ? (kept[0] as Uint8Array) : Buffer.concat(kept)
}

/** One `Metric` message. Throws MessageError on broken input. */
export function decodePoint(bytes: Uint8Array): MetricPoint {
  const reader = new MessageReader(bytes)
  const labels: [string, string][] = []
  let value: MetricPoint['value'] = 0
  let timeMs: number | undefined
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) labels.push(decodePair(reader.message()))
    else if (field === 2 || field === 3 || field === 5) value = decodeNumber(reader.message())
    else if (field === 4) value = decodeSummary(reader.message())
    else if (field === 6) timeMs = reader.number()
    else if (field === 7) value = decodeHistogram(reader.message())
    else reader.skip()
  }
  labels.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return { labels: labels.flat(), value, ...(timeMs !== undefined && { timeMs }) }
}

function decodePair(reader: MessageReader): [string, string] {
  const pair: [string, string] = ['', '']
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) pair[0] = reader.string()
    else if (field === 2) pair[1] = reader.string()
    else reader.skip()
  }
  return pair
}

function decodeNumber(reader: MessageReader): number {
  let value = 0
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) value = reader.double()
    else reader.skip()
  }
  return value
}

function decodeSummary(reader: MessageReader): SummaryValue {
  let count = 0
  let sum = 0
  const quantiles: { quantile: number; value: number }[] = []
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) count = Number(reader.uint64())
    else if (field === 2) sum = reader.double()
    else if (field === 3) {
      const [quantile, value] = decodeDoubles(reader.message())
      quantiles.push({ quantile, value })
    } else reader.skip()
  }
  return { count, sum, quantiles }
}

/** A message of two doubles. */
function decodeDoubles(reader: MessageReader): [number, number] {
  const pair: [number, number] = [0, 0]
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) pair[0] = reader.double()
    else if (field === 2) pair[1] = reader.double()
    else reader.skip()
  }
  return pair
}

interface HistogramFields {
  count: number
  countFloat: number
  /** Whether the count came as a float. */
  isFloat: boolean
  sum: number
  readonly buckets: { le: number; count: number }[]
  schema: number | undefined
  zeroThreshold: number
  zeroCount: number
  zeroCountFloat: number
  readonly negativeSpans: Span[]
  readonly negativeDeltas: number[]
  readonly negativeCounts: number[]
  readonly positiveSpans: Span[]
  readonly positiveDeltas: number[]
  readonly positiveCounts: number[]
}

function decodeHistogram(reader: MessageReader): HistogramValue {
  const fields: HistogramFields = {
    count: 0,
    countFloat: 0,
    isFloat: false,
    sum: 0,
    buckets: [],
    schema: undefined,
    zeroThreshold: 0,
    zeroCount: 0,
    zeroCountFloat: 0,
    negativeSpans: [],
    negativeDeltas: [],
    negativeCounts: [],
    positiveSpans: [],
    positiveDeltas: [],
    positiveCounts: [],
  }
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    decodeHistogramField(reader, field, fields)
  }
  const { isFloat, sum, buckets } = fields
  const count = isFloat ? fields.countFloat : fields.count
  const native = nativeOf(fields)
  return { count, sum, buckets, ...(isFloat && { isFloat }), ...(native && { native }) }
}

function decodeHistogramField(reader: MessageReader, field: number, to: HistogramFields): void {
  switch (field) {
    case 1:
      to.count = Number(reader.uint64())
      break
    case 2:
      to.sum = reader.double()
      break
    case 3:
      to.buckets.push(decodeBucket(reader.message()))
      break
    case 4:
      to.countFloat = reader.double()
      to.isFloat = true
      break
    case 5:
      to.schema = zigzag(reader.uint64())
      break
    case 6:
      to.zeroThreshold = reader.double()
      break
    case 7:
      to.zeroCount = reader.number()
      break
    case 8:
      to.zeroCountFloat = reader.double()
      break
    case 9:
      to.negativeSpans.push(decodeSpan(reader.message()))
      break
    case 10:
      decodeRepeated(reader, to.negativeDeltas, (one) => zigzag(one.uint64()))
      break
    case 11:
      decodeRepeated(reader, to.negativeCounts, (one) => one.double())
      break
    case 12:
      to.positiveSpans.push(decodeSpan(reader.message()))
      break
    case 13:
      decodeRepeated(reader, to.positiveDeltas, (one) => zigzag(one.uint64()))
      break
    case 14:
      decodeRepeated(reader, to.positiveCounts, (one) => one.double())
      break
    default:
      reader.skip()
  }
}

function decodeBucket(reader: MessageReader): { le: number; count: number } {
  let le = 0
  let count = 0
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) count = Number(reader.uint64())
    else if (field === 2) le = reader.double()
    else if (field === 4) count = reader.double()
    else reader.skip()
  }
  return { le, count }
}

function decodeSpan(reader: MessageReader): Span {
  let offset = 0
  let length = 0
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) offset = zigzag(reader.uint64())
    else if (field === 2) length = reader.number()
    else reader.skip()
  }
  return { offset, length }
}

/** Numbers come one by one or packed into one field. */
function decodeRepeated(
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

function zigzag(value: bigint): number {
  return Number(BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n)))
}

/** Native as far as the format tells: a schema, and anything only native histograms have. */
function nativeOf(fields: HistogramFields): Histogram | FloatHistogram | undefined {
  const { positiveSpans, negativeSpans, zeroThreshold, sum } = fields
  const hasParts =
    positiveSpans.length > 0 ||
    negativeSpans.length > 0 ||
    zeroThreshold > 0 ||
    fields.zeroCount > 0 ||
    fields.zeroCountFloat > 0
  if (fields.schema === undefined || !hasParts) return undefined
  const shared = {
    counterResetHint: 'unknown' as const,
    schema: fields.schema,
    zeroThreshold,
    sum,
    positiveSpans,
    negativeSpans,
    customValues: [],
  }
  if (fields.countFloat > 0 || fields.zeroCountFloat > 0) {
    return {
      ...shared,
      kind: 'float',
      zeroCount: fields.zeroCountFloat,
      count: fields.countFloat,
      positiveBuckets: fields.positiveCounts,
      negativeBuckets: fields.negativeCounts,
    }
  }
  return {
    ...shared,
    kind: 'int',
    zeroCount: fields.zeroCount,
    count: fields.count,
    positiveDeltas: fields.positiveDeltas,
    negativeDeltas: fields.negativeDeltas,
  }
}
