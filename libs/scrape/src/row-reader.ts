import type { ExposedExemplar, ExpositionParser } from '@prom/exposition'
import type { FloatHistogram, Histogram } from '@prom/histogram'
import type { Labels } from '@prom/labels'
import { ScrapeError } from './errors.ts'
import type { MetadataCache } from './metric-metadata.ts'

/** One sample of a body that is read row by row: protobuf, and classic histograms being converted. */
export interface ScrapedRow {
  readonly series: CachedSeries
  readonly timeMs: number | undefined
  readonly value: number
  readonly histogram: Histogram | FloatHistogram | undefined
  readonly exemplars: readonly ExposedExemplar[]
}

/** A series of the target's last bodies; `labels` is undefined if relabelling dropped it. */
export interface CachedSeries {
  readonly labels: Labels | undefined
  /** 0 until it is known. */
  ref: number
  /** Number of the scrape that had it last. */
  seen: number
  /** Its samples carry no times of their own, so it gets stale markers. */
  isTracked: boolean
}

export interface RowJob {
  readonly metadata: MetadataCache
  readonly honorTimestamps: boolean
  readonly trackTimestampsStaleness: boolean
  readonly samplesMax: number
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

/** Reads whole bodies row by row and remembers their series by the text of their labels. */
export class RowReader {
  #cache = new Map<string, CachedSeries>()
  #scrape = 0

  /** Throws ScrapeError or ExpositionError; the series are then as before. */
  read(parser: ExpositionParser, job: RowJob): RowBatch {
    const scrape = this.#scrape + 1
    const rows: ScrapedRow[] = []
    const fresh = new Map<string, CachedSeries>()
    const found = new Map<CachedSeries, boolean>()
    let scraped = 0
    let kept = 0
    for (let entry = parser.next(); entry !== 'end'; entry = parser.next()) {
      if (entry === 'type' || entry === 'help' || entry === 'unit') {
        job.metadata.set(entry, parser.familyName, parser.text)
      }
      if (entry !== 'series' && entry !== 'histogram') continue
      scraped++
      const series = this.#find(parser, job, fresh)
      if (!series.labels) continue
      kept++
      if (job.samplesMax > 0 && kept > job.samplesMax) continue
      const timeMs = job.honorTimestamps ? parser.timeMs : undefined
      found.set(series, timeMs === undefined || job.trackTimestampsStaleness)
      const histogram = parser.histogram && job.limit(parser.histogram)
      rows.push({ series, timeMs, value: parser.value, histogram, exemplars: parser.exemplars() })
    }
    if (job.samplesMax > 0 && kept > job.samplesMax) {
      throw new ScrapeError('sample limit exceeded', { limit: 'samples', scraped, kept })
    }
    const added = [...fresh.values()].filter(({ labels }) => labels).length
    return { rows, scraped, added, absent: this.#adopt(scrape, fresh, found) }
  }

  /** Series that have no stale marker yet. */
  live(): CachedSeries[] {
    return [...this.#cache.values()].filter(
      (series) => series.isTracked && series.ref !== 0 && series.seen === this.#scrape,
    )
  }

  clear(): void {
    this.#cache = new Map()
  }

  #find(parser: ExpositionParser, job: RowJob, fresh: Map<string, CachedSeries>): CachedSeries {
    const exposed = parser.labels()
    const key = exposed.join('\xff')
    const known = this.#cache.get(key) ?? fresh.get(key)
    if (known) return known
    const series = { labels: job.labels(exposed), ref: 0, seen: 0, isTracked: false }
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
