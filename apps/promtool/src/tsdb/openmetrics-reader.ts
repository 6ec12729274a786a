/** Reads a file of OpenMetrics with times, of any size, piece by piece. */
import { ExpositionError, OpenMetricsParser, parseValue } from '@prom/exposition'
import type { FileHandle } from '@prom/runtime'

const PIECE_BYTES = 1 << 20
const LF = 10
const SPACE = 32
const QUOTE = 34
const HASH = 35
const BACKSLASH = 92
const OPEN = 123
const CLOSE = 125
/** Digits of a whole number that a double holds exactly. */
const EXACT_DIGITS = 15

export interface OpenMetricsTarget {
  /** The number of a series; called once for each way it is written. Labels flat, as exposed, the name first. */
  series(labels: readonly string[]): number
  sample(ref: number, timeMs: number, value: number): void
  /** Share of the file that has been read, 0 to 1. */
  progress(share: number): void
}

/**
 * Lines whose series is known by its bytes take a short way; all others go through the parser. Throws
 * ExpositionError, with the text of the parser, or `NO_TIME` for a sample without a time.
 */
export class OpenMetricsReader {
  readonly #target: OpenMetricsTarget
  #bytes: Buffer = Buffer.alloc(0)
  #type = ''
  #isEnded = false
  /** By the bytes of the series; of the present type only, which decides how bounds are written. */
  #known = new Map<string, KnownSeries>()
  #last: KnownSeries | undefined
  #keyEnd = 0
  #valueEnd = 0

  constructor(target: OpenMetricsTarget) {
    this.#target = target
  }

  read(file: FileHandle): void {
    const size = file.size()
    let rest: Buffer = Buffer.alloc(0)
    for (let offset = 0; offset < size; ) {
      const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, size - offset))
      const count = file.read(piece, offset)
      if (count <= 0) break
      offset += count
      const bytes = rest.length > 0 ? Buffer.concat([rest, piece.subarray(0, count)]) : piece
      const isLast = offset >= size
      const end = isLast ? bytes.length : bytes.lastIndexOf(LF) + 1
      this.#readPiece(bytes, end, isLast)
      rest = bytes.subarray(end)
      this.#target.progress(offset / size)
    }
    if (!this.#isEnded) throw new ExpositionError('data does not end with # EOF')
  }

  #readPiece(bytes: Buffer, end: number, isLast: boolean): void {
    this.#bytes = bytes
    let at = 0
    while (at < end) {
      const next = this.#isEnded ? -1 : this.#readKnown(at, end)
      at = next >= 0 ? next : this.#readLine(at, end, isLast)
    }
  }

  /** The start of the next line, or -1 if this one is not of the plain kind. */
  #readKnown(start: number, end: number): number {
    const bytes = this.#bytes
    if (bytes[start] === HASH) return -1
    const series = this.#find(start, end)
    if (!series) return -1
    const value = this.#number(this.#keyEnd + 1, end)
    if (value === undefined || bytes[this.#valueEnd] !== SPACE) return -1
    const seconds = this.#number(this.#valueEnd + 1, end)
    if (seconds === undefined || bytes[this.#valueEnd] !== LF || !Number.isFinite(seconds))
      return -1
    this.#target.sample(series.ref, Math.trunc(seconds * 1000), value)
    return this.#valueEnd + 1
  }

  /** The series of the line, its end in `#keyEnd`: the last one again, the one that came after it before, or any. */
  #find(start: number, end: number): KnownSeries | undefined {
    const last = this.#last
    if (last) {
      if (this.#isAt(last, start, end)) return last
      if (last.next && this.#isAt(last.next, start, end)) {
        this.#last = last.next
        return last.next
      }
    }
    const keyEnd = seriesEnd(this.#bytes, start, end)
    if (keyEnd < 0 || this.#bytes[keyEnd] !== SPACE) return undefined
    const series = this.#known.get(this.#bytes.toString('latin1', start, keyEnd))
    if (series) this.#follow(series)
    this.#keyEnd = keyEnd
    return series
  }

  #isAt({ key }: KnownSeries, start: number, end: number): boolean {
    const bytes = this.#bytes
    const keyEnd = start + key.length
    if (keyEnd >= end || bytes[keyEnd] !== SPACE) return false
    // From the end, where series of one metric differ; a call of `compare` costs more than this loop.
    for (let at = key.length - 1; at >= 0; at--) {
      if (bytes[start + at] !== key[at]) return false
    }
    this.#keyEnd = keyEnd
    return true
  }

  #follow(series: KnownSeries): void {
    if (this.#last) this.#last.next = series
    this.#last = series
  }

  /** The number up to a blank or the end of the line, or undefined where the parser shall judge. */
  #number(start: number, end: number): number | undefined {
    const bytes = this.#bytes
    let at = start
    const isNegative = bytes[at] === 45
    if (isNegative) at++
    let digits = 0
    let whole = 0
    let fraction = -1
    for (; at < end; at++) {
      const byte = bytes[at]!
      if (byte >= 48 && byte <= 57) {
        whole = whole * 10 + byte - 48
        digits++
      } else if (byte === 46 && fraction < 0) fraction = digits
      else break
    }
    const byte = bytes[at]
    const isPlain = digits > 0 && digits <= EXACT_DIGITS && (byte === SPACE || byte === LF)
    if (isPlain && at < end) {
      this.#valueEnd = at
      // A quotient of two exact numbers is the nearest double.
      const value = fraction < 0 ? whole : whole / POWERS[digits - fraction]!
      return isNegative ? -value : value
    }
    while (at < end && bytes[at] !== SPACE && bytes[at] !== LF) at++
    if (at >= end || at === start) return undefined
    this.#valueEnd = at
    try {
      return parseValue(bytes, start, at)
    } catch {
      return undefined
    }
  }

  #readLine(start: number, end: number, isLast: boolean): number {
    if (this.#isEnded) throw new ExpositionError('unexpected data after # EOF')
    const parser = new OpenMetricsParser(this.#bytes, start, end, {
      currentType: this.#type,
      isWhole: isLast,
    })
    const entry = parser.next()
    switch (entry) {
      case 'end':
        this.#isEnded = true
        return end
      case 'type':
        if (parser.currentType !== this.#type) this.#known.clear()
        this.#last = undefined
        this.#type = parser.currentType
        break
      case 'series': {
        if (parser.timeMs === undefined) throw new MissingTimeError()
        const ref = this.#target.series(parser.labels())
        this.#target.sample(ref, parser.timeMs, parser.value)
        const keyEnd = seriesEnd(this.#bytes, start, end)
        if (keyEnd > 0 && this.#bytes[keyEnd] === SPACE) {
          // A copy: the piece it is in goes.
          const known = {
            key: Buffer.from(this.#bytes.subarray(start, keyEnd)),
            ref,
            next: undefined,
          }
          this.#known.set(this.#bytes.toString('latin1', start, keyEnd), known)
          this.#follow(known)
        }
        break
      }
    }
    return parser.lineEnd
  }
}

/** A series as it is written. */
interface KnownSeries {
  readonly key: Buffer
  readonly ref: number
  /** The one that followed it when last seen. */
  next: KnownSeries | undefined
}

/** A sample without a time. */
export class MissingTimeError extends Error {
  constructor() {
    super('expected timestamp for series got none')
  }
}

const POWERS = Array.from({ length: EXACT_DIGITS + 1 }, (_, power) => 10 ** power)

/** Where the series of a line ends, or -1 if that is not plain to see. */
function seriesEnd(bytes: Buffer, start: number, end: number): number {
  let at = start
  while (at < end && bytes[at] !== OPEN && bytes[at] !== SPACE && bytes[at] !== LF) at++
  if (bytes[at] !== OPEN) return at < end ? at : -1
  for (at++; at < end; at++) {
    const byte = bytes[at]
    if (byte === CLOSE) return at + 1
    if (byte === LF) return -1
    if (byte !== QUOTE) continue
    for (at++; at < end && bytes[at] !== QUOTE; at++) {
      if (bytes[at] === LF) return -1
      if (bytes[at] === BACKSLASH) at++
    }
  }
  return -1
}
