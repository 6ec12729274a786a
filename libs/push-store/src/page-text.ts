/** A page of pushed families in the text format 0.0.4, from their bytes, as `writeText` prints families. */
import { decodePoint } from '@prom/exposition'
import type { HistogramValue, SummaryValue } from '@prom/metrics'
import { type EscapingScheme, exposeName, isValidMetricName, printFloat } from '@prom/model'
import type { PageFamily } from './family-index.ts'
import { isCompound, PointCursor, varintAt, varintSize } from './packed-family.ts'
import { sortPoints } from './point-order.ts'
import { TextBuffer } from './text-buffer.ts'

const STEP = 512
/** Of families that have not changed the text is kept, up to this many bytes each. */
const KEPT_BYTES_MAX = 1024 * 1024

export class PageText {
  readonly #kept = new WeakMap<
    PageFamily,
    { readonly pieces: readonly Uint8Array[]; readonly escaping: EscapingScheme }
  >();

  /** One family, with pauses. The pieces are not to be changed. */
  *print(
    family: PageFamily,
    escaping: EscapingScheme,
  ): Generator<undefined, readonly Uint8Array[]> {
    const known = this.#kept.get(family)
    if (known?.escaping === escaping) return known.pieces
    const writer = new FamilyText(family, escaping)
    const points = yield* sortPoints(family.parts)
    const cursors = family.parts.map((part) => new PointCursor(part))
    for (let i = 0; i < points.at.length; i++) {
      if (i % STEP === STEP - 1) yield undefined
      const cursor = cursors[points.in[i]!]!
      cursor.open(points.at[i]!)
      writer.point(cursor)
    }
    const pieces = writer.finish()
    const size = pieces.reduce((sum, piece) => sum + piece.length, 0)
    if (size <= KEPT_BYTES_MAX) {
      this.#kept.set(family, { pieces, escaping })
    }
    return pieces
  }
}

class FamilyText {
  readonly #text: TextBuffer
  readonly #labels = new TextBuffer(1024, true)
  readonly #escaping: EscapingScheme
  readonly #name: string
  readonly #isLegacy: boolean
  readonly #isCompound: boolean
  readonly #bounds = new Map<number, string>()

  constructor({ name, help, type, parts }: PageFamily, escaping: EscapingScheme) {
    const count = parts.reduce((sum, part) => sum + part.end - part.pointsStart, 0)
    this.#text = new TextBuffer(Math.min(64 * 1024, 256 + count))
    this.#escaping = escaping
    this.#name = exposeName(name, escaping)
    this.#isLegacy = isValidMetricName(this.#name, 'legacy')
    this.#isCompound = isCompound(type)
    const shown = this.#isLegacy ? this.#name : `"${escapeValue(this.#name)}"`
    if (help !== undefined) this.#text.text(`# HELP ${shown} ${escapeHelp(help)}\n`)
    this.#text.text(`# TYPE ${shown} ${type === 'gauge_histogram' ? 'histogram' : type}\n`)
  }

  finish(): Uint8Array[] {
    return this.#text.finish()
  }

  point(cursor: PointCursor): void {
    if (this.#isCompound) {
      const { value } = decodePoint(cursor.bytes.subarray(cursor.labelsEnd, cursor.end))
      if (typeof value !== 'number') {
        this.#printLabels(cursor)
        if ('buckets' in value) this.#histogram(value)
        else this.#summary(value)
        return
      }
    }
    this.#printLabels(cursor)
    this.#line('', '', numberAt(cursor))
  }

  #histogram({ buckets, count, sum }: HistogramValue): void {
    for (const { le, count: at } of buckets) this.#line('_bucket', this.#bound('le', le), at)
    if (buckets.at(-1)?.le !== Infinity) this.#line('_bucket', this.#bound('le', Infinity), count)
    this.#line('_sum', '', sum)
    this.#line('_count', '', count)
  }

  #summary({ quantiles, count, sum }: SummaryValue): void {
    for (const { quantile, value } of quantiles) {
      this.#line('', this.#bound('quantile', quantile), value)
    }
    this.#line('_sum', '', sum)
    this.#line('_count', '', count)
  }

  #bound(label: string, value: number): string {
    let text = this.#bounds.get(value)
    if (text === undefined) {
      text = `${label}="${printFloat(value, 'g')}"`
      if (this.#bounds.size < 1000) this.#bounds.set(value, text)
    }
    return text
  }

  /** Name, labels, value. A name that is not plain moves into the braces, in front of the labels. */
  #line(suffix: string, bound: string, value: number): void {
    const text = this.#text
    const labels = this.#labels.view()
    if (this.#isLegacy) {
      text.ascii(this.#name)
      text.ascii(suffix)
    }
    let opening = '{'
    if (!this.#isLegacy) {
      text.text(`{"${escapeValue(this.#name + suffix)}"`)
      opening = ','
    }
    if (labels.length > 0) {
      text.ascii(opening)
      text.raw(labels)
      opening = ','
    }
    if (bound !== '') {
      text.ascii(opening)
      text.ascii(bound)
      opening = ','
    }
    text.ascii(opening === '{' ? ' ' : '} ')
    text.ascii(value === 0 ? '0' : printFloat(value, 'g'))
    text.ascii('\n')
  }

  #printLabels({ bytes, labelsStart, labelsEnd }: PointCursor): void {
    const labels = this.#labels
    labels.clear()
    for (let at = labelsStart; at < labelsEnd; ) {
      const pair = varintAt(bytes, at + 1)
      const start = at + 1 + varintSize(pair)
      const name = varintAt(bytes, start + 1)
      const nameStart = start + 1 + varintSize(name)
      const nameEnd = nameStart + name
      const valueStart = nameEnd + 1 + varintSize(varintAt(bytes, nameEnd + 1))
      const end = start + pair
      if (at > labelsStart) labels.ascii(',')
      if (isPlainName(bytes, nameStart, nameEnd)) labels.raw(bytes, nameStart, nameEnd)
      else labels.text(this.#labelName(bytes.subarray(nameStart, nameEnd)))
      labels.ascii('="')
      labels.escaped(bytes, valueStart, end)
      labels.ascii('"')
      at = end
    }
  }

  #labelName(bytes: Uint8Array): string {
    const name = exposeName(Buffer.from(bytes).toString(), this.#escaping)
    return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) ? name : `"${escapeValue(name)}"`
  }
}

/** The value of a counter, gauge or untyped sample: a message of one double. */
function numberAt({ bytes, labelsEnd, end }: PointCursor): number {
  if (end - labelsEnd === 11 && bytes[labelsEnd + 1] === 9 && bytes[labelsEnd + 2] === 9) {
    return new DataView(bytes.buffer, bytes.byteOffset + labelsEnd + 3, 8).getFloat64(0, true)
  }
  const { value } = decodePoint(bytes.subarray(labelsEnd, end))
  return typeof value === 'number' ? value : 0
}

function isPlainName(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!
    const isLetter = (byte | 32) >= 97 && (byte | 32) <= 122
    const isDigit = byte >= 48 && byte <= 57
    if (!isLetter && byte !== 95 && (!isDigit || i === start)) return false
  }
  return end > start
}

function escapeHelp(text: string): string {
  return /[\\\n]/.test(text) ? text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n') : text
}

function escapeValue(text: string): string {
  return /[\\\n"]/.test(text) ? escapeHelp(text).replaceAll('"', '\\"') : text
}
