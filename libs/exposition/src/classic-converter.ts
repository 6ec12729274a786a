import type { FloatHistogram, Histogram } from '@prom/histogram'
import { type ClassicBucket, customHistogram } from './native-histogram.ts'
import type { Entry, ExposedExemplar, ExpositionParser } from './parser.ts'

interface Item {
  readonly entry: Entry
  readonly labels: string[]
  readonly value: number
  readonly text: string
  readonly familyName: string
  readonly timeMs: number | undefined
  readonly histogram: Histogram | FloatHistogram | undefined
  readonly startTimeMs: number | undefined
  readonly exemplars: readonly ExposedExemplar[]
}

interface Group {
  readonly key: string
  readonly labels: string[]
  readonly buckets: ClassicBucket[]
  count: number | undefined
  sum: number
  timeMs: number | undefined
  readonly startTimeMs: number | undefined
  readonly exemplars: ExposedExemplar[]
}

/**
 * Makes one histogram with custom bounds of the lines of each classic one: those of a histogram family that differ
 * in nothing but `le` and stand together. The lines themselves stay only with `alwaysClassic`.
 */
export class ClassicConverter implements ExpositionParser {
  readonly lineStart = 0
  readonly valueStart = 0
  readonly lineEnd = 0
  readonly #inner: ExpositionParser
  readonly #alwaysClassic: boolean
  #family = ''
  #group: Group | undefined
  #held: Item | undefined
  #item: Item | undefined

  constructor(inner: ExpositionParser, { alwaysClassic }: { readonly alwaysClassic: boolean }) {
    this.#inner = inner
    this.#alwaysClassic = alwaysClassic
  }

  get currentType(): string {
    return this.#inner.currentType
  }

  get currentUnit(): string {
    return this.#inner.currentUnit
  }

  get startTimeMs(): number | undefined {
    return this.#item?.startTimeMs
  }

  get familyName(): string {
    return this.#item?.familyName ?? ''
  }

  get text(): string {
    return this.#item?.text ?? ''
  }

  get value(): number {
    return this.#item?.value ?? 0
  }

  get timeMs(): number | undefined {
    return this.#item?.timeMs
  }

  get histogram(): Histogram | FloatHistogram | undefined {
    return this.#item?.histogram
  }

  labels(): string[] {
    return this.#item?.labels ?? []
  }

  exemplars(): readonly ExposedExemplar[] {
    return this.#item?.exemplars ?? []
  }

  next(): Entry {
    if (this.#held) {
      const held = this.#held
      this.#held = undefined
      return this.#give(held)
    }
    for (;;) {
      const item = this.#read()
      const key = item.entry === 'series' ? this.#partOf(item) : undefined
      if (key === undefined) {
        if (!this.#group || item.entry === 'comment') return this.#give(item)
        this.#held = item
        return this.#give(this.#finish())
      }
      const isOther = this.#group !== undefined && this.#group.key !== key
      const finished = isOther ? this.#finish() : undefined
      this.#add(key, item)
      if (finished) {
        if (this.#alwaysClassic) this.#held = item
        return this.#give(finished)
      }
      if (this.#alwaysClassic) return this.#give(item)
    }
  }

  #give(item: Item): Entry {
    this.#item = item
    return item.entry
  }

  #read(): Item {
    const inner = this.#inner
    const entry = inner.next()
    if (entry === 'type') this.#family = inner.text === 'histogram' ? inner.familyName : ''
    const isSeries = entry === 'series'
    return {
      entry,
      labels: isSeries ? inner.labels() : [],
      value: inner.value,
      text: inner.text,
      familyName: inner.familyName,
      timeMs: isSeries ? inner.timeMs : undefined,
      histogram: undefined,
      startTimeMs: isSeries ? inner.startTimeMs : undefined,
      exemplars: isSeries ? inner.exemplars() : [],
    }
  }

  /** Which histogram a line is part of; undefined if of none. */
  #partOf({ labels }: Item): string | undefined {
    const family = this.#family
    const name = labels[1] as string
    if (family === '' || !name.startsWith(family)) return undefined
    const suffix = name.slice(family.length)
    const hasBound = labels.includes('le')
    if (suffix !== '_count' && suffix !== '_sum' && !(suffix === '_bucket' && hasBound)) {
      return undefined
    }
    return JSON.stringify(withoutBound(labels).slice(2))
  }

  #add(key: string, { labels, value, timeMs, startTimeMs, exemplars }: Item): void {
    const name = labels[1] as string
    this.#group ??= {
      key,
      labels: ['__name__', this.#family, ...withoutBound(labels).slice(2)],
      buckets: [],
      count: undefined,
      sum: 0,
      timeMs,
      startTimeMs,
      exemplars: [],
    }
    this.#group.exemplars.push(...exemplars)
    if (name.endsWith('_bucket')) {
      const le = labels[labels.indexOf('le') + 1] as string
      this.#group.buckets.push({ le: le === '+Inf' ? Infinity : Number(le), count: value })
    } else if (name.endsWith('_count')) this.#group.count = value
    else this.#group.sum = value
  }

  #finish(): Item {
    const { labels, buckets, count, sum, timeMs, startTimeMs, exemplars } = this.#group as Group
    this.#group = undefined
    const total = count ?? buckets.find(({ le }) => le === Infinity)?.count ?? 0
    return {
      entry: 'histogram',
      labels,
      value: 0,
      text: '',
      familyName: this.#family,
      timeMs,
      histogram: customHistogram(buckets, total, sum),
      startTimeMs,
      exemplars,
    }
  }
}

function withoutBound(labels: readonly string[]): string[] {
  const at = labels.findIndex((name, i) => i % 2 === 0 && name === 'le')
  return at < 0 ? [...labels] : [...labels.slice(0, at), ...labels.slice(at + 2)]
}
