import { Lexer } from './lexer.ts'
import { ParseError } from './parse-error.ts'
import type { ParseOptions } from './parse-options.ts'
import { describeToken, type Token } from './tokens.ts'

const DEPTH_MAX = 400

/** Tokens with one of look-ahead, and the way every grammar rule reports what it did not expect. */
export class TokenStream {
  readonly text: string
  readonly options: ParseOptions
  readonly #lexer: Lexer
  #ahead: Token | undefined
  #last: Token = { kind: 'eof', text: '', start: 0 }
  #depth = 0

  constructor(text: string, options: ParseOptions) {
    this.text = text
    this.options = options
    this.#lexer = new Lexer(text)
  }

  peek(): Token {
    this.#ahead ??= this.#lexer.next()
    return this.#ahead
  }

  next(): Token {
    const token = this.peek()
    this.#ahead = undefined
    this.#last = token
    return token
  }

  is(kind: string): boolean {
    return this.peek().kind === kind
  }

  /** Takes the next token if it has this kind. */
  take(kind: string): Token | undefined {
    return this.is(kind) ? this.next() : undefined
  }

  expect(kind: string, context = '', expected = ''): Token {
    return this.is(kind) ? this.next() : this.unexpected(context, expected)
  }

  /** End of the token taken last. */
  get end(): number {
    return this.#last.start + this.#last.text.length
  }

  unexpected(context = '', expected = ''): never {
    const token = this.peek()
    let reason = `unexpected ${describeToken(token)}`
    if (context !== '') reason += ` in ${context}`
    if (expected !== '') reason += `, expected ${expected}`
    return this.fail(reason, token.start, token.start + token.text.length)
  }

  fail(reason: string, start: number, end: number = start): never {
    throw new ParseError(reason, { start, end }, this.text)
  }

  /** Begins a rule one level deeper; bounds recursion, whatever the input. */
  enter(): void {
    if (++this.#depth > DEPTH_MAX) {
      this.fail(`expression is nested more than ${DEPTH_MAX} levels deep`, this.peek().start)
    }
  }

  /** Ends what `enter` began. */
  leave(): void {
    this.#depth--
  }
}
