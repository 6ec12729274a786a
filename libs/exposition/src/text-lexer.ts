/** Tokens of the text format, named as the original names them in its errors. */
export type TextToken =
  | 'INVALID'
  | 'EOF'
  | 'LINEBREAK'
  | 'WHITESPACE'
  | 'HELP'
  | 'TYPE'
  | 'TEXT'
  | 'COMMENT'
  | 'MNAME'
  | 'QSTRING'
  | 'BOPEN'
  | 'BCLOSE'
  | 'LNAME'
  | 'LVALUE'
  | 'COMMA'
  | 'EQUAL'
  | 'TIMESTAMP'
  | 'VALUE'

type State =
  | 'init'
  | 'comment'
  | 'metaName'
  | 'metaText'
  | 'labels'
  | 'labelValue'
  | 'value'
  | 'timestamp'

const LF = 10
const TAB = 9
const SPACE = 32
const QUOTE = 34
const HASH = 35
const BACKSLASH = 92

/** Splits the text format (0.0.4, 1.0.0) into tokens over bytes; the last byte is a line feed. `start` and `at` bound the last token. */
export class TextLexer {
  readonly bytes: Buffer
  readonly end: number
  start: number
  at: number
  #state: State = 'init'

  constructor(bytes: Buffer, start: number, end: number) {
    this.bytes = bytes
    this.start = start
    this.at = start
    this.end = end
  }

  /** The next token that is not white space. */
  next(): TextToken {
    let token = this.#lex()
    while (token === 'WHITESPACE') token = this.#lex()
    return token
  }

  #lex(): TextToken {
    if (this.at >= this.end) return 'EOF' // Compat: `start` stays that of the token before.
    this.start = this.at
    const byte = this.bytes[this.at] as number
    if (this.#state === 'metaText') return this.#text()
    if (byte === SPACE || byte === TAB) return this.#whiteSpace()
    switch (this.#state) {
      case 'init':
        return this.#init(byte)
      case 'comment':
        return this.#comment()
      case 'metaName':
        return this.#metaName(byte)
      case 'labels':
        return this.#labels(byte)
      case 'labelValue':
        return this.#quoted(byte, 'LVALUE', 'labels')
      case 'value':
        return this.#value(byte)
      case 'timestamp':
        return this.#timestamp(byte)
    }
  }

  #whiteSpace(): TextToken {
    const { bytes, end } = this
    let at = this.at
    while (at < end && (bytes[at] === SPACE || bytes[at] === TAB)) at++
    this.at = at
    return 'WHITESPACE'
  }

  #init(byte: number): TextToken {
    if (byte === LF) return this.#take(1, 'LINEBREAK', 'init')
    if (byte === 0) return this.#cutOff()
    if (byte === 123) return this.#take(1, 'BOPEN', 'labels')
    if (byte === HASH) {
      const after = this.bytes[this.at + 1]
      if (this.at + 1 >= this.end || (after !== SPACE && after !== TAB)) return this.#comment()
      this.at++
      this.#whiteSpace()
      return this.#commentWord()
    }
    if (!isNameStart(byte)) return 'INVALID'
    this.at = nameEnd(this.bytes, this.at, this.end)
    this.#state = 'value'
    return 'MNAME'
  }

  #commentWord(): TextToken {
    const { bytes, at } = this
    const after = bytes[at + 4]
    if (at + 4 < this.end && (after === SPACE || after === TAB)) {
      const word = bytes.toString('latin1', at, at + 4)
      if (word === 'HELP' || word === 'TYPE') {
        this.start = at
        this.at = at + 4
        this.#whiteSpace()
        this.#state = 'metaName'
        return word
      }
    }
    return this.#comment()
  }

  /** Compat: a zero byte where a line starts, or in a comment, ends the exposition. */
  #cutOff(): TextToken {
    this.at = this.end
    return 'EOF'
  }

  #comment(): TextToken {
    const at = this.#lineEnd()
    if (this.bytes.subarray(this.at, at).includes(0)) return this.#cutOff()
    this.at = at
    this.#state = 'timestamp' // Only a line break may follow.
    return 'COMMENT'
  }

  #metaName(byte: number): TextToken {
    if (byte === QUOTE) return this.#quoted(byte, 'MNAME', 'metaText')
    if (!isNameStart(byte)) return 'INVALID'
    this.at = nameEnd(this.bytes, this.at, this.end)
    this.#state = 'metaText'
    return 'MNAME'
  }

  #text(): TextToken {
    this.at = this.#lineEnd()
    this.#state = 'timestamp'
    return 'TEXT'
  }

  /** Of the bytes at hand only: they may be a small part of a large memory. */
  #lineEnd(): number {
    const lf = this.bytes.subarray(this.at, this.end).indexOf(LF)
    return lf < 0 ? this.end : this.at + lf
  }

  #labels(byte: number): TextToken {
    if (byte === 125) return this.#take(1, 'BCLOSE', 'value')
    if (byte === 61) return this.#take(1, 'EQUAL', 'labelValue')
    if (byte === 44) return this.#take(1, 'COMMA', 'labels')
    if (byte === QUOTE) return this.#quoted(byte, 'QSTRING', 'labels')
    if (!isNameStart(byte) || byte === 58) return 'INVALID'
    const { bytes, end } = this
    let at = this.at + 1
    while (at < end && isNameByte(bytes[at] as number) && bytes[at] !== 58) at++
    this.at = at
    return 'LNAME'
  }

  /** A quoted string; a backslash takes the byte after it along, which may not be a line feed. */
  #quoted(byte: number, token: TextToken, after: State): TextToken {
    if (byte !== QUOTE) return 'INVALID'
    const { bytes, end } = this
    let at = this.at + 1
    while (at < end) {
      const c = bytes[at] as number
      if (c === QUOTE) {
        this.at = at + 1
        // Compat: zero bytes behind a label value vanish; in a name they are refused.
        if (token === 'LVALUE') while (bytes[this.at] === 0 && this.at < end) this.at++
        this.#state = after
        return token
      }
      if (c === 0 && token !== 'LVALUE') break
      if (c === BACKSLASH && bytes[at + 1] === LF) {
        at++
        break
      }
      at += c === BACKSLASH ? 2 : 1
    }
    this.at = Math.min(at, end)
    return 'INVALID'
  }

  #value(byte: number): TextToken {
    if (byte === 123) return this.#take(1, 'BOPEN', 'labels')
    const { bytes, end } = this
    let at = this.at
    for (; at < end; at++) {
      const c = bytes[at] as number
      if (c === SPACE || c === TAB || c === LF || c === 123 || c === 0) break
    }
    if (at === this.at) return 'INVALID'
    this.at = at
    this.#state = 'timestamp'
    return 'VALUE'
  }

  #timestamp(byte: number): TextToken {
    if (byte === LF) return this.#take(1, 'LINEBREAK', 'init')
    const { bytes, end } = this
    let at = this.at
    while (at < end && isDigit(bytes[at] as number)) at++
    if (at === this.at) return 'INVALID'
    this.at = at
    return 'TIMESTAMP'
  }

  #take(count: number, token: TextToken, state: State): TextToken {
    this.at += count
    this.#state = state
    return token
  }
}

function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57
}

/** [a-zA-Z_:] */
export function isNameStart(byte: number): boolean {
  return (byte >= 97 && byte <= 122) || (byte >= 65 && byte <= 90) || byte === 95 || byte === 58
}

export function isNameByte(byte: number): boolean {
  return isNameStart(byte) || isDigit(byte)
}

export function nameEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start + 1
  while (at < end && isNameByte(bytes[at] as number)) at++
  return at
}
