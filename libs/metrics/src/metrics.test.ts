import {
  Counter,
  CounterVec,
  createProcessMetrics,
  Gauge,
  HistogramVec,
  mergeFamilies,
  Registry,
  SummaryVec,
} from './index.ts'

test('families come sorted by name, points by label values, labels by name', () => {
  const metrics = new Registry()
  const requests = metrics.register(
    new CounterVec({ name: 'requests_total', help: 'R.', labelNames: ['path', 'code'] }),
  )
  requests.of('/b', '200').inc()
  requests.of('/a', '500').inc(2)
  requests.of('/a', '200').inc(3)
  metrics.register(new Gauge({ name: 'age', help: 'A.' }, () => 7))
  expect(metrics.gather()).toEqual([
    { name: 'age', help: 'A.', type: 'gauge', points: [{ labels: [], value: 7 }] },
    {
      name: 'requests_total',
      help: 'R.',
      type: 'counter',
      points: [
        { labels: ['code', '200', 'path', '/a'], value: 3 },
        { labels: ['code', '200', 'path', '/b'], value: 1 },
        { labels: ['code', '500', 'path', '/a'], value: 2 },
      ],
    },
  ])
})

test('a family without points is not there, and families of one name are one', () => {
  const metrics = new Registry()
  const vec = metrics.register(new CounterVec({ name: 'a_total', help: 'A.', labelNames: ['x'] }))
  expect(metrics.gather()).toEqual([])
  vec.of('2').inc()
  const other = { name: 'a_total', help: 'A.', type: 'counter' as const }
  const merged = mergeFamilies([
    ...metrics.gather(),
    { ...other, points: [{ labels: ['x', '1'], value: 4 }] },
  ])
  expect(merged).toHaveLength(1)
  expect(merged[0]?.points.map(({ value }) => value)).toEqual([4, 1])
  vec.remove('2')
  expect(metrics.gather()).toEqual([])
})

test('a name no Prometheus takes is refused when the instrument is made', () => {
  expect(() => new Counter({ name: '1x', help: '' })).toThrow('"1x" is not a metric name')
  expect(() => new CounterVec({ name: 'x', help: '', labelNames: ['a-b'] })).toThrow(
    '"a-b" is not a label name',
  )
})

test('histogram buckets are cumulative', () => {
  const seconds = new HistogramVec({ name: 's', help: '', labelNames: ['h'], bounds: [1, 2] })
  for (const value of [0.5, 1, 1.5, 9]) seconds.of('/').observe(value)
  expect(seconds.collect()[0]?.points).toEqual([
    {
      labels: ['h', '/'],
      value: {
        count: 4,
        sum: 12,
        buckets: [
          { le: 1, count: 2 },
          { le: 2, count: 3 },
        ],
      },
    },
  ])
})

test('summary quantiles forget what is older than ten minutes', () => {
  let now = 0
  const clock = {
    now: () => now,
    monotonic: () => now,
    sleep: async () => {},
    sleepUntil: async () => {},
  }
  const about = { name: 's', help: '', labelNames: [], quantiles: [0.5, 1] }
  const summary = new SummaryVec(about, clock)
  for (let i = 1; i <= 10; i++) summary.of().observe(i)
  const quantiles = () => {
    const value = summary.collect()[0]?.points[0]?.value
    return typeof value === 'object' && 'quantiles' in value ? value.quantiles : []
  }
  expect(quantiles().map(({ value }) => value)).toEqual([5, 10])
  now = 600_001
  expect(quantiles().map(({ value }) => value)).toEqual([Number.NaN, Number.NaN])
  for (let i = 0; i < 3000; i++) summary.of().observe(1)
  expect(summary.collect()[0]?.points[0]?.value).toMatchObject({ count: 3010, sum: 3055 })
})

test('process metrics read the host at each scrape', () => {
  let cpu = 1
  const facts = {
    pid: 1,
    startTimeMs: 1500,
    cpuSeconds: () => cpu,
    residentBytes: () => 2,
    virtualBytes: () => 3,
    openFiles: () => 4,
    maxFiles: () => 5,
  }
  const metrics = new Registry()
  metrics.register(createProcessMetrics(facts))
  cpu = 9
  const values = metrics.gather().map(({ name, points }) => `${name} ${points[0]?.value}`)
  expect(values).toEqual([
    'process_cpu_seconds_total 9',
    'process_max_fds 5',
    'process_open_fds 4',
    'process_resident_memory_bytes 2',
    'process_start_time_seconds 1.5',
    'process_virtual_memory_bytes 3',
  ])
})
