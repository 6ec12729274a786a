import {
  type FloatHistogram,
  type Histogram,
  isCounterReset,
  toFloatHistogram,
} from '@prom/histogram'
import type { Labels, Matcher } from '@prom/labels'
import { setStaleBits } from '@prom/model'
import type { Appender } from './appender.ts'
import { AppendError } from './errors.ts'
import type { LabelHints, Querier, SampleColumns, SelectHints, SeriesSet } from './querier.ts'

interface Sample {
  readonly timeMs: number
  readonly value: number
  readonly isStale: boolean
  readonly histogram: FloatHistogram | undefined
  readonly startMs: number
}

interface Series {
  readonly labels: Labels
  readonly samples: Sample[]
  columns: SampleColumns | undefined
}

/**
 * A small storage that keeps everything in plain objects: for unit tests of rules and queries, and as the model
 * that real storages are compared with. Samples may come in any order; one at a time that is there already is
 * replaced.
 */
export class MemoryStorage {
  readonly #series = new Map<string, Series>()

  appender(): Appender {
    return new MemoryAppender((labels, sample) => this.#put(labels, sample))
  }

  /** Adds a sample with a start timestamp (0 = none), which Appender has no way for. */
  appendStarted(
    labels: Labels,
    startMs: number,
    timeMs: number,
    value: number | FloatHistogram,
  ): void {
    const isFloat = typeof value === 'number'
    this.#put(labels, {
      timeMs,
      value: isFloat ? value : 0,
      isStale: false,
      histogram: isFloat ? undefined : value,
      startMs,
    })
  }

  clear(): void {
    this.#series.clear()
  }

  querier(mint: number, maxt: number): Querier {
    const all = [...this.#series.values()]
      .filter(({ samples }) => samples.some(({ timeMs }) => timeMs >= mint && timeMs <= maxt))
      .sort((a, b) => a.labels.compare(b.labels))
    return new MemoryQuerier(all)
  }

  #put(labels: Labels, sample: Sample): void {
    const key = labels.key()
    let series = this.#series.get(key)
    if (!series) {
      series = { labels, samples: [], columns: undefined }
      this.#series.set(key, series)
    }
    series.columns = undefined
    const { samples } = series
    let at = samples.length
    while (at > 0 && (samples[at - 1] as Sample).timeMs > sample.timeMs) at--
    const isThere = at > 0 && (samples[at - 1] as Sample).timeMs === sample.timeMs
    samples.splice(isThere ? at - 1 : at, isThere ? 1 : 0, sample)
  }
}

class MemoryAppender implements Appender {
  readonly #put: (labels: Labels, sample: Sample) => void
  #pending: [Labels, Sample][] = []

  constructor(put: (labels: Labels, sample: Sample) => void) {
    this.#put = put
  }

  #add(labels: Labels, timeMs: number, fields: Partial<Sample>): number {
    if (!Number.isSafeInteger(timeMs)) throw new AppendError('invalid sample', 'time is no integer')
    const empty = { value: 0, isStale: false, histogram: undefined, startMs: 0 }
    this.#pending.push([labels, { ...empty, timeMs, ...fields }])
    return 0
  }

  append(_ref: number, labels: Labels, timeMs: number, value: number): number {
    return this.#add(labels, timeMs, { value })
  }

  appendStale(_ref: number, labels: Labels, timeMs: number): number {
    return this.#add(labels, timeMs, { isStale: true })
  }

  appendHistogram(
    _ref: number,
    labels: Labels,
    timeMs: number,
    histogram: Histogram | FloatHistogram,
  ): number {
    return this.#add(labels, timeMs, { histogram: toFloatHistogram(histogram) })
  }

  appendExemplar(): void {}

  setMetadata(): void {}

  commit() {
    for (const [labels, sample] of this.#pending) this.#put(labels, sample)
    const samples = this.#pending.length
    this.#pending = []
    return { samples, outOfOrder: 0, duplicates: 0, outOfBounds: 0, tooOld: 0 }
  }

  rollback(): void {
    this.#pending = []
  }
}

class MemoryQuerier implements Querier {
  readonly #all: readonly Series[]
  readonly warnings: readonly string[] = []

  constructor(all: readonly Series[]) {
    this.#all = all
  }

  #matching(matchers: readonly Matcher[]): Series[] {
    return this.#all.filter(({ labels }) =>
      matchers.every((matcher) => matcher.matches(labels.get(matcher.name))),
    )
  }

  select(matchers: readonly Matcher[], { mint, maxt, limit }: SelectHints): SeriesSet {
    const found = this.#matching(matchers).slice(0, limit || undefined)
    return {
      length: found.length,
      labels: (index) => (found[index] as Series).labels,
      samples: (index) => within(columnsOf(found[index] as Series), mint, maxt),
      release: () => {},
      sizeBytes: 0,
    }
  }

  labelNames(matchers: readonly Matcher[], { limit }: LabelHints): string[] {
    const names = new Set(
      this.#matching(matchers).flatMap(({ labels }) => [...labels].map(([n]) => n)),
    )
    return [...names].sort().slice(0, limit || undefined)
  }

  labelValues(name: string, matchers: readonly Matcher[], { limit }: LabelHints): string[] {
    const values = new Set(this.#matching(matchers).map(({ labels }) => labels.get(name)))
    values.delete('')
    return [...values].sort().slice(0, limit || undefined)
  }

  close(): void {}
}

function columnsOf(series: Series): SampleColumns {
  series.columns ??= makeColumns(series.samples)
  return series.columns
}

function makeColumns(samples: readonly Sample[]): SampleColumns {
  const count = samples.length
  const values = new Float64Array(count)
  const bits = new Uint32Array(values.buffer)
  samples.forEach(({ value, isStale }, i) => {
    if (isStale) setStaleBits(bits, i)
    else values[i] = value
  })
  const hasHistograms = samples.some(({ histogram }) => histogram !== undefined)
  const hasStarts = samples.some(({ startMs }) => startMs !== 0)
  return {
    times: Float64Array.from(samples, ({ timeMs }) => timeMs),
    values,
    start: 0,
    end: count,
    histograms: hasHistograms ? hinted(samples) : undefined,
    startTimes: hasStarts ? Float64Array.from(samples, ({ startMs }) => startMs) : undefined,
  }
}

/**
 * Histograms with the hints a chunk gives back: no reset since the one before, or unknown where a reset (or the
 * start) has begun a new chunk.
 */
function hinted(samples: readonly Sample[]): (FloatHistogram | undefined)[] {
  let previous: FloatHistogram | undefined
  return samples.map(({ histogram }) => {
    const before = previous
    previous = histogram
    if (!histogram || histogram.counterResetHint === 'gauge') return histogram
    const plain: FloatHistogram = { ...histogram, counterResetHint: 'unknown' }
    if (histogram.counterResetHint === 'reset') return plain
    if (!before || before.counterResetHint === 'gauge') return plain
    return isCounterReset(plain, before) ? plain : { ...plain, counterResetHint: 'not_reset' }
  })
}

function within(columns: SampleColumns, mint: number, maxt: number): SampleColumns {
  const { times } = columns
  let start = 0
  let end = columns.end
  while (start < end && (times[start] as number) < mint) start++
  while (end > start && (times[end - 1] as number) > maxt) end--
  return { ...columns, start, end }
}
