import { quoteGo } from '@prom/model'
import { quoteRune, readEscape } from './go-string.ts'
import { ParseError } from './parse-error.ts'
import { kindOfWord, type Token } from './tokens.ts'

// What most queries are made of, each cut off in one step; everything else goes character by character.
const BLANKS = /[ \t\n\r]+/y
const WORD = /[A-Za-z_:][\w:]*/y
const LABEL = /[A-Za-z_]\w*/y
const PLAIN_STRING = /"[^"\\\n\ud800-\udfff]*"/y
const PLAIN_NUMBER = /\d+(?:\.\d+)?(?![\w.])/y
const PLAIN_DURATION = /\d+(?:ms|[smhdwy])(?:\d+(?:ms|[smhdw]))*(?![\w.])/y

const QUOTE = 0x22
const OPEN_PAREN = 0x28
const CLOSE_PAREN = 0x29
const COMMA = 0x2c
const CLOSE_BRACE = 0x7d

/**
 * Cuts a query into tokens, one call at a time. Errors are those of the original and are thrown where the bad
 * token is asked for, so that an earlier grammar error wins.
 */
export class Lexer {
  readonly #text: string
  #at = 0
  #start = 0
  #parens = 0
  #isInBraces = false
  #isInBrackets = false
  #hasColon = false
  #isInDuration = false

  constructor(text: string) {
    this.#text = text
  }

  next(): Token {
    this.#skipBlank()
    this.#start = this.#at
    if (this.#isInBraces) return this.#plainInBraces() ?? this.#inBraces()
    if (this.#isInDuration) return this.#plainNumber() ?? this.#inDuration()
    return this.#plainStatement() ?? this.#statement()
  }

  /** Up to where `pattern` matches here. */
  #cut(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    if (!pattern.test(this.#text)) return undefined
    const text = this.#text.slice(this.#at, pattern.lastIndex)
    this.#at = pattern.lastIndex
    return text
  }

  #token(kind: string, text: string | undefined): Token | undefined {
    return text === undefined ? undefined : { kind, text, start: this.#start }
  }

  #plainInBraces(): Token | undefined {
    const code = this.#text.charCodeAt(this.#at)
    if (isLetter(code)) return this.#token('identifier', this.#cut(LABEL))
    if (code === QUOTE) return this.#token('string', this.#cut(PLAIN_STRING))
    if (code === COMMA) return this.#emit(',', 1)
    if (code !== CLOSE_BRACE) return undefined
    this.#isInBraces = false
    return this.#emit('}', 1)
  }

  #plainNumber(): Token | undefined {
    if (!isDigitCode(this.#text.charCodeAt(this.#at))) return undefined
    const token = this.#token('duration', this.#cut(PLAIN_DURATION))
    return token ?? this.#token('number', this.#cut(PLAIN_NUMBER))
  }

  #plainStatement(): Token | undefined {
    const code = this.#text.charCodeAt(this.#at)
    if (isDigitCode(code)) return this.#plainNumber()
    if (code === QUOTE) return this.#token('string', this.#cut(PLAIN_STRING))
    if (code === COMMA) return this.#emit(',', 1)
    if (code === OPEN_PAREN) {
      this.#parens++
      return this.#emit('(', 1)
    }
    if (code === CLOSE_PAREN) return this.#closeParen()
    if (!isLetter(code) || this.#isInBrackets) return undefined
    const text = this.#cut(WORD)!
    const kind = kindOfWord(text)
    if (!kind.startsWith('fill')) return { kind, text, start: this.#start }
    this.#at = this.#start
    return undefined
  }

  #skipBlank(): void {
    const text = this.#text
    for (;;) {
      const code = text.charCodeAt(this.#at)
      if (code === 0x23) {
        const end = text.indexOf('\n', this.#at)
        this.#at = end < 0 ? text.length : end
      } else if (code === 0x20 || code === 0x0a || code === 0x09 || code === 0x0d) {
        BLANKS.lastIndex = this.#at
        BLANKS.test(text)
        this.#at = BLANKS.lastIndex
      } else return
    }
  }

  #fail(reason: string): never {
    throw new ParseError(reason, { start: this.#start, end: this.#at }, this.#text)
  }

  #peek(ahead = 0): string {
    const code = this.#text.codePointAt(this.#at + ahead)
    return code === undefined ? '' : String.fromCodePoint(code)
  }

  #emit(kind: string, length: number): Token {
    this.#at += length
    return { kind, text: this.#text.slice(this.#start, this.#at), start: this.#start }
  }

  #inBraces(): Token {
    const char = this.#peek()
    if (char === '') this.#fail('unexpected end of input inside braces')
    if (isAlpha(char)) {
      let length = 1
      while (isWordChar(this.#peek(length))) length++
      return this.#emit('identifier', length)
    }
    switch (char) {
      case ',':
        return this.#emit(',', 1)
      case '"':
      case "'":
      case '`':
        return this.#string(char)
      case '=':
        return this.#peek(1) === '~' ? this.#emit('=~', 2) : this.#emit('=', 1)
      case '!': {
        const next = this.#peek(1)
        if (next === '~' || next === '=') return this.#emit(`!${next}`, 2)
        return this.#fail(`unexpected character after '!' inside braces: ${quoteRune(next)}`)
      }
      case '{':
        return this.#fail(`unexpected left brace '{'`)
      case '}':
        this.#isInBraces = false
        return this.#emit('}', 1)
    }
    return this.#fail(`unexpected character inside braces: ${quoteRune(char)}`)
  }

  #statement(): Token {
    const char = this.#peek()
    if (char === '') {
      if (this.#parens > 0) this.#fail('unclosed left parenthesis')
      if (this.#isInBrackets) this.#fail('unclosed left bracket')
      return { kind: 'eof', text: '', start: this.#start }
    }
    if (isDigit(char) || (char === '.' && isDigit(this.#peek(1)))) return this.#number()
    if (isAlpha(char) || (char === ':' && !this.#isInBrackets)) return this.#word()
    switch (char) {
      case ',':
      case '*':
      case '/':
      case '%':
      case '+':
      case '-':
      case '^':
      case '@':
        return this.#emit(char, 1)
      case '=':
      case '!':
      case '<':
      case '>':
        return this.#comparison(char)
      case '"':
      case "'":
      case '`':
        return this.#string(char)
      case ':':
        return this.#colon()
      case '(':
        this.#parens++
        return this.#emit('(', 1)
      case ')':
        return this.#closeParen()
      case '{':
        this.#isInBraces = true
        return this.#emit('{', 1)
      case '[':
        if (this.#isInBrackets) this.#fail(`unexpected left bracket '['`)
        this.#isInBrackets = true
        this.#isInDuration = true
        this.#hasColon = false
        return this.#emit('[', 1)
      case ']':
        return this.#closeBracket()
    }
    return this.#fail(`unexpected character: ${quoteRune(char)}`)
  }

  #comparison(char: string): Token {
    const next = this.#peek(1)
    if (next === '=') return this.#emit(`${char}=`, 2)
    if (char === '=' && next === '~') this.#fail(`unexpected character after '=': '~'`)
    if (char === '!') this.#fail(`unexpected character after '!': ${quoteRune(next)}`)
    if (char !== '=' && next === '/') return this.#emit(`${char}/`, 2)
    return this.#emit(char, 1)
  }

  #closeParen(): Token {
    if (this.#parens === 0) {
      // Compat: the original points behind the parenthesis.
      this.#start = ++this.#at
      this.#fail(`unexpected right parenthesis ')'`)
    }
    this.#parens--
    return this.#emit(')', 1)
  }

  #closeBracket(): Token {
    if (!this.#isInBrackets) this.#fail(`unexpected right bracket ']'`)
    this.#isInBrackets = false
    this.#isInDuration = false
    return this.#emit(']', 1)
  }

  #colon(): Token {
    if (this.#hasColon) this.#fail(`unexpected colon ':'`)
    this.#hasColon = true
    return this.#emit(':', 1)
  }

  /** Between brackets: durations, numbers, operators and four words. */
  #inDuration(): Token {
    const char = this.#peek()
    if (char === '') {
      const isEmpty = this.#text[this.#lastSolid()] === '['
      if (isEmpty) this.#fail('unexpected end of input in duration expression')
      return this.#statement()
    }
    if (isDigit(char) || (char === '.' && isDigit(this.#peek(1)))) return this.#number()
    if (isAlpha(char)) return this.#durationWord(char)
    switch (char) {
      case ']':
      case ')':
        return char === ']' ? this.#closeBracket() : this.#closeParen()
      case ':':
        if (this.#text[this.#lastSolid()] === '[') {
          this.#fail('unexpected colon before duration in duration expression')
        }
        if (this.#hasColon) this.#fail('unexpected repeated colon in duration expression')
        return this.#colon()
      case '(':
        this.#parens++
        return this.#emit('(', 1)
      case '+':
      case '-':
      case '*':
      case '/':
      case '%':
      case '^':
      case ',':
        return this.#emit(char, 1)
    }
    return this.#fail(`unexpected character in duration expression: ${quoteRune(char)}`)
  }

  #durationWord(char: string): Token {
    let length = 1
    while (isWordChar(this.#peek(length))) length++
    const word = this.#text.slice(this.#at, this.#at + length).toLowerCase()
    if (word === 'step' || word === 'range' || word === 'min_of' || word === 'max_of') {
      return this.#emit(word, length)
    }
    const last = this.#text[this.#lastSolid()] ?? ''
    if (isWordChar(last)) this.#fail(`unexpected character: ${quoteRune(char)}, expected ':'`)
    return this.#fail(`unexpected character in duration expression: ${quoteRune(char)}`)
  }

  /** Index of the last character that is no blank before the current one. */
  #lastSolid(): number {
    let at = this.#start - 1
    while (at >= 0 && /\s/.test(this.#text[at] as string)) at--
    return at
  }

  #word(): Token {
    let length = 0
    let hasColon = false
    for (;;) {
      const char = this.#peek(length)
      if (char === ':') hasColon = true
      else if (!isWordChar(char)) break
      length++
    }
    if (hasColon) return this.#emit('metric identifier', length)
    const text = this.#text.slice(this.#at, this.#at + length)
    const kind = kindOfWord(text)
    if (!kind.startsWith('fill')) return this.#emit(kind, length)
    const isFollowed = /^\s*\(/.test(this.#text.slice(this.#at + length, this.#at + length + 64))
    return this.#emit(isFollowed ? kind : 'identifier', length)
  }

  #string(quoteChar: string): Token {
    const text = this.#text
    let at = this.#at + 1
    if (quoteChar === '`') {
      const end = text.indexOf('`', at)
      if (end < 0) this.#fail('unterminated raw string')
      return this.#emit('string', end + 1 - this.#at)
    }
    for (;;) {
      const char = text[at]
      if (char === undefined || char === '\n') this.#fail('unterminated quoted string')
      if (char === quoteChar) return this.#emit('string', at + 1 - this.#at)
      if (char === '\\') {
        const sequence = readEscape(text, at + 1, quoteChar)
        if (sequence.error !== undefined) this.#fail(sequence.error)
        at += sequence.length
      } else if (isLoneSurrogate(text, at)) this.#fail('invalid UTF-8 rune')
      at++
    }
  }

  #number(): Token {
    const start = this.#at
    const isNumber = this.#scanNumber()
    if (isNumber) return { kind: 'number', text: this.#text.slice(start, this.#at), start }
    if (!this.#scanDuration()) {
      this.#fail(`bad number or duration syntax: ${quoteGo(this.#text.slice(start, this.#at))}`)
    }
    return { kind: 'duration', text: this.#text.slice(start, this.#at), start }
  }

  #scanNumber(): boolean {
    if (this.#peek() === '0' && /[xX]/.test(this.#peek(1))) {
      this.#at += 2
      while (/^[0-9a-fA-F_]$/.test(this.#peek())) this.#at++
      return !isWordChar(this.#peek())
    }
    let hasDot = false
    let hasExponent = false
    // What came before: a digit, a separator, the exponent letter or its sign.
    let last = ''
    for (;;) {
      const char = this.#peek()
      if (isDigit(char)) last = '0'
      else if (char === '_') {
        this.#at++
        if (last !== '0') return false
        last = '_'
        continue
      } else if (char === '.') {
        this.#at++
        if (hasDot || hasExponent || last === '_') return false
        hasDot = true
        last = '.'
        continue
      } else if (char === 'e' || char === 'E') {
        if (hasExponent || last === '_') break
        hasExponent = true
        last = 'e'
      } else if ((char === '+' || char === '-') && last === 'e') last = '+'
      else break
      this.#at++
    }
    if (last === 'e' || last === '+' || last === '_') return false
    return !isWordChar(this.#peek())
  }

  #scanDuration(): boolean {
    if (!/^[smhdwy]$/.test(this.#peek())) return false
    this.#at++
    if (this.#peek() === 's') this.#at++
    while (isDigit(this.#peek())) {
      while (isDigit(this.#peek())) this.#at++
      if (!/^[smhdw]$/.test(this.#peek())) return false
      this.#at++
      if (this.#peek() === 's') this.#at++
    }
    const isEnd = !isWordChar(this.#peek())
    if (!isEnd) this.#at += this.#peek().length
    return isEnd
  }
}

const isDigitCode = (code: number) => code >= 0x30 && code <= 0x39
const isLetter = (code: number) =>
  (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || code === 0x5f
const isDigit = (char: string) => char >= '0' && char <= '9' && char.length === 1
const isAlpha = (char: string) => /^[A-Za-z_]$/.test(char)
const isWordChar = (char: string) => /^[A-Za-z0-9_]$/.test(char)

function isLoneSurrogate(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  if (code < 0xd800 || code > 0xdfff) return false
  if (code < 0xdc00) {
    const next = text.charCodeAt(at + 1)
    return !(next >= 0xdc00 && next <= 0xdfff)
  }
  const before = text.charCodeAt(at - 1)
  return !(before >= 0xd800 && before <= 0xdbff)
}
