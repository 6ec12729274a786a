/**
 * Metric families as protobuf's text form: `encoding=text`, a field per line, and `encoding=compact-text`, a family per
 * line. Fields come in the order of their declaration, which is not that of their numbers. Compat: two spaces where one
 * would do, as the server's release has them (the originals choose at build time).
 */
import { MessageReader } from '@prom/protobuf'
import type { ExpositionFormat } from './negotiate.ts'

export type MessageTextForm = Exclude<ExpositionFormat['encoding'], 'delimited'>

type Scalar = 'double' | 'uint' | 'int' | 'zigzag' | 'text' | 'type'

interface Field {
  readonly number: number
  readonly name: string
  readonly kind: Scalar | readonly Field[]
}

const field = (number: number, name: string, kind: Field['kind']): Field => ({ number, name, kind })

const TYPES = ['COUNTER', 'GAUGE', 'SUMMARY', 'UNTYPED', 'HISTOGRAM', 'GAUGE_HISTOGRAM']

const TIME = [field(1, 'seconds', 'int'), field(2, 'nanos', 'int')]
const LABEL = [field(1, 'name', 'text'), field(2, 'value', 'text')]
const SPAN = [field(1, 'offset', 'zigzag'), field(2, 'length', 'uint')]
const VALUE = [field(1, 'value', 'double')]
const EXEMPLAR = [
  field(1, 'label', LABEL),
  field(2, 'value', 'double'),
  field(3, 'timestamp', TIME),
]
const COUNTER = [...VALUE, field(2, 'exemplar', EXEMPLAR), field(3, 'created_timestamp', TIME)]
const QUANTILE = [field(1, 'quantile', 'double'), field(2, 'value', 'double')]
const SUMMARY = [
  field(1, 'sample_count', 'uint'),
  field(2, 'sample_sum', 'double'),
  field(3, 'quantile', QUANTILE),
  field(4, 'created_timestamp', TIME),
]
const BUCKET = [
  field(1, 'cumulative_count', 'uint'),
  field(4, 'cumulative_count_float', 'double'),
  field(2, 'upper_bound', 'double'),
  field(3, 'exemplar', EXEMPLAR),
]
const HISTOGRAM = [
  field(1, 'sample_count', 'uint'),
  field(4, 'sample_count_float', 'double'),
  field(2, 'sample_sum', 'double'),
  field(3, 'bucket', BUCKET),
  field(15, 'created_timestamp', TIME),
  field(5, 'schema', 'zigzag'),
  field(6, 'zero_threshold', 'double'),
  field(7, 'zero_count', 'uint'),
  field(8, 'zero_count_float', 'double'),
  field(9, 'negative_span', SPAN),
  field(10, 'negative_delta', 'zigzag'),
  field(11, 'negative_count', 'double'),
  field(12, 'positive_span', SPAN),
  field(13, 'positive_delta', 'zigzag'),
  field(14, 'positive_count', 'double'),
  field(16, 'exemplars', EXEMPLAR),
]
const METRIC = [
  field(1, 'label', LABEL),
  field(2, 'gauge', VALUE),
  field(3, 'counter', COUNTER),
  field(4, 'summary', SUMMARY),
  field(5, 'untyped', VALUE),
  field(7, 'histogram', HISTOGRAM),
  field(6, 'timestamp_ms', 'int'),
]
const FAMILY = [
  field(1, 'name', 'text'),
  field(2, 'help', 'text'),
  field(3, 'type', 'type'),
  field(4, 'metric', METRIC),
  field(5, 'unit', 'text'),
]

/**
 * The text of delimited MetricFamily messages in pieces, one for each field and sample, so that the caller may pause
 * between them. Unknown fields are left out. Throws MessageError for bytes that are no messages.
 */
export function* printMessageText(page: Uint8Array, form: MessageTextForm): Generator<string> {
  const messages = new MessageReader(page)
  while (!messages.isAtEnd) {
    let isFirst = true
    for (const [declared, value] of readFields(messages.delimited(), FAMILY)) {
      yield printField(declared, value, form, isFirst, 0)
      isFirst = false
    }
    yield '\n'
  }
}

type Value = string | Uint8Array

/** The fields a message has, with those of one kind together. */
function* readFields(bytes: Uint8Array, fields: readonly Field[]): Generator<[Field, Value]> {
  const found = new Map<number, Value[]>()
  const reader = new MessageReader(bytes)
  for (let number = reader.field(); number !== 0; number = reader.field()) {
    const declared = fields.find((one) => one.number === number)
    if (!declared) {
      reader.skip()
      continue
    }
    const values = found.get(number) ?? []
    found.set(number, values)
    const { kind } = declared
    if (typeof kind !== 'string') values.push(reader.bytes())
    else if (kind === 'text') values.push(quote(reader.string()))
    else if (reader.isPacked) {
      const packed = reader.message()
      while (!packed.isAtEnd) values.push(printScalar(packed, kind))
    } else values.push(printScalar(reader, kind))
  }
  for (const declared of fields) {
    for (const value of found.get(declared.number) ?? []) yield [declared, value]
  }
}

function printField(
  { name, kind }: Field,
  value: Value,
  form: MessageTextForm,
  isFirst: boolean,
  depth: number,
): string {
  const isCompact = form === 'compact-text'
  const indent = isCompact ? (isFirst ? '' : '  ') : '  '.repeat(depth)
  const colon = isCompact ? ':' : ':  '
  const end = isCompact ? '' : '\n'
  if (typeof value === 'string') return `${indent}${name}${colon}${value}${end}`
  let inside = ''
  for (const [declared, one] of readFields(value, kind as readonly Field[])) {
    inside += printField(declared, one, form, inside === '', depth + 1)
  }
  if (isCompact || inside === '') return `${indent}${name}${colon}{${inside}}${end}`
  return `${indent}${name}${colon}{\n${inside}${indent}}${end}`
}

function printScalar(reader: MessageReader, kind: Scalar): string {
  switch (kind) {
    case 'double':
      return printDouble(reader.double())
    case 'uint':
      return String(reader.uint64())
    case 'zigzag': {
      const value = reader.uint64()
      return String((value >> 1n) ^ -(value & 1n))
    }
    case 'type': {
      const value = reader.number()
      return TYPES[value] ?? String(value)
    }
    default:
      return String(BigInt.asIntN(64, reader.uint64()))
  }
}

function printDouble(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  return Object.is(value, -0) ? '-0' : String(value)
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
}

function quote(text: string): string {
  const escaped = text.replace(/["\\\x00-\x1f\x7f-\x9f]/g, (char) => {
    const code = char.charCodeAt(0)
    const hex = code.toString(16)
    return ESCAPES[char] ?? (code < 0x80 ? `\\x${hex.padStart(2, '0')}` : `\\u00${hex}`)
  })
  return `"${escaped}"`
}
