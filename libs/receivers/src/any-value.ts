/** Configuration of any shape (details, fields, payloads) whose texts are templates. */
import type { Value } from '@prom/templates'
import {
  type ConfigNode,
  type Encoded,
  parseYaml,
  resolveScalar,
  type ScalarNode,
  type Schema,
} from '@prom/yaml'
import type { Json } from './go-json.ts'
import type { NotificationTemplates } from './templates.ts'

const DEPTH_MAX = 50

/** Maps keep only keys that are texts, in their order; they are printed sorted. */
export type AnyValue =
  | string
  | number
  | boolean
  | null
  | readonly AnyValue[]
  | ReadonlyMap<string, AnyValue>

export const anyValue: Schema<AnyValue> = {
  typeName: 'interface {}',
  decode: (node) => plain(node, 0),
  encode: encodeAny,
  zero: () => null,
}

/** A mapping from names to values of any shape. */
export const anyMap: Schema<ReadonlyMap<string, AnyValue>> = {
  typeName: 'map[string]interface {}',
  decode: (node, scope) => {
    if (node.kind === 'null') return new Map()
    if (node.kind === 'map') {
      // Here every key is a name; further in, only those that YAML takes for text.
      const entries = node.entries.flatMap(({ key, value }) =>
        key.kind === 'scalar' ? [[key.text, plain(value, 1)] as const] : [],
      )
      return new Map(entries)
    }
    scope.error(node.line, 'cannot unmarshal into map[string]interface {}')
    return new Map()
  },
  encode: encodeAny,
  zero: () => new Map(),
}

function encodeAny(value: AnyValue): Encoded {
  if (value instanceof Map) {
    const keys = [...value.keys()].sort()
    return Object.fromEntries(keys.map((key) => [key, encodeAny(value.get(key) as AnyValue)]))
  }
  return Array.isArray(value) ? value.map(encodeAny) : (value as Encoded)
}

function plain(node: ConfigNode, depth: number): AnyValue {
  if (depth > DEPTH_MAX || node.kind === 'null') return null
  if (node.kind === 'list') return node.items.map((item) => plain(item, depth + 1))
  if (node.kind === 'map') {
    const map = new Map<string, AnyValue>()
    for (const { key, value } of node.entries) {
      if (key.kind === 'scalar' && isText(key)) map.set(key.text, plain(value, depth + 1))
    }
    return map
  }
  // A date has no form of its own in JSON: it stays the text it is.
  const resolved = resolveScalar(node as ScalarNode, 'v2')
  return 'value' in resolved ? resolved.value : node.text
}

/** Compat: `n`, `on` or `5` as a key is no text, and its entry is lost. */
function isText(key: ScalarNode): boolean {
  const resolved = resolveScalar(key, 'v2')
  return !('value' in resolved) || typeof resolved.value === 'string'
}

/**
 * Every text expanded, keys too. A text that then reads as something else becomes that: "5" a number,
 * `{{ .Alerts | toJson }}` a list.
 */
export function renderAny(
  value: AnyValue,
  templates: NotificationTemplates,
  data: Value,
  depth = 0,
): Json {
  if (depth > DEPTH_MAX) return null
  if (typeof value === 'string') {
    const text = templates.text(value, data)
    const read = reread(text)
    return typeof read === 'string' ? text : renderAny(read, templates, data, depth + 1)
  }
  if (Array.isArray(value)) {
    return value.map((item: AnyValue) => renderAny(item, templates, data, depth + 1))
  }
  if (value instanceof Map) {
    return new Map(
      [...(value as ReadonlyMap<string, AnyValue>)].map(([key, item]) => [
        templates.text(key, data),
        renderAny(item, templates, data, depth + 1),
      ]),
    )
  }
  return value as Json
}

function reread(text: string): AnyValue {
  try {
    const node = parseYaml(text)
    return node === undefined ? null : plain(node, 0)
  } catch {
    return text
  }
}
