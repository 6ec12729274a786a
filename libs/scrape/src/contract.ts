/**
 * Between the main thread, which discovers and relabels targets, and the ingest thread, which scrapes them and
 * is the only writer of storage. Plain data only: it crosses threads.
 */
import type { MetricFamily } from '@prom/metrics'
import type { PlainRelabelRule } from '@prom/relabel'
import type { ScrapeProtocol } from './scrape-protocol.ts'

/** What all targets of a pool share; limits of 0 mean none. */
export interface PoolOptions {
  readonly honorLabels: boolean
  readonly honorTimestamps: boolean
  readonly trackTimestampsStaleness: boolean
  readonly protocols: readonly ScrapeProtocol[]
  readonly fallbackProtocol: ScrapeProtocol | undefined
  readonly hasCompression: boolean
  readonly nameValidation: 'utf8' | 'legacy'
  readonly nameEscaping: 'allow-utf-8' | 'underscores' | 'dots' | 'values'
  readonly bodySizeMax: number
  readonly samplesMax: number
  readonly labelsMax: number
  readonly labelNameLengthMax: number
  readonly labelValueLengthMax: number
  readonly metricRelabelRules: readonly PlainRelabelRule[]
  readonly scrapeNativeHistograms: boolean
  readonly alwaysScrapeClassicHistograms: boolean
  readonly convertClassicHistograms: boolean
  readonly nativeBucketsMax: number
  readonly nativeFactorMin: number
  readonly hasExtraMetrics: boolean
  /** A zero is stored where a counter, histogram or summary says it began. */
  readonly takesStartTimes: boolean
  /** Series get `__type__` and `__unit__`. */
  readonly addsTypeAndUnit: boolean
  /** '' = none. */
  readonly failureLogFile: string
  /** The job's HTTP client block as plain data, secrets included. */
  readonly httpClient: unknown
  /** True if http:// targets need nothing of that block. */
  readonly isPlainHttp: boolean
}

/** One target to scrape. Equal keys mean the same target: its loop and its series are kept. */
export interface TargetPlan {
  readonly key: string
  /** Flat pairs, sorted. */
  readonly labels: readonly string[]
  readonly discoveredLabels: readonly string[]
  readonly url: string
  readonly globalUrl: string
  readonly intervalMs: number
  readonly timeoutMs: number
  /** Set: nothing is scraped, and this is what the target shows as its error (target_limit). */
  readonly refusal?: string
}

/** A pool as it shall be from now on; pools that are not mentioned stay as they are. */
export interface PoolPlan {
  readonly name: string
  readonly options: PoolOptions
  readonly targets: readonly TargetPlan[]
}

/** One failed scrape. */
export interface TargetError {
  readonly atMs: number
  readonly durationSeconds: number
  /** Of the HTTP answer; 0 when there was none, or when it was not the reason. */
  readonly status: number
  readonly reason:
    | 'timeout'
    | 'http_status'
    | 'limit'
    | 'content_type'
    | 'tls'
    | 'dns'
    | 'connection'
    | 'parse'
  readonly error: string
}

/** What the API says of one active target. */
export interface TargetStatus {
  readonly pool: string
  /** Flat pairs, sorted. */
  readonly discoveredLabels: readonly string[]
  readonly labels: readonly string[]
  readonly scrapeUrl: string
  readonly globalUrl: string
  readonly health: 'unknown' | 'up' | 'down'
  readonly lastError: string
  /** 0 = never. */
  readonly lastScrapeMs: number
  readonly lastScrapeDurationSeconds: number
  readonly scrapeIntervalMs: number
  readonly scrapeTimeoutMs: number
  /** The last failures, oldest first. */
  readonly errors: readonly TargetError[]
}

export interface DroppedTarget {
  readonly pool: string
  readonly discoveredLabels: readonly string[]
}

export interface TargetMetadata {
  /** Flat labels of the target. */
  readonly target: readonly string[]
  readonly metric: string
  readonly type: string
  readonly help: string
  readonly unit: string
}

/** Rows for storage from the main thread (rules). `labels` are flat sorted pairs; a stale row has isStale 1. */
export interface AppendRows {
  readonly labels: readonly (readonly string[])[]
  readonly times: Float64Array
  readonly values: Float64Array
  readonly isStale: Uint8Array
  readonly histograms?: readonly (import('@prom/histogram').FloatHistogram | undefined)[]
}

/** Why rows of an append were not taken; counts. */
export interface AppendOutcome {
  readonly appended: number
  readonly outOfOrder: number
  readonly duplicates: number
  readonly outOfBounds: number
  readonly tooOld: number
}

/** What became of a remote-write request; the counts are of what is stored. */
export interface WriteOutcome {
  readonly status: number
  readonly error: string
  /** False if the body could not be read. */
  readonly isDecoded: boolean
  readonly samples: number
  readonly histograms: number
  readonly exemplars: number
}

/** The ingest thread, seen from main. */
export interface Ingest {
  append(rows: AppendRows): Promise<AppendOutcome>
  /** One remote-write request body of version 1.0 or 2.0, still snappy-compressed. */
  remoteWrite(body: Uint8Array, version: 1 | 2): Promise<WriteOutcome>
  targets(): Promise<readonly TargetStatus[]>
  metadata(): Promise<readonly TargetMetadata[]>
  /** The ingest thread's own metrics (scrape, storage). */
  metrics(): Promise<readonly MetricFamily[]>
  /** Head facts for status/tsdb. */
  headStats(): Promise<HeadStats>
  /** Starts, changes and stops scraping; targets whose key stays keep their loop. */
  syncPools(plans: readonly PoolPlan[], removed: readonly string[]): Promise<void>
}

export interface HeadStats {
  readonly series: number
  readonly chunks: number
  readonly minTimeMs: number
  readonly maxTimeMs: number
  readonly labelPairs: number
  readonly symbols: number
}
