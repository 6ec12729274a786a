/**
 * Splits a template into tokens: text between actions, and inside `{{ }}` words, literals and signs, as
 * Go's text/template/parse does. Tokens carry the offset in the source; a bad character ends them with an `error`.
 */

export type TokenKind =
  | 'error'
  | 'bool'
  | 'char'
  | 'charConstant'
  | 'comment'
  | 'assign'
  | 'declare'
  | 'eof'
  | 'field'
  | 'identifier'
  | 'leftDelim'
  | 'leftParen'
  | 'number'
  | 'pipe'
  | 'rawString'
  | 'rightDelim'
  | 'rightParen'
  | 'space'
  | 'string'
  | 'text'
  | 'variable'
  | 'keyword'

export interface Token {
  readonly kind: TokenKind
  readonly pos: number
  readonly text: string
  readonly line: number
}

const KEYWORDS = new Set([
  '.',
  'block',
  'break',
  'continue',
  'define',
  'else',
  'end',
  'if',
  'range',
  'nil',
  'template',
  'with',
])

const SPACES = ' \t\r\n'
const LETTER = /[\p{L}\p{Nd}_]/u

export interface LexOptions {
  /** `break` and `continue` are ordinary names where a function of that name exists. */
  readonly functionNames?: (name: string) => boolean
}

export function lex(source: string, options: LexOptions = {}): Token[] {
  return new Lexer(source, options).run()
}

class Lexer {
  readonly #source: string
  readonly #options: LexOptions
  readonly #tokens: Token[] = []
  #start = 0
  #pos = 0
  #line = 1
  #startLine = 1
  #parenDepth = 0

  constructor(source: string, options: LexOptions) {
    this.#source = source
    this.#options = options
  }

  run(): Token[] {
    while (this.#text()) {
      while (this.#insideAction() === 'more') {}
      if (this.#hasFailed()) break
    }
    return this.#tokens
  }

  #hasFailed(): boolean {
    return this.#tokens[this.#tokens.length - 1]?.kind === 'error'
  }

  /** Text up to the next action, and its delimiter; false at the end or after an error. */
  #text(): boolean {
    const source = this.#source
    const at = source.indexOf('{{', this.#pos)
    if (at < 0) {
      this.#pos = source.length
      if (this.#pos > this.#start) this.#emit('text')
      this.#emit('eof')
      return false
    }
    let end = at
    const hasTrim = source[at + 2] === '-' && isSpace(source[at + 3])
    if (hasTrim) while (end > this.#start && isSpace(source[end - 1])) end--
    if (end > this.#start) {
      this.#pos = end
      this.#emit('text')
    }
    this.#pos = at
    this.#skip()
    const afterMarker = hasTrim ? 2 : 0
    if (source.startsWith('/*', at + 2 + afterMarker)) {
      this.#pos = at + 2 + afterMarker
      this.#skip()
      return this.#comment() ? this.#text() : false
    }
    this.#pos = at + 2
    this.#emit('leftDelim')
    this.#pos += afterMarker
    this.#skip()
    this.#parenDepth = 0
    return true
  }

  #comment(): boolean {
    const end = this.#source.indexOf('*/', this.#pos)
    if (end < 0) return this.#error('unclosed comment')
    this.#pos = end + 2
    const { isDelim, hasTrim } = this.#atRightDelim()
    if (!isDelim) return this.#error('comment ends before closing delimiter')
    this.#pos += hasTrim ? 4 : 2
    if (hasTrim) this.#skipSpaces()
    this.#skip()
    return true
  }

  #insideAction(): 'more' | 'done' {
    const source = this.#source
    const { isDelim, hasTrim } = this.#atRightDelim()
    if (isDelim) {
      if (this.#parenDepth > 0) return this.#fail('unclosed left paren')
      if (hasTrim) this.#pos += 2
      this.#skip()
      this.#pos += 2
      this.#emit('rightDelim')
      if (hasTrim) {
        this.#skipSpaces()
        this.#skip()
      }
      return 'done'
    }
    const code = source.codePointAt(this.#pos)
    if (code === undefined) return this.#fail('unclosed action')
    const char = String.fromCodePoint(code)
    this.#pos += char.length
    if (isSpace(char)) return this.#space()
    if (char === '=') return this.#emit('assign')
    if (char === ':') {
      if (source[this.#pos] !== '=') return this.#fail('expected :=')
      this.#pos++
      return this.#emit('declare')
    }
    if (char === '|') return this.#emit('pipe')
    if (char === '"') return this.#quoted('"', 'string', 'unterminated quoted string')
    if (char === '`') return this.#raw()
    if (char === "'") return this.#quoted("'", 'charConstant', 'unterminated character constant')
    if (char === '$') return this.#word('variable')
    if (char === '.') {
      const next = source[this.#pos]
      if (next === undefined || next < '0' || next > '9') return this.#word('field')
      this.#pos--
      return this.#number()
    }
    if (char === '+' || char === '-' || (char >= '0' && char <= '9')) {
      this.#pos--
      return this.#number()
    }
    if (LETTER.test(char)) return this.#identifier()
    if (char === '(') {
      this.#parenDepth++
      return this.#emit('leftParen')
    }
    if (char === ')') {
      this.#parenDepth--
      if (this.#parenDepth < 0) return this.#fail('unexpected right paren')
      return this.#emit('rightParen')
    }
    if (code > 0x20 && code < 0x7f) return this.#emit('char')
    return this.#fail(`unrecognized character in action: ${printRune(char)}`)
  }

  #space(): 'more' {
    const source = this.#source
    while (isSpace(source[this.#pos])) this.#pos++
    // A trim marker takes its own space along: "x  -}}" is a space, then the marker.
    if (source.startsWith('-}}', this.#pos)) {
      this.#pos--
      if (this.#pos === this.#start) return 'more'
    }
    return this.#emit('space')
  }

  /** `$x`, `.x`, or `$` and `.` alone. */
  #word(kind: 'variable' | 'field'): 'more' | 'done' {
    if (this.#atTerminator()) return this.#emit(kind === 'variable' ? 'variable' : 'keyword')
    this.#letters()
    if (!this.#atTerminator()) return this.#badCharacter()
    return this.#emit(kind)
  }

  #identifier(): 'more' | 'done' {
    this.#letters()
    const word = this.#source.slice(this.#start, this.#pos)
    if (!this.#atTerminator()) return this.#badCharacter()
    if (KEYWORDS.has(word)) {
      const isLoopWord = word === 'break' || word === 'continue'
      if (!isLoopWord || !this.#options.functionNames?.(word)) return this.#emit('keyword')
    }
    return this.#emit(word === 'true' || word === 'false' ? 'bool' : 'identifier')
  }

  #badCharacter(): 'done' {
    return this.#fail(`bad character ${printRune(this.#peek())}`)
  }

  #letters(): void {
    for (;;) {
      const char = this.#peek()
      if (char === '' || !LETTER.test(char)) return
      this.#pos += char.length
    }
  }

  #quoted(quote: string, kind: TokenKind, error: string): 'more' | 'done' {
    const source = this.#source
    for (;;) {
      const char = source[this.#pos++]
      if (char === undefined || char === '\n') return this.#fail(error)
      if (char === '\\') {
        const next = source[this.#pos]
        if (next === undefined || next === '\n') return this.#fail(error)
        this.#pos++
      } else if (char === quote) {
        return this.#emit(kind)
      }
    }
  }

  #raw(): 'more' | 'done' {
    const end = this.#source.indexOf('`', this.#pos)
    if (end < 0) {
      this.#pos = this.#source.length
      return this.#fail('unterminated raw quoted string')
    }
    this.#pos = end + 1
    return this.#emit('rawString')
  }

  #number(): 'more' | 'done' {
    let isGood = this.#scanNumber()
    const next = this.#source[this.#pos]
    if (isGood && (next === '+' || next === '-')) {
      // Only a complex number has a sign inside.
      isGood = this.#scanNumber() && this.#source[this.#pos - 1] === 'i'
    }
    if (isGood) return this.#emit('number')
    const text = this.#source.slice(this.#start, this.#pos)
    return this.#fail(`bad number syntax: ${JSON.stringify(text)}`)
  }

  /** False where a letter follows, which is taken too. */
  #scanNumber(): boolean {
    const source = this.#source
    if (source[this.#pos] === '+' || source[this.#pos] === '-') this.#pos++
    let digits = '0123456789_'
    if (source[this.#pos] === '0') {
      this.#pos++
      const base = (source[this.#pos] ?? '').toLowerCase()
      if (base === 'x') digits = '0123456789abcdefABCDEF_'
      else if (base === 'o') digits = '01234567_'
      else if (base === 'b') digits = '01_'
      if (digits.length !== 11) this.#pos++
    }
    this.#acceptRun(digits)
    if (source[this.#pos] === '.') {
      this.#pos++
      this.#acceptRun(digits)
    }
    const exponent = digits.length === 11 ? 'eE' : digits.length === 23 ? 'pP' : ''
    const next = source[this.#pos]
    if (next !== undefined && exponent.includes(next)) {
      this.#pos++
      if (source[this.#pos] === '+' || source[this.#pos] === '-') this.#pos++
      this.#acceptRun('0123456789_')
    }
    if (source[this.#pos] === 'i') this.#pos++
    const letter = this.#peek()
    if (letter === '' || !LETTER.test(letter)) return true
    this.#pos += letter.length
    return false
  }

  #acceptRun(set: string): void {
    const source = this.#source
    while (this.#pos < source.length && set.includes(source[this.#pos] as string)) this.#pos++
  }

  #peek(): string {
    const code = this.#source.codePointAt(this.#pos)
    return code === undefined ? '' : String.fromCodePoint(code)
  }

  #atTerminator(): boolean {
    const char = this.#source[this.#pos]
    if (char === undefined || isSpace(char) || '.,|:)('.includes(char)) return true
    return this.#source.startsWith('}}', this.#pos)
  }

  #atRightDelim(): { readonly isDelim: boolean; readonly hasTrim: boolean } {
    const source = this.#source
    const at = this.#pos
    if (isSpace(source[at]) && source.startsWith('-}}', at + 1)) {
      return { isDelim: true, hasTrim: true }
    }
    return { isDelim: source.startsWith('}}', at), hasTrim: false }
  }

  #skipSpaces(): void {
    while (isSpace(this.#source[this.#pos])) this.#pos++
  }

  #emit(kind: TokenKind): 'more' {
    const text = this.#source.slice(this.#start, this.#pos)
    this.#tokens.push({ kind, pos: this.#start, text, line: this.#startLine })
    this.#skip()
    return 'more'
  }

  /** Lets go of what was read, counting its lines. */
  #skip(): void {
    for (let i = this.#start; i < this.#pos; i++) if (this.#source[i] === '\n') this.#line++
    this.#start = this.#pos
    this.#startLine = this.#line
  }

  #error(text: string): false {
    this.#tokens.push({ kind: 'error', pos: this.#start, text, line: this.#startLine })
    return false
  }

  #fail(text: string): 'done' {
    this.#error(text)
    return 'done'
  }
}

function isSpace(char: string | undefined): boolean {
  return char !== undefined && char !== '' && SPACES.includes(char)
}

/** As Go's %#U: `U+0021 '!'`. */
function printRune(char: string): string {
  if (char === '') return 'U+FFFFFFFFFFFFFFFF'
  const code = char.codePointAt(0) as number
  const hex = code.toString(16).toUpperCase().padStart(4, '0')
  return /[\p{C}\p{Z}]/u.test(char) && char !== ' ' ? `U+${hex}` : `U+${hex} '${char}'`
}
