import { Labels, METRIC_NAME } from '@prom/labels'

/** What every scrape says of itself, beside its samples; seconds and counts. */
export interface ScrapeReport {
  readonly isUp: boolean
  readonly durationSeconds: number
  readonly scraped: number
  readonly kept: number
  readonly added: number
  /** Unpacked; -1 over the limit, 0 for other failures. */
  readonly bodyBytes: number
}

const NAMES = [
  'up',
  'scrape_duration_seconds',
  'scrape_samples_scraped',
  'scrape_samples_post_metric_relabeling',
  'scrape_series_added',
] as const

const EXTRA_NAMES = [
  'scrape_timeout_seconds',
  'scrape_sample_limit',
  'scrape_body_size_bytes',
] as const

/** The report series of one target; relabelling does not apply to them. */
export class ReportSeries {
  readonly #labels: readonly Labels[]
  readonly #timeoutSeconds: number
  readonly #samplesMax: number
  #refs: number[] = []

  constructor(
    target: Labels,
    {
      timeoutMs,
      samplesMax,
      hasExtraMetrics,
    }: {
      readonly timeoutMs: number
      readonly samplesMax: number
      readonly hasExtraMetrics: boolean
    },
  ) {
    const names = hasExtraMetrics ? [...NAMES, ...EXTRA_NAMES] : NAMES
    this.#labels = names.map((name) => Labels.from([...target, [METRIC_NAME, name]]))
    this.#timeoutSeconds = timeoutMs / 1000
    this.#samplesMax = samplesMax
  }

  /** Refs in the order of `values`; found or created at first use. */
  refs(resolve: (labels: Labels) => number): readonly number[] {
    if (this.#refs.length === 0) this.#refs = this.#labels.map(resolve)
    return this.#refs
  }

  /** Refs are asked for again next time. */
  forget(): void {
    this.#refs = []
  }

  get hasRefs(): boolean {
    return this.#refs.length > 0
  }

  values(report: ScrapeReport): number[] {
    const { isUp, durationSeconds, scraped, kept, added, bodyBytes } = report
    const all = [
      isUp ? 1 : 0,
      durationSeconds,
      scraped,
      kept,
      added,
      this.#timeoutSeconds,
      this.#samplesMax,
      bodyBytes,
    ]
    return all.slice(0, this.#labels.length)
  }
}
