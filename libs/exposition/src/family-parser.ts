import type { MetricFamily, MetricType } from '@prom/metrics'
import { FamilyBuilder, type Role } from './family-builder.ts'
import { parseValue } from './float.ts'
import { ExpositionError } from './parse-error.ts'
import { isUtf8, quoteBytes, quoteText } from './quote.ts'
import { isNameByte, isNameStart } from './text-lexer.ts'

const LF = 10
const TAB = 9
const SPACE = 32
const QUOTE = 34
const BACKSLASH = 92
const OPEN = 123
const CLOSE = 125
const COMMA = 44
const EQUAL = 61
const HASH = 35

const TYPES: ReadonlySet<string> = new Set(['counter', 'gauge', 'histogram', 'summary', 'untyped'])

export interface FamilyOptions {
  /** `legacy` refuses names outside [a-zA-Z0-9_:]. Default `utf8`. */
  readonly nameValidation?: 'utf8' | 'legacy'
}

/**
 * Parses a whole text exposition (0.0.4, 1.0.0) into families, as the client libraries do: `le` and `quantile`
 * lines become histograms and summaries; families come in order of appearance, those without samples are left out.
 * Throws `ExpositionError`: `text format parsing error in line 3: expected float as value, got "x"`.
 */
export function parseFamilies(bytes: Uint8Array, options: FamilyOptions = {}): MetricFamily[] {
  const parser = new FamilyParser(bytes, options.nameValidation === 'legacy')
  return parser.parse()
}

interface Sample {
  family: FamilyBuilder | undefined
  role: Role
  readonly labels: Map<string, string>
  bound: number | undefined
  isNameInside: boolean
}

class FamilyParser {
  readonly #bytes: Buffer
  readonly #isLegacy: boolean
  readonly #families = new Map<string, FamilyBuilder>()
  #at = 0
  #line = 0

  constructor(bytes: Uint8Array, isLegacy: boolean) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#isLegacy = isLegacy
  }

  parse(): MetricFamily[] {
    while (this.#at < this.#bytes.length) {
      this.#line++
      this.#skipBlanks()
      if (this.#at >= this.#bytes.length) break
      const byte = this.#byte()
      if (byte === HASH) this.#comment()
      else if (byte !== LF) this.#sample()
      this.#at++
    }
    return [...this.#families.values()].filter((f) => !f.isEmpty).map((f) => f.build())
  }

  #fail(text: string): ExpositionError {
    return new ExpositionError(`text format parsing error in line ${this.#line}: ${text}`)
  }

  /** The byte at hand; running out of input inside a line is an error. */
  #byte(): number {
    const byte = this.#bytes[this.#at]
    if (byte === undefined) throw this.#fail('unexpected end of input stream')
    return byte
  }

  #skipBlanks(): void {
    while (this.#bytes[this.#at] === SPACE || this.#bytes[this.#at] === TAB) this.#at++
  }

  #skipLine(): void {
    while (this.#byte() !== LF) this.#at++
  }

  /** Up to the next blank or line feed. */
  #word(): { start: number; end: number; text: string } {
    const start = this.#at
    for (;;) {
      const byte = this.#byte()
      if (byte === SPACE || byte === TAB || byte === LF) break
      this.#at++
    }
    return { start, end: this.#at, text: this.#bytes.toString('utf8', start, this.#at) }
  }

  #comment(): void {
    this.#at++
    this.#skipBlanks()
    if (this.#byte() === LF) return
    const keyword = this.#word().text
    if (this.#byte() === LF) return
    if (keyword !== 'HELP' && keyword !== 'TYPE') {
      this.#skipLine()
      return
    }
    this.#skipBlanks()
    const name = this.#metricName()
    if (this.#byte() === LF) return
    if (this.#byte() !== SPACE && this.#byte() !== TAB) {
      throw this.#fail('invalid metric name in comment')
    }
    const { family } = this.#familyOf(name)
    this.#skipBlanks()
    if (this.#byte() === LF) return
    if (keyword === 'HELP') this.#help(family)
    else this.#type(family)
  }

  #help(family: FamilyBuilder): void {
    if (family.help !== undefined) {
      throw this.#fail(`second HELP line for metric name ${quoteText(family.name)}`)
    }
    const start = this.#at
    this.#skipLine()
    const raw = this.#bytes.toString('utf8', start, this.#at)
    family.help = raw.replace(/\\([\s\S]?)/g, (_, c: string) => {
      if (c === '\\') return '\\'
      if (c === 'n') return '\n'
      throw this.#fail(`invalid escape sequence '\\${c}'`)
    })
  }

  #type(family: FamilyBuilder): void {
    if (family.type !== undefined) {
      const name = quoteText(family.name)
      throw this.#fail(`second TYPE line for metric name ${name}, or TYPE reported after samples`)
    }
    const start = this.#at
    this.#skipLine()
    const type = this.#bytes.toString('latin1', start, this.#at).toLowerCase()
    if (!TYPES.has(type)) {
      throw this.#fail(`unknown metric type ${quoteBytes(this.#bytes, start, this.#at)}`)
    }
    family.type = type as MetricType
  }

  /** A metric name at hand, bare or quoted; '' if there is none. */
  #metricName(): string {
    if (this.#byte() === QUOTE) return this.#quoted().text
    if (!isNameStart(this.#byte())) return ''
    const start = this.#at
    while (isNameByte(this.#byte())) this.#at++
    return this.#bytes.toString('latin1', start, this.#at)
  }

  /** A quoted string with its escapes resolved, and its raw bytes. */
  #quoted(): { text: string; bytes: Buffer } {
    const out: number[] = []
    this.#at++
    for (;;) {
      const byte = this.#byte()
      if (byte === QUOTE) break
      if (byte === LF) {
        const text = quoteBytes(Uint8Array.from(out))
        throw this.#fail(`label value ${text} contains unescaped new-line`)
      }
      this.#at++
      if (byte !== BACKSLASH) {
        out.push(byte)
        continue
      }
      const escaped = this.#byte()
      if (escaped === QUOTE || escaped === BACKSLASH) out.push(escaped)
      else if (escaped === 110) out.push(LF)
      else throw this.#fail(`invalid escape sequence '\\${String.fromCharCode(escaped)}'`)
      this.#at++
    }
    this.#at++
    const bytes = Buffer.from(out)
    return { text: bytes.toString('utf8'), bytes }
  }

  /** The family a name belongs to: its own, or the histogram or summary it is a part of. */
  #familyOf(name: string): { family: FamilyBuilder; role: Role } {
    if (this.#isLegacy && !/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name)) {
      throw this.#fail(`invalid metric name ${quoteText(name)}`)
    }
    const known = this.#families.get(name)
    if (known) return { family: known, role: 'plain' }
    for (const role of ['count', 'sum', 'bucket'] as const) {
      if (!name.endsWith(`_${role}`)) continue
      const family = this.#families.get(name.slice(0, -role.length - 1))
      const isPart =
        family?.type === 'histogram' || (family?.type === 'summary' && role !== 'bucket')
      if (family && isPart) return { family, role }
    }
    const family = new FamilyBuilder(name)
    this.#families.set(name, family)
    return { family, role: 'plain' }
  }

  #sample(): void {
    const isNameInside = this.#byte() === OPEN
    const sample: Sample = {
      family: undefined,
      role: 'plain',
      labels: new Map(),
      bound: undefined,
      isNameInside,
    }
    if (!isNameInside) {
      const name = this.#metricName()
      if (name === '') throw this.#fail('invalid metric name')
      Object.assign(sample, this.#familyOf(name))
      this.#skipBlanks()
    }
    if (this.#byte() === OPEN) this.#labels(sample)
    const { family } = sample
    if (!family) throw this.#fail('invalid metric name')
    family.type ??= 'untyped'
    this.#value(family, sample)
  }

  #labels(sample: Sample): void {
    this.#at++
    for (;;) {
      this.#skipBlanks()
      if (this.#byte() === CLOSE) break
      if (!this.#label(sample)) break
    }
    this.#at++
    this.#skipBlanks()
  }

  /** One label, or the metric name in quotes. False if the closing brace follows. */
  #label(sample: Sample): boolean {
    const isQuoted = this.#byte() === QUOTE
    const name = isQuoted ? this.#quoted().text : this.#bareLabelName()
    if (name === '') {
      throw this.#fail(`invalid label name for metric ${quoteText(sample.family?.name ?? '')}`)
    }
    this.#skipBlanks()
    const after = this.#byte()
    if (isQuoted && after !== EQUAL && sample.isNameInside) {
      return this.#nameInBraces(sample, name, after)
    }
    if (name === '__name__') throw this.#fail('label name "__name__" is reserved')
    if (this.#isLegacy && isQuoted && !/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) {
      throw this.#fail(`invalid label name ${quoteText(name)}`)
    }
    if (after !== EQUAL) {
      throw this.#fail(`expected '=' after label name, found ${quoteByte(after)}`)
    }
    this.#at++
    const isBound = this.#isBound(sample, name)
    if (!isBound && sample.labels.has(name)) {
      const metric = quoteText(sample.family?.name ?? '')
      throw this.#fail(`duplicate label names for metric ${metric}`)
    }
    return this.#labelValue(sample, name, isBound)
  }

  #nameInBraces(sample: Sample, name: string, after: number): boolean {
    if (after !== COMMA && after !== CLOSE) {
      throw this.#fail(`unexpected end of metric name ${quoteByte(after)}`)
    }
    if (sample.family) {
      throw this.#fail(`multiple metric names for metric ${quoteText(sample.family.name)}`)
    }
    Object.assign(sample, this.#familyOf(name))
    if (after === CLOSE) return false
    this.#at++
    return true
  }

  #isBound({ family }: Sample, name: string): boolean {
    if (family?.type === 'summary') return name === 'quantile'
    return family?.type === 'histogram' && name === 'le'
  }

  #bareLabelName(): string {
    if (!isNameStart(this.#byte()) || this.#byte() === 58) return ''
    const start = this.#at
    while (isNameByte(this.#byte()) && this.#byte() !== 58) this.#at++
    return this.#bytes.toString('latin1', start, this.#at)
  }

  #labelValue(sample: Sample, name: string, isBound: boolean): boolean {
    this.#skipBlanks()
    if (this.#byte() !== QUOTE) {
      const found = quoteByte(this.#byte())
      throw this.#fail(`expected '"' at start of label value, found ${found}`)
    }
    const { text, bytes } = this.#quoted()
    if (!isUtf8(bytes, 0, bytes.length)) {
      throw this.#fail(`invalid label value ${quoteBytes(bytes)}`)
    }
    if (isBound) {
      try {
        sample.bound = parseValue(bytes, 0, bytes.length)
      } catch {
        throw this.#fail(`expected float as value for '${name}' label, got ${quoteText(text)}`)
      }
    } else {
      sample.labels.set(name, text)
    }
    this.#skipBlanks()
    const after = this.#byte()
    if (after === CLOSE) return false
    if (after !== COMMA) throw this.#fail(`unexpected end of label value ${quoteText(text)}`)
    this.#at++
    return true
  }

  #value(family: FamilyBuilder, sample: Sample): void {
    const word = this.#word()
    let value: number
    try {
      value = parseValue(this.#bytes, word.start, word.end)
    } catch {
      const got = quoteBytes(this.#bytes, word.start, word.end)
      throw this.#fail(`expected float as value, got ${got}`)
    }
    const point = family.point(sortedPairs(sample.labels))
    family.put(point, value, sample.role, sample.bound)
    if (this.#byte() === LF) return
    this.#skipBlanks()
    const stamp = this.#word()
    if (!/^[+-]?[0-9]{1,19}$/.test(stamp.text)) {
      const got = quoteBytes(this.#bytes, stamp.start, stamp.end)
      throw this.#fail(`expected integer as timestamp, got ${got}`)
    }
    point.timeMs = Number(stamp.text)
    if (this.#byte() === LF) return
    const start = this.#at
    this.#skipLine()
    const rest = quoteBytes(this.#bytes, start, this.#at)
    throw this.#fail(`spurious string after timestamp: ${rest}`)
  }
}

function sortedPairs(labels: ReadonlyMap<string, string>): string[] {
  return [...labels].sort(([a], [b]) => (a < b ? -1 : 1)).flat()
}

/** A byte as Go's %q prints a character. */
function quoteByte(byte: number): string {
  if (byte === 39) return "'\\''"
  const quoted = quoteText(String.fromCharCode(byte)).slice(1, -1)
  return `'${quoted === '\\"' ? '"' : quoted}'`
}
