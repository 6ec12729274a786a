/** What rules need from others: someone to ask, someone to write for them, someone to send alerts. */
import type { FloatHistogram } from '@prom/histogram'
import type { Labels } from '@prom/labels'
import type { Queries } from '@prom/query'

/** Asks at an instant; rejects with QueryError. */
export type RuleQueries = Pick<Queries, 'vector'>

/** Rows for storage. `labels` are flat sorted pairs; a stale row has isStale 1. */
export interface RuleRows {
  readonly labels: readonly (readonly string[])[]
  readonly times: Float64Array
  readonly values: Float64Array
  readonly isStale: Uint8Array
  readonly histograms?: readonly (FloatHistogram | undefined)[]
}

/** How many rows were taken, and why others were not. */
export interface RuleAppendOutcome {
  readonly appended: number
  readonly outOfOrder: number
  readonly duplicates: number
  readonly outOfBounds: number
  readonly tooOld: number
}

export interface RuleAppender {
  append(rows: RuleRows): Promise<RuleAppendOutcome>
}

/** An alert on its way to the Alertmanagers; times are milliseconds. */
export interface OutgoingAlert {
  readonly labels: Labels
  readonly annotations: Labels
  readonly startsAtMs: number
  readonly endsAtMs: number
  readonly generatorUrl: string
}

export interface AlertSink {
  /** Takes the alerts or counts them as dropped; never waits. */
  send(alerts: readonly OutgoingAlert[]): void
}
