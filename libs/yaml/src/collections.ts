/** Schemas of lists, maps and values that may be absent. */
import { quoteGo } from '@prom/model'
import { flow } from './flow.ts'
import { mistyped } from './mistyped.ts'
import type { ConfigNode, MapEntry } from './node.ts'
import { resolveScalar } from './resolve.ts'
import type { DecodeScope, Encoded, Schema } from './schema.ts'

export interface ListOptions {
  /** The original's text for a null element; without it null is the element's zero value. */
  readonly nullError?: string
  /** Elements are pointers in the original, which only error texts show. */
  readonly isPointer?: boolean
  /** Go's name of the list type, where it has one. */
  readonly typeName?: string
  /** Printed as `[a, b]`. */
  readonly isFlow?: boolean
}

export function list<T>(item: Schema<T>, options: ListOptions = {}): Schema<readonly T[]> {
  const isPointer = options.isPointer ?? options.nullError !== undefined
  const typeName = options.typeName ?? `[]${isPointer ? '*' : ''}${item.typeName}`
  return {
    typeName,
    item: item as Schema<unknown>,
    decode(node, scope) {
      if (node.kind === 'null') return []
      if (node.kind !== 'list') return mistyped(node, scope, typeName, [])
      return node.items.flatMap((child) => {
        if (child.kind !== 'null') return [item.decode(child, scope)]
        if (options.nullError) return scope.fail(child.line, options.nullError)
        return scope.flavour === 'v2' ? [item.zero()] : [] // v3 drops empty elements.
      })
    },
    encode(value) {
      const encoded = value.map((element) => item.encode(element) ?? null)
      return options.isFlow ? flow(encoded) : encoded
    },
    zero: () => [],
  }
}

/** String keys to values, in the order of the file; printed sorted, as the original does. */
export function map<T>(item: Schema<T>, typeName?: string): Schema<ReadonlyMap<string, T>> {
  const name = typeName ?? `map[string]${item.typeName}`
  return {
    typeName: name,
    item: item as Schema<unknown>,
    decode(node, scope) {
      if (node.kind === 'null') return new Map()
      if (node.kind !== 'map') return mistyped(node, scope, name, new Map<string, T>())
      const value = new Map<string, T>()
      if (scope.flavour === 'v3' && refuseRepeatedKeys(node, scope)) return value
      fillMap(node, item, value, scope)
      return value
    },
    encode(value) {
      const encoded: Record<string, Encoded> = {}
      for (const key of [...value.keys()].sort(compareKeys)) {
        define(encoded, key, item.encode(value.get(key)!) ?? null)
      }
      return encoded
    },
    zero: () => new Map(),
  }
}

/** A pointer in the original: absent or null is undefined, and not printed. */
export function optional<T>(schema: Schema<T>): Schema<T | undefined> {
  return {
    typeName: `*${schema.typeName}`,
    item: schema as Schema<unknown>,
    decode: (node, scope) => (node.kind === 'null' ? undefined : schema.decode(node, scope)),
    encode: (value) => (value === undefined ? undefined : schema.encode(value)),
    zero: () => undefined,
    isEmpty: (value) => value === undefined,
  }
}

/** The node itself, for what is decoded later or elsewhere. */
export const raw: Schema<ConfigNode | undefined> = {
  typeName: 'interface {}',
  decode: (node) => node,
  encode: () => undefined,
  zero: () => undefined,
}

/** Assigns any key, `__proto__` included, as an own property. */
export function define(into: Record<string, Encoded>, key: string, value: Encoded): void {
  if (key !== '__proto__') into[key] = value
  else Object.defineProperty(into, key, { value, enumerable: true, configurable: true })
}

/** v3 looks at the keys of every mapping before it reads their values; true when some were repeated. */
export function refuseRepeatedKeys(node: ConfigNode, scope: DecodeScope): boolean {
  if (node.kind !== 'map' || areFewAndDistinct(node.entries)) return false
  const errorCount = scope.errorCount
  const lines = new Map<string, number>()
  for (const { key } of node.entries) {
    if (key.kind !== 'scalar') continue
    const first = lines.get(key.text)
    if (first === undefined) lines.set(key.text, key.line)
    else scope.error(key.line, `mapping key ${quoteGo(key.text)} already defined at line ${first}`)
  }
  return scope.errorCount > errorCount
}

function areFewAndDistinct(entries: readonly MapEntry[]): boolean {
  if (entries.length > 8) return false
  for (let i = 1; i < entries.length; i++) {
    const { key } = entries[i]!
    if (key.kind === 'scalar' && isAmong(key.text, entries, i)) return false
  }
  return true
}

function isAmong(text: string, entries: readonly MapEntry[], count: number): boolean {
  for (let i = 0; i < count; i++) {
    const { key } = entries[i]!
    if (key.kind === 'scalar' && key.text === text) return true
  }
  return false
}

/** Mappings that `<<` brings in, nearest last, as v2 applies them. */
export function mergedMaps(value: ConfigNode, scope: DecodeScope): readonly ConfigNode[] {
  const maps = value.kind === 'list' ? [...value.items].reverse() : [value]
  if (maps.every((node) => node.kind === 'map')) return maps
  return scope.fail(value.line, 'yaml: map merge requires map or sequence of maps as the value')
}

export function isMergeKey(key: ConfigNode, scope: DecodeScope): boolean {
  return (
    key.kind === 'scalar' &&
    key.text === '<<' &&
    resolveScalar(key, scope.flavour).tag === '!!merge'
  )
}

function fillMap<T>(
  node: ConfigNode,
  item: Schema<T>,
  into: Map<string, T>,
  scope: DecodeScope,
): void {
  if (node.kind !== 'map') return
  const seen = new Set<string>()
  for (const { key, value } of node.entries) {
    if (isMergeKey(key, scope)) {
      for (const merged of mergedMaps(value, scope)) fillMap(merged, item, into, scope)
      continue
    }
    if (key.kind === 'list' || key.kind === 'map') {
      mistyped(key, scope, 'string', undefined)
      continue
    }
    const name = key.kind === 'null' ? '' : key.text
    const count = scope.errorCount
    const decoded = value.kind === 'null' ? item.zero() : item.decode(value, scope)
    if (scope.errorCount > count) continue
    if (seen.has(name) && scope.flavour === 'v2') {
      scope.error(key.line, `key ${quoteGo(name)} already set in map`)
      continue
    }
    seen.add(name)
    into.set(name, decoded)
  }
}

/** Go's yaml sorts keys with numbers inside them by value, letters after the rest. */
export function compareKeys(a: string, b: string): number {
  const left = [...a]
  const right = [...b]
  for (let i = 0; i < left.length && i < right.length; i++) {
    const x = left[i]!
    const y = right[i]!
    if (x === y) continue
    const isLetterX = /\p{L}/u.test(x)
    const isLetterY = /\p{L}/u.test(y)
    if (isLetterX !== isLetterY) return isLetterX ? 1 : -1
    if (!isLetterX && /\d/.test(x) && /\d/.test(y)) {
      const difference = runOf(left, i) - runOf(right, i)
      if (difference !== 0) return difference
    }
    return x < y ? -1 : 1
  }
  return left.length - right.length
}

/** The number whose digits go through `at`. */
function runOf(chars: readonly string[], at: number): number {
  let start = at
  while (start > 0 && /\d/.test(chars[start - 1]!)) start--
  let end = at
  while (end < chars.length && /\d/.test(chars[end]!)) end++
  return Number(chars.slice(start, end).join(''))
}
