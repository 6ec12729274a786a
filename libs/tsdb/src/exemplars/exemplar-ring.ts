import { utf8Length, xxhash64 } from '@prom/bytes'
import type { Labels, Matcher } from '@prom/labels'

/** Runes that names and values of an exemplar's labels may have together. */
const LABEL_RUNES_MAX = 128

export interface StoredExemplar {
  readonly labels: Labels
  readonly value: number
  readonly timeMs: number
}

/** What became of an exemplar. A duplicate of the series' newest is passed over in silence. */
export type ExemplarOutcome = 'stored' | 'duplicate' | 'out of order' | 'labels too long'

export interface SeriesExemplars {
  readonly labels: Labels
  readonly exemplars: readonly StoredExemplar[]
}

interface Series {
  readonly key: string
  readonly labels: Labels
  /** Slots of its first and last exemplar. */
  oldest: number
  newest: number
}

interface Slot extends StoredExemplar {
  readonly series: Series
  /** Slot of the series' next exemplar, -1 = none. */
  next: number
}

/** The newest exemplars of all series: a ring of fixed size, the oldest is overwritten. */
export class ExemplarRing {
  #slots: (Slot | undefined)[]
  #capacity: number
  #next = 0
  readonly #series = new Map<string, Series>()
  readonly totals = { appended: 0, outOfOrder: 0 }

  constructor(capacity: number) {
    this.#capacity = Math.max(0, capacity)
    this.#slots = []
  }

  get capacity(): number {
    return this.#capacity
  }

  get seriesCount(): number {
    return this.#series.size
  }

  get count(): number {
    return this.#slots.length
  }

  /** Time of the oldest one, 0 if there is none. */
  get oldestTimeMs(): number {
    return (this.#slots[this.#isFull() ? this.#next : 0] ?? { timeMs: 0 }).timeMs
  }

  /** What would become of it; nothing is stored. */
  check(series: Labels, exemplar: StoredExemplar): ExemplarOutcome {
    if (labelRunes(exemplar.labels) > LABEL_RUNES_MAX) return 'labels too long'
    const known = this.#series.get(series.key())
    const newest = known && this.#slots[known.newest]
    return newest ? compareToNewest(exemplar, newest) : 'stored'
  }

  add(series: Labels, exemplar: StoredExemplar): ExemplarOutcome {
    if (this.#capacity === 0) return 'duplicate'
    const outcome = this.check(series, exemplar)
    if (outcome === 'out of order') this.totals.outOfOrder++
    if (outcome === 'stored') {
      this.#put(series, exemplar)
      this.totals.appended++
    }
    return outcome
  }

  /** Keeps the newest that fit. */
  resize(capacity: number): void {
    const wanted = Math.max(0, capacity)
    if (wanted === this.#capacity) return
    const kept = [...this.oldestFirst()].slice(-wanted || Infinity)
    this.#slots = []
    this.#series.clear()
    this.#next = 0
    this.#capacity = wanted
    if (wanted > 0) for (const { series, exemplar } of kept) this.#put(series, exemplar)
  }

  /** Exemplars within the closed range of series that match one of the sets, in label order. */
  select(
    matcherSets: readonly (readonly Matcher[])[],
    mint: number,
    maxt: number,
  ): SeriesExemplars[] {
    const found: SeriesExemplars[] = []
    for (const { labels, oldest, newest } of this.#series.values()) {
      if (this.#slots[newest]!.timeMs < mint || this.#slots[oldest]!.timeMs > maxt) continue
      const isWanted = matcherSets.some((set) =>
        set.every((matcher) => matcher.matches(labels.get(matcher.name))),
      )
      if (!isWanted) continue
      const exemplars: StoredExemplar[] = []
      for (let at = oldest; at >= 0; at = this.#slots[at]!.next) {
        const { timeMs, value, labels: own } = this.#slots[at]!
        if (timeMs > maxt) break
        if (timeMs >= mint) exemplars.push({ timeMs, value, labels: own })
      }
      if (exemplars.length > 0) found.push({ labels, exemplars })
    }
    return found.sort((a, b) => a.labels.compare(b.labels))
  }

  *oldestFirst(): Generator<{ readonly series: Labels; readonly exemplar: StoredExemplar }> {
    const start = this.#isFull() ? this.#next : 0
    for (let i = 0; i < this.#slots.length; i++) {
      const slot = this.#slots[(start + i) % this.#slots.length]!
      yield { series: slot.series.labels, exemplar: slot }
    }
  }

  #isFull(): boolean {
    return this.#slots.length > 0 && this.#slots.length === this.#capacity
  }

  #put(labels: Labels, { labels: own, value, timeMs }: StoredExemplar): void {
    const at = this.#next
    const old = this.#slots[at]
    if (old) this.#forgetOldest(old)
    const key = labels.key()
    const known = this.#series.get(key)
    const series = known ?? { key, labels, oldest: at, newest: at }
    if (known) {
      this.#slots[known.newest]!.next = at
      known.newest = at
    } else this.#series.set(key, series)
    this.#slots[at] = { series, labels: own, value, timeMs, next: -1 }
    this.#next = (at + 1) % this.#capacity
  }

  #forgetOldest({ series, next }: Slot): void {
    if (next < 0) this.#series.delete(series.key)
    else series.oldest = next
  }
}

function compareToNewest(exemplar: StoredExemplar, newest: StoredExemplar): ExemplarOutcome {
  const isSameValue = Object.is(exemplar.value, newest.value)
  const isSameTime = exemplar.timeMs === newest.timeMs
  if (isSameTime && isSameValue && exemplar.labels.equals(newest.labels)) return 'duplicate'
  if (exemplar.timeMs < newest.timeMs) return 'out of order'
  if (!isSameTime) return 'stored'
  if (exemplar.value < newest.value) return 'out of order'
  const isLower = exemplar.value === newest.value && hash(exemplar.labels) < hash(newest.labels)
  return isLower ? 'out of order' : 'stored'
}

function labelRunes(labels: Labels): number {
  let runes = 0
  for (const text of labels.flat())
    runes += text.length === utf8Length(text) ? text.length : [...text].length
  return runes
}

/** Compat: which of two exemplars at one time counts as older depends on the original's hash of the labels. */
function hash(labels: Labels): bigint {
  const parts: Buffer[] = []
  for (const text of labels.flat()) {
    const bytes = Buffer.from(text)
    const { length } = bytes
    const size =
      length < 255 ? [length] : [255, length & 0xff, (length >> 8) & 0xff, (length >> 16) & 0xff]
    parts.push(Buffer.from(size), bytes)
  }
  return xxhash64(Buffer.concat(parts))
}
