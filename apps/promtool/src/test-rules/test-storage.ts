/** Samples of one test, in memory: appended in order of time, selected by name. */
import { type FloatHistogram, isCounterReset, toFloatHistogram } from '@prom/histogram'
import { type Labels, type Matcher, METRIC_NAME } from '@prom/labels'
import { isStaleBits, setStaleBits } from '@prom/model'
import type { Querier, SampleColumns, SelectHints, SeriesSet } from '@prom/storage'

const CAPACITY = 16

export type TestSample = number | 'stale' | FloatHistogram

export class TestStorage {
  readonly #series = new Map<string, TestSeries>()
  readonly #byName = new Map<string, TestSeries[]>()

  /** The series to append to; rules keep it from one evaluation to the next. */
  series(labels: Labels): TestSeries {
    const key = labels.key()
    const known = this.#series.get(key)
    if (known) return known
    const series = new TestSeries(labels)
    this.#series.set(key, series)
    const name = labels.get(METRIC_NAME)
    const siblings = this.#byName.get(name)
    if (siblings) siblings.push(series)
    else this.#byName.set(name, [series])
    return series
  }

  /** How many series there are; they never go. */
  get seriesCount(): number {
    return this.#series.size
  }

  /** Whether a series matches, whatever its samples. */
  hasSeries(matchers: readonly Matcher[]): boolean {
    return this.#candidates(matchers).some(({ labels }) =>
      matchers.every((matcher) => matcher.matches(labels.get(matcher.name))),
    )
  }

  /** All series in label order. */
  all(): TestSeries[] {
    return [...this.#series.values()].sort((a, b) => a.labels.compare(b.labels))
  }

  querier(mint: number, maxt: number): Querier {
    return {
      select: (matchers, hints) => this.#select(matchers, narrow(hints, mint, maxt)),
      labelNames: () => this.#values((series) => [...series.labels].map(([name]) => name)),
      labelValues: (name) =>
        this.#values(({ labels }) => (labels.has(name) ? [labels.get(name)] : [])),
      warnings: [],
      close: () => {},
    }
  }

  #values(read: (series: TestSeries) => readonly string[]): string[] {
    return [...new Set([...this.#series.values()].flatMap(read))].sort()
  }

  #candidates(matchers: readonly Matcher[]): readonly TestSeries[] {
    const name = matchers.find((matcher) => matcher.name === METRIC_NAME && matcher.type === '=')
    return name ? (this.#byName.get(name.value) ?? []) : [...this.#series.values()]
  }

  #select(
    matchers: readonly Matcher[],
    { mint, maxt }: Pick<SelectHints, 'mint' | 'maxt'>,
  ): SeriesSet {
    const found = this.#candidates(matchers)
      .filter(
        (series) =>
          series.hasSamples(mint, maxt) &&
          matchers.every((matcher) => matcher.matches(series.labels.get(matcher.name))),
      )
      .sort((a, b) => a.labels.compare(b.labels))
    return {
      length: found.length,
      labels: (index) => found[index]!.labels,
      samples: (index) => found[index]!.columns(mint, maxt),
      release: () => {},
      sizeBytes: 0,
    }
  }
}

export class TestSeries {
  readonly labels: Labels
  #times = new Float64Array(CAPACITY)
  #values = new Float64Array(CAPACITY)
  #histograms: (FloatHistogram | undefined)[] | undefined
  #count = 0

  constructor(labels: Labels) {
    this.labels = labels
  }

  /** False if there is a later sample, or another one at that time. */
  append(timeMs: number, sample: TestSample): boolean {
    const index = this.#count
    if (index > 0 && timeMs <= this.#times[index - 1]!) return false
    if (index === this.#times.length) this.#grow()
    this.#times[index] = timeMs
    if (typeof sample === 'number') this.#values[index] = sample
    else if (sample === 'stale') setStaleBits(new Uint32Array(this.#values.buffer), index)
    else {
      this.#histograms ??= []
      const before = this.#histograms[index - 1]
      this.#histograms[index] = hinted(toFloatHistogram(sample), before)
    }
    this.#count++
    return true
  }

  hasSamples(mint: number, maxt: number): boolean {
    const start = this.#firstAt(mint)
    return start < this.#count && this.#times[start]! <= maxt
  }

  columns(mint: number, maxt: number): SampleColumns {
    return {
      times: this.#times,
      values: this.#values,
      start: this.#firstAt(mint),
      end: this.#firstAt(maxt + 1),
      histograms: this.#histograms,
      startTimes: undefined,
    }
  }

  /** The samples of a range, without stale markers. */
  samples(
    mint: number,
    maxt: number,
  ): {
    readonly timeMs: number
    readonly value: number
    readonly histogram: FloatHistogram | undefined
  }[] {
    const bits = new Uint32Array(this.#values.buffer)
    const found = []
    for (let i = this.#firstAt(mint); i < this.#count && this.#times[i]! <= maxt; i++) {
      if (isStaleBits(bits, i)) continue
      found.push({
        timeMs: this.#times[i]!,
        value: this.#values[i]!,
        histogram: this.#histograms?.[i],
      })
    }
    return found
  }

  /** Index of the first sample not before `timeMs`. */
  #firstAt(timeMs: number): number {
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#times[middle]! < timeMs) low = middle + 1
      else high = middle
    }
    return low
  }

  #grow(): void {
    const size = this.#times.length * 2
    const times = new Float64Array(size)
    times.set(this.#times)
    this.#times = times
    // Bytes are copied, so that markers keep their bits.
    const values = new Float64Array(size)
    new Uint8Array(values.buffer).set(new Uint8Array(this.#values.buffer))
    this.#values = values
  }
}

/** With the hint storage gives back: no reset since the one before, or unknown where a reset began anew. */
function hinted(histogram: FloatHistogram, before: FloatHistogram | undefined): FloatHistogram {
  if (histogram.counterResetHint === 'gauge') return histogram
  const plain: FloatHistogram = { ...histogram, counterResetHint: 'unknown' }
  const isFirst = !before || before.counterResetHint === 'gauge'
  if (isFirst || histogram.counterResetHint === 'reset') return plain
  return isCounterReset(plain, before) ? plain : { ...plain, counterResetHint: 'not_reset' }
}

const narrow = (hints: SelectHints, mint: number, maxt: number) => ({
  mint: Math.max(hints.mint, mint),
  maxt: Math.min(hints.maxt, maxt),
})
