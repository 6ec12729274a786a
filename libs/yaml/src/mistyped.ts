import type { ConfigNode } from './node.ts'
import { resolveScalar } from './resolve.ts'
import type { DecodeScope } from './schema.ts'

/** Notes that `node` has the wrong type, in Go's words, and returns `zero` for the decoder to go on with. */
export function mistyped<T>(node: ConfigNode, scope: DecodeScope, typeName: string, zero: T): T {
  scope.error(node.line, `cannot unmarshal ${describe(node, scope)} into ${typeName}`)
  return zero
}

function describe(node: ConfigNode, scope: DecodeScope): string {
  if (node.kind === 'map') return node.tag || '!!map'
  if (node.kind === 'list') return node.tag || '!!seq'
  const resolved = resolveScalar(node, scope.flavour)
  const tag = node.tag || (resolved.tag === 'other' ? resolved.name : resolved.tag)
  const isLong = Buffer.byteLength(node.text) > 10
  return `${tag} \`${isLong ? `${node.text.slice(0, 7)}...` : node.text}\``
}
