import { MATCH } from '@prom/kernels'
import { Labels } from '@prom/labels'
import type { RelabelRule } from '@prom/relabel'
import type { Logger } from '@prom/runtime'
import type { Appender } from '@prom/storage'
import { type ColumnCounts, type HeadWriter, ROW_UNKNOWN_SERIES } from '@prom/tsdb'
import type { BodyMemory } from './body-memory.ts'
import { type BodyJob, type BodyRows, matchBody, readMatched } from './body-reader.ts'
import type { PoolOptions, TargetPlan } from './contract.ts'
import { ScrapeError } from './errors.ts'
import { countLateExemplars, storedExemplar } from './exemplars.ts'
import { FailedSeries } from './failed-series.ts'
import type { ScrapeOutcome } from './fetch/fetcher.ts'
import type { ScrapeBody } from './fetch/scrape-body.ts'
import { MetadataCache } from './metric-metadata.ts'
import { ReportSeries, type ScrapeReport } from './report.ts'
import { RowStore } from './row-store.ts'
import type { ScrapeMetrics } from './scrape-metrics.ts'
import { type BodyFormat, bodyFormat } from './scrape-request.ts'
import { type SeriesRules, seriesLabels } from './series-labels.ts'
import { SeriesMetadata } from './series-metadata.ts'
import { SeriesTemplate } from './series-template.ts'

export interface ScrapeStoreDeps {
  readonly memory: BodyMemory
  readonly head: HeadWriter
  readonly appender: () => Appender
  readonly metrics: ScrapeMetrics
  readonly log: Logger
}

const NO_ROWS: BodyRows = {
  rows: 0,
  isTimed: false,
  scraped: 0,
  kept: 0,
  added: 0,
  absent: [],
  exemplars: [],
}

/** Stores what one target's scrapes bring: samples, stale markers, the report; one batch per scrape. */
export class ScrapeStore {
  readonly metadata = new MetadataCache()
  readonly #seriesMetadata = new SeriesMetadata()
  readonly #deps: ScrapeStoreDeps
  readonly #options: PoolOptions
  readonly #rules: SeriesRules
  readonly #template: SeriesTemplate
  /** What `readBody` is asked; address, length, format and time are those of the scrape at hand. */
  readonly #job: BodyJob
  readonly #resolve: (labels: Labels) => number
  readonly #rowStore: RowStore
  readonly #report: ReportSeries
  /** The last Content-Type and what it means. */
  #contentType: string | undefined
  #format: BodyFormat | undefined
  /** The last body had histograms and was stored row by row. */
  #hasRows = false
  /** The last body was good: its series have no stale marker yet. Else `#failed` knows which have none. */
  #isLive = false
  readonly #failed = new FailedSeries()

  constructor(
    target: TargetPlan,
    options: PoolOptions,
    metricRelabelRules: readonly RelabelRule[],
    deps: ScrapeStoreDeps,
  ) {
    const labels = Labels.fromSortedFlat(target.labels)
    this.#deps = deps
    this.#options = options
    this.#rules = { ...options, target: labels, metricRelabelRules }
    const { memory, head } = deps
    this.#template = new SeriesTemplate(memory)
    this.#resolve = (series) => head.resolve(series)
    const { honorTimestamps, trackTimestampsStaleness, samplesMax } = options
    this.#job = {
      template: this.#template,
      metadata: this.metadata,
      ...{ address: 0, length: 0, format: 'text', timeMs: 0 },
      ...{ honorTimestamps, trackTimestampsStaleness, samplesMax },
      takesExemplars: head.takesExemplars,
      labels: (exposed) => seriesLabels(exposed, this.#rules),
      resolve: this.#resolve,
      remembered: this.#failed.seen,
    }
    this.#rowStore = new RowStore(options, this.#rules, { ...deps, metadata: this.metadata })
    this.#report = new ReportSeries(labels, { ...options, timeoutMs: target.timeoutMs })
  }

  /** Stores one scrape at `timeMs`; says why it failed, if it did. Throws StorageError. */
  store(outcome: ScrapeOutcome, timeMs: number, durationSeconds: number): ScrapeError | undefined {
    const first = this.#attempt(outcome, timeMs, durationSeconds)
    if (first.unknownSeries === 0) return first.error
    // Series that storage has forgotten meanwhile: resolve all anew. What was stored is the same sample twice.
    this.#template.clear()
    this.#rowStore.clear()
    this.#report.forget()
    this.#failed.clear()
    return this.#attempt(outcome, timeMs, durationSeconds).error
  }

  #attempt(outcome: ScrapeOutcome, timeMs: number, durationSeconds: number): Attempt {
    let rows = NO_ROWS
    let error = outcome.error
    let bodyBytes = 0
    if (outcome.body) {
      try {
        rows = this.#readBody(outcome.body, timeMs)
        bodyBytes = outcome.body.length
      } catch (err) {
        error = err instanceof ScrapeError ? err : new ScrapeError((err as Error).message)
      }
    }
    if (error) {
      rows = this.#rowsOf(error)
      if (error.limit === 'body') bodyBytes = -1
      this.#count(error)
    }
    this.#isLive = error === undefined
    if (this.#isLive) this.#failed.clear()
    const { scraped, kept, added } = rows
    const report = { isUp: !error, durationSeconds, scraped, kept, added, bodyBytes }
    const { unknownSeries } = this.#append(rows, report, timeMs)
    return { error, unknownSeries }
  }

  /** A body that failed stores nothing but stale markers for what it does not show. */
  #rowsOf({ scraped, kept, shown = [], added: counted }: ScrapeError): BodyRows {
    const { head } = this.#deps
    const before = this.#liveRefs()
    const known = () => new Set([...this.#template.refs(), ...this.#rowStore.refs()])
    const added = this.#failed.add(shown, (labels) => head.resolve(labels), known)
    const absent = before.filter((ref) => !this.#failed.live.has(ref))
    return { ...NO_ROWS, scraped, kept, added: counted ?? added, absent }
  }

  /** Ends the target: marks all its series as stale. */
  end(timeMs: number): void {
    const { head } = this.#deps
    const reported = this.#report.hasRefs ? this.#report.refs(() => 0) : []
    const refs = [...this.#liveRefs(), ...reported]
    head.batch.reserve(refs.length)
    refs.forEach((ref, row) => {
      head.batch.refs[row] = ref
      head.batch.setStale(row)
    })
    if (refs.length > 0) head.appendColumns(refs.length, timeMs)
    this.#isLive = false
    this.#failed.clear()
  }

  /** Gives back the memory kept between scrapes. */
  close(): void {
    this.#template.clear()
  }

  #liveRefs(): number[] {
    if (!this.#isLive) return [...this.#failed.live]
    const { honorTimestamps, trackTimestampsStaleness } = this.#options
    const withTimed = !honorTimestamps || trackTimestampsStaleness
    return [...new Set([...this.#template.refs({ withTimed }), ...this.#rowStore.liveRefs()])]
  }

  /** Text by columns, what has histograms row by row; a target may change from one to the other. */
  #readBody(body: ScrapeBody, timeMs: number): BodyRows {
    const format = this.#formatOf(body.contentType)
    if (format !== 'protobuf' && !this.#isReadByRows(format)) {
      const rows = this.#readColumns(body, format, timeMs)
      return this.#hasRows || !this.#isLive ? this.#withAbsent(rows) : rows
    }
    const before = this.#liveRefs()
    this.#hasRows = true
    const stored = this.#rowStore.store(body, format, timeMs)
    this.#seriesMetadata.update(this.#deps.head, this.metadata, stored.refs, stored.added > 0)
    this.#template.clear()
    const absent = before.filter((ref) => !stored.refs.has(ref))
    return { ...NO_ROWS, ...stored, absent }
  }

  /** With what the body lacks of a failed one before it, or of one that was stored row by row. */
  #withAbsent(rows: BodyRows): BodyRows {
    const left = this.#rowStore.liveRefs()
    this.#rowStore.clear()
    this.#hasRows = false
    if (!this.#isLive) return { ...rows, absent: this.#leftOfFailed() }
    if (left.length === 0) return rows
    const here = new Set(this.#deps.memory.refs.subarray(0, rows.rows))
    return { ...rows, absent: [...rows.absent, ...left.filter((ref) => !here.has(ref))] }
  }

  #isReadByRows(format: 'text' | 'openmetrics'): boolean {
    const { convertClassicHistograms, addsTypeAndUnit, takesStartTimes } = this.#options
    if (convertClassicHistograms || addsTypeAndUnit) return true
    return takesStartTimes && format === 'openmetrics'
  }

  /** Series that only bodies that failed have shown, and that this one does not have. */
  #leftOfFailed(): number[] {
    const { live } = this.#failed
    if (live.size === 0) return []
    const { honorTimestamps, trackTimestampsStaleness } = this.#options
    const withTimed = !honorTimestamps || trackTimestampsStaleness
    const here = new Set(this.#template.refs({ withTimed }))
    return [...live].filter((ref) => !here.has(ref))
  }

  #readColumns(body: ScrapeBody, format: 'text' | 'openmetrics', timeMs: number): BodyRows {
    const { memory, head } = this.#deps
    const job = this.#job
    job.address = body.address
    job.length = body.length
    job.format = format
    job.timeMs = timeMs
    job.takesExemplars = head.takesExemplars
    if (matchBody(memory, job)) {
      const { view, control } = memory
      const rows = view.getUint32(control + MATCH.rows, true)
      const isTimed = view.getUint32(control + MATCH.timedRows, true) > 0
      const { samplesMax } = this.#options
      if (!isTimed && (samplesMax === 0 || rows <= samplesMax)) {
        const scraped = rows + view.getUint32(control + MATCH.dropped, true)
        return { ...NO_ROWS, rows, scraped, kept: rows }
      }
    }
    return readMatched(memory, job)
  }

  #formatOf(contentType: string | undefined): BodyFormat {
    if (contentType !== this.#contentType || !this.#format) {
      this.#format = bodyFormat(contentType, this.#options.fallbackProtocol)
      this.#contentType = contentType
    }
    return this.#format
  }

  #append(rows: BodyRows, report: ScrapeReport, timeMs: number): ColumnCounts {
    const { memory, head, metrics, log } = this.#deps
    const { batch } = head
    const refs = this.#report.refs(this.#resolve)
    const values = this.#report.values(report)
    const total = rows.rows + rows.absent.length + refs.length
    batch.reserve(total)
    batch.refs.set(memory.refs.subarray(0, rows.rows))
    batch.values.set(memory.values.subarray(0, rows.rows))
    let row = rows.rows
    for (const ref of rows.absent) {
      batch.refs[row] = ref
      batch.setStale(row++)
    }
    for (let i = 0; i < refs.length; i++, row++) {
      batch.refs[row] = refs[i] as number
      batch.values[row] = values[i] as number
    }
    if (rows.isTimed) {
      batch.times.set(memory.times.subarray(0, rows.rows))
      batch.times.fill(timeMs, rows.rows, total)
    }
    if (head.takesMetadata) {
      const own = memory.refs.subarray(0, rows.rows)
      this.#seriesMetadata.update(head, this.metadata, own, rows.added > 0)
    }
    const counts = head.appendColumns(total, rows.isTimed ? undefined : timeMs)
    if (rows.exemplars.length > 0) this.#appendExemplars(rows, timeMs)
    this.#countRefused(counts, metrics, log)
    if (counts.unknownSeries > 0 && !this.#hasUnknown(rows.rows, total, rows.absent.length)) {
      return { ...counts, unknownSeries: 0 }
    }
    return counts
  }

  /** After their samples, whose rows still lie in memory. */
  #appendExemplars({ exemplars, isTimed }: BodyRows, timeMs: number): void {
    const { memory, head, metrics, log } = this.#deps
    const { outOfOrder } = head.appendExemplars(
      exemplars.map(({ row, exemplar }) => ({
        ref: memory.refs[row] as number,
        exemplar: storedExemplar(exemplar, isTimed ? (memory.times[row] as number) : timeMs),
      })),
    )
    countLateExemplars(outOfOrder, metrics, log)
  }

  /** Only samples and report rows are worth a second try; a series that is gone needs no stale marker. */
  #hasUnknown(rows: number, total: number, absent: number): boolean {
    const { statuses } = this.#deps.head.batch
    for (let row = 0; row < total; row++) {
      if (row >= rows && row < rows + absent) continue
      if (statuses[row] === ROW_UNKNOWN_SERIES) return true
    }
    return false
  }

  #countRefused(counts: ColumnCounts, metrics: ScrapeMetrics, log: Logger): void {
    if (counts.outOfOrder > 0) {
      metrics.outOfOrder.inc(counts.outOfOrder)
      log.warn('Error on ingesting out-of-order samples', { num_dropped: counts.outOfOrder })
    }
    if (counts.duplicates > 0) {
      metrics.duplicates.inc(counts.duplicates)
      log.warn('Error on ingesting samples with different value but same timestamp', {
        num_dropped: counts.duplicates,
      })
    }
    const outside = counts.outOfBounds + counts.tooOld
    if (outside > 0) {
      metrics.outOfBounds.inc(outside)
      log.warn('Error on ingesting samples that are too old or are too far into the future', {
        num_dropped: outside,
      })
    }
    if (counts.refused > 0) {
      log.warn('Error on ingesting samples that storage refused', { num_dropped: counts.refused })
    }
  }

  #count(error: ScrapeError): void {
    const { metrics } = this.#deps
    if (error.limit === 'samples') metrics.sampleLimit.inc()
    if (error.limit === 'body') metrics.bodySizeLimit.inc()
    if (error.limit === 'buckets') metrics.bucketLimit.inc()
  }
}

interface Attempt {
  readonly error: ScrapeError | undefined
  readonly unknownSeries: number
}
