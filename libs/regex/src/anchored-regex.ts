import { RE2JS } from 're2js'
import { expandTemplate } from './expand-template.ts'
import { type Branch, findShape, matchesBranch } from './pattern-shape.ts'
import { isPlainPattern } from './plain-pattern.ts'

/** The pattern is not RE2. `message` is Go's text: "error parsing regexp: missing closing ): `(`". */
export class RegexError extends Error {}

/** Verdicts kept per regex; when full, it starts over. */
const MEMO_MAX = 8192
/** Longer values are not kept: a memo must not hold megabytes. */
const MEMO_VALUE_MAX = 512

/**
 * A pattern with RE2 semantics, anchored on both sides, `.` matching newlines, as matchers and relabel rules use
 * it. User patterns never reach the native RegExp. Plain patterns (literals, alternatives, prefix, suffix,
 * contains) are answered by string comparison, the rest by a linear-time engine whose verdicts are memoised.
 */
export class AnchoredRegex {
  readonly pattern: string
  #made: RE2JS | undefined
  // Found out when first asked for: most patterns of a checked file never meet a value.
  #isAnalyzed = false
  #shape: readonly Branch[] | undefined
  #set: ReadonlySet<string> | undefined
  #memo: Map<string, boolean> | undefined

  private constructor(pattern: string, compiled: RE2JS | undefined) {
    this.pattern = pattern
    this.#made = compiled
  }

  /** For matchers: the pattern alone must be RE2, and errors show it alone. Throws `RegexError`. */
  static compile(pattern: string): AnchoredRegex {
    if (!isPlainPattern(pattern)) compileRe2(pattern)
    return AnchoredRegex.compileInConfig(pattern)
  }

  /** For configuration: errors show the anchored form, as the original's do. Throws `RegexError`. */
  static compileInConfig(pattern: string): AnchoredRegex {
    // Compiling is dear: what is right at first sight waits until a value needs it.
    return new AnchoredRegex(pattern, isPlainPattern(pattern) ? undefined : anchored(pattern))
  }

  get #compiled(): RE2JS {
    this.#made ??= anchored(this.pattern)
    return this.#made
  }

  #analyze(): void {
    this.#isAnalyzed = true
    this.#shape = findShape(this.pattern)
    if (this.#shape?.every((branch) => branch.gaps.length === 0)) {
      this.#set = new Set(this.#shape.map((branch) => branch.literals[0] as string))
    }
  }

  matches(value: string): boolean {
    if (!this.#isAnalyzed) this.#analyze()
    if (this.#set) return this.#set.has(value)
    if (this.#shape) return this.#shape.some((branch) => matchesBranch(branch, value))
    this.#memo ??= new Map()
    const known = this.#memo.get(value)
    if (known !== undefined) return known
    const verdict = this.#compiled.test(value)
    if (value.length <= MEMO_VALUE_MAX) {
      if (this.#memo.size >= MEMO_MAX) this.#memo.clear()
      this.#memo.set(value, verdict)
    }
    return verdict
  }

  /** The values this pattern is equal to (`a|b|c`), in its order, or undefined if it is no such set. */
  setMatches(): readonly string[] | undefined {
    if (!this.#isAnalyzed) this.#analyze()
    return this.#set && [...this.#set]
  }

  /** A literal every matching value starts with; '' if there is none. */
  get prefix(): string {
    if (!this.#isAnalyzed) this.#analyze()
    const [first, ...others] = this.#shape ?? []
    return first && others.length === 0 ? (first.literals[0] as string) : ''
  }

  /** Expands `template` ($1, ${name}) from a match of `value`; undefined without a match. */
  expand(value: string, template: string): string | undefined {
    return this.expandAll(value, [template])?.[0]
  }

  /** As `expand`, for several templates with one match. */
  expandAll(value: string, templates: readonly string[]): string[] | undefined {
    if (!this.matches(value)) return undefined
    if (!templates.some((template) => template.includes('$'))) return [...templates]
    const matcher = this.#compiled.matcher(value)
    if (!matcher.matches()) return undefined
    const values: (string | undefined)[] = []
    for (let i = 0; i <= matcher.groupCount(); i++) values.push(matcher.group(i) ?? undefined)
    const names = this.#compiled.namedGroups()
    return templates.map((template) => expandTemplate(template, { values, names }))
  }
}

const anchored = (pattern: string) => compileRe2(`^(?s:${pattern})$`)

function compileRe2(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern)
  } catch (err) {
    throw new RegexError((err as Error).message)
  }
}
