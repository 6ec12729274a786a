import { FileScope, type ScopeOptions } from './decode-scope.ts'
import { ConfigError, type ConfigIssue, YamlSyntaxError } from './errors.ts'
import type { ConfigNode } from './node.ts'
import { parseYaml } from './parse.ts'
import type { Schema } from './schema.ts'

export type Loaded<T> =
  | { readonly value: T }
  | {
      readonly errors: readonly ConfigIssue[]
      /** All of it as the original prints it, with the line where the original has none. */
      readonly message: string
    }

export interface LoadOptions<T> extends ScopeOptions {
  /** What an empty file, or one that only says null, is; default: the schema's zero value. */
  readonly empty?: () => T
}

/** Reads one file's text; `file` is what errors call it. */
export function loadYaml<T>(
  text: string,
  schema: Schema<T>,
  file: string,
  options: LoadOptions<T> = {},
): Loaded<T> {
  let node: ConfigNode | undefined
  try {
    node = parseYaml(text)
  } catch (err) {
    if (err instanceof ConfigError) return brokenRule(err)
    if (!(err instanceof YamlSyntaxError)) throw err
    const place = err.line > 0 ? `line ${err.line}: ` : ''
    return { errors: [{ line: err.line, text: err.text }], message: `yaml: ${place}${err.text}` }
  }
  return decodeYaml(node, schema, file, options)
}

/** As `loadYaml`, of text that was parsed before. */
export function decodeYaml<T>(
  node: ConfigNode | undefined,
  schema: Schema<T>,
  file: string,
  options: LoadOptions<T> = {},
): Loaded<T> {
  const empty = options.empty ?? schema.zero
  if (node === undefined || node.kind === 'null') return { value: empty() }
  const scope = new FileScope(file, options)
  try {
    const value = schema.decode(node, scope)
    if (scope.issues.length === 0) return { value }
    return { errors: scope.issues, message: printIssues(scope.issues) }
  } catch (err) {
    if (!(err instanceof ConfigError)) throw err
    return brokenRule(err)
  }
}

function brokenRule(err: ConfigError): Loaded<never> {
  return { errors: [{ line: err.line, text: err.text }], message: printConfigError(err) }
}

/** The original's text and, additively, the line: `unknown unit "x" in duration "5x" (line 4)`. */
export function printConfigError(err: ConfigIssue): string {
  return err.line > 0 ? `${err.text} (line ${err.line})` : err.text
}

/** Several wrong types and keys as Go's yaml prints them. */
export function printIssues(issues: readonly ConfigIssue[]): string {
  const lines = issues.map(({ line, text }) => `\n  line ${line}: ${text}`)
  return `yaml: unmarshal errors:${lines.join('')}`
}
