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
  isFloat?: boolean
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
    return this.#isHistogram || this.type === 'summary'
  }

  get #isHistogram(): boolean {
    return this.type === 'histogram' || this.type === 'gauge_histogram'
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
    if (this.#isHistogram) {
      const draft = point.histogram
      if (role === 'sum') {
        draft.sum = value
        return
      }
      if (role === 'count') draft.count = value
      else if (bound !== undefined && !Number.isNaN(bound)) {
        draft.buckets.push({ le: bound, count: value })
      } else return
      // One count that is no whole number makes all of them floats.
      if (!isCount(value)) draft.isFloat = true
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
      const value: number | HistogramValue | SummaryValue = this.#isHistogram
        ? draft.histogram
        : type === 'summary'
          ? draft.summary
          : draft.value
      const { labels, timeMs } = draft
      return timeMs === undefined ? { labels, value } : { labels, value, timeMs }
    })
    return { name: this.name, help: this.help, type, points }
  }
}

const UINT64_END = 2 ** 64
const INT64_END = 2 ** 63

function isCount(value: number): boolean {
  return Number.isInteger(value) && value < UINT64_END
}

/** Compat: of a summary, as the original's machine converts a float to an unsigned number: whatever it may be. */
function toCount(value: number): number {
  if (value >= -INT64_END && value < UINT64_END) {
    const whole = Math.trunc(value)
    return whole < 0 ? whole + UINT64_END : whole
  }
  return INT64_END
}
