import type { DialObserver, HttpClient, HttpClientConfig } from '@prom/http'
import { Labels, Matcher } from '@prom/labels'
import { type MetricFamily, Registry } from '@prom/metrics'
import {
  type OtlpBody,
  type OtlpOutcome,
  OtlpReceiver,
  type OtlpSettings,
  WriteReceiver,
  WriteReceiver2,
} from '@prom/remote'
import type { AlarmClock, HostFiles, HostNet, Logger, Random } from '@prom/runtime'
import { AppendError } from '@prom/storage'
import type { Tsdb } from '@prom/tsdb'
import { BodyMemory } from './body-memory.ts'
import type {
  AppendOutcome,
  AppendRows,
  HeadStats,
  Ingest,
  PoolPlan,
  TargetMetadata,
  TargetStatus,
  WriteOutcome,
} from './contract.ts'
import { FailureLogs } from './failure-log.ts'
import type { PlainExemplars, PlainMatchers, StorageChange } from './ingest-port.ts'
import { ScrapeMetrics } from './scrape-metrics.ts'
import { ScrapePools } from './scrape-pools.ts'

export interface IngestDeps {
  readonly clock: AlarmClock
  readonly net: HostNet
  readonly files: HostFiles
  readonly random: Random
  readonly log: Logger
  readonly db: Tsdb
  /** Of this program, as targets see it. */
  readonly version: string
  readonly offsetSeed: number
  /** `--scrape.timestamp-tolerance`; 0 without `--scrape.adjust-timestamps`. */
  readonly toleranceMs: number
  /** Between two runs of storage's housekeeping. */
  readonly tickMs: number
  readonly createClient: (config: HttpClientConfig, onDial: DialObserver) => HttpClient
}

const LOOK_MS = 1000
const PAUSE_MS = 1

/**
 * The only writer of storage: scrapes, remote-write bodies and rule results all pass through here. A plain object;
 * it does not know whether it has a thread to itself.
 */
export class IngestRole implements Ingest {
  readonly #deps: IngestDeps
  readonly #pools: ScrapePools
  readonly #registry = new Registry()
  readonly #metrics: ScrapeMetrics
  readonly #receiver: WriteReceiver
  readonly #receiver2: WriteReceiver2
  readonly #otlp: OtlpReceiver
  readonly #failureLogs: FailureLogs
  readonly #stop = new AbortController()
  readonly #ticking: Promise<void>

  constructor(deps: IngestDeps) {
    this.#deps = deps
    this.#metrics = new ScrapeMetrics(this.#registry, deps.clock)
    this.#failureLogs = new FailureLogs(deps)
    this.#pools = new ScrapePools({
      ...deps,
      failureLogs: this.#failureLogs,
      head: deps.db.head,
      appender: () => deps.db.appender(),
      memory: new BodyMemory(deps.random.bytes(16)),
      metrics: this.#metrics,
    })
    const storage = {
      appender: () => deps.db.appender(),
      isLive: (ref: number) => deps.db.head.isLive(ref),
      seed: () => deps.random.bytes(8),
    }
    this.#receiver = new WriteReceiver({ ...storage, head: deps.db.head })
    this.#receiver2 = new WriteReceiver2(storage)
    this.#otlp = new OtlpReceiver({ appender: storage.appender, log: deps.log })
    this.#registry.register({ collect: () => this.#collectMetadata() })
    this.#ticking = this.#tick()
  }

  async syncPools(plans: readonly PoolPlan[], removed: readonly string[]): Promise<void> {
    this.#pools.sync(plans, removed)
  }

  async append(rows: AppendRows): Promise<AppendOutcome> {
    const appender = this.#deps.db.appender()
    const outcome = { appended: 0, outOfOrder: 0, duplicates: 0, outOfBounds: 0, tooOld: 0 }
    rows.labels.forEach((flat, i) => {
      const labels = Labels.fromSortedFlat(flat)
      const time = rows.times[i] as number
      const histogram = rows.histograms?.[i]
      try {
        if (rows.isStale[i]) appender.appendStale(0, labels, time)
        else if (histogram) appender.appendHistogram(0, labels, time, histogram)
        else appender.append(0, labels, time, rows.values[i] as number)
        outcome.appended++
      } catch (err) {
        if (!(err instanceof AppendError)) throw err
        const key = REFUSALS[err.reason]
        if (key) outcome[key]++
        else this.#deps.log.warn('Error on ingesting rule result', { err: err.message })
      }
    })
    appender.commit()
    return outcome
  }

  async remoteWrite(body: Uint8Array, version: 1 | 2): Promise<WriteOutcome> {
    const { clock, log } = this.#deps
    const receiver = version === 2 ? this.#receiver2 : this.#receiver
    const received = receiver.receive(body, clock.now())
    this.#metrics.invalidWriteLabels.inc(received.invalidLabelSamples)
    this.#metrics.writtenWithoutMetadata.inc(received.withoutMetadata)
    const { status, error, isDecoded, samples, histograms, exemplars } = received
    if (status >= 500) log.error('Error appending remote write', { err: error })
    return { status, error, isDecoded, samples, histograms, exemplars }
  }

  async deleteSeries(
    matcherSets: readonly PlainMatchers[],
    mint: number,
    maxt: number,
  ): Promise<void> {
    for (const set of matcherSets) {
      this.#deps.db.deleteSeries(toMatchers(set), mint, maxt)
    }
  }

  async exemplars(
    matcherSets: readonly PlainMatchers[],
    mint: number,
    maxt: number,
  ): Promise<readonly PlainExemplars[]> {
    return this.#deps.db.exemplars(matcherSets.map(toMatchers), mint, maxt).map((series) => ({
      labels: series.labels.flat(),
      exemplars: series.exemplars.map(({ labels, value, timeMs }) => ({
        labels: labels.flat(),
        value,
        timeMs,
      })),
    }))
  }

  async otlp(body: OtlpBody, settings: OtlpSettings): Promise<OtlpOutcome> {
    const { clock, log } = this.#deps
    const outcome = this.#otlp.receive(body, settings, clock.now())
    if (outcome.status >= 500) log.error('Error appending OTLP metrics', { err: outcome.error })
    return outcome
  }

  async noteSent(timeMs: number): Promise<void> {
    this.#deps.db.noteSent?.(timeMs)
  }

  async cleanTombstones(): Promise<void> {
    await this.#deps.db.cleanTombstones()
  }

  async snapshot(skipHead: boolean): Promise<string> {
    return this.#deps.db.snapshot(skipHead)
  }

  async targets(): Promise<readonly TargetStatus[]> {
    return this.#pools.targets()
  }

  async metadata(): Promise<readonly TargetMetadata[]> {
    return this.#pools.metadata()
  }

  async metrics(): Promise<readonly MetricFamily[]> {
    return [...this.#registry.gather(), ...this.#deps.db.collect()]
  }

  async headStats(): Promise<HeadStats> {
    return this.#deps.db.facts()
  }

  async configureStorage(change: StorageChange): Promise<void> {
    this.#deps.db.configure(change)
  }

  /** Stops scraping, then closes storage. */
  async close(): Promise<void> {
    this.#stop.abort()
    await Promise.all([this.#pools.stop(), this.#ticking])
    this.#failureLogs.close()
    this.#deps.db.close()
  }

  async #tick(): Promise<void> {
    const { clock, db, log } = this.#deps
    const { signal } = this.#stop
    while (!signal.aborted) {
      // A minute, or less when samples come in faster than time passes: a backfill fills hours in seconds.
      for (let waited = 0; waited < this.#deps.tickMs && !signal.aborted; waited += LOOK_MS) {
        await clock.sleep(LOOK_MS, signal)
        if (db.isCompactable()) break
      }
      if (signal.aborted) return
      try {
        await db.maintain(() => clock.sleep(PAUSE_MS, signal), signal)
      } catch (err) {
        log.error('Storage housekeeping failed', { err: (err as Error).message })
      }
    }
  }

  #collectMetadata(): MetricFamily[] {
    const sizes = this.#pools.metadataSizes()
    if (sizes.length === 0) return []
    const points = (key: 'entries' | 'bytes') =>
      sizes.map((size) => ({ labels: ['scrape_job', size.pool], value: size[key] }))
    return [
      {
        name: 'prometheus_target_metadata_cache_entries',
        help: 'Total number of metric metadata entries in the cache',
        type: 'gauge',
        points: points('entries'),
      },
      {
        name: 'prometheus_target_metadata_cache_bytes',
        help: 'The number of bytes that are currently used for storing metric metadata in the cache',
        type: 'gauge',
        points: points('bytes'),
      },
    ]
  }
}

function toMatchers(set: PlainMatchers): Matcher[] {
  return set.map(({ type, name, value }) => new Matcher(type, name, value))
}

const REFUSALS: Readonly<
  Record<string, 'outOfOrder' | 'duplicates' | 'outOfBounds' | 'tooOld' | undefined>
> = {
  'out of order sample': 'outOfOrder',
  'duplicate sample for timestamp': 'duplicates',
  'out of bounds': 'outOfBounds',
  'too old sample': 'tooOld',
}
