/**
 * The values a template sees, in Go's terms. A plain string is a Go string, a boolean a bool, a number a float64,
 * a bigint an int, `undefined` and `null` are nil; everything else is one of the classes below, an array
 * (`[]interface {}`) or a plain object (`map[string]interface {}`).
 */

export type Value =
  | string
  | boolean
  | number
  | bigint
  | null
  | undefined
  | GoInt
  | GoText
  | GoList
  | GoMap
  | GoStruct
  | GoOpaque
  | readonly Value[]
  | { readonly [key: string]: Value }

/** A method of a Go type: `{{ .StartsAt.Format "15:04" }}`. Parameters are named by Go type; see `TemplateFunction`. */
export interface Method<Self = Value> {
  readonly params: readonly string[]
  readonly variadic?: string
  readonly call: (self: Self, ...args: Value[]) => Value
}

/** What is common to all values of one named type. `print` is its String() method. */
export interface GoType<Self> {
  readonly name: string
  readonly methods?: Readonly<Record<string, Method<Self>>>
  readonly print?: (self: Self) => string
  /** Of lists and maps: the Go name of the element type, and what a missing map key gives. */
  readonly element?: string
  readonly zero?: Value
  /** Names of struct fields in JSON, in order; a field without one keeps its own. */
  readonly json?: Readonly<Record<string, string>>
}

/** An integer that is not a plain int: uint8, int64, time.Duration, time.Month. */
export class GoInt {
  readonly type: GoType<GoInt>
  readonly value: bigint

  constructor(type: GoType<GoInt>, value: bigint) {
    this.type = type
    this.value = value
  }
}

/** A string of a named type, such as template.HTML, which HTML escaping lets through. */
export class GoText {
  readonly type: GoType<GoText>
  readonly text: string

  constructor(type: GoType<GoText>, text: string) {
    this.type = type
    this.text = text
  }
}

export class GoList {
  readonly type: GoType<GoList>
  readonly items: readonly Value[]

  constructor(type: GoType<GoList>, items: readonly Value[]) {
    this.type = type
    this.items = items
  }
}

/** A map with string keys; ranges and prints in key order, as Go's templates do. */
export class GoMap {
  readonly type: GoType<GoMap>
  readonly entries: ReadonlyMap<string, Value>

  constructor(type: GoType<GoMap>, entries: ReadonlyMap<string, Value>) {
    this.type = type
    this.entries = entries
  }

  sortedKeys(): string[] {
    return [...this.entries.keys()].sort(compareUtf8)
  }
}

export class GoStruct {
  readonly type: GoType<GoStruct>
  /** In declaration order. */
  readonly fields: Readonly<Record<string, Value>>

  constructor(type: GoType<GoStruct>, fields: Readonly<Record<string, Value>>) {
    this.type = type
    this.fields = fields
  }
}

/** A value that templates can print and call methods on, but not look into: a time, a histogram. */
export class GoOpaque {
  readonly type: GoType<GoOpaque>
  readonly content: unknown

  constructor(type: GoType<GoOpaque>, content: unknown) {
    this.type = type
    this.content = content
  }
}

export const STRINGS: GoType<GoList> = { name: '[]string', element: 'string', zero: '' }
export const STRING_MAP: GoType<GoMap> = { name: 'map[string]string', element: 'string', zero: '' }
export const ANY_LIST: GoType<GoList> = { name: '[]interface {}', element: 'interface {}' }
export const ANY_MAP: GoType<GoMap> = { name: 'map[string]interface {}', element: 'interface {}' }
export const UINT8: GoType<GoInt> = { name: 'uint8' }
export const INT64: GoType<GoInt> = { name: 'int64' }

/** A Go `[]string`. */
export function strings(items: readonly string[]): GoList {
  return new GoList(STRINGS, items)
}

/** A Go `map[string]string`; a missing key prints as nothing. */
export function stringMap(
  source: Readonly<Record<string, string>> | Iterable<readonly [string, string]>,
): GoMap {
  const entries = isIterable(source) ? source : Object.entries(source)
  return new GoMap(STRING_MAP, new Map(entries))
}

/** The list behind a slice, or undefined if the value is no slice. */
export function asList(value: Value): GoList | undefined {
  if (value instanceof GoList) return value
  return Array.isArray(value) ? new GoList(ANY_LIST, value as readonly Value[]) : undefined
}

/** The map behind a map value; plain objects count. */
export function asMap(value: Value): GoMap | undefined {
  if (value instanceof GoMap) return value
  if (typeof value !== 'object' || value === null) return undefined
  if (Array.isArray(value) || isGoObject(value)) return undefined
  return new GoMap(ANY_MAP, new Map(Object.entries(value as Record<string, Value>)))
}

export function isNil(value: Value): value is null | undefined {
  return value === null || value === undefined
}

function isGoObject(value: object): boolean {
  return (
    value instanceof GoInt ||
    value instanceof GoText ||
    value instanceof GoList ||
    value instanceof GoMap ||
    value instanceof GoStruct ||
    value instanceof GoOpaque
  )
}

/** The named type of a value, if it has one. */
export function goType(value: Value): GoType<never> | undefined {
  if (typeof value !== 'object' || value === null || !isGoObject(value)) return undefined
  return (value as { readonly type: GoType<never> }).type
}

/** The Go type as an error text names it. */
export function typeName(value: Value): string {
  switch (typeof value) {
    case 'string':
      return 'string'
    case 'boolean':
      return 'bool'
    case 'number':
      return 'float64'
    case 'bigint':
      return 'int'
    case 'undefined':
      return 'nil'
  }
  if (value === null) return 'nil'
  const type = goType(value)
  if (type) return type.name
  return Array.isArray(value) ? ANY_LIST.name : ANY_MAP.name
}

/** The text of a string or of a named string type. */
export function asText(value: Value): string | undefined {
  if (typeof value === 'string') return value
  return value instanceof GoText ? value.text : undefined
}

export function asInteger(value: Value): bigint | undefined {
  if (typeof value === 'bigint') return value
  return value instanceof GoInt ? value.value : undefined
}

/** What `if`, `and`, `or` and `not` take for true: not empty, not zero, not nil; a struct always. */
export function isTrue(value: Value): boolean {
  if (isNil(value)) return false
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') return value !== 0
  if (typeof value === 'bigint') return value !== 0n
  if (typeof value === 'string') return value !== ''
  if (value instanceof GoText) return value.text !== ''
  if (value instanceof GoInt) return value.value !== 0n
  const list = asList(value)
  if (list) return list.items.length > 0
  const map = asMap(value)
  if (map) return map.entries.size > 0
  return true
}

/** Compares by UTF-8 bytes, the order of Go strings. */
export function compareUtf8(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x === y) continue
    // Surrogates stand for code points above every other code unit.
    const isHighX = x >= 0xd800 && x < 0xe000
    const isHighY = y >= 0xd800 && y < 0xe000
    if (isHighX !== isHighY) return isHighX ? 1 : -1
    return x - y
  }
  return a.length - b.length
}

function isIterable(source: object): source is Iterable<readonly [string, string]> {
  return Symbol.iterator in source
}
