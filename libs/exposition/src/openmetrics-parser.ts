import { parseValue } from './float.ts'
import { decodeText, LabelSpans, unescapeText } from './label-spans.ts'
import { OpenMetricsLexer, type OpenMetricsToken } from './openmetrics-lexer.ts'
import { ExpositionError } from './parse-error.ts'
import type { Entry, ExposedExemplar, ExpositionParser } from './parser.ts'
import { isUtf8, quoteBytes, quoteText } from './quote.ts'

const TYPES = new Set([
  'counter',
  'gauge',
  'histogram',
  'gaugehistogram',
  'summary',
  'info',
  'stateset',
  'unknown',
])
const QUOTE = 34

export interface OpenMetricsOptions {
  /** Type of the TYPE line before `start`, if any. */
  readonly currentType?: string
  /** False for a piece of a body: its end is then no error. Default true. */
  readonly isWhole?: boolean
}

/** OpenMetrics 1.0 and 0.0.1 as the original's scraper reads it. */
export class OpenMetricsParser implements ExpositionParser {
  familyName = ''
  text = ''
  value = 0
  timeMs: number | undefined
  lineStart = 0
  valueStart = 0
  currentType: string
  currentUnit = ''
  readonly histogram = undefined
  readonly startTimeMs = undefined
  readonly #lexer: OpenMetricsLexer
  readonly #bytes: Buffer
  readonly #isWhole: boolean
  readonly #spans = new LabelSpans()
  readonly #exemplarSpans = new LabelSpans()
  #exemplar: ExposedExemplar | undefined

  constructor(
    bytes: Buffer,
    start = 0,
    end = bytes.length,
    { currentType = '', isWhole = true }: OpenMetricsOptions = {},
  ) {
    this.#bytes = bytes
    this.#isWhole = isWhole
    this.#lexer = new OpenMetricsLexer(bytes, start, end)
    this.currentType = currentType
  }

  get lineEnd(): number {
    return this.#lexer.at
  }

  labels(): string[] {
    return this.#spans.decode(this.#bytes, this.currentType)
  }

  exemplars(): readonly ExposedExemplar[] {
    return this.#exemplar ? [this.#exemplar] : []
  }

  next(): Entry {
    const lexer = this.#lexer
    this.lineStart = lexer.at
    const token = lexer.next()
    switch (token) {
      case 'EOFWORD':
        if (lexer.next() !== 'EOF') throw new ExpositionError('unexpected data after # EOF')
        return 'end'
      case 'EOF':
        return this.#atEnd()
      case 'HELP':
      case 'TYPE':
      case 'UNIT':
        return this.#metadata(token)
      case 'BOPEN':
        this.#spans.reset()
        this.#spans.add(-1, -1)
        this.#labelPairs(this.#spans, false)
        return this.#sample(lexer.next())
      case 'MNAME':
        return this.#named()
      default:
        throw this.#unexpected('expected a valid start token', token)
    }
  }

  #atEnd(): 'end' {
    if (!this.#isWhole) return 'end'
    throw new ExpositionError('data does not end with # EOF')
  }

  #metadata(token: 'HELP' | 'TYPE' | 'UNIT'): Entry {
    const lexer = this.#lexer
    const bytes = this.#bytes
    const named = lexer.next()
    if (named !== 'MNAME') throw this.#unexpected(`expected metric name after ${token}`, named)
    const isQuoted = bytes[lexer.start] === QUOTE
    this.familyName = isQuoted
      ? decodeText(bytes, lexer.start + 1, lexer.at - 1)
      : bytes.toString('latin1', lexer.start, lexer.at)
    if (lexer.next() !== 'TEXT') throw new ExpositionError(`expected text in ${token}`)
    const start = lexer.start + 1
    const end = lexer.at - 1
    const raw = bytes.toString('utf8', start, end)
    switch (token) {
      case 'TYPE':
        if (!TYPES.has(raw)) {
          throw new ExpositionError(`invalid metric type ${quoteBytes(bytes, start, end)}`)
        }
        this.text = raw
        this.currentType = raw
        return 'type'
      case 'HELP':
        if (!isUtf8(bytes, start, end)) {
          const shown = quoteBytes(bytes, start, end)
          throw new ExpositionError(`help text ${shown} is not a valid utf8 string`)
        }
        this.text = unescapeText(raw)
        return 'help'
      case 'UNIT':
        this.text = raw
        this.#checkUnit(raw)
        this.currentUnit = raw
        return 'unit'
    }
  }

  #checkUnit(unit: string): void {
    const name = this.familyName
    if (unit === '' || (name.endsWith(`_${unit}`) && name.length > unit.length)) return
    throw new ExpositionError(`unit ${quoteText(unit)} not a suffix of metric ${quoteText(name)}`)
  }

  #named(): Entry {
    const lexer = this.#lexer
    this.#spans.reset()
    this.#spans.add(lexer.start, lexer.at)
    let token = lexer.next()
    if (token === 'BOPEN') {
      this.#labelPairs(this.#spans, false)
      token = lexer.next()
    }
    return this.#sample(token)
  }

  #labelPairs(spans: LabelSpans, isExemplar: boolean): void {
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
        if (isExemplar) throw this.#unexpected('expected label name', token)
        if (spans.hasName) throw this.#soFar('metric name already set')
        spans.setName(start, end)
        if (token === 'BCLOSE') return
        token = lexer.next()
        continue
      }
      if (token !== 'EQUAL') throw this.#unexpected('expected equal', token)
      token = lexer.next()
      if (token !== 'LVALUE') throw this.#unexpected('expected label value', token)
      if (!isUtf8(bytes, lexer.start, lexer.at)) {
        const value = quoteBytes(bytes, lexer.start, lexer.at)
        throw new ExpositionError(`invalid UTF-8 label value: ${value}`)
      }
      spans.add(start, end)
      spans.add(lexer.start + 1, lexer.at - 1)
      token = lexer.next()
      if (token === 'COMMA') token = lexer.next()
      else if (token !== 'BCLOSE') throw this.#unexpected('expected comma or brace close', token)
    }
  }

  #sample(token: OpenMetricsToken): Entry {
    const lexer = this.#lexer
    if (!this.#spans.hasName) throw this.#soFar('metric name not set')
    this.value = this.#number(token, 'metric')
    this.valueStart = lexer.start + 1
    this.timeMs = undefined
    this.#exemplar = undefined
    switch (lexer.next()) {
      case 'EOF':
        this.#atEnd()
        break
      case 'COMMENT':
        this.#readExemplar()
        break
      case 'TIMESTAMP':
        this.timeMs = this.#time('timestamp')
        this.#afterTimestamp(lexer.next())
        break
      // Compat: anything else is found by the next entry, after this sample has counted.
    }
    return 'series'
  }

  #afterTimestamp(token: OpenMetricsToken): void {
    if (token === 'LINEBREAK') return
    if (token === 'COMMENT') this.#readExemplar()
    else throw this.#unexpected('expected next entry after timestamp', token)
  }

  #readExemplar(): void {
    const lexer = this.#lexer
    this.#exemplarSpans.reset()
    this.#labelPairs(this.#exemplarSpans, true)
    const value = this.#number(lexer.next(), 'exemplar labels')
    let timeMs: number | undefined
    let token = lexer.next()
    if (token === 'EOF') this.#atEnd()
    else if (token === 'TIMESTAMP') {
      timeMs = this.#time('exemplar timestamp')
      token = lexer.next()
      if (token !== 'LINEBREAK') {
        throw this.#unexpected('expected next entry after exemplar timestamp', token)
      }
    } else if (token !== 'LINEBREAK') {
      throw this.#unexpected('expected timestamp or comment', token)
    }
    this.#exemplar = { labels: this.#exemplarSpans.decodePairs(this.#bytes), value, timeMs }
  }

  #number(token: OpenMetricsToken, after: string): number {
    if (token !== 'VALUE') throw this.#unexpected(`expected value after ${after}`, token)
    const { start, at } = this.#lexer
    try {
      return parseValue(this.#bytes, start + 1, at)
    } catch (err) {
      throw this.#soFar((err as Error).message)
    }
  }

  /** Seconds to milliseconds, cut off. */
  #time(what: string): number {
    const { start, at } = this.#lexer
    let seconds: number
    try {
      seconds = parseValue(this.#bytes, start + 1, at)
    } catch (err) {
      throw this.#soFar((err as Error).message)
    }
    if (Number.isFinite(seconds)) return Math.trunc(seconds * 1000)
    const shown = Number.isNaN(seconds) ? 'NaN' : seconds > 0 ? '+Inf' : '-Inf'
    throw new ExpositionError(`invalid ${what} ${shown}`)
  }

  #unexpected(expected: string, token: OpenMetricsToken): ExpositionError {
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
