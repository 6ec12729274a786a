import {
  ClassicConverter,
  CreatedLinesParser,
  type ExpositionParser,
  OpenMetricsParser,
  ProtobufParser,
  TextParser,
} from '@prom/exposition'
import type { Logger } from '@prom/runtime'
import { AppendError, type Appender } from '@prom/storage'
import type { BodyMemory } from './body-memory.ts'
import { limitBuckets } from './bucket-limits.ts'
import type { PoolOptions } from './contract.ts'
import { ScrapeError } from './errors.ts'
import { countLateExemplars, storedExemplar } from './exemplars.ts'
import type { ScrapeBody } from './fetch/scrape-body.ts'
import type { MetadataCache } from './metric-metadata.ts'
import { RowReader, type ScrapedRow, shownBy } from './row-reader.ts'
import type { ScrapeMetrics } from './scrape-metrics.ts'
import type { BodyFormat } from './scrape-request.ts'
import { type SeriesRules, seriesLabels } from './series-labels.ts'

export interface RowStoreDeps {
  readonly memory: BodyMemory
  readonly appender: () => Appender
  readonly metrics: ScrapeMetrics
  readonly metadata: MetadataCache
  readonly log: Logger
}

export interface StoredRows {
  readonly scraped: number
  readonly kept: number
  readonly added: number
  /** Series that this body has and that get stale markers when they vanish. */
  readonly refs: ReadonlySet<number>
}

/** Stores bodies that carry histograms: row by row, through the row appender. */
export class RowStore {
  readonly #options: PoolOptions
  readonly #rules: SeriesRules
  readonly #deps: RowStoreDeps
  readonly #reader = new RowReader()

  constructor(options: PoolOptions, rules: SeriesRules, deps: RowStoreDeps) {
    this.#options = options
    this.#rules = rules
    this.#deps = deps
  }

  /** Reads and commits one body. Throws ScrapeError, and has then stored nothing. */
  store(body: ScrapeBody, format: BodyFormat, timeMs: number): StoredRows {
    const { metadata } = this.#deps
    const batch = this.#reader.read(this.#parser(body, format), {
      ...this.#options,
      metadata,
      labels: (exposed) => seriesLabels(exposed, this.#rules),
      limit: (histogram) => limitBuckets(histogram, this.#options),
    })
    const appender = this.#deps.appender()
    let at = 0
    try {
      let late = 0
      for (; at < batch.rows.length; at++) {
        const row = batch.rows[at] as ScrapedRow
        if (row.startTimeMs !== undefined) this.#appendStart(appender, row, timeMs)
        this.#append(appender, row, timeMs)
        if (row.exemplars.length > 0) late += this.#appendExemplars(appender, row, timeMs)
      }
      appender.commit()
      countLateExemplars(late, this.#deps.metrics, this.#deps.log)
    } catch (err) {
      appender.rollback()
      if (!(err instanceof AppendError)) throw err
      const facts = { scraped: at + 1, kept: at, ...shownBy(batch.rows.slice(0, at)) }
      throw new ScrapeError(err.message, { ...facts, cause: err })
    }
    const refs = new Set(this.#reader.live().map(({ ref }) => ref))
    return { scraped: batch.scraped, kept: batch.rows.length, added: batch.added, refs }
  }

  liveRefs(): number[] {
    return this.#reader.live().map(({ ref }) => ref)
  }

  /** Of all series it remembers. */
  refs(): number[] {
    return this.#reader.refs()
  }

  clear(): void {
    this.#reader.clear()
  }

  /** A zero where the series began, once; one that comes too late is left out without a word. */
  #appendStart(appender: Appender, row: ScrapedRow, atMs: number): void {
    const { series, histogram, startTimeMs = 0, timeMs = atMs } = row
    if (!this.#options.takesStartTimes || !series.labels) return
    if (startTimeMs === series.startTimeMs || startTimeMs >= timeMs) return
    series.startTimeMs = startTimeMs
    const known = appender.appendStart?.(series.ref, series.labels, startTimeMs, histogram)
    if (known !== undefined) series.ref = known
  }

  /** A sample out of place is counted and left out; one that is no sample fails the scrape. */
  #append(appender: Appender, row: ScrapedRow, atMs: number): void {
    const { series, histogram, value, timeMs = atMs } = row
    const labels = series.labels
    if (!labels) return
    try {
      series.ref = histogram
        ? appender.appendHistogram(series.ref, labels, timeMs, histogram)
        : appender.append(series.ref, labels, timeMs, value)
    } catch (err) {
      if (!(err instanceof AppendError)) throw err
      const { metrics } = this.#deps
      if (err.reason === 'out of order sample') metrics.outOfOrder.inc()
      else if (err.reason === 'duplicate sample for timestamp') metrics.duplicates.inc()
      else if (err.reason === 'out of bounds' || err.reason === 'too old sample') {
        metrics.outOfBounds.inc()
      } else throw err
    }
  }

  /** Returns how many were out of order, if all of them were: then the series' exemplars are behind. */
  #appendExemplars(appender: Appender, row: ScrapedRow, atMs: number): number {
    const { series, histogram, timeMs = atMs } = row
    if (!series.labels) return 0
    const exemplars = row.exemplars
      // Compat: native histograms keep only exemplars that say when they were.
      .filter((exemplar) => !histogram || exemplar.timeMs !== undefined)
      .map((exemplar) => storedExemplar(exemplar, timeMs))
      .sort((a, b) => a.timeMs - b.timeMs || a.value - b.value)
    let late = 0
    for (const exemplar of exemplars) {
      try {
        appender.appendExemplar(series.ref, series.labels, exemplar)
      } catch (err) {
        if (!(err instanceof AppendError)) throw err
        if (err.reason === 'out of order exemplar') late++
        else this.#deps.log.debug('Error while adding exemplar', { err: err.message })
      }
    }
    return late === exemplars.length ? late : 0
  }

  #parser({ address, length }: ScrapeBody, format: BodyFormat): ExpositionParser {
    const { bytes } = this.#deps.memory
    const {
      scrapeNativeHistograms: takesNative,
      alwaysScrapeClassicHistograms: alwaysClassic,
      convertClassicHistograms: convertsClassic,
      takesStartTimes,
    } = this.#options
    if (format === 'protobuf') {
      // A copy: strings cannot be decoded from shared memory.
      const copy = Buffer.from(bytes.subarray(address, address + length))
      return new ProtobufParser(copy, { takesNative, alwaysClassic, convertsClassic })
    }
    const inner =
      format === 'text' || length === 0 // Compat: an empty body needs no end.
        ? new TextParser(bytes, address, address + length)
        : takesStartTimes
          ? new CreatedLinesParser(bytes, address, address + length)
          : new OpenMetricsParser(bytes, address, address + length)
    return convertsClassic ? new ClassicConverter(inner, { alwaysClassic }) : inner
  }
}
