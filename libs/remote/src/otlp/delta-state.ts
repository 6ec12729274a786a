/** Sums of delta points, for the feature that turns them into cumulative ones. */
import type { HistogramPoint, NumberPoint } from './otlp-data.ts'

const STALE_AFTER_MS = 300_000
const SERIES_MAX = 1_000_000

interface Kept {
  readonly timeMs: number
  readonly values: readonly number[]
  readonly bounds: string
}

export class DeltaState {
  readonly #kept = new Map<string, Kept>()

  /** The point with all before it added; undefined for one that is older than what was added already. */
  addNumber(key: string, point: NumberPoint): NumberPoint | undefined {
    const values = this.#add(key, point.timeMs, [point.value], '')
    return values && { ...point, value: values[0] as number }
  }

  addHistogram(key: string, point: HistogramPoint): HistogramPoint | undefined {
    const { count, sum = 0, bucketCounts, bounds } = point
    const values = this.#add(key, point.timeMs, [count, sum, ...bucketCounts], bounds.join(' '))
    if (!values) return undefined
    const [total = 0, all = 0, ...buckets] = values
    return {
      ...point,
      count: total,
      sum: point.sum === undefined ? undefined : all,
      bucketCounts: buckets,
    }
  }

  /** Forgets series that have not been heard of for five minutes before `nowMs`. */
  forgetStale(nowMs: number): void {
    for (const [key, { timeMs }] of this.#kept) {
      if (timeMs < nowMs - STALE_AFTER_MS) this.#kept.delete(key)
    }
  }

  #add(
    key: string,
    timeMs: number,
    values: readonly number[],
    bounds: string,
  ): readonly number[] | undefined {
    const before = this.#kept.get(key)
    if (before && before.timeMs >= timeMs) return undefined
    if (!before && this.#kept.size >= SERIES_MAX) throw new Error('too many delta series')
    const isSame = before?.bounds === bounds && before.values.length === values.length
    const sums = isSame ? values.map((value, i) => value + (before.values[i] as number)) : values
    this.#kept.set(key, { timeMs, values: sums, bounds })
    return sums
  }
}
