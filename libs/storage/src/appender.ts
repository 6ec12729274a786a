import type { FloatHistogram, Histogram } from '@prom/histogram'
import type { Labels } from '@prom/labels'

export interface Exemplar {
  readonly labels: Labels
  readonly value: number
  /** Milliseconds; undefined takes the sample's time. */
  readonly timeMs: number | undefined
}

export interface MetricMetadata {
  readonly type: string
  readonly unit: string
  readonly help: string
}

/** What became of a committed batch. */
export interface AppendCounts {
  readonly samples: number
  readonly outOfOrder: number
  readonly duplicates: number
  readonly outOfBounds: number
  readonly tooOld: number
}

/**
 * A batch being written, seen by nobody until `commit`. Series are found by `ref` when it is known and still
 * valid (0 means unknown), else by `labels`; the ref in use is returned and may be kept. The row methods serve
 * rules, remote write and tests; scrapes use the columns of tsdb's HeadWriter.
 */
export interface Appender {
  /** Throws AppendError when the sample is refused. */
  append(ref: number, labels: Labels, timeMs: number, value: number): number
  /** Appends the stale marker; its NaN bits must not travel through a JavaScript number. */
  appendStale(ref: number, labels: Labels, timeMs: number): number
  appendHistogram(
    ref: number,
    labels: Labels,
    timeMs: number,
    histogram: Histogram | FloatHistogram,
  ): number
  /**
   * A zero where a series began, ahead of its first sample: a float, or a histogram of the kind of `histogram`. A
   * time that is not after what the series has is left out silently, whatever may come late. Returns the ref.
   */
  appendStart?(
    ref: number,
    labels: Labels,
    startMs: number,
    histogram: Histogram | FloatHistogram | undefined,
  ): number
  appendExemplar(ref: number, labels: Labels, exemplar: Exemplar): void
  setMetadata(ref: number, labels: Labels, metadata: MetricMetadata): void
  /** Writes the log, then publishes all at once. */
  commit(): AppendCounts
  rollback(): void
}
