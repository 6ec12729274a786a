/** A parsed YAML document: what the decoder walks. Aliases are shared nodes, so the tree is a graph without cycles. */

/** A parsed YAML value with its place; the decoder's input. */
export type ConfigNode = ScalarNode | ListNode | MapNode

interface Place {
  /** From 1. */
  readonly line: number
  /** From 1. */
  readonly column: number
}

export interface ScalarNode extends Place {
  /** `null` when the value is empty, `~` or `null`, unquoted. */
  readonly kind: 'scalar' | 'null'
  /** As written, escapes and folding undone; never a number or a boolean. */
  readonly text: string
  readonly isPlain: boolean
  /** The explicit tag, shortened (`!!str`), or empty. */
  readonly tag: string
}

export interface ListNode extends Place {
  readonly kind: 'list'
  readonly tag: string
  readonly items: readonly ConfigNode[]
}

export interface MapEntry {
  readonly key: ConfigNode
  readonly value: ConfigNode
}

export interface MapNode extends Place {
  readonly kind: 'map'
  readonly tag: string
  readonly entries: readonly MapEntry[]
}

/** The value under `key` (the last one), for looking up where something was written. */
export function entryOf(node: ConfigNode, key: string): MapEntry | undefined {
  if (node.kind !== 'map') return undefined
  return node.entries.findLast((entry) => entry.key.kind === 'scalar' && entry.key.text === key)
}
