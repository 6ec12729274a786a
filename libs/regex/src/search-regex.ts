import { RE2JS } from 're2js'
import { RegexError } from './anchored-regex.ts'
import { expandTemplate } from './expand-template.ts'

/** A pattern with RE2 semantics that may match anywhere, as template functions use it. */
export class SearchRegex {
  readonly #compiled: RE2JS

  private constructor(compiled: RE2JS) {
    this.#compiled = compiled
  }

  /** Throws `RegexError` with Go's text. */
  static compile(pattern: string): SearchRegex {
    try {
      return new SearchRegex(RE2JS.compile(pattern))
    } catch (err) {
      throw new RegexError((err as Error).message)
    }
  }

  test(text: string): boolean {
    return this.#compiled.test(text)
  }

  /** As Go's ReplaceAllString: `$1`, `${name}` in the replacement stand for groups. */
  replaceAll(text: string, replacement: string): string {
    const matcher = this.#compiled.matcher(text)
    const names = this.#compiled.namedGroups()
    let out = ''
    let lastEnd = 0
    let at = 0
    while (at <= text.length && matcher.find(at)) {
      const start = matcher.start()
      const end = matcher.end()
      out += text.slice(lastEnd, start)
      // An empty match right behind another one is none.
      if (end > lastEnd || start === 0) {
        const values: (string | undefined)[] = []
        for (let i = 0; i <= matcher.groupCount(); i++) values.push(matcher.group(i) ?? undefined)
        out += expandTemplate(replacement, { values, names })
      }
      lastEnd = end
      const width = (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1
      at = end > at ? end : at + width
    }
    return out + text.slice(lastEnd)
  }
}
