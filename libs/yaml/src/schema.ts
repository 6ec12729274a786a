/**
 * Typed decoding of configuration as Go's yaml.v2 strict does it: every value keeps its line, unknown fields and
 * wrong types are errors with Go's text. A lib declares the schema of its own section with these pieces:
 *
 *   export const relabelConfig = struct('relabel.plain', {
 *     sourceLabels: field('source_labels', list(string), { default: () => [] }),
 *     separator: field('separator', string, { default: ';' }),
 *   }, { check: (value) => value.action === 'drop' && ... ? 'text of the original' : undefined })
 *   export type RelabelConfig = Infer<typeof relabelConfig>
 *
 * Durations decode to milliseconds, sizes to bytes, secrets to `Secret` (printed as <secret>).
 */

/** A parsed YAML value with its place; the decoder's input. */
export interface ConfigNode {
  readonly kind: 'scalar' | 'list' | 'map' | 'null'
  /** From 1. */
  readonly line: number
  readonly column: number
}

/** Gathers errors of one file, so that several are reported at once, in Go's format. */
export interface DecodeScope {
  readonly file: string
  error(line: number, text: string): void
}

/** A value on its way to YAML or JSON text. Keys keep their order. */
export type Encoded =
  | string
  | number
  | boolean
  | null
  | readonly Encoded[]
  | { readonly [key: string]: Encoded }

export interface Schema<T> {
  /** Go's type name, for error texts. */
  readonly typeName: string
  decode(node: ConfigNode, scope: DecodeScope): T
  /** As the original marshals it for status/config: order, omitempty and secrets included. */
  encode(value: T): Encoded | undefined
}

export interface Field<T> {
  readonly key: string
  readonly schema: Schema<T>
  readonly default: () => T
  readonly isRequired: boolean
}

export interface StructOptions<T> {
  /** Returns the original's error text when the decoded value breaks a rule across fields. */
  readonly check?: (value: T) => string | undefined
}

export type Infer<S> = S extends Schema<infer T> ? T : never
