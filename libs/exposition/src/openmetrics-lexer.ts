import { isNameByte, isNameStart, nameEnd } from './text-lexer.ts'

/** Tokens of OpenMetrics, named as the original names them in its errors. */
export type OpenMetricsToken =
  | 'INVALID'
  | 'EOF'
  | 'LINEBREAK'
  | 'HELP'
  | 'TYPE'
  | 'UNIT'
  | 'EOFWORD'
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
  | 'metaName'
  | 'metaText'
  | 'labels'
  | 'labelValue'
  | 'value'
  | 'timestamp'
  | 'exemplar'
  | 'exemplarLabelValue'
  | 'exemplarValue'
  | 'exemplarTimestamp'

const LF = 10
const SPACE = 32
const QUOTE = 34
const HASH = 35
const BACKSLASH = 92
const OPEN = 123
const CLOSE = 125

const WORDS: readonly { readonly text: string; readonly token: OpenMetricsToken }[] = [
  { text: 'HELP ', token: 'HELP' },
  { text: 'TYPE ', token: 'TYPE' },
  { text: 'UNIT ', token: 'UNIT' },
  { text: 'EOF', token: 'EOFWORD' },
]

/**
 * Splits OpenMetrics into tokens over bytes. `start` and `at` bound the last token; after INVALID, `at` is where the
 * longest attempt at a token failed. Blanks belong to the tokens they stand before.
 */
export class OpenMetricsLexer {
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

  next(): OpenMetricsToken {
    if (this.at >= this.end) return 'EOF' // Compat: `start` stays that of the token before.
    this.start = this.at
    const byte = this.bytes[this.at] as number
    switch (this.#state) {
      case 'init':
        return this.#init(byte)
      case 'metaName':
        return this.#name(byte, 'metaText')
      case 'metaText':
        return this.#text(byte)
      case 'labels':
        return this.#labels(byte, 'value', 'labelValue')
      case 'exemplar':
        return this.#labels(byte, 'exemplarValue', 'exemplarLabelValue')
      case 'labelValue':
        return this.#quoted(byte, 'LVALUE', 'labels', true)
      case 'exemplarLabelValue':
        return this.#quoted(byte, 'LVALUE', 'exemplar', true, true)
      case 'value':
        return byte === OPEN
          ? this.#take(1, 'BOPEN', 'labels')
          : this.#word(byte, 'VALUE', 'timestamp')
      case 'exemplarValue':
        return this.#word(byte, 'VALUE', 'exemplarTimestamp')
      case 'timestamp':
        return this.#afterValue(byte)
      case 'exemplarTimestamp':
        if (byte === LF) return this.#take(1, 'LINEBREAK', 'init')
        return this.#word(byte, 'TIMESTAMP', 'exemplarTimestamp')
    }
  }

  #init(byte: number): OpenMetricsToken {
    if (byte === OPEN) return this.#take(1, 'BOPEN', 'labels')
    if (byte === HASH) return this.#comment()
    return isNameStart(byte) ? this.#name(byte, 'value') : 'INVALID'
  }

  #comment(): OpenMetricsToken {
    const { bytes, end } = this
    this.at++
    if (this.at >= end || bytes[this.at] !== SPACE) return 'INVALID'
    this.at++
    const from = this.at
    let longest = 0
    for (const { text, token } of WORDS) {
      let length = 0
      let at = from
      for (; length < text.length; at++) {
        if (bytes[at] === 0) continue // Compat: zero bytes in these words do not count.
        if (bytes[at] !== text.charCodeAt(length)) break
        length++
      }
      if (length === text.length) {
        this.at = at
        this.#state = token === 'EOFWORD' ? 'init' : 'metaName'
        if (token === 'EOFWORD' && this.at < end && bytes[this.at] === LF) this.at++
        return token
      }
      longest = Math.max(longest, at - from)
    }
    this.at = Math.min(from + longest, end)
    return 'INVALID'
  }

  #name(byte: number, after: State): OpenMetricsToken {
    if (byte === QUOTE) return this.#quoted(byte, 'MNAME', after, false)
    if (!isNameStart(byte)) return 'INVALID'
    this.at = nameEnd(this.bytes, this.at, this.end)
    this.#state = after
    return 'MNAME'
  }

  #text(byte: number): OpenMetricsToken {
    if (byte !== SPACE) return 'INVALID'
    // Of the bytes at hand only: they may be a small part of a large memory.
    const lf = this.bytes.subarray(this.at, this.end).indexOf(LF)
    const isThere = lf >= 0
    this.at = isThere ? this.at + lf + 1 : this.end
    if (!isThere) return 'INVALID'
    this.#state = 'init'
    return 'TEXT'
  }

  #labels(byte: number, after: State, value: State): OpenMetricsToken {
    const { bytes, end } = this
    if (byte === CLOSE) return this.#take(1, 'BCLOSE', after)
    if (byte === 61) return this.#take(1, 'EQUAL', value)
    if (byte === 44) return this.#take(1, 'COMMA', this.#state)
    if (byte === QUOTE) return this.#quoted(byte, 'QSTRING', this.#state, false)
    if (!isNameStart(byte) || byte === 58) return 'INVALID'
    let at = this.at + 1
    while (at < end && isNameByte(bytes[at] as number) && bytes[at] !== 58) at++
    this.at = at
    return 'LNAME'
  }

  #quoted(
    byte: number,
    token: OpenMetricsToken,
    after: State,
    isOneLine: boolean,
    isStrict = false,
  ) {
    if (byte !== QUOTE) return 'INVALID'
    const { bytes, end } = this
    let at = this.at + 1
    while (at < end) {
      const c = bytes[at] as number
      if (c === QUOTE) {
        this.at = at + 1
        // Compat: zero bytes behind a label value vanish; in a name they are refused.
        if (isOneLine) while (bytes[this.at] === 0 && this.at < end) this.at++
        this.#state = after
        return token
      }
      if (isOneLine ? c === LF || (isStrict && c === 0) : c === 0) break
      if (c === BACKSLASH && bytes[at + 1] === LF) {
        at++
        break
      }
      at += c === BACKSLASH ? 2 : 1
    }
    this.at = Math.min(at, end)
    return 'INVALID'
  }

  /** A blank and what follows it, up to the next blank or line feed. */
  #word(byte: number, token: OpenMetricsToken, after: State): OpenMetricsToken {
    if (byte !== SPACE) return 'INVALID'
    const { bytes, end } = this
    let at = this.at + 1
    while (at < end && bytes[at] !== SPACE && bytes[at] !== LF && bytes[at] !== 0) at++
    const isEmpty = at === this.at + 1
    this.at = at
    if (isEmpty) return 'INVALID'
    this.#state = after
    return token
  }

  #afterValue(byte: number): OpenMetricsToken {
    if (byte === LF) return this.#take(1, 'LINEBREAK', 'init')
    const { bytes, at, end } = this
    if (byte === SPACE && at + 3 < end && bytes[at + 1] === HASH && bytes[at + 2] === SPACE) {
      if (bytes[at + 3] === OPEN) return this.#take(4, 'COMMENT', 'exemplar')
      this.at += 3
      return 'INVALID'
    }
    return this.#word(byte, 'TIMESTAMP', 'timestamp')
  }

  #take(count: number, token: OpenMetricsToken, state: State): OpenMetricsToken {
    this.at += count
    this.#state = state
    return token
  }
}
