/** What a /metrics page is made of, whoever gathers it: our own counters, collectors, pushed groups. */
export type MetricType =
  | 'counter'
  | 'gauge'
  | 'histogram'
  | 'summary'
  | 'untyped'
  /** Histograms whose counts may fall; the text format shows them as histograms. */
  | 'gauge_histogram'

export interface HistogramValue {
  readonly count: number
  readonly sum: number
  /** Cumulative; ascending `le`, +Inf may be left out. */
  readonly buckets: readonly { readonly le: number; readonly count: number }[]
  /** Whether count and buckets are floats, as some push them; left out for whole numbers. */
  readonly isFloat?: boolean
  /** Native part, kept opaque here; exposition reads and writes it. */
  readonly native?: unknown
}

export interface SummaryValue {
  readonly count: number
  readonly sum: number
  readonly quantiles: readonly { readonly quantile: number; readonly value: number }[]
}

export interface MetricPoint {
  /** Flat name/value pairs, sorted by name. */
  readonly labels: readonly string[]
  /** Number for counter, gauge, untyped. */
  readonly value: number | HistogramValue | SummaryValue
  readonly timeMs?: number
}

export interface MetricFamily {
  readonly name: string
  readonly help: string | undefined
  readonly type: MetricType
  readonly unit?: string
  readonly points: readonly MetricPoint[]
}
