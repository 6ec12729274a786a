/**
 * The newer matcher grammar: `{name="value", "any name"=~"..."}`. Positions in errors count characters from 0.
 * Names and values are quoted Go strings or bare words without blanks, quotes, braces and operators.
 */
import type { Matcher, MatchType } from '@prom/labels'
import { MatcherSyntaxError } from './classic-parser.ts'
import { compileMatcher } from './compile-matcher.ts'
import { goUnquote } from './go-unquote.ts'

type TokenKind = 'open' | 'close' | 'comma' | 'operator' | 'quoted' | 'word' | 'end'

interface Token {
  readonly kind: TokenKind
  readonly text: string
  readonly start: number
  readonly end: number
}

const OPERATOR_NAMES = "an operator such as '=', '!=', '=~' or '!~'"
const SINGLES: Readonly<Record<string, TokenKind>> = { '{': 'open', '}': 'close', ',': 'comma' }
const WORD = /[^\s{}!=~,\\"'`]/

/** All matchers of `input`; braces may be left out. */
export function parseUtf8Matchers(input: string): Matcher[] {
  return new Parser(input).parse()
}

class Parser {
  readonly #chars: readonly string[]
  readonly #matchers: Matcher[] = []
  #at = 0
  #peeked: Token | undefined

  constructor(input: string) {
    this.#chars = [...input]
  }

  parse(): Matcher[] {
    const hasBrace = this.#peek().kind === 'open'
    if (hasBrace) this.#next()
    if (this.#isBodyStart(hasBrace)) this.#matcherList()
    if (hasBrace) {
      const close = this.#expect(['close'], 'close brace')
      if (close.kind === 'close') this.#next()
    } else {
      const token = this.#peek()
      if (token.kind === 'close')
        throw this.#error(`${token.start}:${token.end}: ${token.text}: expected opening brace`)
    }
    const rest = this.#peek()
    if (rest.kind !== 'end')
      throw this.#error(`${rest.start}:${rest.end}: ${rest.text}: expected end of input`)
    return this.#matchers
  }

  #isBodyStart(hasBrace: boolean): boolean {
    const { kind } = this.#peek()
    return kind !== 'end' && !(kind === 'close' && (hasBrace || this.#matchers.length === 0))
  }

  #matcherList(): void {
    for (;;) {
      this.#matcher()
      const token = this.#expect(['comma', 'close', 'end'], 'a comma or close brace')
      if (token.kind !== 'comma') return
      this.#next()
      const after = this.#expect(
        ['close', 'end', 'word', 'quoted'],
        'a matcher or close brace after comma',
      )
      if (after.kind === 'close' || after.kind === 'end') return
    }
  }

  #matcher(): void {
    const name = this.#text(this.#need(['word', 'quoted'], 'label name'))
    const type = this.#need(['operator'], OPERATOR_NAMES).text as MatchType
    const value = this.#text(this.#need(['word', 'quoted'], 'label value'))
    try {
      this.#matchers.push(compileMatcher(type, name, value))
    } catch (err) {
      throw this.#error(`failed to create matcher: ${(err as Error).message}`)
    }
  }

  #text(token: Token): string {
    if (token.kind !== 'quoted') return token.text
    const text = goUnquote(token.text)
    if (text === undefined)
      throw this.#error(`${token.start}:${token.end}: ${token.text}: invalid input`)
    return text
  }

  #need(kinds: readonly TokenKind[], what: string): Token {
    const token = this.#expect(kinds, what)
    this.#next()
    return token
  }

  #expect(kinds: readonly TokenKind[], what: string): Token {
    let token: Token
    try {
      token = this.#peek()
    } catch (err) {
      throw this.#error(`${(err as Error).message}: expected ${what}`)
    }
    if (kinds.includes(token.kind)) return token
    throw this.#error(
      token.kind === 'end'
        ? `end of input: expected ${what}`
        : `${token.start}:${token.end}: unexpected ${token.text}: expected ${what}`,
    )
  }

  #peek(): Token {
    this.#peeked ??= this.#scan()
    return this.#peeked
  }

  #next(): void {
    this.#peek()
    this.#peeked = undefined
  }

  #scan(): Token {
    const chars = this.#chars
    while (this.#at < chars.length && /\s/.test(chars[this.#at] as string)) this.#at++
    const start = this.#at
    const token = (kind: TokenKind, end: number): Token => {
      this.#at = end
      return { kind, text: chars.slice(start, end).join(''), start, end }
    }
    const char = chars[start]
    if (char === undefined) return token('end', start)
    const single = SINGLES[char]
    if (single) return token(single, start + 1)
    if (char === '=' || char === '!') return this.#operator(char, token)
    if (char === '"') return token('quoted', this.#quotedEnd(start))
    if (!WORD.test(char)) throw this.#error(`${start}:${start + 1}: ${char}: invalid input`)
    let end = start
    while (end < chars.length && WORD.test(chars[end] as string)) end++
    return token('word', end)
  }

  #operator(char: string, token: (kind: TokenKind, end: number) => Token): Token {
    const start = this.#at
    const next = this.#chars[start + 1]
    if (next === '~' || (char === '!' && next === '=')) return token('operator', start + 2)
    if (char === '=') return token('operator', start + 1)
    const place = `${start}:${start + 1}: `
    throw this.#error(
      next === undefined
        ? `${place}unexpected end of input, expected one of '=~'`
        : `${place}${char}: expected one of '=~'`,
    )
  }

  #quotedEnd(start: number): number {
    for (let i = start + 1; i < this.#chars.length; i++) {
      if (this.#chars[i] === '\\') i++
      else if (this.#chars[i] === '"') return i + 1
    }
    const rest = this.#chars.slice(start).join('')
    throw this.#error(`${start}:${this.#chars.length}: ${rest}: missing end "`)
  }

  #error(text: string): MatcherSyntaxError {
    return new MatcherSyntaxError(text)
  }
}
