/** Schemas of mappings with known keys. */
import { define, isMergeKey, mergedMaps, refuseRepeatedKeys } from './collections.ts'
import { mistyped } from './mistyped.ts'
import { type ConfigNode, entryOf } from './node.ts'
import type { Broken, DecodeScope, Encoded, Field, Schema, StructOptions } from './schema.ts'

export interface FieldOptions<T> {
  /** A function when every value needs its own; without it the schema's zero value. */
  readonly default?: T | (() => T)
  readonly isAlwaysPrinted?: boolean
  readonly isPrintedIfWritten?: boolean
}

/** One key of a struct. */
export function field<T>(
  key: string,
  schema: Schema<T>,
  options: FieldOptions<NoInfer<T>> = {},
): Field<T> {
  const fallback = options.default
  return {
    key,
    schema,
    default: isMaker(fallback) ? fallback : fallback === undefined ? schema.zero : () => fallback,
    isAlwaysPrinted: options.isAlwaysPrinted ?? false,
    isPrintedIfWritten: options.isPrintedIfWritten ?? false,
    isInline: false,
  }
}

/** The keys of another struct beside one's own, as one value. Its check runs before that of the holder. */
export function inline<T>(schema: StructSchema<T>): Field<T> {
  return {
    key: '',
    schema,
    default: schema.create,
    isAlwaysPrinted: true,
    isPrintedIfWritten: false,
    isInline: true,
  }
}

export type Fields = Readonly<Record<string, Field<unknown>>>

/** The value a struct of these fields decodes to. */
export type Fielded<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never
}

export interface StructSchema<T> extends Schema<T> {
  readonly fields: Fields
  readonly options: StructOptions<T>
  /** The value of an empty mapping: every default. */
  create(): T
}

/**
 * A mapping with known keys. `name` is Go's type in error texts (`config.plain`). An unknown or repeated key is
 * noted and reading goes on; `check` runs once everything inside was right.
 */
// biome-ignore lint/suspicious/noExplicitAny: a field of any type fits, and inference needs the variance.
export function struct<F extends Readonly<Record<string, Field<any>>>>(
  name: string,
  fields: F,
  options: StructOptions<Fielded<F>> = {},
): StructSchema<Fielded<F>> {
  type T = Fielded<F>
  const create = () => createOf(fields) as T
  let shape: Shape | undefined
  return {
    typeName: options.typeName ?? name,
    fields,
    options,
    create,
    zero: () => zeroOf(fields) as T,
    decode(node, scope) {
      const errorCount = scope.errorCount
      if (node.kind === 'null') return zeroOf(fields) as T
      const draft = createOf(fields)
      if (node.kind !== 'map') return mistyped(node, scope, name, draft as T)
      shape ??= { name, keys: slotsOf(fields), removed: options.removed ?? {} }
      fill(node, shape, draft, new Set(), scope)
      if (scope.errorCount > errorCount) return draft as T
      return complete(fields, options, draft as T, node, scope)
    },
    encode: (value) => encodeFields(fields, value as Readonly<Record<string, unknown>>),
    isEmpty: (value) =>
      Object.entries(fields).every(([property, { schema }]) =>
        isEmpty(schema, (value as Readonly<Record<string, unknown>>)[property]),
      ),
  }
}

const places = new WeakMap<object, ConfigNode>()

/** What `value`, a struct's, was read from. */
export const nodeOf = (value: object): ConfigNode | undefined => places.get(value)

/** The line on which `value` (or the value of its `key`) was written; 0 when it was not. */
export function lineOf(value: object, key?: string): number {
  const node = places.get(value)
  if (!node) return 0
  return (key === undefined ? undefined : entryOf(node, key)?.key.line) ?? node.line
}

/** A changed copy of a struct's value, which then knows the lines of the original. */
export function placedAs<T extends object>(original: object, copy: T): T {
  const node = places.get(original)
  if (node) places.set(copy, node)
  return copy
}

type Draft = Record<string, unknown>

/** Where the value of a key goes. */
interface Slot {
  /** From the struct to the inlined one that has the key. */
  readonly path: readonly string[]
  readonly property: string
  readonly field: Field<unknown>
}

interface Shape {
  readonly name: string
  readonly keys: ReadonlyMap<string, Slot>
  readonly removed: Readonly<Record<string, string>>
}

function fill(
  node: ConfigNode,
  shape: Shape,
  into: Draft,
  done: Set<Slot>,
  scope: DecodeScope,
): void {
  if (node.kind !== 'map') return
  if (scope.flavour === 'v3' && refuseRepeatedKeys(node, scope)) return
  for (const { key, value } of node.entries) {
    if (isMergeKey(key, scope)) {
      for (const merged of mergedMaps(value, scope)) fill(merged, shape, into, new Set(), scope)
      continue
    }
    if (key.kind === 'list' || key.kind === 'map') {
      mistyped(key, scope, 'string', undefined)
      continue
    }
    const text = key.kind === 'null' ? '' : key.text
    const slot = shape.keys.get(text)
    if (slot === undefined) {
      if (scope.isLenient) continue
      const today = Object.hasOwn(shape.removed, text) ? shape.removed[text] : undefined
      const hint = today === undefined ? '' : ` (today: ${today})`
      scope.error(key.line, `field ${text} not found in type ${shape.name}${hint}`)
    } else if (done.has(slot)) {
      if (scope.flavour === 'v2') {
        scope.error(key.line, `field ${text} already set in type ${shape.name}`)
      }
    } else {
      done.add(slot)
      const { schema } = slot.field
      let draft = into
      for (const step of slot.path) draft = draft[step] as Draft
      draft[slot.property] = value.kind === 'null' ? schema.zero() : schema.decode(value, scope)
    }
  }
}

function complete<T>(
  fields: Fields,
  options: StructOptions<T>,
  value: T,
  node: ConfigNode,
  scope: DecodeScope,
): T {
  const draft = value as Draft
  places.set(draft, node)
  for (const [property, { isInline, schema }] of Object.entries(fields)) {
    if (!isInline) continue
    const part = schema as StructSchema<unknown>
    draft[property] = complete(part.fields, part.options, draft[property], node, scope)
  }
  const broken: Broken | undefined = options.check?.(value)
  if (broken !== undefined) {
    if (typeof broken === 'string') scope.fail(node.line, broken)
    const line = 'key' in broken ? entryOf(node, broken.key)?.key.line : broken.line
    scope.fail(line || node.line, broken.text)
  }
  const finished = options.finish?.(value) ?? value
  if (finished !== value) places.set(finished as object, node)
  return finished
}

function slotsOf(
  fields: Fields,
  path: readonly string[] = [],
  into = new Map<string, Slot>(),
): ReadonlyMap<string, Slot> {
  for (const [property, field] of Object.entries(fields)) {
    if (!field.isInline) into.set(field.key, { path, property, field })
    else slotsOf((field.schema as StructSchema<unknown>).fields, [...path, property], into)
  }
  return into
}

function createOf(fields: Fields): Draft {
  const draft: Draft = {}
  for (const [property, field] of Object.entries(fields)) {
    draft[property] = field.isInline
      ? createOf((field.schema as StructSchema<unknown>).fields)
      : field.default()
  }
  return draft
}

function zeroOf(fields: Fields): Draft {
  const draft: Draft = {}
  for (const [property, field] of Object.entries(fields)) draft[property] = field.schema.zero()
  return draft
}

/** Empty values are left out unless the field says otherwise. */
function encodeFields(
  fields: Fields,
  value: Readonly<Record<string, unknown>>,
): { readonly [key: string]: Encoded } {
  const encoded: Record<string, Encoded> = {}
  for (const [property, field] of Object.entries(fields)) {
    const part = field.schema.encode(value[property])
    if (field.isInline) {
      if (part === undefined || part === null || typeof part !== 'object') continue
      for (const [key, inner] of Object.entries(part)) define(encoded, key, inner)
    } else if (part !== undefined && isPrinted(field, value, property)) {
      define(encoded, field.key, part)
    }
  }
  return encoded
}

function isPrinted(
  field: Field<unknown>,
  value: Readonly<Record<string, unknown>>,
  property: string,
): boolean {
  if (field.isAlwaysPrinted) return true
  if (field.isPrintedIfWritten) {
    const node = places.get(value)
    return node !== undefined && entryOf(node, field.key) !== undefined
  }
  return !isEmpty(field.schema, value[property])
}

function isEmpty(schema: Schema<unknown>, value: unknown): boolean {
  if (schema.isEmpty) return schema.isEmpty(value)
  if (value === 0 || value === false || value === '' || value === undefined) return true
  return Array.isArray(value) ? value.length === 0 : value instanceof Map && value.size === 0
}

const isMaker = <T>(value: T | (() => T) | undefined): value is () => T =>
  typeof value === 'function'
