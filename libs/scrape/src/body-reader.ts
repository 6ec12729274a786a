import {
  type ExposedExemplar,
  type ExpositionParser,
  OpenMetricsParser,
  parseValue,
  TextParser,
} from '@prom/exposition'
import {
  ENTRY,
  ENTRY_COMMENT,
  ENTRY_LENGTH_MAX,
  ENTRY_TIMED,
  MATCH,
  MATCH_ABSENT_TIMED,
  MATCH_STRICT,
  MISS,
  MISS_NUMBER,
  MISS_REST,
  NO_ROW,
} from '@prom/kernels'
import type { Labels } from '@prom/labels'
import { NAN_HIGH, NAN_LOW } from '@prom/model'
import { type BodyMemory, LINES_MAX } from './body-memory.ts'
import { ScrapeError } from './errors.ts'
import { explainFailure } from './failed-series.ts'
import type { MetadataCache } from './metric-metadata.ts'
import type { SeriesTemplate } from './series-template.ts'

const EOF_LINE = Buffer.from('# EOF')
const LATER_EOF = Buffer.from('\n# EOF')

/** One text body in kernel memory, on its way to rows. */
export interface BodyJob {
  readonly template: SeriesTemplate
  readonly metadata: MetadataCache
  /** Address of the first byte; the byte at `address + length` may be overwritten. */
  address: number
  length: number
  format: 'text' | 'openmetrics'
  timeMs: number
  readonly honorTimestamps: boolean
  readonly trackTimestampsStaleness: boolean
  /** 0 = no limit. */
  readonly samplesMax: number
  takesExemplars: boolean
  /** Series that do not count as new: a body that failed has shown them. */
  readonly remembered?: ReadonlySet<number>
  /** Labels to store under, undefined if dropped; throws ScrapeError. */
  labels(exposed: readonly string[]): Labels | undefined
  /** The ref of a series, created if new. */
  resolve(labels: Labels): number
}

export interface BodyRows {
  /** Rows in `memory.refs`, `values` and `times`. */
  readonly rows: number
  /** True if some rows carry times of their own; else all are at the job's time. */
  readonly isTimed: boolean
  /** Samples exposed, and those left after relabelling. */
  readonly scraped: number
  readonly kept: number
  /** Series this target did not have in its last body. */
  readonly added: number
  /** Series of the last body that are gone. */
  readonly absent: readonly number[]
  /** Exemplars, with the row of their sample. */
  readonly exemplars: readonly { readonly row: number; readonly exemplar: ExposedExemplar }[]
}

/** A series line that is not in the template, before its series has a ref. */
interface Pending {
  readonly labels: Labels
  readonly entry: number
  readonly row: number
  readonly isTracked: boolean
}

/**
 * Reads one body: matches it against the target's template in one kernel call, then parses only the lines that
 * are new or unusual. On success the rows are in `memory` and the template is that of this body; if it throws
 * ScrapeError or ExpositionError, the template is as before and nothing counts.
 */
export function readBody(memory: BodyMemory, job: BodyJob): BodyRows {
  matchBody(memory, job)
  return readMatched(memory, job)
}

/** The kernel call of `readBody`. True if the body's lines are those of the template, and all of them plain. */
export function matchBody(memory: BodyMemory, job: BodyJob): boolean {
  const { bytes, view, control, kernels } = memory
  const { address, length, format, template, honorTimestamps, trackTimestampsStaleness } = job
  let end = address + length
  if (length > 0 && bytes[end - 1] !== 10) bytes[end++] = 10
  const strict = format === 'openmetrics' ? MATCH_STRICT : 0
  const tracked = !honorTimestamps || trackTimestampsStaleness ? MATCH_ABSENT_TIMED : 0
  view.setUint32(control + MATCH.body, address, true)
  view.setUint32(control + MATCH.bodyEnd, end, true)
  view.setUint32(control + MATCH.template, template.address, true)
  view.setUint32(control + MATCH.templateCount, template.count, true)
  view.setUint32(control + MATCH.options, strict | tracked, true)
  view.setFloat64(control + MATCH.time, job.timeMs, true)
  if (kernels.exports.matchExposition(control) === 0) {
    throw new ScrapeError(`body has more than ${LINES_MAX} lines`, { limit: 'body' })
  }
  return (
    view.getUint32(control + MATCH.isChanged, true) === 0 &&
    view.getUint32(control + MATCH.missCount, true) === 0
  )
}

/** What is left of `readBody` after `matchBody`. */
export function readMatched(memory: BodyMemory, job: BodyJob): BodyRows {
  try {
    return new BodyReader(memory, job).read()
  } catch (err) {
    if (err instanceof CutOff) return readBody(memory, { ...job, length: err.at - job.address })
    if (err instanceof ScrapeError && (err.shown || err.limit === 'body')) throw err
    // Lines are read out of order: the first error in the body's own order is the one to tell.
    const { format, address, length } = job
    const parser = openParser(memory, format, address, address + length)
    throw explainFailure(parser, job, err as Error)
  }
}

/** Compat: a zero byte at the start of a line or in a comment ends a text body at that line. */
class CutOff extends Error {
  readonly at: number

  constructor(at: number) {
    super('the body ends early')
    this.at = at
  }
}

/** Throws ExpositionError with the first error of the body. */
function readAll(memory: BodyMemory, { address, length, format }: BodyJob): void {
  const parser = openParser(memory, format, address, address + length)
  while (parser.next() !== 'end');
}

function openParser(
  memory: BodyMemory,
  format: BodyJob['format'],
  start: number,
  end: number,
  type?: string,
): ExpositionParser {
  const options = { currentType: type ?? '', isWhole: type === undefined }
  if (format === 'text') return new TextParser(memory.bytes, start, end, options)
  return new OpenMetricsParser(memory.bytes, start, end, options)
}

class BodyReader {
  readonly #memory: BodyMemory
  readonly #job: BodyJob
  readonly #pending: Pending[] = []
  readonly #exemplars: { row: number; exemplar: ExposedExemplar }[] = []
  /** Series that had no time of their own in the last body and have one now: they end for staleness. */
  readonly #untracked: number[] = []
  readonly #tracksTimed: boolean
  readonly #end: number
  #rows: number
  #scraped: number
  #kept: number
  #timedRows: number
  #isEdited = false
  #typeAt = NO_ROW
  #type = ''

  constructor(memory: BodyMemory, job: BodyJob) {
    this.#memory = memory
    this.#job = job
    this.#tracksTimed = !job.honorTimestamps || job.trackTimestampsStaleness
    this.#end = this.#output(MATCH.bodyEnd)
    this.#rows = this.#output(MATCH.rows)
    this.#timedRows = this.#output(MATCH.timedRows)
    this.#kept = this.#rows
    this.#scraped = this.#rows + this.#output(MATCH.dropped)
  }

  read(): BodyRows {
    const { template } = this.#job
    const { bytes, newTemplate } = this.#memory
    const isChanged = this.#output(MATCH.isChanged) === 1
    const lines = this.#output(MATCH.lines)
    // The template stays as it is until all is well.
    if (!isChanged) {
      const { address } = template
      bytes.copyWithin(newTemplate, address, address + lines * ENTRY.sizeBytes)
    }
    if (isChanged && this.#job.format === 'openmetrics') this.#checkEnd()
    this.#readMisses()
    const { samplesMax } = this.#job
    if (samplesMax > 0 && this.#kept > samplesMax) {
      const facts = { scraped: this.#scraped, kept: this.#kept }
      throw new ScrapeError('sample limit exceeded', { limit: 'samples', ...facts })
    }
    const absent = this.#absentRefs()
    const added = this.#resolvePending(absent)
    if (isChanged || this.#isEdited) template.save(newTemplate, lines)
    return this.#outcome(added, [...absent])
  }

  #outcome(added: number, absent: readonly number[]): BodyRows {
    return {
      rows: this.#rows,
      isTimed: this.#timedRows > 0 && this.#job.honorTimestamps,
      scraped: this.#scraped,
      kept: this.#kept,
      added,
      absent,
      exemplars: this.#exemplars,
    }
  }

  #output(offset: number): number {
    return this.#memory.view.getUint32(this.#memory.control + offset, true)
  }

  /** `# EOF` must be the last line, and no other. The whole parser tells what is wrong. */
  #checkEnd(): void {
    const { bytes } = this.#memory
    const { address, length } = this.#job
    if (length === 0) return
    const body = bytes.subarray(address, this.#end)
    const isFirst = body.subarray(0, 5).equals(EOF_LINE)
    const at = isFirst ? 0 : body.indexOf(LATER_EOF) + 1
    const isLast = (isFirst || at > 0) && at + 6 === body.length && body[at + 5] === 10
    if (!isLast) readAll(this.#memory, this.#job)
  }

  #readMisses(): void {
    const { view, misses } = this.#memory
    const count = this.#output(MATCH.missCount)
    for (let i = 0; i < count; i++) {
      const at = misses + i * MISS.sizeBytes
      const start = view.getUint32(at + MISS.start, true)
      const end = view.getUint32(at + MISS.end, true)
      const kind = view.getUint32(at + MISS.kind, true)
      if (kind === MISS_NUMBER) {
        this.#number(start, end, view.getUint32(at + MISS.old, true))
        continue
      }
      const entry =
        this.#memory.newTemplate + view.getUint32(at + MISS.line, true) * ENTRY.sizeBytes
      const type = this.#typeBefore(view.getUint32(at + MISS.type, true))
      this.#line(start, end, entry, kind === MISS_REST, type)
    }
  }

  #number(start: number, end: number, row: number): void {
    const value = parseValue(this.#memory.bytes, start, end)
    if (row !== NO_ROW) this.#setValue(row, value)
  }

  #setValue(row: number, value: number): void {
    this.#memory.values[row] = value
    if (Number.isNaN(value)) {
      this.#memory.valueWords[row * 2] = NAN_LOW
      this.#memory.valueWords[row * 2 + 1] = NAN_HIGH
    }
  }

  /** The type said by the TYPE line at `at`, if it is one. */
  #typeBefore(at: number): string {
    if (at === NO_ROW) return ''
    if (at !== this.#typeAt) {
      const lf = at + this.#memory.bytes.subarray(at, this.#end).indexOf(10)
      const parser = openParser(this.#memory, this.#job.format, at, lf + 1, '')
      this.#typeAt = at
      this.#type = parser.next() === 'type' ? parser.text : ''
    }
    return this.#type
  }

  #line(start: number, end: number, entry: number, isKnown: boolean, type: string): void {
    const parser = openParser(this.#memory, this.#job.format, start, end, type)
    const found = parser.next()
    if (found === 'series') {
      this.#series(parser, start, entry, isKnown)
      if (parser.next() !== 'end') throw new Error('one line holds one sample')
      return
    }
    if (found === 'end' && this.#memory.bytes.subarray(start, end).includes(0)) {
      throw new CutOff(start)
    }
    if (found === 'type' || found === 'help' || found === 'unit') {
      this.#job.metadata.set(found, parser.familyName, parser.text)
    }
    this.#writeEntry(entry, start, end - start, 0, ENTRY_COMMENT)
  }

  #series(parser: ExpositionParser, start: number, entry: number, isKnown: boolean): void {
    const { view } = this.#memory
    const length = parser.valueStart - start
    const packed = view.getUint32(entry + ENTRY.packed, true)
    const flags = parser.timeMs === undefined ? 0 : ENTRY_TIMED
    this.#scraped++
    if (isKnown && (packed & ENTRY_LENGTH_MAX) === length) {
      const ref = view.getUint32(entry + ENTRY.ref, true)
      if ((packed & ENTRY_TIMED) !== flags) {
        view.setUint32(entry + ENTRY.packed, length | flags, true)
        this.#isEdited = true
        if (flags !== 0 && ref !== 0 && !this.#tracksTimed) this.#untracked.push(ref)
      }
      if (ref !== 0) this.#addRow(parser, ref)
      return
    }
    const labels = this.#job.labels(parser.labels())
    this.#writeEntry(entry, start, length, 0, flags)
    if (labels === undefined) return
    const { samplesMax } = this.#job
    if (samplesMax > 0 && this.#kept >= samplesMax) {
      this.#kept++ // The scrape will fail: count on, but keep nothing.
      return
    }
    const isTracked = flags === 0 || this.#tracksTimed
    this.#pending.push({ labels, entry, row: this.#rows, isTracked })
    this.#addRow(parser, 0)
  }

  #addRow(parser: ExpositionParser, ref: number): void {
    const row = this.#rows++
    this.#kept++
    this.#memory.refs[row] = ref
    this.#setValue(row, parser.value)
    const { times } = this.#memory
    if (parser.timeMs !== undefined && this.#timedRows++ === 0) times.fill(this.#job.timeMs, 0, row)
    times[row] = parser.timeMs ?? this.#job.timeMs
    if (!this.#job.takesExemplars) return
    for (const exemplar of parser.exemplars()) this.#exemplars.push({ row, exemplar })
  }

  #writeEntry(entry: number, start: number, length: number, ref: number, flags: number): void {
    this.#isEdited = true
    if (length > ENTRY_LENGTH_MAX) return // The gap stays: such a line is parsed each time.
    const { kernels, control } = this.#memory
    kernels.exports.writeEntry(entry, start, length, ref, flags, control + MATCH.seed)
  }

  #absentRefs(): Set<number> {
    const gone = this.#memory.absent.subarray(0, this.#output(MATCH.absentCount))
    return new Set([...gone, ...this.#untracked])
  }

  /** Gives new lines their series; what only moved within the body is neither added nor absent. */
  #resolvePending(absent: Set<number>): number {
    const { refs, view } = this.#memory
    const isFirst = this.#job.template.count === 0
    const seen = new Set<number>()
    for (const { labels, entry, row, isTracked } of this.#pending) {
      const ref = this.#job.resolve(labels)
      refs[row] = ref
      view.setUint32(entry + ENTRY.ref, ref, true)
      const isKnown = isTracked ? absent.delete(ref) : absent.has(ref)
      if (!isKnown) seen.add(ref)
    }
    for (const ref of this.#job.remembered ?? []) seen.delete(ref)
    return isFirst ? seen.size : this.#countNew(seen)
  }

  /** A new line may also repeat a series that another line of the body has already. */
  #countNew(seen: Set<number>): number {
    const { template } = this.#job
    if (seen.size === 0) return 0
    for (const ref of template.refs()) seen.delete(ref)
    return seen.size
  }
}
