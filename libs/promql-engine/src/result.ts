import type { FloatHistogram } from '@prom/histogram'
import type { Labels } from '@prom/labels'
import type { StepCounts } from './limits.ts'

/** What a query gave, before it is encoded. */
export type QueryValue =
  | { readonly type: 'scalar'; readonly timeMs: number; readonly value: number }
  | { readonly type: 'string'; readonly timeMs: number; readonly value: string }
  | { readonly type: 'vector'; readonly timeMs: number; readonly samples: readonly VectorSample[] }
  | { readonly type: 'matrix'; readonly series: readonly MatrixSeries[] }

export interface VectorSample {
  readonly labels: Labels
  readonly value: number
  readonly histogram: FloatHistogram | undefined
}

/** Points of one series; a point is a histogram where `histograms` has one. */
export interface MatrixSeries {
  readonly labels: Labels
  readonly times: Float64Array
  readonly values: Float64Array
  readonly histograms: readonly (FloatHistogram | undefined)[] | undefined
}

export interface QueryStats {
  readonly totalQueryableSamples: number
  readonly samplesRead: number
  readonly peakSamples: number
  readonly peakBytes: number
  /** Where it was asked for: the times of the steps, milliseconds, and samples per step. */
  readonly perStep?: (StepCounts & { readonly times: Float64Array }) | undefined
}

export interface QueryResult {
  readonly value: QueryValue
  readonly warnings: readonly string[]
  readonly infos: readonly string[]
  readonly stats: QueryStats
}
