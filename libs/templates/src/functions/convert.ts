/** What the numeric functions take for a number. */
import { parseFloatGo, quoteGo } from '@prom/model'
import { FunctionError } from '../errors.ts'
import { DURATION } from '../time/go-time.ts'
import { asInteger, GoInt, typeName, type Value } from '../values.ts'

/** A float, an integer, a string with a number, or a duration in seconds. */
export function toFloat(value: Value): number {
  if (typeof value === 'number') return value
  if (typeof value === 'string') return parseFloatText(value)
  if (value instanceof GoInt && value.type === DURATION) return Number(value.value) / 1e9
  const integer = asInteger(value)
  if (integer !== undefined) return Number(integer)
  const type = value === null || value === undefined ? '<nil>' : typeName(value)
  throw new FunctionError(`can't convert ${type} to float`)
}

function parseFloatText(text: string): number {
  const number = parseFloatGo(text)
  if (number !== undefined) return number
  const isNumber = text !== '' && !Number.isNaN(Number(text))
  const reason = isNumber ? 'value out of range' : 'invalid syntax'
  throw new FunctionError(`strconv.ParseFloat: parsing ${quoteGo(text)}: ${reason}`)
}
