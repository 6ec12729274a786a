import { compareBytes, type Labels, type Matcher } from '@prom/labels'
import type {
  ColumnMemory,
  LabelHints,
  Querier,
  SampleColumns,
  SelectHints,
  SeriesSet,
} from '@prom/storage'

/** Several queriers as one: series with equal labels become one, at equal times the first querier's sample wins. */
export class MergeQuerier implements Querier {
  readonly #queriers: readonly Querier[]
  readonly #onClose: () => void

  constructor(queriers: readonly Querier[], onClose: () => void) {
    this.#queriers = queriers
    this.#onClose = onClose
  }

  get warnings(): readonly string[] {
    return this.#queriers.flatMap((querier) => querier.warnings)
  }

  select(matchers: readonly Matcher[], hints: SelectHints): SeriesSet {
    const sets = this.#queriers
      .map((querier) => querier.select(matchers, { ...hints, anyOrder: false }))
      .filter((set) => set.length > 0)
    return sets.length === 1 ? (sets[0] as SeriesSet) : new MergedSeriesSet(sets, hints.limit)
  }

  labelNames(matchers: readonly Matcher[], hints: LabelHints): string[] {
    return this.#union(hints, (querier) => querier.labelNames(matchers, hints))
  }

  labelValues(name: string, matchers: readonly Matcher[], hints: LabelHints): string[] {
    return this.#union(hints, (querier) => querier.labelValues(name, matchers, hints))
  }

  close(): void {
    for (const querier of this.#queriers) querier.close()
    this.#onClose()
  }

  #union(hints: LabelHints, ask: (querier: Querier) => string[]): string[] {
    const all = new Set<string>()
    for (const querier of this.#queriers) for (const text of ask(querier)) all.add(text)
    const sorted = [...all].sort(compareBytes)
    return hints.limit && hints.limit > 0 ? sorted.slice(0, hints.limit) : sorted
  }
}

class MergedSeriesSet implements SeriesSet {
  readonly #sets: readonly SeriesSet[]
  readonly #labels: Labels[] = []
  /** Per series, flat: set number, index in that set; `#starts` says where a series begins. */
  readonly #sources: number[] = []
  readonly #starts: number[] = [0]

  constructor(sets: readonly SeriesSet[], limit: number | undefined) {
    this.#sets = sets
    const most = limit && limit > 0 ? limit : Infinity
    const at = sets.map(() => 0)
    const heads = sets.map((set) => (set.length > 0 ? set.labels(0) : undefined))
    while (this.#labels.length < most) {
      let lowest: Labels | undefined
      for (const head of heads) if (head && (!lowest || head.compare(lowest) < 0)) lowest = head
      if (!lowest) break
      this.#labels.push(lowest)
      for (let i = 0; i < sets.length; i++) {
        const head = heads[i]
        if (head?.compare(lowest) !== 0) continue
        this.#sources.push(i, at[i]!)
        at[i] = at[i]! + 1
        const set = sets[i] as SeriesSet
        heads[i] = at[i]! < set.length ? set.labels(at[i]!) : undefined
      }
      this.#starts.push(this.#sources.length)
    }
  }

  get length(): number {
    return this.#labels.length
  }

  get sizeBytes(): number {
    return this.#sets.reduce((sum, set) => sum + set.sizeBytes, this.length * 32)
  }

  labels(index: number): Labels {
    return this.#labels[index] as Labels
  }

  samples(index: number): SampleColumns {
    let merged: SampleColumns | undefined
    for (let at = this.#starts[index]!; at < this.#starts[index + 1]!; at += 2) {
      const set = this.#sets[this.#sources[at]!] as SeriesSet
      const columns = set.samples(this.#sources[at + 1]!)
      merged = merged ? mergeColumns(merged, columns) : columns
    }
    return merged as SampleColumns
  }

  get memory(): ColumnMemory | undefined {
    return this.#sets[0]?.memory
  }

  release(): void {
    for (const set of this.#sets) set.release()
  }

  valueIds(name: string): Uint32Array {
    const known = new Map<string, number>([['', 0]])
    return Uint32Array.from(this.#labels, (labels) => {
      const value = labels.get(name)
      let id = known.get(value)
      if (id === undefined) {
        id = known.size
        known.set(value, id)
      }
      return id
    })
  }
}

/** Both columns as one, ascending, one sample per time: the first one's where both have one. */
export function mergeColumns(a: SampleColumns, b: SampleColumns): SampleColumns {
  if (a.start === a.end) return b
  if (b.start === b.end) return a
  const most = a.end - a.start + b.end - b.start
  const times = new Float64Array(most)
  const values = new Float64Array(most)
  if (!a.histograms && !b.histograms && a.times[a.end - 1]! < b.times[b.start]!) {
    // One after the other, as blocks mostly are.
    const size = a.end - a.start
    times.set(a.times.subarray(a.start, a.end))
    times.set(b.times.subarray(b.start, b.end), size)
    values.set(a.values.subarray(a.start, a.end))
    values.set(b.values.subarray(b.start, b.end), size)
    return { times, values, start: 0, end: most, histograms: undefined, startTimes: undefined }
  }
  const words = new Uint32Array(values.buffer)
  const hasHistograms = a.histograms !== undefined || b.histograms !== undefined
  const histograms = hasHistograms ? new Array(most) : undefined
  const wordsOf = [wordsIn(a), wordsIn(b)] as const
  let i = a.start
  let k = b.start
  let count = 0
  while (i < a.end || k < b.end) {
    const isFirst = k >= b.end || (i < a.end && a.times[i]! <= b.times[k]!)
    const from = isFirst ? a : b
    const at = isFirst ? i : k
    const time = from.times[at]!
    const source = wordsOf[isFirst ? 0 : 1]
    times[count] = time
    words[count * 2] = source[at * 2]!
    words[count * 2 + 1] = source[at * 2 + 1]!
    if (histograms) histograms[count] = from.histograms?.[at]
    count++
    while (i < a.end && a.times[i]! <= time) i++
    while (k < b.end && b.times[k]! <= time) k++
  }
  return { times, values, start: 0, end: count, histograms, startTimes: undefined }
}

function wordsIn({ values }: SampleColumns): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length * 2)
}
