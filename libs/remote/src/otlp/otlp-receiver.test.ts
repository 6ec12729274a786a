import { compressGzip } from '@prom/compress'
import type { FloatHistogram, Histogram } from '@prom/histogram'
import type { Labels } from '@prom/labels'
import { MessageWriter } from '@prom/protobuf'
import { AppendError, type Appender } from '@prom/storage'
import { recordLog } from '@prom/testkit'
import { OtlpReceiver } from './otlp-receiver.ts'
import type { OtlpSettings } from './series-labels.ts'

const NOW = 1_700_000_000_000
const NANOS = `${NOW}000000`

const SETTINGS: OtlpSettings = {
  names: { isEscaped: true, hasSuffixes: true, sanitizesUnderscore: true, keepsUnderscores: true },
  ...{ promotesAll: false, promoted: [], ignored: [], promotesScope: false },
  ...{ keepsIdentifying: false, convertsHistograms: false, hasTypeAndUnitLabels: false },
  ...{ delta: 'refuse', lookbackMs: 300_000 },
}

/** Prints what is stored; refuses series whose name is in `refused`. */
class Recorder {
  rows: string[] = []
  metadata: string[] = []
  refused = ''
  readonly log = recordLog()

  appender(): Appender {
    const batch: string[] = []
    const put = (labels: Labels, time: number, value: string) => {
      const name = labels.get('__name__')
      if (name === this.refused) throw new AppendError('out of order sample', 'out of order sample')
      batch.push(`${name}${labels.without(new Set(['__name__']))} ${value} @${time - NOW}`)
      return 1
    }
    const print = ({ kind, ...h }: Histogram | FloatHistogram) => {
      const spans = h.positiveSpans.map(({ offset, length }) => `${offset}+${length}`)
      const values = kind === 'int' && 'positiveDeltas' in h ? h.positiveDeltas : []
      return `schema ${h.schema} count ${h.count} [${spans}] [${values}] ${h.customValues}`
    }
    return {
      append: (_ref, labels, time, value) => put(labels, time, String(value)),
      appendStale: (_ref, labels, time) => put(labels, time, 'stale'),
      appendHistogram: (_ref, labels, time, histogram) => put(labels, time, print(histogram)),
      appendExemplar: (_ref, labels, exemplar) => {
        batch.push(`exemplar of ${labels.get('__name__')} ${exemplar.labels} ${exemplar.value}`)
      },
      setMetadata: (_ref, labels, { type, unit, help }) => {
        this.metadata.push(`${labels.get('__name__')} ${type} ${unit} ${help}`)
      },
      commit: () => {
        this.rows.push(...batch)
        return { samples: batch.length, outOfOrder: 0, duplicates: 0, outOfBounds: 0, tooOld: 0 }
      },
      rollback: () => {},
    }
  }
}

const attribute = (key: string, value: unknown) => ({ key, value: { stringValue: value } })

function send(
  metrics: readonly object[],
  change: Partial<OtlpSettings> = {},
  resource: object = { attributes: [] },
  recorder = new Recorder(),
) {
  const receiver = new OtlpReceiver({ appender: () => recorder.appender(), log: recorder.log })
  const scope = { name: 'lib', version: '1.2', attributes: [attribute('k', 'v')] }
  const body = { resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics }] }] }
  const bytes = Buffer.from(JSON.stringify(body))
  const outcome = receiver.receive(
    { bytes, isJson: true, isGzipped: false },
    { ...SETTINGS, ...change },
    NOW,
  )
  return { ...outcome, rows: recorder.rows, metadata: recorder.metadata, log: recorder.log }
}

const point = (value: number, more: object = {}) => ({
  timeUnixNano: NANOS,
  asDouble: value,
  ...more,
})
const sum = (name: string, temporality: number, ...dataPoints: object[]) => ({
  name,
  unit: 'By',
  description: 'Help.',
  sum: { isMonotonic: true, aggregationTemporality: temporality, dataPoints },
})

test('gauges and sums, with the attributes of point, resource and scope', () => {
  const attributes = [attribute('b.c', 'x'), { key: 'a', value: { intValue: '5' } }]
  const resource = {
    attributes: [
      attribute('service.name', 'shop'),
      attribute('service.namespace', 'eu'),
      attribute('service.instance.id', 'i-1'),
      attribute('region', 'r1'),
      { key: 'tags', value: { arrayValue: { values: [{ stringValue: 'p' }, { intValue: 2 }] } } },
    ],
  }
  const metrics = [
    {
      name: 'temp',
      unit: 'Cel',
      gauge: { dataPoints: [{ timeUnixNano: NANOS, asInt: '7', attributes }] },
    },
    sum('io', 2, point(3, { attributes })),
  ]
  const { rows, metadata } = send(metrics, { promoted: ['region'], promotesScope: true }, resource)
  const scope = 'otel_scope_k="v", otel_scope_name="lib", otel_scope_version="1.2", region="r1"'
  expect(rows).toEqual([
    `temp_celsius{a="5", b_c="x", instance="i-1", job="eu/shop", ${scope}} 7 @0`,
    `io_bytes_total{a="5", b_c="x", instance="i-1", job="eu/shop", ${scope}} 3 @0`,
    'target_info{instance="i-1", job="eu/shop", region="r1", tags="[\\"p\\",2]"} 1 @0',
  ])
  expect(metadata).toEqual([
    'temp_celsius gauge celsius ',
    'io_bytes_total counter bytes Help.',
    'target_info gauge  Target metadata',
  ])
})

test('attributes that become one label are joined, in the order of their keys', () => {
  const attributes = [attribute('a_b', '2'), attribute('a.b', '1')]
  const { rows } = send([{ name: 'm', gauge: { dataPoints: [point(1, { attributes })] } }])
  expect(rows).toEqual(['m{a_b="1;2"} 1 @0'])
})

const histogram = {
  name: 'latency',
  unit: 's',
  histogram: {
    aggregationTemporality: 2,
    dataPoints: [
      {
        ...{ timeUnixNano: NANOS, count: '6', sum: 4.5 },
        ...{ bucketCounts: ['1', '0', '5'], explicitBounds: [0.005, 10] },
        exemplars: [{ timeUnixNano: NANOS, asDouble: 11, traceId: 'AB', spanId: 'cd' }],
      },
    ],
  },
}

test('histograms become classic series, or native ones with custom buckets', () => {
  expect(send([histogram]).rows).toEqual([
    'latency_seconds_sum{} 4.5 @0',
    'latency_seconds_count{} 6 @0',
    'latency_seconds_bucket{le="0.005"} 1 @0',
    'latency_seconds_bucket{le="10"} 1 @0',
    'latency_seconds_bucket{le="+Inf"} 6 @0',
    'exemplar of latency_seconds_bucket {span_id="cd", trace_id="ab"} 11',
  ])
  expect(send([histogram], { convertsHistograms: true }).rows[0]).toBe(
    'latency_seconds{} schema -53 count 6 [0+3] [1,-1,5] 0.005,10 @0',
  )
})

test('exponential histograms become native ones, merged down to schema 8', () => {
  const f = (scale: number, offset: number, bucketCounts: number[], expected: string) => {
    const dataPoint = {
      ...{ timeUnixNano: NANOS, count: '9', sum: 1, scale, zeroCount: '1' },
      positive: { offset, bucketCounts },
    }
    const metric = {
      name: 'e',
      exponentialHistogram: { aggregationTemporality: 2, dataPoints: [dataPoint] },
    }
    const { rows, log } = send([metric])
    const told = log.lines.map(({ fields }) => fields?.err)
    expect(rows[0] ?? told[0]).toBe(expected)
  }
  f(3, -2, [1, 2, 0, 0, 4], 'e{} schema 3 count 9 [-1+5] [1,1,-2,0,4]  @0')
  f(3, 0, [1, 0, 0, 0, 4], 'e{} schema 3 count 9 [1+1,3+1] [1,3]  @0')
  f(10, -5, [1, 1, 1, 1, 1, 1, 1, 1], 'e{} schema 8 count 9 [-1+3] [1,3,-1]  @0')
  f(-5, 0, [1], 'cannot convert exponential to native histogram. Scale must be >= -4, was -5')
})

test('summaries, stale points and type labels', () => {
  const dataPoints = [
    {
      ...{ timeUnixNano: NANOS, count: '4', sum: 8, flags: 0 },
      quantileValues: [{ quantile: 0.5, value: 2 }],
    },
  ]
  expect(send([{ name: 's', summary: { dataPoints } }]).rows).toEqual([
    's_sum{} 8 @0',
    's_count{} 4 @0',
    's{quantile="0.5"} 2 @0',
  ])
  const stale = { name: 'g', unit: 's', gauge: { dataPoints: [point(1, { flags: 1 })] } }
  expect(send([stale], { hasTypeAndUnitLabels: true }).rows).toEqual([
    'g_seconds{__type__="gauge", __unit__="seconds"} stale @0',
  ])
})

test('delta sums are refused, added up, or kept as they are', () => {
  const later = { timeUnixNano: `${NOW + 1}000000`, asInt: '2' }
  const metric = sum('d', 1, point(3), later, later)
  const refused = send([metric, sum('c', 2, point(1))])
  expect(refused).toMatchObject({ status: 200, rows: ['c_bytes_total{} 1 @0'] })
  expect(refused.log.lines[0]?.fields?.err).toBe(
    'invalid temporality and type combination for metric "d"',
  )
  expect(send([metric], { delta: 'convert' }).rows).toEqual([
    'd_bytes_total{} 3 @0',
    'd_bytes_total{} 5 @1',
  ])
  const kept = send([sum('d', 1, point(3))], { delta: 'keep' })
  expect([kept.rows, kept.metadata]).toEqual([['d_bytes{} 3 @0'], ['d_bytes unknown bytes Help.']])
})

test('target_info covers the time of the data points, at half the lookback', () => {
  const times = [0, 100_000, 400_000].map((ms) => ({
    timeUnixNano: `${NOW - 400_000 + ms}000000`,
    asDouble: 1,
    attributes: [attribute('n', String(ms))],
  }))
  const resource = { attributes: [attribute('service.name', 's'), attribute('host', 'h')] }
  const metrics = [{ name: 'm', gauge: { dataPoints: times } }]
  const infos = send(metrics, {}, resource).rows.filter((row) => row.startsWith('target_info'))
  expect(infos.map((row) => Number(row.split('@')[1]))).toEqual([-400_000, -250_000, -100_000, 0])
  const alone = { attributes: [attribute('service.name', 's')] }
  expect(send(metrics, {}, alone).rows).toHaveLength(3)
  const kept = send(metrics, { keepsIdentifying: true }, resource).rows
  expect(kept.some((row) => row.includes('service_name="s"'))).toBe(true)
})

test('a sample that storage refuses takes the request back', () => {
  const recorder = new Recorder()
  recorder.refused = 'b'
  const gauge = (name: string) => ({ name, gauge: { dataPoints: [point(1)] } })
  const outcome = send([gauge('a'), gauge('b')], {}, { attributes: [] }, recorder)
  expect(outcome).toMatchObject({ status: 400, error: 'out of order sample', rows: [] })
  const ahead = { ...point(1), timeUnixNano: `${NOW + 600_001}000000` }
  expect(send([{ name: 'x', gauge: { dataPoints: [ahead] } }]).error).toBe(
    'out of bounds: timestamp is too far in the future',
  )
})

test('bodies that cannot be read are the sender’s fault', () => {
  const recorder = new Recorder()
  const receiver = new OtlpReceiver({ appender: () => recorder.appender(), log: recorder.log })
  const f = (text: string, isJson: boolean, isGzipped = false) => {
    const bytes = Buffer.from(text)
    expect(receiver.receive({ bytes, isJson, isGzipped }, SETTINGS, NOW).status).toBe(400)
  }
  f('{', true)
  f('[]', true)
  f('{"resourceMetrics": 7}', true)
  f('{"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": 1}]}]}]}', true)
  f('\x0a\x7f', false)
  f('plain', false, true)
})

test('the protobuf form says the same as the JSON form', () => {
  const recorder = new Recorder()
  const receiver = new OtlpReceiver({ appender: () => recorder.appender(), log: recorder.log })
  const nanos = (writer: MessageWriter, field: number, ms: number) => {
    const bytes = new Uint8Array(9)
    bytes[0] = field * 8 + 1
    new DataView(bytes.buffer).setBigUint64(1, BigInt(ms) * 1_000_000n, true)
    return writer.raw(bytes)
  }
  const counts = (...values: number[]) =>
    new Uint8Array(BigUint64Array.from(values.map(BigInt)).buffer)
  const text = (value: string) => (any: MessageWriter) => any.string(1, value)
  const bytes = new MessageWriter()
    .message(1, (resource) =>
      resource
        .message(1, (one) =>
          one.message(1, (pair) => pair.string(1, 'service.name').message(2, text('shop'))),
        )
        .message(2, (scope) =>
          scope.message(2, (metric) =>
            metric
              .string(1, 'latency')
              .string(3, 's')
              .message(9, (data) =>
                data
                  .message(1, (one) =>
                    nanos(one, 3, NOW)
                      .raw(Uint8Array.of(0x21, 6, 0, 0, 0, 0, 0, 0, 0))
                      .double(5, 4.5)
                      .present(6, counts(1, 0, 5))
                      .present(7, new Uint8Array(Float64Array.of(0.005, 10).buffer))
                      .message(9, (pair) =>
                        pair.string(1, 'a').message(2, (any) => any.double(4, 1.5)),
                      ),
                  )
                  .varint(2, 2),
              ),
          ),
        ),
    )
    .finish()
  const body = { bytes: compressGzip(bytes), isJson: false, isGzipped: true }
  expect(receiver.receive(body, SETTINGS, NOW)).toEqual({ status: 200, error: '' })
  expect(recorder.rows).toEqual([
    'latency_seconds_sum{a="1.5", job="shop"} 4.5 @0',
    'latency_seconds_count{a="1.5", job="shop"} 6 @0',
    'latency_seconds_bucket{a="1.5", job="shop", le="0.005"} 1 @0',
    'latency_seconds_bucket{a="1.5", job="shop", le="10"} 1 @0',
    'latency_seconds_bucket{a="1.5", job="shop", le="+Inf"} 6 @0',
  ])
})
