/** Schemas of single values. Wrong types are noted with Go's text; broken rules end the reading. */
import { posix } from 'node:path'
import { parseBytes, parseDuration, printBytes, printDuration } from '@prom/model'
import { mistyped } from './mistyped.ts'
import type { ConfigNode, ScalarNode } from './node.ts'
import { oldBoolean, resolveScalar } from './resolve.ts'
import type { DecodeScope, Schema } from './schema.ts'

/** Text exactly as written: `1.10` and `0644` stay what they are. */
export const string: Schema<string> = {
  typeName: 'string',
  decode: (node, scope) => decodeString(node, scope, 'string'),
  encode: (value) => value,
  zero: () => '',
}

export const bool: Schema<boolean> = {
  typeName: 'bool',
  decode(node, scope) {
    if (node.kind === 'null') return false
    if (node.kind !== 'scalar') return mistyped(node, scope, 'bool', false)
    const resolved = resolveScalar(node, scope.flavour)
    if (resolved.tag === '!!bool') return resolved.value
    const old =
      resolved.tag === '!!str' && scope.flavour === 'v3' ? oldBoolean(node.text) : undefined
    return old ?? mistyped(node, scope, 'bool', false)
  },
  encode: (value) => value,
  zero: () => false,
}

export const int: Schema<number> = integer('int', -(2 ** 63), 2 ** 63)
export const uint: Schema<number> = integer('uint', 0, 2 ** 64)
export const int64: Schema<number> = integer('int64', -(2 ** 63), 2 ** 63)
export const uint64: Schema<number> = integer('uint64', 0, 2 ** 64)

export const float: Schema<number> = {
  typeName: 'float64',
  decode(node, scope) {
    if (node.kind === 'null') return 0
    if (node.kind !== 'scalar') return mistyped(node, scope, 'float64', 0)
    const resolved = resolveScalar(node, scope.flavour)
    if (resolved.tag === '!!int' || resolved.tag === '!!float') return resolved.value
    return mistyped(node, scope, 'float64', 0)
  },
  encode: (value) => value,
  zero: () => 0,
}

/** `1h30m`, in milliseconds. */
export const duration: Schema<number> = parsed({
  zero: 0,
  parse: (text) => {
    const result = parseDuration(text)
    return 'ms' in result ? { value: result.ms } : result
  },
  print: printDuration,
})

/** `512MB`, in bytes. */
export const bytes: Schema<number> = parsed({
  typeName: 'units.Base2Bytes',
  zero: 0,
  parse: (text) => {
    const result = parseBytes(text)
    return 'bytes' in result ? { value: result.bytes } : result
  },
  print: printBytes,
})

/**
 * A value that is never printed: `<secret>` in every output, `value` where it is used. Between threads it arrives
 * as a plain `{ value }`, so only the field counts.
 */
export class Secret {
  readonly value: string

  constructor(value: string) {
    this.value = value
  }

  get isEmpty(): boolean {
    return this.value === ''
  }

  reveal(): string {
    return this.value
  }

  toString(): string {
    return this.value === '' ? '' : '<secret>'
  }

  toJSON(): string {
    return this.toString()
  }
}

export const secret: Schema<Secret> = {
  typeName: 'config.Secret',
  decode: (node, scope) => new Secret(decodeString(node, scope, 'config.plain')),
  encode: (secret) => (secret.value === '' ? undefined : '<secret>'),
  zero: () => new Secret(''),
  isEmpty: (secret) => secret.value === '',
}

/** The path of a file; a relative one counts from the folder of the file it is written in. */
export const path: Schema<string> = pathLike()

/** A path that has to look like something: `refuse` gives the text for one that does not. */
export function pathLike(refuse?: (text: string) => string | undefined): Schema<string> {
  return {
    typeName: 'string',
    decode(node, scope) {
      const text = decodeString(node, scope, 'string')
      const problem = refuse?.(text)
      if (problem !== undefined) return scope.fail(node.line, problem)
      if (text === '' || text.startsWith('/') || scope.directory === undefined) return text
      return posix.join(scope.directory, text)
    },
    encode: (value) => value,
    zero: () => '',
  }
}

export interface ParsedOptions<T> {
  readonly typeName?: string
  readonly zero: T
  readonly parse: (text: string) => { readonly value: T } | { readonly error: string }
  readonly print: (value: T) => string
}

/** A value written as text with a syntax of its own. */
export function parsed<T>({
  typeName = 'string',
  zero,
  parse,
  print,
}: ParsedOptions<T>): Schema<T> {
  return {
    typeName,
    decode(node, scope) {
      if (node.kind === 'null') return zero
      if (node.kind !== 'scalar') return mistyped(node, scope, typeName, zero)
      const result = parse(node.text)
      return 'value' in result ? result.value : scope.fail(node.line, result.error)
    },
    encode: print,
    zero: () => zero,
    isEmpty: (value) => value === zero,
  }
}

/** One of `values`; `refuse` gives the original's text for any other. */
export function oneOf<const T extends string>(
  values: readonly T[],
  refuse: (text: string) => string,
  options: { readonly typeName?: string; readonly normalise?: (text: string) => string } = {},
): Schema<T> {
  return parsed<T>({
    typeName: options.typeName ?? 'string',
    zero: '' as T, // An explicit null; whoever needs a value checks for it, as the original does.
    parse(text) {
      const wanted = options.normalise?.(text) ?? text
      const value = values.find((known) => known === wanted)
      return value === undefined ? { error: refuse(text) } : { value }
    },
    print: (value) => value,
  })
}

function integer(typeName: string, least: number, limit: number): Schema<number> {
  return {
    typeName,
    decode(node, scope) {
      if (node.kind === 'null') return 0
      if (node.kind !== 'scalar') return mistyped(node, scope, typeName, 0)
      const resolved = resolveScalar(node, scope.flavour)
      if (resolved.tag !== '!!int' && resolved.tag !== '!!float') {
        return mistyped(node, scope, typeName, 0)
      }
      const value = Math.trunc(resolved.value)
      const isInside = value >= least && value < limit
      return isInside ? value : mistyped(node, scope, typeName, 0)
    },
    encode: (value) => value,
    zero: () => 0,
  }
}

function decodeString(node: ConfigNode, scope: DecodeScope, typeName: string): string {
  if (node.kind === 'null') return ''
  if (node.kind !== 'scalar') return mistyped(node, scope, typeName, '')
  return node.tag === '!!binary' ? decodeBinary(node, scope) : node.text
}

function decodeBinary(node: ScalarNode, scope: DecodeScope): string {
  const packed = node.text.replaceAll(/\s/g, '')
  if (packed.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(packed)) {
    return scope.fail(node.line, 'yaml: !!binary value contains invalid base64 data')
  }
  return Buffer.from(packed, 'base64').toString('utf8')
}
