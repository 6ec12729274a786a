import type { FloatHistogram } from '@prom/histogram'
import type { Labels, Matcher } from '@prom/labels'

/**
 * Samples of one series, as columns: index `start` up to, not including, `end`, ascending in time, one per
 * timestamp. Arrays belong to storage and must not be written. Series of one scrape target often share the same
 * `times`, `start` and `end`; `facts` say where that can be seen by identity.
 *
 * Stale markers are in `values` (bits 7ff0000000000002); look at the bits, through a Uint32Array over the
 * same buffer: a NaN may lose its payload on its way through a JavaScript number.
 */
export interface SampleColumns {
  times: Float64Array
  values: Float64Array
  start: number
  end: number
  /** Same indices; present where the sample is a histogram (its `values` entry is then unused). */
  histograms: readonly (FloatHistogram | undefined)[] | undefined
  /** Start timestamps (0 = none), where the storage keeps them. */
  startTimes: Float64Array | undefined
  /** What storage happens to know of the samples, and readers then need not find out. */
  facts?: ColumnFacts | undefined
}

export interface ColumnFacts {
  /** `times` stays as it is until the querier closes: the same array, start and end are the same times. */
  readonly isShared: boolean
  /** No value is NaN, so none is a stale marker. */
  readonly isPlain: boolean
  /** No value is less than the one before: a counter without resets. */
  readonly isRising: boolean
}

export interface SelectHints {
  /** Closed range of sample times the caller will look at, milliseconds. */
  readonly mint: number
  readonly maxt: number
  readonly stepMs?: number
  readonly rangeMs?: number
  /** Function or aggregation around the selector. */
  readonly func?: string
  readonly grouping?: readonly string[]
  readonly by?: boolean
  /** Stop after this many series. */
  readonly limit?: number
  /** The order of series does not matter: storage gives the one it has. */
  readonly anyOrder?: boolean
}

export interface LabelHints {
  readonly mint: number
  readonly maxt: number
  readonly limit?: number
}

/** Label pairs of selected series as numbers, for printing many series. */
export interface LabelPairs {
  /** A number stands for the same pair as long as this is the same. */
  readonly scope: object
  /** The numbers of the pairs of series `index`, in label order, go to `into`; returns how many, -1 if that is too short. */
  of(index: number, into: Uint32Array): number
  /** Name and value of a pair. */
  text(pair: number): readonly [string, string]
}

/** Memory in which a storage keeps columns, for kernels that work on them where they lie. */
export interface ColumnMemory {
  readonly memory: WebAssembly.Memory
  /** A part of it that nobody else uses: the reader's, until the querier closes. Aligned to 16 bytes. */
  readonly address: number
  readonly sizeBytes: number
}

/** Selected series in label order (Labels.compare), unless the hints say that any order will do. */
export interface SeriesSet {
  readonly length: number
  labels(index: number): Labels
  /**
   * The samples of series `index` within the hints' range. Valid until the next `release` or the querier's
   * close. Throws StorageError if a chunk cannot be read.
   */
  samples(index: number): SampleColumns
  /** Lets storage reuse what `samples` handed out so far. */
  release(): void
  /**
   * Optional fast path for grouping: one number per series, equal exactly where the values of label `name` are
   * equal (0 = label missing).
   */
  valueIds?(name: string): Uint32Array
  /** Optional, where storage has labels as numbers. Until the querier closes. */
  readonly pairs?: LabelPairs
  /** Where the values of `samples` mostly lie: those whose buffer is that of this memory. */
  readonly memory?: ColumnMemory | undefined
  /** Bytes held for this set, for the query's memory account. */
  readonly sizeBytes: number
}

/** A view of one moment: one commit number, one set of blocks, from creation to close. */
export interface Querier {
  select(matchers: readonly Matcher[], hints: SelectHints): SeriesSet
  labelNames(matchers: readonly Matcher[], hints: LabelHints): string[]
  labelValues(name: string, matchers: readonly Matcher[], hints: LabelHints): string[]
  /** Warnings gathered so far (remote reads, partial answers). */
  readonly warnings: readonly string[]
  close(): void
}
