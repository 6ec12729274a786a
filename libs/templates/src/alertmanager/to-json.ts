/** JSON of template values as Go's encoding/json writes it. */
import { printFloat } from '@prom/model'
import { FunctionError } from '../errors.ts'
import { asTime, zonedTime } from '../time/go-time.ts'
import { formatLayout } from '../time/layout.ts'
import {
  asInteger,
  asList,
  asMap,
  asText,
  GoOpaque,
  GoStruct,
  isNil,
  typeName,
  type Value,
} from '../values.ts'

const DEPTH_MAX = 100
/** Characters of one call, those of inner values counted at each level. */
const JSON_MAX = 64 * 1024 * 1024

/** Throws FunctionError for what JSON has no form for. */
export function toJson(value: Value): string {
  return encode(value, 0, { left: JSON_MAX })
}

function encode(value: Value, depth: number, budget: { left: number }): string {
  const json = encodeUnbounded(value, depth, budget)
  budget.left -= json.length
  if (budget.left < 0) throw new FunctionError('json: value is too large')
  return json
}

function encodeUnbounded(value: Value, depth: number, budget: { left: number }): string {
  if (depth > DEPTH_MAX) throw new FunctionError('json: unsupported value: nested too deeply')
  if (isNil(value)) return 'null'
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) {
      throw new FunctionError(`json: unsupported value: ${printFloat(value)}`)
    }
    return printFloat(value, 'json').replace(/e-0(\d)$/, 'e-$1')
  }
  const text = asText(value)
  if (text !== undefined) return quoteJson(text)
  const integer = asInteger(value)
  if (integer !== undefined) return String(integer)
  const inner = (item: Value) => encode(item, depth + 1, budget)
  const list = asList(value)
  if (list) return `[${list.items.map(inner).join(',')}]`
  const map = asMap(value)
  if (map) {
    const pairs = map.sortedKeys().map((key) => `${quoteJson(key)}:${inner(map.entries.get(key))}`)
    return `{${pairs.join(',')}}`
  }
  if (value instanceof GoStruct) {
    const names = value.type.json ?? {}
    const pairs = Object.entries(value.fields).map(
      ([name, field]) => `${quoteJson(names[name] ?? name)}:${inner(field)}`,
    )
    return `{${pairs.join(',')}}`
  }
  if (value instanceof GoOpaque && value.type.name === 'time.Time') {
    const time = zonedTime(asTime(value))
    return quoteJson(formatLayout('2006-01-02T15:04:05.999999999Z07:00', time))
  }
  throw new FunctionError(`json: unsupported type: ${typeName(value)}`)
}

/** As encoding/json: `<`, `>`, `&` and the line separators escaped too. */
function quoteJson(text: string): string {
  return JSON.stringify(text).replace(/[<>&\u2028\u2029\x7f]/g, (char) => {
    if (char === '\x7f') return char
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
