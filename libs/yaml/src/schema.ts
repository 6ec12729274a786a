/**
 * Typed decoding of configuration as Go's yaml.v2 strict does it: every value keeps its line, unknown fields and
 * wrong types are errors with Go's text. A lib declares the schema of its own section with these pieces:
 *
 *   export const relabelConfig = struct('relabel.plain', {
 *     sourceLabels: field('source_labels', list(string)),
 *     separator: field('separator', string, { default: ';' }),
 *   }, { check: (value) => (value.separator === '' ? 'text of the original' : undefined) })
 *   export type RelabelConfig = Infer<typeof relabelConfig>
 *
 * Durations decode to milliseconds, sizes to bytes, secrets to `Secret` (printed as <secret>), paths of files to paths
 * joined to the folder of the file they stand in.
 */

import type { ConfigNode } from './node.ts'
import type { Flavour } from './resolve.ts'

/** Gathers errors of one file, so that several are reported at once, in Go's format. */
export interface DecodeScope {
  readonly file: string
  readonly flavour: Flavour
  /** Relative paths are joined to it; absent when the text came from no file. */
  readonly directory?: string
  /** Unknown keys are passed over. */
  readonly isLenient: boolean
  /** Errors so far; a struct whose part failed does not run its own check. */
  readonly errorCount: number
  /** Notes a wrong type or an unknown key and lets reading go on. */
  error(line: number, text: string): void
  /** Ends reading: a value broke a rule. */
  fail(line: number, text: string): never
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
  /** What Go's zero value is: the result of an explicit null, and of an absent key without a default. */
  zero(): T
  /** What a list, a map or a value that may be absent is made of. */
  readonly item?: Schema<unknown>
  /** What `omitempty` leaves out; default: 0, false, no text, no elements. */
  isEmpty?(value: T): boolean
}

export interface Field<T> {
  readonly key: string
  readonly schema: Schema<T>
  readonly default: () => T
  /** Printed even when empty. */
  readonly isAlwaysPrinted: boolean
  /** Printed only if the file has it, even when it is the default. */
  readonly isPrintedIfWritten: boolean
  /** The keys of `schema` stand beside those of the struct that holds this field. */
  readonly isInline: boolean
}

/** A broken rule; with `key` the place of that key of the struct is named, with `line` another place. */
export type Broken =
  | string
  | { readonly text: string; readonly key: string }
  | { readonly text: string; readonly line: number }

export interface StructOptions<T> {
  /** The type's own name where a list or map of it is meant (`config.ScrapeConfig`); default: the first argument. */
  readonly typeName?: string
  /** Returns the original's error text when the decoded value breaks a rule across fields. */
  readonly check?: (value: T) => Broken | undefined
  /** Last step of reading, after `check`: defaults that follow from other fields. */
  readonly finish?: (value: T) => T
  /** Keys of past releases and what is written today; they are refused with that name. */
  readonly removed?: Readonly<Record<string, string>>
}

export type Infer<S> = S extends Schema<infer T> ? T : never
