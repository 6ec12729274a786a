import { AnchoredRegex } from '@prom/regex'

export type MatchType = '=' | '!=' | '=~' | '!~'

/** One label matcher. Regexes are RE2, anchored on both sides, and compiled once. */
export class Matcher {
  readonly type: MatchType
  readonly name: string
  readonly value: string
  readonly regex: AnchoredRegex | undefined

  /** Throws `RegexError` with Go's text when the pattern is not RE2. */
  constructor(type: MatchType, name: string, value: string) {
    this.type = type
    this.name = name
    this.value = value
    this.regex = type === '=~' || type === '!~' ? AnchoredRegex.compile(value) : undefined
  }

  matches(value: string): boolean {
    switch (this.type) {
      case '=':
        return value === this.value
      case '!=':
        return value !== this.value
      case '=~':
        return (this.regex as AnchoredRegex).matches(value)
      case '!~':
        return !(this.regex as AnchoredRegex).matches(value)
    }
  }

  /** True if a series without the label matches. */
  get matchesEmpty(): boolean {
    return this.matches('')
  }

  toString(): string {
    return `${this.name}${this.type}${JSON.stringify(this.value)}`
  }
}
