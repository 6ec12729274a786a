/** Templates that know each other by name, ready to execute. */
import { quoteGo } from '@prom/model'
import { FunctionError, TemplateExecError } from './errors.ts'
import { type Budget, Execution } from './exec/execution.ts'
import { builtinFunctions } from './functions/builtins.ts'
import type { FunctionTable, TemplateFunction } from './functions/define.ts'
import { escapeTrees } from './html/escape.ts'
import { escaperFunctions } from './html/escapers.ts'
import { DEFAULT_LIMITS, type TemplateLimits } from './limits.ts'
import { isEmpty, parseTemplate, type Tree } from './parse/parse.ts'
import type { Value } from './values.ts'

export interface TemplateSource {
  /** Stands in error texts: `template: name:1:2: ...`. */
  readonly name: string
  readonly text: string
}

export interface CompileOptions {
  readonly limits?: Partial<TemplateLimits>
  /** The templates make an HTML document: values are escaped by their place in it, as html/template does. */
  readonly isHtml?: boolean
}

/** Texts of `expandText` that are kept parsed. */
const PARSED_MAX = 512

/**
 * Parses all sources into one set; a template defined again in a later source replaces the earlier one. Throws
 * TemplateParseError with Go's text.
 */
export function compileTemplates(
  sources: readonly TemplateSource[],
  functions: FunctionTable,
  options: CompileOptions = {},
): TemplateSet {
  let set = new TemplateSet(functions, new Map(), {
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    isHtml: options.isHtml ?? false,
  })
  for (const source of sources) set = set.with(source.name, source.text)
  return set
}

interface SetOptions {
  readonly limits: TemplateLimits
  readonly isHtml: boolean
}

export class TemplateSet {
  readonly #functions: FunctionTable
  readonly #trees: ReadonlyMap<string, Tree>
  readonly #options: SetOptions
  /** For HTML: what each template needs to make a document, escaped. */
  readonly #escaped = new Map<string, ReadonlyMap<string, Tree>>()
  readonly #parsed = new Map<string, TemplateSet>()
  /** Of the execution at hand; functions may execute templates of the same set. */
  #budget: Budget | undefined

  constructor(functions: FunctionTable, trees: ReadonlyMap<string, Tree>, options: SetOptions) {
    this.#functions = functions
    this.#trees = trees
    this.#options = options
  }

  has(name: string): boolean {
    return this.#trees.has(name)
  }

  /** Names of all templates, in the order they were first defined. */
  names(): string[] {
    return [...this.#trees.keys()]
  }

  /** A set with one more source; this one stays as it is. */
  with(name: string, text: string): TemplateSet {
    const trees = new Map(this.#trees)
    for (const tree of parseTemplate(name, text, { hasFunction: (fn) => this.#has(fn) })) {
      const known = trees.get(tree.name)
      if (!known || !isEmpty(tree.root) || isEmpty(known.root)) trees.set(tree.name, tree)
    }
    return new TemplateSet(this.#functions, trees, this.#options)
  }

  /**
   * Runs a named template. Throws TemplateExecError with Go's text. `functions` stand in for those of the same names
   * that the set was compiled with.
   */
  execute(name: string, data: Value, functions?: FunctionTable): string {
    const trees = this.#options.isHtml ? this.#escapedFor(name) : this.#trees
    const tree = trees.get(name)
    if (!tree) {
      throw new TemplateExecError(
        `template: no template ${quoteGo(name)} associated with template ""`,
      )
    }
    const isOutermost = this.#budget === undefined
    const budget = (this.#budget ??= { steps: 0, size: 0, depth: 0 })
    if (++budget.depth > this.#options.limits.depthMax) {
      throw new TemplateExecError(
        `template: ${name}: exceeded maximum template depth (${this.#options.limits.depthMax})`,
      )
    }
    const execution = new Execution({
      tree: (wanted) => trees.get(wanted),
      functions: (wanted) => ownEntry(functions, wanted) ?? this.#function(wanted),
      limits: this.#options.limits,
      budget,
    })
    try {
      return execution.run(tree, data)
    } catch (err) {
      if (err instanceof FunctionError)
        throw new TemplateExecError(`template: ${name}: ${err.message}`)
      // The stack is JavaScript's limit for nested pipelines and templates.
      if (!(err instanceof RangeError)) throw err
      throw new TemplateExecError(`template: ${name}: templates are nested too deeply`)
    } finally {
      budget.depth--
      if (isOutermost) this.#budget = undefined
    }
  }

  /**
   * Parses `text` as a template without a name that knows all templates of the set, and runs it. Parsed texts are
   * kept, up to a number.
   */
  expandText(text: string, data: Value): string {
    let set = this.#parsed.get(text)
    if (!set) {
      set = this.with('', text)
      if (this.#parsed.size >= PARSED_MAX) this.#parsed.clear()
      this.#parsed.set(text, set)
    }
    return set.execute('', data)
  }

  #function(name: string): TemplateFunction | undefined {
    return (
      ownEntry(this.#functions, name) ??
      ownEntry(builtinFunctions, name) ??
      (this.#options.isHtml ? ownEntry(escaperFunctions, name) : undefined)
    )
  }

  #escapedFor(name: string): ReadonlyMap<string, Tree> {
    let trees = this.#escaped.get(name)
    if (!trees) {
      trees = this.#trees.has(name) ? escapeTrees(this.#trees, name) : this.#trees
      this.#escaped.set(name, trees)
    }
    return trees
  }

  #has(name: string): boolean {
    return this.#function(name) !== undefined
  }
}

function ownEntry(table: FunctionTable | undefined, name: string): TemplateFunction | undefined {
  return table && Object.hasOwn(table, name) ? table[name] : undefined
}
