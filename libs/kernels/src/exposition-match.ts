/**
 * The plain TypeScript twin of assembly/exposition.ts: same records, same verdicts, another hash (templates of the
 * two are not exchangeable). Test oracle, and fallback where there is no WebAssembly.
 */
import {
  ENTRY,
  ENTRY_COMMENT,
  ENTRY_LENGTH_MAX,
  ENTRY_TIMED,
  MATCH,
  MATCH_ABSENT_TIMED,
  MATCH_STRICT,
  MISS,
  MISS_LINE,
  MISS_NUMBER,
  MISS_REST,
  NO_ROW,
} from './exposition-layout.ts'

const WINDOW = 64
const WINDOW_WIDE = 4096
const SEARCH_MAX = 1 << 18
const NORMAL_NAN = 0x7ff8000000000001n
const SAMPLE = /^([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]*))?/

/** One pass over one body; memory is shared with the caller as the kernel's would be. */
class Match {
  readonly bytes: Buffer
  readonly view: DataView
  readonly control: number
  line = 0
  rows = 0
  missCount = 0
  absentCount = 0
  dropped = 0
  timedRows = 0
  isChanged = false
  type = NO_ROW

  constructor(buffer: ArrayBufferLike, control: number) {
    this.bytes = Buffer.from(buffer)
    this.view = new DataView(buffer)
    this.control = control
  }

  input(offset: number): number {
    return this.view.getUint32(this.control + offset, true)
  }

  entry(index: number): number {
    return this.input(MATCH.template) + index * ENTRY.sizeBytes
  }

  newEntry(index: number): number {
    return this.input(MATCH.newTemplate) + index * ENTRY.sizeBytes
  }

  packed(entry: number): number {
    return this.view.getUint32(entry + ENTRY.packed, true)
  }

  change(): void {
    if (this.isChanged) return
    this.isChanged = true
    this.bytes.copy(this.bytes, this.newEntry(0), this.entry(0), this.entry(this.line))
  }

  isEntry(entry: number, at: number, end: number): boolean {
    const length = this.packed(entry) & ENTRY_LENGTH_MAX
    if (at + length > end) return false
    const [low, high] = hashLine(this.bytes, at, length, this.view, this.control + MATCH.seed)
    return low === this.view.getUint32(entry, true) && high === this.view.getUint32(entry + 4, true)
  }

  fits(entry: number, at: number, end: number): boolean {
    const packed = this.packed(entry)
    const length = packed & ENTRY_LENGTH_MAX
    if (at + length > end) return false
    const last = this.bytes[at + length - 1]
    if (packed & ENTRY_COMMENT) return last === 10
    if (last !== 32 && last !== 125 && last !== 9) return false
    return /[-+0-9NI]/.test(String.fromCharCode(this.bytes[at + length] as number))
  }

  miss(kind: number, start: number, end: number, line: number, old: number): void {
    const at = this.input(MATCH.misses) + this.missCount++ * MISS.sizeBytes
    const words = [kind, start, end, line, old, this.type]
    words.forEach((word, i) => {
      this.view.setUint32(at + i * 4, word, true)
    })
  }

  /** Entries `from` up to `to` were passed over. */
  gone(from: number, to: number): void {
    const mask = this.input(MATCH.options) & MATCH_ABSENT_TIMED ? 0 : ENTRY_TIMED
    for (let i = from; i < to; i++) {
      this.change()
      const ref = this.view.getUint32(this.entry(i) + ENTRY.ref, true)
      if (ref === 0 || this.packed(this.entry(i)) & mask) continue
      this.view.setUint32(this.input(MATCH.absent) + this.absentCount++ * 4, ref, true)
    }
  }

  finish(): void {
    const { control, view } = this
    view.setUint32(control + MATCH.rows, this.rows, true)
    view.setUint32(control + MATCH.lines, this.line, true)
    view.setUint32(control + MATCH.missCount, this.missCount, true)
    view.setUint32(control + MATCH.absentCount, this.absentCount, true)
    view.setUint32(control + MATCH.dropped, this.dropped, true)
    view.setUint32(control + MATCH.timedRows, this.timedRows, true)
    view.setUint32(control + MATCH.isChanged, this.isChanged ? 1 : 0, true)
  }
}

/** As the kernel `matchExposition`. */
export function matchExposition(buffer: ArrayBufferLike, control: number): number {
  const match = new Match(buffer, control)
  const end = match.input(MATCH.bodyEnd)
  const count = match.input(MATCH.templateCount)
  const linesMax = match.input(MATCH.linesMax)
  let at = match.input(MATCH.body)
  let i = 0
  let searched = 0
  let missedInRow = 0

  while (at < end) {
    if (match.line >= linesMax) return 0
    if (i >= count || !match.isEntry(match.entry(i), at, end)) {
      match.change()
      let found = -1
      if (i + 1 < count && searched < SEARCH_MAX) {
        const stop = Math.min(count, i + 1 + (missedInRow === 3 ? WINDOW_WIDE : WINDOW))
        searched += stop - i
        for (let j = i + 1; j < stop && found < 0; j++) {
          const candidate = match.entry(j)
          if (match.fits(candidate, at, end) && match.isEntry(candidate, at, end)) found = j
        }
      }
      if (found < 0) {
        const next = lineEnd(match.bytes, at, end)
        match.miss(MISS_LINE, at, next, match.line, NO_ROW)
        match.bytes.fill(0, match.newEntry(match.line), match.newEntry(match.line + 1))
        missedInRow++
        match.line++
        if (isType(match.bytes, at, end)) match.type = at
        at = next
        continue
      }
      match.gone(i, found)
      i = found
    }
    missedInRow = 0
    at = matchedLine(match, i, at, end)
    i++
  }
  match.gone(i, count)
  match.finish()
  return 1
}

/** Takes the line at `start`, which is that of template entry `index`; returns where the next one starts. */
function matchedLine(match: Match, index: number, start: number, end: number): number {
  const { bytes, view } = match
  const entry = match.entry(index)
  const packed = match.packed(entry)
  const numberStart = start + (packed & ENTRY_LENGTH_MAX)
  if (match.isChanged) bytes.copy(bytes, match.newEntry(match.line), entry, entry + ENTRY.sizeBytes)
  const line = match.line++
  if (packed & ENTRY_COMMENT) {
    if (isType(bytes, start, end)) match.type = start
    return numberStart
  }

  const lf = bytes.indexOf(10, numberStart)
  const rest = bytes.toString('latin1', numberStart, lf)
  const isStrict = (match.input(MATCH.options) & MATCH_STRICT) !== 0
  const shape = isStrict
    ? /^([^ \t]*)()$/.exec(rest)
    : /^([^ \t]*)(?:[ \t]+([0-9]{0,15})[ \t]*)?$/.exec(rest)
  const number = shape && readNumber(shape[1] as string)
  const isTimed = (shape?.[2] ?? '') !== ''
  if (!shape || !number || isTimed !== ((packed & ENTRY_TIMED) !== 0)) {
    const next = lineEnd(bytes, start, end)
    match.miss(MISS_REST, start, next, line, index)
    return next
  }
  const ref = view.getUint32(entry + ENTRY.ref, true)
  if (number === 'hard') {
    const numberEnd = numberStart + (shape[1] as string).length
    match.miss(MISS_NUMBER, numberStart, numberEnd, line, ref === 0 ? NO_ROW : match.rows)
  }
  if (ref === 0) {
    match.dropped++
    return lf + 1
  }
  const time = isTimed ? Number(shape[2]) : view.getFloat64(match.control + MATCH.time, true)
  view.setUint32(match.input(MATCH.refs) + match.rows * 4, ref, true)
  const value = number === 'hard' ? 0 : number.value
  const valueAt = match.input(MATCH.values) + match.rows * 8
  view.setFloat64(valueAt, value, true)
  if (Number.isNaN(value)) view.setBigUint64(valueAt, NORMAL_NAN, true)
  view.setFloat64(match.input(MATCH.times) + match.rows * 8, time, true)
  if (isTimed) match.timedRows++
  match.rows++
  return lf + 1
}

/** The number, `hard` if it is left to the caller, undefined if what is there does not end like a number. */
function readNumber(text: string): { readonly value: number } | 'hard' | undefined {
  if (text === 'NaN') return { value: Number.NaN }
  const infinite = /^([+-]?)Inf$/.exec(text)
  if (infinite) return { value: infinite[1] === '-' ? -Infinity : Infinity }
  const [all, sign, whole, fraction, power] = SAMPLE.exec(text) as unknown as string[]
  const digits = (whole as string) + (fraction ?? '')
  const isBare = digits === '' && power !== undefined
  if (all !== text || isBare) return isBare || text.length > 0 ? undefined : 'hard'
  if (digits === '' || digits.length > 19 || (power !== undefined && !/[0-9]/.test(power))) {
    return 'hard'
  }
  const exponent = Number(power ?? 0) - (fraction ?? '').length
  if (BigInt(digits) > 9007199254740992n || Math.abs(exponent) > 22) return 'hard'
  const magnitude =
    exponent < 0 ? Number(digits) / 10 ** -exponent : Number(digits) * 10 ** exponent
  return { value: sign === '-' ? -magnitude : magnitude }
}

/** As the kernel `writeEntry`. */
export function writeEntry(
  buffer: ArrayBufferLike,
  entry: number,
  line: { readonly at: number; readonly length: number },
  ref: number,
  flags: number,
  seed: number,
): void {
  const view = new DataView(buffer)
  const [low, high] = hashLine(Buffer.from(buffer), line.at, line.length, view, seed)
  view.setUint32(entry, low, true)
  view.setUint32(entry + 4, high, true)
  view.setUint32(entry + ENTRY.ref, ref, true)
  view.setUint32(entry + ENTRY.packed, (line.length & ENTRY_LENGTH_MAX) | flags, true)
}

function hashLine(
  bytes: Uint8Array,
  at: number,
  length: number,
  view: DataView,
  seed: number,
): [number, number] {
  let a = view.getUint32(seed, true) ^ length
  let b = view.getUint32(seed + 8, true)
  for (let i = at; i < at + length; i++) {
    a = Math.imul(a ^ (bytes[i] as number), 0x01000193)
    b = Math.imul(b ^ (bytes[i] as number), 0x5bd1e995) + (b >>> 15)
  }
  a = Math.imul(a ^ (a >>> 16), 0x85ebca6b)
  b = Math.imul(b ^ (b >>> 13), 0xc2b2ae35)
  return [(a ^ (a >>> 13)) >>> 0, (b ^ (b >>> 16)) >>> 0]
}

function lineEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = skipBlanks(bytes, start, end)
  const isComment = bytes[at] === 35
  let isQuoted = false
  while (at < end) {
    const c = bytes[at++]
    if (c === 10 && !isQuoted) return at
    if (isComment) continue
    if (c === 34) isQuoted = !isQuoted
    else if (c === 92 && isQuoted) at++
  }
  return end
}

function isType(bytes: Uint8Array, start: number, end: number): boolean {
  const at = skipBlanks(bytes, start, end)
  if (bytes[at] !== 35) return false
  return bytes[skipBlanks(bytes, at + 1, end)] === 84
}

function skipBlanks(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  while (at < end && (bytes[at] === 32 || bytes[at] === 9)) at++
  return at
}
