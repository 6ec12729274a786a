/** The functions every Go template has; `and` and `or` are known to the evaluator, which stops at the first verdict. */
import { FunctionError } from '../errors.ts'
import { sprint, sprintf, sprintln } from '../format/printf.ts'
import {
  asInteger,
  asList,
  asMap,
  asText,
  GoInt,
  GoList,
  isNil,
  isTrue,
  typeName,
  UINT8,
  type Value,
} from '../values.ts'
import { comparisonFunctions } from './compare.ts'
import { define, defineVariadic, type FunctionTable } from './define.ts'
import { escapeFunctions } from './escapes.ts'

export const builtinFunctions: FunctionTable = {
  and: { params: ['any'], variadic: 'any', call: (first) => first, isShortCircuit: true },
  or: { params: ['any'], variadic: 'any', call: (first) => first, isShortCircuit: true },
  not: define(['any'], (value) => !isTrue(value)),
  len: define(['any'], length),
  index: defineVariadic(['any'], 'any', index),
  slice: defineVariadic(['any'], 'any', slice),
  print: defineVariadic([], 'any', (...args) => sprint(args)),
  printf: defineVariadic(['string'], 'any', (format, ...args) => sprintf(format, args)),
  println: defineVariadic([], 'any', (...args) => sprintln(args)),
  call: defineVariadic(['any'], 'any', (fn) => {
    if (isNil(fn)) throw new FunctionError('call of nil')
    throw new FunctionError(`non-function ${sprint([fn])} of type ${typeName(fn)}`)
  }),
  ...escapeFunctions,
  ...comparisonFunctions,
}

function length(value: Value): Value {
  if (value === undefined) {
    throw new FunctionError('reflect: call of reflect.Value.Type on zero Value')
  }
  if (value === null) throw new FunctionError('len of nil pointer')
  const text = asText(value)
  if (text !== undefined) return BigInt(utf8(text).length)
  const list = asList(value)
  if (list) return BigInt(list.items.length)
  const map = asMap(value)
  if (map) return BigInt(map.entries.size)
  throw new FunctionError(`len of type ${typeName(value)}`)
}

function index(start: Value, ...keys: Value[]): Value {
  if (isNil(start)) throw new FunctionError('index of untyped nil')
  let item: Value = start
  for (const key of keys) item = indexOne(item, key)
  return item
}

function indexOne(item: Value, key: Value): Value {
  if (isNil(item)) throw new FunctionError('index of nil pointer')
  const text = asText(item)
  if (text !== undefined) {
    const bytes = utf8(text)
    return new GoInt(UINT8, BigInt(bytes[position(key, bytes.length, 'string')] as number))
  }
  const list = asList(item)
  if (list) return list.items[position(key, list.items.length, 'slice')]
  const map = asMap(item)
  if (!map) throw new FunctionError(`can't index item of type ${typeName(item)}`)
  if (isNil(key)) throw new FunctionError('value is nil; should be of type string')
  if (typeof key !== 'string') {
    throw new FunctionError(`value has type ${typeName(key)}; should be string`)
  }
  return map.entries.has(key) ? map.entries.get(key) : (map.type.zero ?? null)
}

function position(key: Value, size: number, kind: string): number {
  const at = integerIndex(key)
  // Compat: one behind the last is found out later, and told in other words.
  if (at === size) throw new FunctionError(`reflect: ${kind} index out of range`)
  if (at < 0 || at > size) throw new FunctionError(`index out of range: ${at}`)
  return at
}

function integerIndex(key: Value): number {
  if (isNil(key)) throw new FunctionError('cannot index slice/array with nil')
  const at = asInteger(key)
  if (at === undefined) {
    throw new FunctionError(`cannot index slice/array with type ${typeName(key)}`)
  }
  return Number(at)
}

function slice(item: Value, ...bounds: Value[]): Value {
  if (isNil(item)) throw new FunctionError('slice of untyped nil')
  if (bounds.length > 3) throw new FunctionError(`too many slice indexes: ${bounds.length}`)
  const text = asText(item)
  const list = asList(item)
  if (text === undefined && !list) {
    throw new FunctionError(`can't slice item of type ${typeName(item)}`)
  }
  if (text !== undefined && bounds.length === 3) {
    throw new FunctionError('cannot 3-index slice a string')
  }
  const bytes = text === undefined ? undefined : utf8(text)
  const size = bytes ? bytes.length : (list as GoList).items.length
  const at = [0, size, size]
  bounds.forEach((bound, i) => {
    const value = integerIndex(bound)
    if (value < 0 || value > size) throw new FunctionError(`index out of range: ${value}`)
    at[i] = value
  })
  const [from, to, cap] = at as [number, number, number]
  if (from > to) throw new FunctionError(`invalid slice index: ${from} > ${to}`)
  if (bounds.length === 3 && to > cap) {
    throw new FunctionError(`invalid slice index: ${to} > ${cap}`)
  }
  if (bytes) return new TextDecoder().decode(bytes.subarray(from, to))
  const { type, items } = list as GoList
  return new GoList(type, items.slice(from, to))
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
