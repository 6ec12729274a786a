import type {
  HistogramValue,
  MetricFamily,
  MetricPoint,
  MetricType,
  SummaryValue,
} from '@prom/metrics'
import type { FamilyDraft, Role, SampleLine } from './family-draft.ts'

interface HistogramDraft {
  count: number
  sum: number
  readonly buckets: { le: number; count: number }[]
}

interface SummaryDraft {
  count: number
  sum: number
  readonly quantiles: { quantile: number; value: number }[]
}

interface PointDraft {
  readonly labels: readonly string[]
  value: number
  readonly histogram: HistogramDraft
  readonly summary: SummaryDraft
  timeMs: number | undefined
}

/** One family on its way from lines to `MetricFamily`. */
export class FamilyBuilder implements FamilyDraft {
  readonly name: string
  help: string | undefined
  type: MetricType | undefined
  readonly #points: PointDraft[] = []
  readonly #bySignature = new Map<string, PointDraft>()

  constructor(name: string) {
    this.name = name
  }

  get isCompound(): boolean {
    return this.type === 'histogram' || this.type === 'summary'
  }

  get isEmpty(): boolean {
    return this.#points.length === 0
  }

  add({ labels, value, role, bound, timeMs }: SampleLine): void {
    const point = this.#point(labels)
    this.#put(point, value, role, bound)
    if (timeMs !== undefined) point.timeMs = timeMs
  }

  /** The point for these labels: a new one, except that parts of a compound share theirs. */
  #point(labels: readonly string[]): PointDraft {
    const signature = this.isCompound ? labels.join('\xff') : undefined
    const known = signature === undefined ? undefined : this.#bySignature.get(signature)
    if (known) return known
    const point: PointDraft = {
      labels,
      value: 0,
      histogram: { count: 0, sum: 0, buckets: [] },
      summary: { count: 0, sum: 0, quantiles: [] },
      timeMs: undefined,
    }
    this.#points.push(point)
    if (signature !== undefined) this.#bySignature.set(signature, point)
    return point
  }

  /** Puts a sample's value where its role, and its `le` or `quantile`, say. */
  #put(point: PointDraft, value: number, role: Role, bound: number | undefined): void {
    if (this.type === 'histogram') {
      const draft = point.histogram
      if (role === 'count') draft.count = toCount(value)
      else if (role === 'sum') draft.sum = value
      else if (role === 'bucket' && bound !== undefined) {
        draft.buckets.push({ le: bound, count: toCount(value) })
      }
    } else if (this.type === 'summary') {
      const draft = point.summary
      if (role === 'count') draft.count = toCount(value)
      else if (role === 'sum') draft.sum = value
      else if (bound !== undefined) draft.quantiles.push({ quantile: bound, value })
    } else {
      point.value = value
    }
  }

  build(): MetricFamily {
    const type = this.type ?? 'untyped'
    const points = this.#points.map((draft): MetricPoint => {
      const value: number | HistogramValue | SummaryValue =
        type === 'histogram' ? draft.histogram : type === 'summary' ? draft.summary : draft.value
      const { labels, timeMs } = draft
      return timeMs === undefined ? { labels, value } : { labels, value, timeMs }
    })
    return { name: this.name, help: this.help, type, points }
  }
}

function toCount(value: number): number {
  return Number.isFinite(value) ? Math.trunc(Math.max(0, value)) : 0
}
