/** What is stored elsewhere, merged into what is stored here: the sources of queries when `remote_read` is configured. */

import type { FloatHistogram } from '@prom/histogram'
import { Labels, type Matcher, type MatchType } from '@prom/labels'
import type { LabelHints, Querier, SampleColumns, SelectHints, SeriesSet } from '@prom/storage'
import type { QuerySource } from './query-service.ts'

/** One selection, for every remote storage that may have something. Plain data: it crosses threads. */
export interface RemoteSelect {
  readonly matchers: readonly {
    readonly type: MatchType
    readonly name: string
    readonly value: string
  }[]
  readonly hints: SelectHints
  /** The oldest time stored here; Infinity: nothing. */
  readonly localStartMs: number
}

export interface RemoteSeries {
  /** Flat pairs, sorted. */
  readonly labels: readonly string[]
  /** Ascending. */
  readonly times: Float64Array
  readonly values: Float64Array
  readonly histograms?: readonly (FloatHistogram | undefined)[]
}

export interface RemoteSelected {
  /** One list per remote storage, each sorted by labels. */
  readonly sets: readonly (readonly RemoteSeries[])[]
  readonly warnings: readonly string[]
}

export interface RemoteSourceDeps {
  readonly local: QuerySource
  readonly localStartMs: () => number
  /** How many remote storages there are; 0 leaves queries as they are. */
  readonly count: () => number
  readonly select: (request: RemoteSelect) => RemoteSelected
}

export class RemoteSource implements QuerySource {
  readonly #deps: RemoteSourceDeps

  constructor(deps: RemoteSourceDeps) {
    this.#deps = deps
  }

  querier(mint: number, maxt: number): Querier {
    const { local, count } = this.#deps
    const querier = local.querier(mint, maxt)
    return count() === 0 ? querier : new MergedQuerier(querier, this.#deps)
  }
}

class MergedQuerier implements Querier {
  readonly #local: Querier
  readonly #deps: RemoteSourceDeps
  readonly #warnings: string[] = []

  constructor(local: Querier, deps: RemoteSourceDeps) {
    this.#local = local
    this.#deps = deps
  }

  get warnings(): readonly string[] {
    return [...this.#local.warnings, ...this.#warnings]
  }

  select(matchers: readonly Matcher[], hints: SelectHints): SeriesSet {
    const local = this.#local.select(matchers, hints)
    const { sets, warnings } = this.#deps.select({
      matchers: matchers.map(({ type, name, value }) => ({ type, name, value })),
      hints,
      localStartMs: this.#deps.localStartMs(),
    })
    for (const warning of warnings) this.#warn(warning)
    return sets.every((set) => set.length === 0) ? local : new MergedSet(local, sets)
  }

  // Compat: remote read has no way to ask for names and values.
  labelNames(matchers: readonly Matcher[], hints: LabelHints): string[] {
    this.#warn('not implemented')
    return this.#local.labelNames(matchers, hints)
  }

  labelValues(name: string, matchers: readonly Matcher[], hints: LabelHints): string[] {
    this.#warn('not implemented')
    return this.#local.labelValues(name, matchers, hints)
  }

  close(): void {
    this.#local.close()
  }

  #warn(text: string): void {
    if (!this.#warnings.includes(text)) this.#warnings.push(text)
  }
}

interface Entry {
  readonly labels: Labels
  /** Index in the local set, -1 = not there. */
  readonly local: number
  readonly remote: readonly RemoteSeries[]
}

class MergedSet implements SeriesSet {
  readonly #local: SeriesSet
  readonly #entries: readonly Entry[]
  readonly sizeBytes: number

  constructor(local: SeriesSet, sets: readonly (readonly RemoteSeries[])[]) {
    this.#local = local
    const entries = new Map<string, { labels: Labels; local: number; remote: RemoteSeries[] }>()
    for (let i = 0; i < local.length; i++) {
      const labels = local.labels(i)
      entries.set(labels.key(), { labels, local: i, remote: [] })
    }
    let bytes = local.sizeBytes
    for (const series of sets.flat()) {
      const labels = Labels.fromSortedFlat(series.labels)
      bytes += series.times.byteLength * 2
      const known = entries.get(labels.key())
      if (known) known.remote.push(series)
      else entries.set(labels.key(), { labels, local: -1, remote: [series] })
    }
    this.#entries = [...entries.values()].sort((a, b) => a.labels.compare(b.labels))
    this.sizeBytes = bytes
  }

  get length(): number {
    return this.#entries.length
  }

  labels(index: number): Labels {
    return (this.#entries[index] as Entry).labels
  }

  samples(index: number): SampleColumns {
    const { local, remote } = this.#entries[index] as Entry
    const parts = remote.map(toColumns)
    if (local >= 0) parts.unshift(this.#local.samples(local))
    return parts.length === 1 ? (parts[0] as SampleColumns) : mergeColumns(parts)
  }

  release(): void {
    this.#local.release()
  }
}

function toColumns({ times, values, histograms }: RemoteSeries): SampleColumns {
  return { times, values, start: 0, end: times.length, histograms, startTimes: undefined }
}

/** All samples in order of time; of equal times the first part's stays. */
export function mergeColumns(parts: readonly SampleColumns[]): SampleColumns {
  const total = parts.reduce((sum, { start, end }) => sum + end - start, 0)
  const times = new Float64Array(total)
  const values = new Float64Array(total)
  const words = new Uint32Array(values.buffer)
  const hasHistograms = parts.some(({ histograms }) => histograms !== undefined)
  const histograms: (FloatHistogram | undefined)[] = []
  // Bits are copied as words: a stale marker may lose its payload as a number.
  const sources = parts.map(
    ({ values: own }) => new Uint32Array(own.buffer, own.byteOffset, own.length * 2),
  )
  const at = parts.map(({ start }) => start)
  let count = 0
  for (;;) {
    let best = -1
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i] as SampleColumns
      const index = at[i] as number
      if (index >= part.end) continue
      const time = part.times[index] as number
      const lowest =
        best < 0 ? Infinity : ((parts[best] as SampleColumns).times[at[best] as number] as number)
      if (time < lowest) best = i
    }
    if (best < 0) break
    const part = parts[best] as SampleColumns
    const index = at[best] as number
    at[best] = index + 1
    const time = part.times[index] as number
    if (count > 0 && times[count - 1] === time) continue
    times[count] = time
    words[count * 2] = (sources[best] as Uint32Array)[index * 2] as number
    words[count * 2 + 1] = (sources[best] as Uint32Array)[index * 2 + 1] as number
    if (hasHistograms) histograms.push(part.histograms?.[index])
    count++
  }
  const found = hasHistograms ? histograms : undefined
  return { times, values, start: 0, end: count, histograms: found, startTimes: undefined }
}
