import type { MetricFamily, MetricType } from '@prom/metrics'
import { FamilyBuilder } from './family-builder.ts'
import type { FamilyDraft, Role } from './family-draft.ts'
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
const COLON = 58

const TYPES: ReadonlyMap<string, MetricType> = new Map([
  ['counter', 'counter'],
  ['gauge', 'gauge'],
  ['histogram', 'histogram'],
  ['summary', 'summary'],
  ['untyped', 'untyped'],
  ['gaugehistogram', 'gauge_histogram'],
  ['gauge_histogram', 'gauge_histogram'],
])

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
  const create = (name: string) => new FamilyBuilder(name)
  const steps = parseFamiliesInSteps(bytes, { ...options, create })
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value.map((family) => family.build())
  }
}

/** Lines between two steps: together well below a millisecond. */
const STEP_LINES = 256

/**
 * As `parseFamilies`, into drafts of the caller's own, and with a pause now and then for a caller who has other things
 * to do while a body of many megabytes is read.
 */
export function parseFamiliesInSteps<Draft extends FamilyDraft>(
  bytes: Uint8Array,
  options: FamilyOptions & { readonly create: (name: string) => Draft },
): Generator<undefined, Draft[]> {
  return new FamilyParser(bytes, options.nameValidation === 'legacy', options.create).parse()
}

class FamilyParser<Draft extends FamilyDraft> {
  readonly #bytes: Buffer
  readonly #isLegacy: boolean
  readonly #create: (name: string) => Draft
  readonly #families = new Map<string, Draft>()
  #at = 0
  #line = 0

  /** What the sample at hand has so far. */
  #family: Draft | undefined
  #role: Role = 'plain'
  #labels: string[] = []
  #bound: number | undefined
  #isNameInside = false

  /** Of the sample before: lines of one family repeat its name and most of its labels. */
  #lastName = ''
  #lastFamily: Draft | undefined
  #lastRole: Role = 'plain'
  #lastTexts: string[] = []
  #texts: string[] = []

  constructor(bytes: Uint8Array, isLegacy: boolean, create: (name: string) => Draft) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#isLegacy = isLegacy
    this.#create = create
  }

  *parse(): Generator<undefined, Draft[]> {
    while (this.#at < this.#bytes.length) {
      this.#line++
      if (this.#line % STEP_LINES === 0) yield undefined
      this.#skipBlanks()
      if (this.#at >= this.#bytes.length) break
      const byte = this.#byte()
      if (byte === HASH) this.#comment()
      else if (byte !== LF) this.#sample()
      this.#at++
    }
    return [...this.#families.values()].filter((family) => !family.isEmpty)
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

  /** To the next blank or line feed. */
  #skipWord(): void {
    for (;;) {
      const byte = this.#byte()
      if (byte === SPACE || byte === TAB || byte === LF) return
      this.#at++
    }
  }

  #comment(): void {
    this.#at++
    this.#skipBlanks()
    if (this.#byte() === LF) return
    const start = this.#at
    this.#skipWord()
    const keyword = this.#bytes.toString('utf8', start, this.#at)
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

  #help(family: Draft): void {
    if (family.help !== undefined) {
      throw this.#fail(`second HELP line for metric name ${quoteText(family.name)}`)
    }
    const start = this.#at
    this.#skipLine()
    const raw = this.#bytes.toString('utf8', start, this.#at)
    family.help = raw.replace(/\\([\s\S]?)/g, (_, c: string) => {
      if (c === '\\' || c === '"') return c
      if (c === 'n') return '\n'
      throw this.#fail(`invalid escape sequence '\\${c}'`)
    })
  }

  #type(family: Draft): void {
    if (family.type !== undefined) {
      const name = quoteText(family.name)
      throw this.#fail(`second TYPE line for metric name ${name}, or TYPE reported after samples`)
    }
    const start = this.#at
    this.#skipLine()
    const type = TYPES.get(this.#bytes.toString('latin1', start, this.#at).toLowerCase())
    if (type === undefined) {
      throw this.#fail(`unknown metric type ${quoteBytes(this.#bytes, start, this.#at)}`)
    }
    family.type = type
  }

  /** A metric name at hand, bare or quoted; '' if there is none. */
  #metricName(): string {
    if (this.#byte() === QUOTE) return this.#quoted().text
    if (!isNameStart(this.#byte())) return ''
    const start = this.#at
    while (isNameByte(this.#byte())) this.#at++
    return this.#text(start, this.#lastName)
  }

  /** ASCII from `start` up to here; the same string as before if it is the same text. */
  #text(start: number, known: string | undefined): string {
    const length = this.#at - start
    if (known?.length === length) {
      let i = 0
      while (i < length && this.#bytes[start + i] === known.charCodeAt(i)) i++
      if (i === length) return known
    }
    return this.#bytes.toString('latin1', start, this.#at)
  }

  /** A quoted string: plain ASCII at once, anything else byte by byte. */
  #quoted(known?: string): { text: string; bytes: Buffer | undefined } {
    const bytes = this.#bytes
    const start = this.#at + 1
    let at = start
    let byte = bytes[at] as number
    // Past the end the byte is undefined, and every comparison of it false.
    while (byte < 128 && byte !== QUOTE && byte !== BACKSLASH && byte !== LF)
      byte = bytes[++at] as number
    if (byte !== QUOTE) return this.#quotedBytes()
    this.#at = at
    const text = this.#text(start, known)
    this.#at = at + 1
    return { text, bytes: undefined }
  }

  /** A quoted string with its escapes resolved, and its raw bytes. */
  #quotedBytes(): { text: string; bytes: Buffer } {
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
  #familyOf(name: string): { family: Draft; role: Role } {
    if (this.#isLegacy && !/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name)) {
      throw this.#fail(`invalid metric name ${quoteText(name)}`)
    }
    const known = this.#families.get(name)
    if (known) return { family: known, role: 'plain' }
    for (const role of ['count', 'sum', 'bucket'] as const) {
      if (!name.endsWith(`_${role}`)) continue
      const family = this.#families.get(name.slice(0, -role.length - 1))
      const isPart = isHistogram(family?.type) || (family?.type === 'summary' && role !== 'bucket')
      if (family && isPart) return { family, role }
    }
    const family = this.#create(name)
    this.#families.set(name, family)
    return { family, role: 'plain' }
  }

  #sample(): void {
    this.#family = undefined
    this.#role = 'plain'
    this.#labels = []
    this.#bound = undefined
    const texts = this.#lastTexts
    this.#lastTexts = this.#texts
    this.#texts = texts
    texts.length = 0
    this.#isNameInside = this.#byte() === OPEN
    if (!this.#isNameInside) {
      const name = this.#metricName()
      if (name === '') throw this.#fail('invalid metric name')
      this.#open(name)
      this.#skipBlanks()
    }
    if (this.#byte() === OPEN) this.#pairs()
    const family = this.#family as Draft | undefined
    if (!family) throw this.#fail('invalid metric name')
    family.type ??= 'untyped'
    this.#value(family)
  }

  /** Takes the family of a name as that of the sample at hand. */
  #open(name: string): void {
    if (name !== this.#lastName || !this.#lastFamily) {
      const { family, role } = this.#familyOf(name)
      this.#lastName = name
      this.#lastFamily = family
      this.#lastRole = role
    }
    this.#family = this.#lastFamily
    this.#role = this.#lastRole
  }

  #pairs(): void {
    this.#at++
    for (;;) {
      this.#skipBlanks()
      if (this.#byte() === CLOSE) break
      if (!this.#label()) break
    }
    this.#at++
    this.#skipBlanks()
  }

  /** One label, or the metric name in quotes. False if the closing brace follows. */
  #label(): boolean {
    const isQuoted = this.#byte() === QUOTE
    const name = isQuoted ? this.#quoted().text : this.#bareLabelName()
    if (name === '') {
      throw this.#fail(`invalid label name for metric ${quoteText(this.#family?.name ?? '')}`)
    }
    this.#skipBlanks()
    const after = this.#byte()
    if (isQuoted && after !== EQUAL && this.#isNameInside) return this.#nameInBraces(name, after)
    if (name === '__name__') throw this.#fail('label name "__name__" is reserved')
    if (this.#isLegacy && isQuoted && !/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) {
      throw this.#fail(`invalid label name ${quoteText(name)}`)
    }
    if (after !== EQUAL) {
      throw this.#fail(`expected '=' after label name, found ${quoteByte(after)}`)
    }
    this.#at++
    return this.#labelValue(name, this.#isBound(name))
  }

  #nameInBraces(name: string, after: number): boolean {
    if (after !== COMMA && after !== CLOSE) {
      throw this.#fail(`unexpected end of metric name ${quoteByte(after)}`)
    }
    if (this.#family) {
      throw this.#fail(`multiple metric names for metric ${quoteText(this.#family.name)}`)
    }
    this.#open(name)
    if (after === CLOSE) return false
    this.#at++
    return true
  }

  #isBound(name: string): boolean {
    const type = this.#family?.type
    if (type === 'summary') return name === 'quantile'
    return isHistogram(type) && name === 'le'
  }

  #bareLabelName(): string {
    if (!isNameStart(this.#byte()) || this.#byte() === COLON) return ''
    const start = this.#at
    while (isNameByte(this.#byte()) && this.#byte() !== COLON) this.#at++
    return this.#text(start, this.#lastTexts[this.#texts.length])
  }

  #labelValue(name: string, isBound: boolean): boolean {
    // A name that comes twice is told before its value is looked at.
    const index = isBound ? -1 : this.#placeOf(name)
    this.#skipBlanks()
    if (this.#byte() !== QUOTE) {
      const found = quoteByte(this.#byte())
      throw this.#fail(`expected '"' at start of label value, found ${found}`)
    }
    const { text, bytes } = this.#quoted(this.#lastTexts[this.#texts.length + 1])
    this.#texts.push(name, text)
    if (bytes && !isUtf8(bytes, 0, bytes.length)) {
      throw this.#fail(`invalid label value ${quoteBytes(bytes)}`)
    }
    if (isBound) this.#bound = this.#boundOf(name, text)
    else if (index === this.#labels.length) this.#labels.push(name, text)
    else this.#labels.splice(index, 0, name, text)
    this.#skipBlanks()
    const after = this.#byte()
    if (after === CLOSE) return false
    if (after !== COMMA) throw this.#fail(`unexpected end of label value ${quoteText(text)}`)
    this.#at++
    return true
  }

  #boundOf(name: string, text: string): number {
    const bytes = Buffer.from(text)
    try {
      return parseValue(bytes, 0, bytes.length)
    } catch {
      throw this.#fail(`expected float as value for '${name}' label, got ${quoteText(text)}`)
    }
  }

  /** Where a name goes among the sorted labels. */
  #placeOf(name: string): number {
    const labels = this.#labels
    let index = labels.length
    while (index > 0) {
      const before = labels[index - 2] as string
      if (before < name) break
      if (before === name) {
        const metric = quoteText(this.#family?.name ?? '')
        throw this.#fail(`duplicate label names for metric ${metric}`)
      }
      index -= 2
    }
    return index
  }

  #value(family: Draft): void {
    const start = this.#at
    this.#skipWord()
    let value: number
    try {
      value = parseValue(this.#bytes, start, this.#at)
    } catch {
      const got = quoteBytes(this.#bytes, start, this.#at)
      throw this.#fail(`expected float as value, got ${got}`)
    }
    const timeMs = this.#byte() === LF ? undefined : this.#time()
    if (value < 0 && isHistogram(family.type)) this.#refuseNegative(family)
    family.add({ labels: this.#labels, value, role: this.#role, bound: this.#bound, timeMs })
  }

  /** Populations of a histogram cannot be negative, its sum can. */
  #refuseNegative({ name }: Draft): void {
    const histogram = `for histogram ${quoteText(name)}`
    if (this.#role === 'count') throw this.#fail(`negative count ${histogram}`)
    if (this.#bound !== undefined && !Number.isNaN(this.#bound) && this.#role !== 'sum') {
      throw this.#fail(`negative bucket population ${histogram}`)
    }
  }

  #time(): number {
    this.#skipBlanks()
    const start = this.#at
    this.#skipWord()
    const text = this.#bytes.toString('utf8', start, this.#at)
    if (!/^[+-]?[0-9]{1,19}$/.test(text)) {
      const got = quoteBytes(this.#bytes, start, this.#at)
      throw this.#fail(`expected integer as timestamp, got ${got}`)
    }
    if (this.#byte() !== LF) {
      const rest = this.#at
      this.#skipLine()
      const spurious = quoteBytes(this.#bytes, rest, this.#at)
      throw this.#fail(`spurious string after timestamp: ${spurious}`)
    }
    return Number(text)
  }
}

function isHistogram(type: MetricType | undefined): boolean {
  return type === 'histogram' || type === 'gauge_histogram'
}

/** A byte as Go's %q prints a character. */
function quoteByte(byte: number): string {
  if (byte === 39) return "'\\''"
  const quoted = quoteText(String.fromCharCode(byte)).slice(1, -1)
  return `'${quoted === '\\"' ? '"' : quoted}'`
}
