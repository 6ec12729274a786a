import type { ExposedExemplar, ExpositionParser } from '@prom/exposition'
import type { FloatHistogram, Histogram } from '@prom/histogram'
import type { Labels } from '@prom/labels'
import { ScrapeError, type ShownSeries } from './errors.ts'
import type { MetadataCache } from './metric-metadata.ts'

/** One sample of a body that is read row by row: protobuf, and classic histograms being converted. */
export interface ScrapedRow {
  readonly series: CachedSeries
  readonly timeMs: number | undefined
  readonly value: number
  readonly histogram: Histogram | FloatHistogram | undefined
  readonly exemplars: readonly ExposedExemplar[]
  /** When the series began, if the exposition says it. */
  readonly startTimeMs: number | undefined
  readonly isTracked: boolean
  /** The target did not have the series before. */
  readonly isNew: boolean
}

/** A series of the target's last bodies; `labels` is undefined if relabelling dropped it. */
export interface CachedSeries {
  readonly key: string
  readonly labels: Labels | undefined
  /** 0 until it is known. */
  ref: number
  /** Number of the scrape that had it last. */
  seen: number
  /** Its samples carry no times of their own, so it gets stale markers. */
  isTracked: boolean
  /** The start time that storage has been told last. */
  startTimeMs: number | undefined
}

export interface RowJob {
  readonly metadata: MetadataCache
  readonly honorTimestamps: boolean
  readonly trackTimestampsStaleness: boolean
  readonly samplesMax: number
  /** Series get `__type__` and `__unit__`. */
  readonly addsTypeAndUnit: boolean
  labels(exposed: readonly string[]): Labels | undefined
  limit(histogram: Histogram | FloatHistogram): Histogram | FloatHistogram
}

export interface RowBatch {
  readonly rows: readonly ScrapedRow[]
  readonly scraped: number
  readonly added: number
  /** Series of the last body that are gone. */
  readonly absent: readonly CachedSeries[]
}

const REMEMBERED_MIN = 1000

/** Reads whole bodies row by row and remembers their series by the text of their labels. */
export class RowReader {
  #cache = new Map<string, CachedSeries>()
  #scrape = 0

  /** Throws ScrapeError; the series are then as before. */
  read(parser: ExpositionParser, job: RowJob): RowBatch {
    const scrape = this.#scrape + 1
    const rows: ScrapedRow[] = []
    const fresh = new Map<string, CachedSeries>()
    const counts = { scraped: 0, kept: 0 }
    try {
      this.#readRows(parser, job, { rows, fresh, counts })
    } catch (err) {
      this.#remember(fresh)
      const { message, limit } = err as ScrapeError
      const facts = { ...counts, ...shownBy(rows), cause: err }
      throw new ScrapeError(message, limit ? { ...facts, limit } : facts)
    }
    const added = [...fresh.values()].filter(({ labels }) => labels).length
    const found = new Map(rows.map(({ series, isTracked }) => [series, isTracked]))
    const absent = this.#adopt(scrape, fresh, found)
    return { rows, scraped: counts.scraped, added, absent }
  }

  #readRows(
    parser: ExpositionParser,
    job: RowJob,
    into: {
      readonly rows: ScrapedRow[]
      readonly fresh: Map<string, CachedSeries>
      readonly counts: { scraped: number; kept: number }
    },
  ): void {
    const { rows, fresh, counts } = into
    let overLimit: ScrapeError | undefined
    for (let entry = parser.next(); entry !== 'end'; entry = parser.next()) {
      if (entry === 'type' || entry === 'help' || entry === 'unit') {
        job.metadata.set(entry, parser.familyName, parser.text)
      }
      if (entry !== 'series' && entry !== 'histogram') continue
      counts.scraped++
      const series = this.#find(parser, job, fresh)
      if (!series.labels) continue
      counts.kept++
      if (job.samplesMax > 0 && counts.kept > job.samplesMax) continue
      const timeMs = job.honorTimestamps ? parser.timeMs : undefined
      try {
        rows.push({
          ...{ series, timeMs, value: parser.value },
          histogram: parser.histogram && job.limit(parser.histogram),
          exemplars: parser.exemplars(),
          startTimeMs: parser.startTimeMs,
          isNew: fresh.has(series.key),
          isTracked: timeMs === undefined || job.trackTimestampsStaleness,
        })
      } catch (err) {
        if (!(err instanceof ScrapeError)) throw err
        overLimit ??= err // Compat: the rest is still read, and counts.
      }
    }
    if (job.samplesMax > 0 && counts.kept > job.samplesMax) {
      throw new ScrapeError('sample limit exceeded', { limit: 'samples' })
    }
    if (overLimit) throw overLimit
  }

  /** Series of a body that failed are not new when they come again, unless they are too many. */
  #remember(fresh: ReadonlyMap<string, CachedSeries>): void {
    if (fresh.size > this.#cache.size + REMEMBERED_MIN) return
    for (const [key, series] of fresh) this.#cache.set(key, series)
  }

  /** Series that have no stale marker yet. */
  live(): CachedSeries[] {
    return [...this.#cache.values()].filter(
      (series) => series.isTracked && series.ref !== 0 && series.seen === this.#scrape,
    )
  }

  /** Of all series it remembers and storage knows. */
  refs(): number[] {
    return [...this.#cache.values()].flatMap(({ ref }) => (ref === 0 ? [] : [ref]))
  }

  clear(): void {
    this.#cache = new Map()
  }

  #find(parser: ExpositionParser, job: RowJob, fresh: Map<string, CachedSeries>): CachedSeries {
    const exposed = job.addsTypeAndUnit ? withTypeAndUnit(parser) : parser.labels()
    const key = exposed.join('\xff')
    const known = this.#cache.get(key) ?? fresh.get(key)
    if (known) return known
    const series: CachedSeries = {
      key,
      labels: job.labels(exposed),
      ref: 0,
      seen: 0,
      isTracked: false,
      startTimeMs: undefined,
    }
    fresh.set(key, series)
    return series
  }

  /** Makes this body the last one; returns what the one before had more. */
  #adopt(
    scrape: number,
    fresh: ReadonlyMap<string, CachedSeries>,
    found: ReadonlyMap<CachedSeries, boolean>,
  ): CachedSeries[] {
    const absent: CachedSeries[] = []
    for (const [key, series] of this.#cache) {
      if (found.has(series) || !series.labels) continue
      if (series.isTracked && series.ref !== 0) absent.push(series)
      this.#cache.delete(key)
    }
    for (const [key, series] of fresh) this.#cache.set(key, series)
    for (const [series, isTracked] of found) {
      series.seen = scrape
      series.isTracked = isTracked
    }
    this.#scrape = scrape
    return absent
  }
}

/** What rows that are not stored have shown. */
export function shownBy(rows: readonly ScrapedRow[]) {
  const added = new Set(rows.filter(({ isNew }) => isNew).map(({ series }) => series)).size
  const shown: ShownSeries[] = rows.flatMap(({ series: { labels }, isTracked }) =>
    labels ? [{ labels, isTracked }] : [],
  )
  return { shown, added }
}

const TYPE = '__type__'
const UNIT = '__unit__'

/** Type and unit of the family are labels of its series; where they are known, exposed ones of that name do not count. */
function withTypeAndUnit(parser: ExpositionParser): string[] {
  const exposed = parser.labels()
  const { currentType: type, currentUnit: unit } = parser
  const hasType = type !== '' && type !== 'unknown' && type !== 'untyped'
  if (!hasType && unit === '') return exposed
  const labels: string[] = []
  for (let i = 0; i < exposed.length; i += 2) {
    const name = exposed[i] as string
    if ((name === TYPE && hasType) || (name === UNIT && unit !== '')) continue
    labels.push(name, exposed[i + 1] as string)
  }
  if (hasType) labels.push(TYPE, type)
  if (unit !== '') labels.push(UNIT, unit)
  return labels
}
