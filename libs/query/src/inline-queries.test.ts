import { uncompressSnappy } from '@prom/compress'
import { Labels } from '@prom/labels'
import { MessageReader } from '@prom/protobuf'
import { MemoryStorage } from '@prom/storage'
import { FakeClock } from '@prom/testkit'
import { createInlineQueries, type QueryAnswer, type QueryError } from './index.ts'

const storage = new MemoryStorage()
const appender = storage.appender()
for (const [name, job] of [
  ['up', 'a'],
  ['up', 'b'],
  ['down', 'a'],
] as const) {
  appender.append(0, Labels.from({ __name__: name, job }), 1000, 1)
}
appender.commit()

const queries = createInlineQueries(
  {
    engine: { lookbackMs: 300_000, parse: {}, features: {} },
    samplesMax: 1000,
    timeoutMs: 60_000,
    subqueryStepMs: 60_000,
  },
  { source: storage, clock: new FakeClock() },
)

const text = ({ data }: QueryAnswer) => Buffer.concat(data).toString()
const error = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (err: QueryError) => `${err.errorType}: ${err.message}`,
  )

test('queries answer with finished JSON', async () => {
  expect(text(await queries.instant('sum(up)', 1000))).toBe(
    '{"resultType":"vector","result":[{"metric":{},"value":[1,"2"]}]}',
  )
  const range = { startMs: 1000, endMs: 2000, stepMs: 1000 }
  expect(text(await queries.range('down * 2', range))).toBe(
    '{"resultType":"matrix","result":[{"metric":{"job":"a"},"values":[[1,"2"],[2,"2"]]}]}',
  )
})

test('a limit cuts series, with a warning', async () => {
  const cut = await queries.instant('up', 1000, { limit: 1 })
  expect(text(cut)).toContain('"job":"a"')
  expect(text(cut)).not.toContain('"job":"b"')
  expect(cut.warnings).toEqual(['results truncated due to limit'])
})

test('stats come with the answer', async () => {
  const { data } = JSON.parse(
    `{"data":${text(await queries.instant('up', 1000, { stats: 'all' }))}}`,
  )
  expect(data.stats.samples).toMatchObject({ totalQueryableSamples: 2, peakSamples: 2 })
  expect(Object.keys(data.stats.timings)).toContain('execQueueTime')
})

test('rules get columns', async () => {
  const { labels, values, isScalar } = await queries.vector('up == 1', 1000)
  expect(labels).toEqual([
    ['__name__', 'up', 'job', 'a'],
    ['__name__', 'up', 'job', 'b'],
  ])
  expect([...values]).toEqual([1, 1])
  expect(isScalar).toBe(false)
  expect(await queries.vector('3', 1000)).toMatchObject({ labels: [[]], isScalar: true })
})

test('series and labels are found by matchers', async () => {
  const range = { mint: 0, maxt: 2000 }
  const one = await queries.series({ matcherSets: ['down'], ...range })
  expect(text(one)).toBe('[{"__name__":"down","job":"a"}]')
  const both = await queries.series({ matcherSets: ['up', 'down'], ...range, limit: 2 })
  expect(text(both)).toBe('[{"__name__":"down","job":"a"},{"__name__":"up","job":"a"}]')
  expect(both.warnings).toEqual(['results truncated due to limit'])
  expect(text(await queries.series({ matcherSets: ['nope'], ...range }))).toBe('[]')
  expect((await queries.labelNames({ matcherSets: [], ...range })).names).toEqual([
    '__name__',
    'job',
  ])
  const values = await queries.labelValues('job', {
    matcherSets: ['down', 'up{job="b"}'],
    ...range,
  })
  expect(values.values).toEqual(['a', 'b'])
})

test('failures have the error types of the API', async () => {
  expect(await error(queries.instant('up[', 0))).toBe(
    'bad_data: 1:4: parse error: unexpected end of input in duration expression',
  )
  expect(await error(queries.range('"a"', { startMs: 0, endMs: 1, stepMs: 1 }))).toBe(
    'bad_data: invalid expression type "string" for range query, must be Scalar or instant Vector',
  )
  expect(await error(queries.instant('up / on() up', 1000))).toMatch(
    /^execution: found duplicate series for the match group \{\} on the right/,
  )
})

test('the newest samples are found for federation, each series once', async () => {
  const request = { matcherSets: ['up', '{job="a"}'], atMs: 2000, lookbackMs: 300_000 }
  const { labels, times, values } = await queries.latest(request)
  expect(labels).toEqual([
    ['__name__', 'up', 'job', 'a'],
    ['__name__', 'up', 'job', 'b'],
    ['__name__', 'down', 'job', 'a'],
  ])
  expect([...times]).toEqual([1000, 1000, 1000])
  expect([...values]).toEqual([1, 1, 1])
  expect((await queries.latest({ ...request, lookbackMs: 1000 })).labels).toEqual([])
})

test('statistics say what series are made of, largest first', async () => {
  const members = text(await queries.statistics({ mint: 0, maxt: 5000, limit: 2 }))
  expect(JSON.parse(`{${members}}`)).toEqual({
    seriesCountByMetricName: [
      { name: 'up', value: 2 },
      { name: 'down', value: 1 },
    ],
    labelValueCountByLabelName: [
      { name: '__name__', value: 2 },
      { name: 'job', value: 2 },
    ],
    memoryInBytesByLabelName: [
      { name: '__name__', value: 8 },
      { name: 'job', value: 3 },
    ],
    seriesCountByLabelValuePair: [
      { name: '__name__=up', value: 2 },
      { name: 'job=a', value: 2 },
    ],
  })
})

test('remote reads give raw samples with external labels, under a limit', async () => {
  const read = (samplesMax: number) =>
    queries.remoteRead({
      queries: [
        {
          mint: 0,
          maxt: 2000,
          matchers: [
            { type: '=', name: '__name__', value: 'up' },
            { type: '=', name: 'site', value: 'lab' },
          ],
        },
      ],
      externalLabels: new Map([['site', 'lab']]),
      samplesMax,
    })
  const bytes = uncompressSnappy((await read(10)).data[0] as Uint8Array)
  const response = new MessageReader(bytes)
  expect(response.field()).toBe(1)
  const result = response.message()
  const series: string[] = []
  while (result.field() === 1) {
    const one = result.message()
    const parts: string[] = []
    for (let field = one.field(); field !== 0; field = one.field()) {
      const part = one.message()
      part.field()
      const first = field === 1 ? part.string() : part.double()
      part.field()
      parts.push(`${first}=${field === 1 ? part.string() : part.number()}`)
    }
    series.push(parts.join(' '))
  }
  expect(series).toEqual(['__name__=up job=a site=lab 1=1000', '__name__=up job=b site=lab 1=1000'])
  expect(await error(read(1))).toBe('bad_data: exceeded sample limit (1)')
})
