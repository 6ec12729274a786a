/** `claims` of oauth2: values of any shape, as they go into a signed token. */
import { type ConfigNode, type Encoded, resolveScalar, type Schema } from '@prom/yaml'

export type Claims = { readonly [name: string]: Encoded }

const DEPTH_MAX = 50

export const oauth2Claims: Schema<Claims> = {
  typeName: 'map[string]interface {}',
  decode: (node, scope) => {
    if (node.kind === 'map' || node.kind === 'null') return readMap(node, 0)
    scope.error(node.line, 'cannot unmarshal into map[string]interface {}')
    return {}
  },
  encode: (claims) => (Object.keys(claims).length > 0 ? sorted(claims) : undefined),
  zero: () => ({}),
  isEmpty: (claims) => Object.keys(claims).length === 0,
}

function readMap(node: ConfigNode, depth: number): Claims {
  if (node.kind !== 'map') return {}
  return Object.fromEntries(
    node.entries.flatMap(({ key, value }) =>
      key.kind === 'scalar' ? [[key.text, readAny(value, depth + 1)] as const] : [],
    ),
  )
}

function readAny(node: ConfigNode, depth: number): Encoded {
  if (depth > DEPTH_MAX || node.kind === 'null') return null
  if (node.kind === 'map') return readMap(node, depth)
  if (node.kind === 'list') return node.items.map((item) => readAny(item, depth + 1))
  const resolved = resolveScalar(node, 'v2')
  return 'value' in resolved ? resolved.value : node.text
}

function sorted(claims: Claims): Claims {
  return Object.fromEntries(Object.entries(claims).sort(([a], [b]) => (a < b ? -1 : 1)))
}
