/**
 * Decoded samples of whole series, kept between the queries of a thread under a budget.
 *
 * Values lie in a ring: new series go in at its head and push out the oldest ones, but never one that the running
 * query has used, so that a query larger than the ring still finds a part of it the next time. Times are shared by
 * series that have the same ones, as those of one target do.
 */

import type { ColumnFacts } from '@prom/storage'

/** Times of one or more series; those of each are a prefix. */
export interface TimesColumn {
  times: Float64Array
  count: number
  users: number
  readonly key: number
}

/** The sealed chunks of a series that are decoded, one after the other. */
export interface CachedSeries {
  readonly chunks: number[]
  /** Samples up to and including each chunk. */
  readonly ends: number[]
  /** The values: `used` of sealed chunks, then room for those of the open one. */
  readonly values: Float64Array
  /** Where they lie, counted in values from the start of the ring. */
  readonly at: number
  used: number
  column: TimesColumn
  stamp: number
  /** How far the values have been looked at, and what they are so far. */
  seen: number
  facts: ColumnFacts
  /** Behind the sealed chunks: the open one, and how many of its samples are there; 0: none. */
  openChunk: number
  openCount: number
}

/** Where a request's sealed chunks lie: from sample `offset` of `series`, the first `known` chunks of it. */
export interface Found {
  readonly series: CachedSeries
  readonly offset: number
  readonly known: number
  /** The chunk that follows in the series, if one does. */
  readonly next: number | undefined
  /** Behind the last sample of the known chunks. */
  readonly end: number
}

const COLUMNS_PER_KEY_MAX = 8

export class SeriesCache {
  readonly #ring: Float64Array
  readonly #timesMax: number
  /** In the order in which they lie in the ring; what is before `#first` is gone. */
  #queue: CachedSeries[] = []
  #first = 0
  #head = 0
  /** Chunk (its address in the head, or the number of one in a block) to the series it is decoded in. */
  readonly #byChunk = new Map<number, CachedSeries>()
  readonly #columns = new Map<number, TimesColumn[]>()
  #timesHeld = 0
  #stamp = 0
  #generation = -1

  /** `ring` is the room for values; times may take as much again. */
  constructor(ring: Float64Array) {
    this.#ring = ring
    this.#timesMax = ring.length
  }

  /** A query begins. Forgets everything when addresses may mean something else by now. */
  enter(generation: number): void {
    this.#stamp++
    if (generation === this.#generation) return
    this.#generation = generation
    this.#queue = []
    this.#first = 0
    this.#head = 0
    this.#byChunk.clear()
    this.#columns.clear()
    this.#timesHeld = 0
  }

  find(chunks: ArrayLike<number>, count: number): Found | undefined {
    const series = this.#byChunk.get(chunks[0]!)
    if (!series) return undefined
    const from = series.chunks.indexOf(chunks[0]!)
    if (from < 0) return undefined
    let known = 0
    while (known < count && series.chunks[from + known] === chunks[known]) known++
    // Something else lies where the next chunk should.
    if (known < count && from + known < series.chunks.length) return undefined
    series.stamp = this.#stamp
    const offset = from === 0 ? 0 : series.ends[from - 1]!
    const end = series.ends[from + known - 1]!
    return { series, offset, known, next: series.chunks[from + known], end }
  }

  /** The series that the chunk is the open one of, if it is there at all. */
  findOpen(chunk: number): CachedSeries | undefined {
    const series = this.#byChunk.get(chunk)
    if (series?.openChunk !== chunk) return undefined
    series.stamp = this.#stamp
    return series
  }

  /** The first `count` samples of the open chunk are there, behind those of the sealed ones; chunk 0: there is none. */
  setOpen(series: CachedSeries, chunk: number, count: number): void {
    if (series.openChunk !== chunk) this.#forgetOpen(series)
    series.openChunk = chunk
    series.openCount = count
    if (chunk !== 0) this.#byChunk.set(chunk, series)
  }

  #forgetOpen(series: CachedSeries): void {
    const { openChunk } = series
    if (openChunk === 0 || series.chunks.includes(openChunk)) return
    if (this.#byChunk.get(openChunk) === series) this.#byChunk.delete(openChunk)
  }

  /** Room for `capacity` values of a series; undefined if there is none to be had. Times come with `setTimes`. */
  add(capacity: number): CachedSeries | undefined {
    const at = this.#allocate(capacity)
    if (at === undefined) return undefined
    const series: CachedSeries = {
      chunks: [],
      ends: [],
      values: this.#ring.subarray(at, at + capacity),
      at,
      used: 0,
      column: NO_COLUMN,
      stamp: this.#stamp,
      seen: 0,
      facts: PLAIN_RISING,
      openChunk: 0,
      openCount: 0,
    }
    this.#queue.push(series)
    return series
  }

  /** A chunk whose samples are there by now, behind those of the chunks before. */
  addChunk(series: CachedSeries, chunk: number, count: number): void {
    series.chunks.push(chunk)
    series.used += count
    series.ends.push(series.used)
    this.#byChunk.set(chunk, series)
  }

  /**
   * Makes `count` times, of which those before `from` are in the series' column already, the times of the series.
   * False if there is no room for times; the series then is of no use.
   */
  setTimes(series: CachedSeries, times: Float64Array, from: number, count: number): boolean {
    const { column } = series
    if (column !== NO_COLUMN && extend(column, times, from, count)) return true
    const key = times[0]! + series.used * 7
    const candidates = this.#columns.get(key)
    if (candidates && from === 0) {
      for (const other of candidates) {
        if (!extend(other, times, 0, count)) continue
        this.#attach(series, other)
        return true
      }
    }
    const capacity = count + SLACK
    if (this.#timesHeld + capacity > this.#timesMax) return false
    const own = new Float64Array(capacity)
    if (from > 0) own.set(column.times.subarray(0, from))
    for (let i = from; i < count; i++) own[i] = times[i]!
    const made: TimesColumn = { times: own, count, users: 0, key }
    this.#timesHeld += capacity
    this.#attach(series, made)
    if (!candidates) this.#columns.set(key, [made])
    else {
      if (candidates.length >= COLUMNS_PER_KEY_MAX) candidates.shift()
      candidates.push(made)
    }
    return true
  }

  /** What is known of the first `count` values of a series; only those of sealed chunks are looked at once. */
  factsOf(series: CachedSeries, count: number): ColumnFacts {
    const facts = lookAt(series, count)
    if (series.seen < series.used) {
      series.facts = count === series.used ? facts : lookAt(series, series.used)
      series.seen = series.used
    }
    return facts
  }

  /** Gives up a series, for another place of its chunks. */
  drop(series: CachedSeries): void {
    this.#forgetOpen(series)
    series.openChunk = 0
    for (const chunk of series.chunks) {
      if (this.#byChunk.get(chunk) === series) this.#byChunk.delete(chunk)
    }
    series.chunks.length = 0
    series.ends.length = 0
    this.#attach(series, NO_COLUMN)
  }

  #attach(series: CachedSeries, column: TimesColumn): void {
    const before = series.column
    series.column = column
    if (column !== NO_COLUMN) column.users++
    if (before === NO_COLUMN || --before.users > 0) return
    this.#timesHeld -= before.times.length
    const all = this.#columns.get(before.key)
    const index = all?.indexOf(before) ?? -1
    if (all && index >= 0) all.splice(index, 1)
    if (all?.length === 0) this.#columns.delete(before.key)
  }

  #allocate(count: number): number | undefined {
    const { length } = this.#ring
    if (count > length / 4) return undefined
    let at = this.#head
    if (at + count > length) {
      // What lies behind the head is from the lap before, and oldest.
      while (this.#oldest && this.#oldest.at >= at) if (!this.#evict()) return undefined
      at = 0
      this.#head = 0
    }
    for (;;) {
      const oldest = this.#oldest
      if (!oldest || oldest.at < at || oldest.at >= at + count) break
      if (!this.#evict()) return undefined
    }
    this.#head = at + count
    return at
  }

  get #oldest(): CachedSeries | undefined {
    return this.#queue[this.#first]
  }

  #evict(): boolean {
    const oldest = this.#oldest as CachedSeries
    if (oldest.stamp === this.#stamp) return false
    this.drop(oldest)
    this.#first++
    if (this.#first > 1024 && this.#first * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#first)
      this.#first = 0
    }
    return true
  }
}

/** Room for times still to come. */
const SLACK = 256

const makeFacts = (isPlain: boolean, isRising: boolean): ColumnFacts =>
  Object.freeze({ isShared: true, isPlain, isRising })
const PLAIN_RISING = makeFacts(true, true)
const PLAIN = makeFacts(true, false)
const RISING = makeFacts(false, true)
const NEITHER = makeFacts(false, false)

function lookAt({ values, seen, facts }: CachedSeries, count: number): ColumnFacts {
  let { isPlain, isRising } = facts
  let previous = seen > 0 ? values[seen - 1]! : Number.NEGATIVE_INFINITY
  for (let i = seen; i < count; i++) {
    const value = values[i]!
    if (value >= previous) {
      previous = value
      continue
    }
    if (Number.isNaN(value)) isPlain = false
    isRising = false
    previous = value
  }
  if (isPlain) return isRising ? PLAIN_RISING : PLAIN
  return isRising ? RISING : NEITHER
}

const NO_COLUMN: TimesColumn = { times: new Float64Array(0), count: 0, users: 0, key: 0 }

/** Whether the column has these times, or could be made to by adding some at its end; if so, does it. */
function extend(column: TimesColumn, times: Float64Array, from: number, count: number): boolean {
  const known = column.times
  if (count > known.length) return false
  const both = Math.min(column.count, count)
  for (let i = from; i < both; i++) if (known[i] !== times[i]) return false
  for (let i = Math.max(from, column.count); i < count; i++) known[i] = times[i]!
  if (count > column.count) column.count = count
  return true
}
