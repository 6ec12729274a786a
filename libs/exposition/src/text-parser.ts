import { parseValue } from './float.ts'
import { decodeText, LabelSpans } from './label-spans.ts'
import { ExpositionError } from './parse-error.ts'
import type { Entry, ExposedExemplar, ExpositionParser } from './parser.ts'
import { isUtf8, quoteBytes, quoteText } from './quote.ts'
import { TextLexer, type TextToken } from './text-lexer.ts'

const TYPES = new Set(['counter', 'gauge', 'histogram', 'summary', 'untyped'])
const QUOTE = 34
const LF = 10

export interface TextOptions {
  /** Type of the TYPE line before `start`, if any. */
  readonly currentType?: string
  /** False for a piece of a body that ends with a line feed; a whole body gets one more (Compat). Default true. */
  readonly isWhole?: boolean
}

/** The text format, versions 0.0.4 and 1.0.0, as the original's scraper reads it. */
export class TextParser implements ExpositionParser {
  familyName = ''
  text = ''
  value = 0
  timeMs: number | undefined
  lineStart = 0
  valueStart = 0
  currentType: string
  readonly histogram = undefined
  readonly startTimeMs = undefined
  readonly currentUnit = ''
  readonly #lexer: TextLexer
  readonly #bytes: Buffer
  readonly #spans = new LabelSpans()

  /** Offsets are those of `bytes` for a piece, and count from its start for a whole body. */
  constructor(
    bytes: Buffer,
    start = 0,
    end = bytes.length,
    { currentType = '', isWhole = true }: TextOptions = {},
  ) {
    this.#bytes = isWhole ? Buffer.concat([bytes.subarray(start, end), Buffer.of(LF)]) : bytes
    this.#lexer = isWhole
      ? new TextLexer(this.#bytes, 0, end - start + 1)
      : new TextLexer(bytes, start, end)
    this.currentType = currentType
  }

  get lineEnd(): number {
    return this.#lexer.at
  }

  labels(): string[] {
    return this.#spans.decode(this.#bytes, this.currentType)
  }

  exemplars(): readonly ExposedExemplar[] {
    return []
  }

  next(): Entry {
    const lexer = this.#lexer
    for (;;) {
      this.lineStart = lexer.at
      const token = lexer.next()
      switch (token) {
        case 'EOF':
          return 'end'
        case 'LINEBREAK':
          continue
        case 'HELP':
        case 'TYPE':
          return this.#metadata(token)
        case 'COMMENT':
          this.#expectLinebreak('expected linebreak after comment')
          return 'comment'
        case 'BOPEN':
          this.#spans.reset()
          this.#spans.add(-1, -1)
          this.#labelPairs()
          return this.#sample(lexer.next())
        case 'MNAME':
          return this.#named()
        default:
          throw this.#unexpected('expected a valid start token', token)
      }
    }
  }

  #metadata(token: 'HELP' | 'TYPE'): Entry {
    const lexer = this.#lexer
    const named = lexer.next()
    if (named !== 'MNAME') throw this.#unexpected(`expected metric name after ${token}`, named)
    const isQuoted = this.#bytes[lexer.start] === QUOTE
    this.familyName = isQuoted
      ? decodeText(this.#bytes, lexer.start + 1, lexer.at - 1)
      : this.#bytes.toString('latin1', lexer.start, lexer.at)

    const texted = lexer.next()
    if (texted !== 'TEXT') throw this.#unexpected(`expected text in ${token}`, texted)
    const start = Math.min(lexer.start + 1, lexer.at)
    if (token === 'TYPE') {
      const type = this.#bytes.toString('utf8', start, lexer.at)
      if (!TYPES.has(type)) {
        throw new ExpositionError(`invalid metric type ${quoteBytes(this.#bytes, start, lexer.at)}`)
      }
      this.text = type === 'untyped' ? 'unknown' : type
      this.currentType = this.text
    } else {
      if (!isUtf8(this.#bytes, start, lexer.at)) {
        throw new ExpositionError(
          `help text ${quoteBytes(this.#bytes, start, lexer.at)} is not a valid utf8 string`,
        )
      }
      this.text = unescapeHelp(this.#bytes.toString('utf8', start, lexer.at))
    }
    this.#expectLinebreak('expected linebreak after metadata')
    return token === 'TYPE' ? 'type' : 'help'
  }

  #named(): Entry {
    const lexer = this.#lexer
    this.#spans.reset()
    this.#spans.add(this.lineStart, lexer.at) // Compat: white space before the name is part of it.
    let token = lexer.next()
    if (token === 'BOPEN') {
      this.#labelPairs()
      token = lexer.next()
    }
    return this.#sample(token)
  }

  #labelPairs(): void {
    const lexer = this.#lexer
    const bytes = this.#bytes
    let token = lexer.next()
    for (;;) {
      if (token === 'BCLOSE') return
      if (token !== 'LNAME' && token !== 'QSTRING') {
        throw this.#unexpected('expected label name', token)
      }
      const isQuoted = bytes[lexer.start] === QUOTE
      const start = lexer.start + (isQuoted ? 1 : 0)
      const end = lexer.at - (isQuoted ? 1 : 0)
      token = lexer.next()
      if (token === 'COMMA' || token === 'BCLOSE') {
        if (this.#spans.hasName) throw this.#soFar('metric name already set')
        this.#spans.setName(start, end)
        if (token === 'COMMA') token = lexer.next()
        else return
        continue
      }
      if (token !== 'EQUAL') throw this.#unexpected('expected equal', token)
      token = lexer.next()
      if (token !== 'LVALUE') throw this.#unexpected('expected label value', token)
      if (!isUtf8(bytes, lexer.start, lexer.at)) {
        const value = quoteBytes(bytes, lexer.start, lexer.at)
        throw new ExpositionError(`invalid UTF-8 label value: ${value}`)
      }
      this.#spans.add(start, end)
      this.#spans.add(lexer.start + 1, lexer.at - 1)
      token = lexer.next()
      if (token === 'COMMA') token = lexer.next()
    }
  }

  #sample(token: TextToken): Entry {
    const lexer = this.#lexer
    const bytes = this.#bytes
    if (!this.#spans.hasName) throw this.#soFar('metric name not set')
    if (token !== 'VALUE') throw this.#unexpected('expected value after metric', token)
    this.valueStart = lexer.start
    try {
      this.value = parseValue(bytes, lexer.start, lexer.at)
    } catch (err) {
      throw this.#soFar((err as Error).message)
    }
    this.timeMs = undefined
    const next = lexer.next()
    if (next === 'LINEBREAK') return 'series'
    if (next !== 'TIMESTAMP') throw this.#unexpected('expected timestamp or new record', next)
    this.timeMs = this.#timestamp()
    this.#expectLinebreak('expected next entry after timestamp')
    return 'series'
  }

  #timestamp(): number {
    const { start, at } = this.#lexer
    const digits = this.#bytes.toString('latin1', start, at)
    const time = Number(digits)
    if (Number.isSafeInteger(time) || BigInt(digits) <= 0x7fff_ffff_ffff_ffffn) return time
    throw this.#soFar(`strconv.ParseInt: parsing ${quoteText(digits)}: value out of range`)
  }

  #expectLinebreak(text: string): void {
    const token = this.#lexer.next()
    if (token !== 'LINEBREAK') throw this.#unexpected(text, token)
  }

  #unexpected(expected: string, token: TextToken): ExpositionError {
    const { start, at, end } = this.#lexer
    const upTo = Math.min(at + 1, end)
    const line = quoteBytes(this.#bytes, this.lineStart, upTo)
    const got = quoteBytes(this.#bytes, start, upTo)
    return new ExpositionError(`${expected}, got ${got} ("${token}") while parsing: ${line}`)
  }

  #soFar(text: string): ExpositionError {
    const line = quoteBytes(this.#bytes, this.lineStart, this.#lexer.at)
    return new ExpositionError(`${text} while parsing: ${line}`)
  }
}

/** In help texts only `\\` and `\n` are escapes. */
function unescapeHelp(text: string): string {
  return text.replace(/\\([\\n])/g, (_, c: string) => (c === 'n' ? '\n' : c))
}
