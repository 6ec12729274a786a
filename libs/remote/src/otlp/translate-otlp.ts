/** OTLP metrics as samples of Prometheus (spec/wire-formats.md 14). */
import type { Histogram } from '@prom/histogram'
import { Labels } from '@prom/labels'
import { printFloat } from '@prom/model'
import type { Exemplar, MetricMetadata } from '@prom/storage'
import type { DeltaState } from './delta-state.ts'
import type {
  HistogramPoint,
  MetricData,
  NumberPoint,
  OtlpExemplar,
  OtlpMetric,
  OtlpResource,
  OtlpScope,
  Point,
  SummaryPoint,
} from './otlp-data.ts'
import { customHistogram, exponentialHistogram } from './otlp-histograms.ts'
import { metricName, unitName } from './otlp-names.ts'
import { type OtlpSettings, pointLabels, withPairs } from './series-labels.ts'

/** Characters of the labels of one exemplar. */
const EXEMPLAR_LABELS_MAX = 128

/** Takes what becomes of a request. `value` undefined is a stale marker. */
export interface SampleSink {
  sample(
    labels: Labels,
    timeMs: number,
    value: number | Histogram | undefined,
    exemplars: readonly Exemplar[],
    metadata: MetricMetadata,
  ): void
}

/** One metric under one resource and scope. Throws an Error for what has no translation. */
export function translateMetric(
  metric: OtlpMetric,
  place: { readonly resource: OtlpResource; readonly scope: OtlpScope },
  settings: OtlpSettings,
  deltas: DeltaState,
  sink: SampleSink,
): void {
  const { data } = metric
  const isDelta = checkTemporality(metric, settings)
  const converts = isDelta && settings.delta === 'convert'
  const isCounter = data.kind === 'sum' && data.isMonotonic && (!isDelta || converts)
  const unit = metric.unit
  const named = { name: metric.name, unit, isCounter, isGauge: data.kind === 'gauge' }
  const name = metricName(named, settings.names)
  const metadata = {
    type: isDelta && !converts ? 'unknown' : metadataType(data),
    help: metric.description,
    unit: unitName(unit),
  }
  const translation = new MetricTranslation(name, place, settings, metadata, sink)
  const identity = () => `${name}\0${place.resource.attributes.join('\0')}`
  const key = (point: Point) => `${identity()}\0${[...point.attributes].sort().join('\0')}`
  const isGauge = isDelta && !converts
  switch (data.kind) {
    case 'gauge':
    case 'sum':
      for (const point of data.points) {
        const total = converts ? deltas.addNumber(key(point), point) : point
        if (total) translation.number(total, data.kind === 'sum')
      }
      return
    case 'histogram':
      for (const point of data.points) {
        const total = converts ? deltas.addHistogram(key(point), point) : point
        if (total) translation.histogram(total, isGauge)
      }
      return
    case 'exponential':
      if (converts)
        throw new Error(`delta exponential histograms cannot be converted: metric "${metric.name}"`)
      for (const point of data.points) {
        translation.native(point, exponentialHistogram(point, isGauge))
      }
      return
    case 'summary':
      for (const point of data.points) translation.summary(point)
  }
}

/** Whether the metric is of delta temporality; throws where that, or none, is not taken. */
function checkTemporality({ name, data }: OtlpMetric, settings: OtlpSettings): boolean {
  const temporality = 'temporality' in data ? data.temporality : 'cumulative'
  if (temporality === 'cumulative') return false
  if (temporality === 'delta' && settings.delta !== 'refuse') return true
  throw new Error(`invalid temporality and type combination for metric "${name}"`)
}

function metadataType(data: MetricData): string {
  if (data.kind === 'sum') return data.isMonotonic ? 'counter' : 'gauge'
  if (data.kind === 'exponential') return 'histogram'
  return data.kind === 'none' ? 'unknown' : data.kind
}

class MetricTranslation {
  readonly #name: string
  readonly #place: { readonly resource: OtlpResource; readonly scope: OtlpScope }
  readonly #settings: OtlpSettings
  readonly #metadata: MetricMetadata
  readonly #sink: SampleSink
  readonly #more: readonly string[]

  constructor(
    name: string,
    place: { readonly resource: OtlpResource; readonly scope: OtlpScope },
    settings: OtlpSettings,
    metadata: MetricMetadata,
    sink: SampleSink,
  ) {
    this.#name = name
    this.#place = place
    this.#settings = settings
    this.#metadata = metadata
    this.#sink = sink
    const { type, unit } = metadata
    this.#more = settings.hasTypeAndUnitLabels
      ? ['__type__', type === 'unknown' ? '' : type, '__unit__', unit]
      : []
  }

  number(point: NumberPoint, hasExemplars: boolean): void {
    const exemplars = hasExemplars ? point.exemplars.map(toExemplar) : []
    this.#put(this.#labels(point), '', [], point, point.value, exemplars)
  }

  native(point: Point, histogram: Histogram): void {
    this.#put(this.#labels(point), '', [], point, histogram, point.exemplars.map(toExemplar))
  }

  histogram(point: HistogramPoint, isGauge: boolean): void {
    if (this.#settings.convertsHistograms) {
      this.native(point, customHistogram(point, isGauge))
      return
    }
    const labels = this.#labels(point)
    const { sum, count, bounds, bucketCounts } = point
    if (sum !== undefined) this.#put(labels, '_sum', [], point, sum)
    this.#put(labels, '_count', [], point, count)
    const exemplars = [...point.exemplars].sort((a, b) => a.value - b.value)
    let taken = 0
    const upTo = (bound: number): Exemplar[] => {
      const start = taken
      while (taken < exemplars.length && (exemplars[taken] as OtlpExemplar).value <= bound) taken++
      return exemplars.slice(start, taken).map(toExemplar)
    }
    let seen = 0
    for (let i = 0; i < bounds.length && i < bucketCounts.length; i++) {
      const bound = bounds[i] as number
      seen += bucketCounts[i] as number
      this.#put(labels, '_bucket', ['le', printFloat(bound, 'f')], point, seen, upTo(bound))
    }
    this.#put(labels, '_bucket', ['le', '+Inf'], point, count, upTo(Infinity))
  }

  summary(point: SummaryPoint): void {
    const labels = this.#labels(point)
    this.#put(labels, '_sum', [], point, point.sum)
    this.#put(labels, '_count', [], point, point.count)
    for (const [quantile, value] of point.quantiles) {
      this.#put(labels, '', ['quantile', printFloat(quantile, 'f')], point, value)
    }
  }

  #labels(point: Point): Map<string, string> {
    const { resource, scope } = this.#place
    return pointLabels(point.attributes, resource, scope, this.#settings)
  }

  #put(
    base: ReadonlyMap<string, string>,
    suffix: string,
    own: readonly string[],
    point: Point,
    value: number | Histogram,
    exemplars: readonly Exemplar[] = [],
  ): void {
    const labels = withPairs(base, ...this.#more, '__name__', this.#name + suffix, ...own)
    const { timeMs, isStale } = point
    this.#sink.sample(labels, timeMs, isStale ? undefined : value, exemplars, this.#metadata)
  }
}

/** Ids first; the filtered attributes only if all of it is short enough. */
function toExemplar({ timeMs, value, traceId, spanId, attributes }: OtlpExemplar): Exemplar {
  const ids: [string, string][] = []
  if (traceId !== '') ids.push(['trace_id', traceId])
  if (spanId !== '') ids.push(['span_id', spanId])
  const all = [...ids, ...attributes]
  const length = all.reduce((sum, [name, text]) => sum + [...name].length + [...text].length, 0)
  const labels = Labels.from(length > EXEMPLAR_LABELS_MAX ? ids : all)
  return { labels, value, timeMs }
}
