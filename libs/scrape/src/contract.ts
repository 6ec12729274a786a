/**
 * Between the main thread, which discovers and relabels targets, and the ingest thread, which scrapes them and
 * is the only writer of storage. Plain data only: it crosses threads.
 */
import type { MetricFamily } from '@prom/metrics'

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

/** The ingest thread, seen from main. */
export interface Ingest {
  append(rows: AppendRows): Promise<AppendOutcome>
  /** One remote-write 1.0 request body, still snappy-compressed. */
  remoteWrite(body: Uint8Array): Promise<{ readonly status: number; readonly error: string }>
  targets(): Promise<readonly TargetStatus[]>
  metadata(): Promise<readonly TargetMetadata[]>
  /** The ingest thread's own metrics (scrape, storage). */
  metrics(): Promise<readonly MetricFamily[]>
  /** Head facts for status/tsdb. */
  headStats(): Promise<HeadStats>
}

export interface HeadStats {
  readonly series: number
  readonly chunks: number
  readonly minTimeMs: number
  readonly maxTimeMs: number
  readonly labelPairs: number
  readonly symbols: number
}
