import type { FloatHistogram } from '@prom/histogram'
import type { TextRange } from '@prom/promql-syntax'
import type { EngineFeatures } from '../context.ts'
import type { Notes } from '../notes.ts'

/**
 * What a range function sees of one series at one step: floats `from`..`to` and histograms `histogramFrom`..
 * `histogramTo`, both within the left-open window (startMs, endMs]. One object is reused for all steps.
 */
export interface Window {
  times: Float64Array
  values: Float64Array
  from: number
  to: number
  startTimes: Float64Array | undefined
  histogramTimes: Float64Array
  histograms: readonly FloatHistogram[]
  histogramFrom: number
  histogramTo: number
  histogramStartTimes: Float64Array | undefined
  startMs: number
  endMs: number
  rangeMs: number
  /** The evaluation time, whatever offset and @ say. */
  atMs: number
  /** Bounds of all samples of the series, for looking outside the window (anchored, smoothed). */
  first: number
  last: number
  histogramFirst: number
  histogramLast: number
}

/** Facts of the call a range function may need. */
export interface RangeCall {
  readonly notes: Notes
  readonly features: EngineFeatures
  readonly lookbackMs: number
  /** Place of the range vector in the query. */
  readonly at: TextRange
  /** Place of the scalar argument before or after it. */
  readonly parameterAt: TextRange
  /** Metric name of the series, '' if it has none. */
  metricName: string
  /** Scalar arguments at this step. */
  parameters: number[]
  readonly extension: 'anchored' | 'smoothed' | undefined
}

/** A float, a histogram, or nothing. */
export type WindowResult = number | FloatHistogram | undefined

export type WindowFunction = (window: Window, call: RangeCall) => WindowResult

export const countFloats = (window: Window) => window.to - window.from
export const countHistograms = (window: Window) => window.histogramTo - window.histogramFrom
