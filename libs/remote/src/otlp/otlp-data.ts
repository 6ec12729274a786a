/** An OTLP metrics request, whichever form it came in. Times are milliseconds. */
export type Temporality = 'unspecified' | 'delta' | 'cumulative'

/** Keys and values as text, as sent. */
export type Attributes = readonly (readonly [key: string, value: string])[]

export interface OtlpExemplar {
  readonly timeMs: number
  readonly value: number
  /** Hexadecimal, '' = none. */
  readonly traceId: string
  readonly spanId: string
  readonly attributes: Attributes
}

export interface Point {
  readonly attributes: Attributes
  readonly startMs: number
  readonly timeMs: number
  /** Nothing was recorded: a stale marker. */
  readonly isStale: boolean
  readonly exemplars: readonly OtlpExemplar[]
}

export interface NumberPoint extends Point {
  readonly value: number
}

export interface HistogramPoint extends Point {
  readonly count: number
  readonly sum: number | undefined
  readonly bucketCounts: readonly number[]
  readonly bounds: readonly number[]
}

export interface ExponentialBuckets {
  readonly offset: number
  readonly counts: readonly number[]
}

export interface ExponentialPoint extends Point {
  readonly count: number
  readonly sum: number | undefined
  readonly scale: number
  readonly zeroCount: number
  readonly positive: ExponentialBuckets
  readonly negative: ExponentialBuckets
}

export interface SummaryPoint extends Point {
  readonly count: number
  readonly sum: number
  readonly quantiles: readonly (readonly [quantile: number, value: number])[]
}

export type MetricData =
  | { readonly kind: 'gauge'; readonly points: readonly NumberPoint[] }
  | {
      readonly kind: 'sum'
      readonly temporality: Temporality
      readonly isMonotonic: boolean
      readonly points: readonly NumberPoint[]
    }
  | {
      readonly kind: 'histogram'
      readonly temporality: Temporality
      readonly points: readonly HistogramPoint[]
    }
  | {
      readonly kind: 'exponential'
      readonly temporality: Temporality
      readonly points: readonly ExponentialPoint[]
    }
  | { readonly kind: 'summary'; readonly points: readonly SummaryPoint[] }
  | { readonly kind: 'none'; readonly points: readonly Point[] }

export interface OtlpMetric {
  readonly name: string
  readonly description: string
  readonly unit: string
  readonly data: MetricData
}

export interface OtlpScope {
  readonly name: string
  readonly version: string
  readonly schemaUrl: string
  readonly attributes: Attributes
  readonly metrics: readonly OtlpMetric[]
}

export interface OtlpResource {
  readonly attributes: Attributes
  readonly scopes: readonly OtlpScope[]
}

export const TEMPORALITIES: readonly Temporality[] = ['unspecified', 'delta', 'cumulative']
export const NO_BUCKETS: ExponentialBuckets = { offset: 0, counts: [] }
