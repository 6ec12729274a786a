/** Which grammar reads a matcher: classic, UTF-8, or both with the classic reading winning a disagreement. */
import type { Matcher } from '@prom/labels'
import type { Logger } from '@prom/runtime'
import { MatcherSyntaxError, parseClassicMatcher, parseClassicMatchers } from './classic-parser.ts'
import { printMatcher } from './print-matcher.ts'
import { parseUtf8Matchers } from './utf8-parser.ts'

export type MatcherMode = 'fallback' | 'classic' | 'utf8'

const INCOMPATIBLE =
  'Alertmanager is moving to a new parser for labels and matchers, and this input is incompatible. ' +
  'Alertmanager has instead parsed the input using the classic matchers parser as a fallback. ' +
  'To make this input compatible with the UTF-8 matchers parser please make sure all regular expressions ' +
  'and values are double-quoted and backslashes are escaped. If you are still seeing this message please ' +
  'open an issue.'

export class MatcherParser {
  readonly mode: MatcherMode
  readonly #log: Logger | undefined

  /** `log` gets the warnings about inputs that the two grammars read differently. */
  constructor(mode: MatcherMode, log?: Logger) {
    this.mode = mode
    this.#log = log
  }

  /** Exactly one matcher. Throws an Error with the original's text; `origin` only shows in warnings. */
  parseOne(input: string, origin: string): Matcher {
    if (this.mode === 'classic') return parseClassicMatcher(input)
    if (/^\{|\}$/.test(input))
      throw new MatcherSyntaxError(`unexpected open or close brace: ${input}`)
    if (this.mode === 'utf8') return parseOneUtf8(input)
    return this.#both(
      () => [parseClassicMatcher(input)],
      () => [parseOneUtf8(input)],
      { input, origin },
    )[0] as Matcher
  }

  /** Any number of matchers, with or without braces. */
  parseList(input: string, origin: string): Matcher[] {
    if (this.mode === 'classic') return parseClassicMatchers(input)
    if (this.mode === 'utf8') return parseUtf8Matchers(input)
    return this.#both(
      () => parseClassicMatchers(input),
      () => parseUtf8Matchers(input),
      { input, origin },
    )
  }

  isLabelName(name: string): boolean {
    if (this.mode === 'classic') return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)
    return name !== '' && isWellFormed(name)
  }

  #both(
    classic: () => Matcher[],
    utf8: () => Matcher[],
    { input, origin }: { readonly input: string; readonly origin: string },
  ): Matcher[] {
    const fromUtf8 = attempt(utf8)
    const fromClassic = attempt(classic)
    if (fromUtf8 instanceof Error) {
      if (fromClassic instanceof Error) throw fromClassic
      const printed = fromClassic.map(printMatcher).join(',')
      const suggestion = fromClassic.length === 1 ? printed : `{${printed}}`
      this.#log?.warn(INCOMPATIBLE, { input, origin, err: fromUtf8.message, suggestion })
      return fromClassic
    }
    if (fromClassic instanceof Error) return fromUtf8
    if (!isSame(fromUtf8, fromClassic)) {
      this.#log?.warn('Matchers input has disagreement', { input, origin })
      return fromClassic
    }
    return fromUtf8
  }
}

function parseOneUtf8(input: string): Matcher {
  const matchers = parseUtf8Matchers(input)
  if (matchers.length === 0) throw new MatcherSyntaxError('no matchers')
  if (matchers.length > 1)
    throw new MatcherSyntaxError(`expected 1 matcher, found ${matchers.length}`)
  return matchers[0] as Matcher
}

function attempt(parse: () => Matcher[]): Matcher[] | Error {
  try {
    return parse()
  } catch (err) {
    return err as Error
  }
}

function isSame(a: readonly Matcher[], b: readonly Matcher[]): boolean {
  return a.map(printMatcher).sort().join(',') === b.map(printMatcher).sort().join(',')
}

function isWellFormed(text: string): boolean {
  return !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text)
}
