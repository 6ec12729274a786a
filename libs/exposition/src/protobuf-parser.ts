import type { FloatHistogram, Histogram } from '@prom/histogram'
import { MessageError, MessageReader } from '@prom/protobuf'
import { printOpenMetricsFloat } from './float.ts'
import { customHistogram, isNative, nativeHistogram } from './native-histogram.ts'
import { ExpositionError } from './parse-error.ts'
import type { Entry, ExposedExemplar, ExpositionParser } from './parser.ts'
import {
  type ProtoExemplar,
  type ProtoFamily,
  type ProtoHistogram,
  type ProtoMetric,
  readFamily,
} from './protobuf-messages.ts'
import { quoteText } from './quote.ts'

export interface HistogramOptions {
  /** Native histograms are samples of their own; else they are read as classic ones. */
  readonly takesNative: boolean
  /** Classic series come beside native histograms and converted ones. */
  readonly alwaysClassic: boolean
  /** Classic histograms become native ones with custom bounds. */
  readonly convertsClassic: boolean
}

interface Item {
  readonly entry: Entry
  readonly labels: string[]
  readonly value: number
  readonly text: string
  readonly timeMs: number | undefined
  readonly histogram: Histogram | FloatHistogram | undefined
  readonly startTimeMs: number | undefined
  readonly exemplars: readonly ExposedExemplar[]
}

/** The protobuf exposition: length-delimited MetricFamily messages. */
export class ProtobufParser implements ExpositionParser {
  readonly lineStart = 0
  readonly valueStart = 0
  readonly lineEnd = 0
  currentType = ''
  currentUnit = ''
  familyName = ''
  readonly #bytes: Uint8Array
  readonly #options: HistogramOptions
  #at = 0
  #items: Item[] = []
  #next = 0
  #item: Item | undefined

  constructor(bytes: Uint8Array, options: HistogramOptions) {
    this.#bytes = bytes
    this.#options = options
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

  get startTimeMs(): number | undefined {
    return this.#item?.startTimeMs
  }

  exemplars(): readonly ExposedExemplar[] {
    return this.#item?.exemplars ?? []
  }

  next(): Entry {
    while (this.#next >= this.#items.length) {
      if (this.#at >= this.#bytes.length) return 'end'
      this.#family()
    }
    this.#item = this.#items[this.#next++]
    return (this.#item as Item).entry
  }

  #family(): void {
    const family = this.#readFamily()
    const { name, help, unit, type } = family
    if (type === undefined)
      throw new ExpositionError(`unknown metric type for metric ${quoteText(name)}`)
    if (unit !== '' && !(name.endsWith(`_${unit}`) && name.length > unit.length)) {
      throw new ExpositionError(`unit ${quoteText(unit)} not a suffix of metric ${quoteText(name)}`)
    }
    this.familyName = name
    this.currentType = type
    this.currentUnit = unit
    this.#next = 0
    this.#items = [metadata('help', help), metadata('type', type)]
    if (unit !== '') this.#items.push(metadata('unit', unit))
    for (const metric of family.metrics) this.#items.push(...this.#metric(family, metric))
  }

  #readFamily(): ProtoFamily {
    const reader = new MessageReader(this.#bytes.subarray(this.#at))
    try {
      const size = Number(reader.uint64())
      const have = this.#bytes.length - this.#at
      if (size + reader.offset > have) {
        throw new ExpositionError(
          `clientpb: insufficient length of buffer, expected at least ${size + reader.offset} bytes, got ${have} bytes`,
        )
      }
      const start = this.#at + reader.offset
      this.#at = start + size
      return readFamily(this.#bytes.subarray(start, start + size))
    } catch (err) {
      if (err instanceof MessageError) throw new ExpositionError(err.message)
      throw err
    }
  }

  #metric({ name, type }: ProtoFamily, metric: ProtoMetric): Item[] {
    const sample = (suffix: string, value: number, ...extra: string[]): Item => ({
      entry: 'series',
      labels: ['__name__', name + suffix, ...metric.labels, ...extra],
      value,
      text: '',
      timeMs: metric.timeMs || undefined,
      histogram: undefined,
      startTimeMs: metric.createdMs,
      exemplars: [],
    })
    switch (type) {
      case 'summary': {
        const { count = 0, sum = 0, quantiles = [] } = metric.summary ?? {}
        const at = (q: number) => printOpenMetricsFloat(q)
        return [
          sample('_count', count),
          sample('_sum', sum),
          ...quantiles.map(({ quantile, value }) => sample('', value, 'quantile', at(quantile))),
        ]
      }
      case 'histogram':
      case 'gaugehistogram':
        return metric.histogram ? this.#histogram(metric.histogram, type, sample) : []
      default:
        return [{ ...sample('', metric.value), exemplars: listOf(metric.exemplar) }]
    }
  }

  #histogram(
    h: ProtoHistogram,
    type: 'histogram' | 'gaugehistogram',
    sample: (suffix: string, value: number, ...extra: string[]) => Item,
  ): Item[] {
    const { takesNative, alwaysClassic, convertsClassic } = this.#options
    const asHistogram = (histogram: Histogram | FloatHistogram): Item => ({
      ...sample('', 0),
      entry: 'histogram',
      histogram,
      exemplars:
        h.exemplars.length > 0 ? h.exemplars : h.buckets.flatMap((b) => listOf(b.exemplar)),
    })
    const items: Item[] = []
    const isTakenNative = isNative(h) && takesNative
    // Compat: gauge histograms stay classic.
    const isConverted = !isTakenNative && convertsClassic && type === 'histogram'
    const count = h.count > 0 ? h.count : h.countFloat
    const bucketCount = (bucket: ProtoHistogram['buckets'][number]) =>
      bucket.count > 0 ? bucket.count : bucket.countFloat
    if (isTakenNative) items.push(asHistogram(nativeHistogram(h, type === 'gaugehistogram')))
    if (isConverted) {
      const buckets = h.buckets.map((bucket) => ({ le: bucket.le, count: bucketCount(bucket) }))
      items.push(asHistogram(customHistogram(buckets, count, h.sum)))
    }
    const isReplaced = isTakenNative
      ? h.buckets.length === 0 || !alwaysClassic
      : isConverted && !alwaysClassic
    if (isReplaced) return items
    items.push(sample('_count', count), sample('_sum', h.sum))
    for (const bucket of h.buckets) {
      items.push({
        ...sample('_bucket', bucketCount(bucket), 'le', printOpenMetricsFloat(bucket.le)),
        exemplars: listOf(bucket.exemplar),
      })
    }
    if (!h.buckets.some(({ le }) => le === Infinity)) {
      items.push(sample('_bucket', count, 'le', '+Inf'))
    }
    return items
  }
}

function metadata(entry: 'help' | 'type' | 'unit', text: string): Item {
  const none = { timeMs: undefined, histogram: undefined, startTimeMs: undefined, exemplars: [] }
  return { entry, labels: [], value: 0, text, ...none }
}

const listOf = (exemplar: ProtoExemplar | undefined) => (exemplar ? [exemplar] : [])
