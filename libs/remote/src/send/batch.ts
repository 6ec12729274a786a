/** Rows on their way to a remote storage, in columns. */
import type { FloatHistogram, Histogram } from '@prom/histogram'
import type { SentSeries } from './sent-series.ts'

export const ROW_FLOAT = 0
export const ROW_HISTOGRAM = 1
export const ROW_FLOAT_HISTOGRAM = 2
export const ROW_EXEMPLAR = 3

/** What a row has besides time and value. */
export interface RowExtra {
  /** Undefined: a stale marker. */
  readonly histogram?: Histogram | FloatHistogram | undefined
  /** Flat pairs of an exemplar. */
  readonly exemplar?: readonly string[]
}

/** Counts by what the metrics tell apart. */
export interface RowCounts {
  samples: number
  exemplars: number
  histograms: number
}

/** Rows in the order of the log; `capacity` is the most one request may hold. */
export class Batch {
  readonly capacity: number
  count = 0
  readonly series: (SentSeries | undefined)[]
  readonly times: Float64Array
  /** Bits of the values, low word first. */
  readonly words: Uint32Array
  readonly kinds: Uint8Array
  readonly extras: (RowExtra | undefined)[]

  constructor(capacity: number) {
    this.capacity = capacity
    this.series = new Array(capacity)
    this.times = new Float64Array(capacity)
    this.words = new Uint32Array(capacity * 2)
    this.kinds = new Uint8Array(capacity)
    this.extras = new Array(capacity)
  }

  clear(): void {
    this.series.fill(undefined, 0, this.count)
    this.extras.fill(undefined, 0, this.count)
    this.count = 0
  }

  counts(): RowCounts {
    const counts = { samples: 0, exemplars: 0, histograms: 0 }
    for (let i = 0; i < this.count; i++) {
      const kind = this.kinds[i]
      if (kind === ROW_FLOAT) counts.samples++
      else if (kind === ROW_EXEMPLAR) counts.exemplars++
      else counts.histograms++
    }
    return counts
  }

  /** The newest time of a sample or histogram, milliseconds. */
  highestMs(): number {
    let highest = -Infinity
    for (let i = 0; i < this.count; i++) {
      const time = this.times[i] as number
      if (time > highest && this.kinds[i] !== ROW_EXEMPLAR) highest = time
    }
    return highest
  }

  /** Takes out rows older than `oldestMs`; returns how many of each kind. */
  dropOlder(oldestMs: number): RowCounts {
    const dropped = { samples: 0, exemplars: 0, histograms: 0 }
    let kept = 0
    for (let i = 0; i < this.count; i++) {
      const kind = this.kinds[i]
      if ((this.times[i] as number) < oldestMs) {
        if (kind === ROW_FLOAT) dropped.samples++
        else if (kind === ROW_EXEMPLAR) dropped.exemplars++
        else dropped.histograms++
        continue
      }
      if (kept !== i) this.#move(i, kept)
      kept++
    }
    this.series.fill(undefined, kept, this.count)
    this.extras.fill(undefined, kept, this.count)
    this.count = kept
    return dropped
  }

  #move(from: number, to: number): void {
    this.series[to] = this.series[from]
    this.extras[to] = this.extras[from]
    this.times[to] = this.times[from] as number
    this.kinds[to] = this.kinds[from] as number
    this.words[to * 2] = this.words[from * 2] as number
    this.words[to * 2 + 1] = this.words[from * 2 + 1] as number
  }
}
