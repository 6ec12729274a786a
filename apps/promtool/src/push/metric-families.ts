/** Families of a metrics page as a remote-write request, protobuf `prometheus.WriteRequest`. */
import { compareBytes } from '@prom/labels'
import type { HistogramValue, MetricFamily, MetricType, SummaryValue } from '@prom/metrics'
import { printFloat } from '@prom/model'
import { MessageWriter } from '@prom/protobuf'

const TYPES: Readonly<Partial<Record<MetricType, number>>> = {
  counter: 1,
  gauge: 2,
  histogram: 3,
  summary: 5,
}

/** Samples without a time get `nowMs`; `labels` are added to all series, whose own win, and `job` moves aside. */
export function encodeWriteRequest(
  families: readonly MetricFamily[],
  labels: readonly (readonly [string, string])[],
  nowMs: number,
): Uint8Array {
  const request = new MessageWriter()
  const sorted = families.toSorted((a, b) => compareBytes(a.name, b.name))
  for (const family of sorted) {
    for (const point of family.points) {
      const timeMs = point.timeMs ?? nowMs
      const own = new Map(labels)
      for (let i = 0; i < point.labels.length; i += 2) {
        const name = point.labels[i] as string
        own.set(name === 'job' ? 'exported_job' : name, point.labels[i + 1] as string)
      }
      for (const { name, extra, value } of linesOf(family.name, point.value)) {
        const all = new Map([...own, ['__name__', name] as const, ...extra])
        request.message(1, (series) => writeSeries(series, all, value, timeMs))
      }
    }
  }
  for (const { name, help, type } of sorted) {
    request.message(3, (metadata) => {
      metadata.varint(1, TYPES[type] ?? 0).bytes(2, encode(name))
      if (help) metadata.bytes(4, encode(help))
    })
  }
  return request.finish()
}

interface Line {
  readonly name: string
  readonly extra: readonly (readonly [string, string])[]
  readonly value: number
}

function linesOf(name: string, value: number | HistogramValue | SummaryValue): Line[] {
  if (typeof value === 'number') return [{ name, extra: [], value }]
  const totals = [
    { name: `${name}_sum`, extra: [], value: value.sum },
    { name: `${name}_count`, extra: [], value: value.count },
  ]
  if ('quantiles' in value) {
    const quantiles = value.quantiles.map(({ quantile, value: at }) => ({
      name,
      extra: [['quantile', printFloat(quantile)] as const],
      value: at,
    }))
    return [...quantiles, ...totals]
  }
  const buckets = value.buckets.map(({ le, count }) => ({
    name: `${name}_bucket`,
    extra: [['le', printFloat(le)] as const],
    value: count,
  }))
  return [...buckets, ...totals]
}

function writeSeries(
  series: MessageWriter,
  labels: ReadonlyMap<string, string>,
  value: number,
  timeMs: number,
): void {
  for (const name of [...labels.keys()].sort(compareBytes)) {
    series.message(1, (label) =>
      label.bytes(1, encode(name)).bytes(2, encode(labels.get(name) as string)),
    )
  }
  series.message(2, (sample) => {
    if (value !== 0) sample.double(1, value)
    sample.varint(2, timeMs)
  })
}

const encode = (text: string) => new TextEncoder().encode(text)
