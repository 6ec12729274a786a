import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Labels } from '@prom/labels'
import { MemoryStorage } from '@prom/storage'
import { encodeValue, explainQuery, type LimitOptions, Limits, runQuery } from './index.ts'
import { runScript, SCRIPT_OPTIONS } from './testing/run-script.ts'

const folder = join(__dirname, 'testdata')

describe.each(readdirSync(folder))('%s', (name) => {
  test.each([true, false])('gives what it says (delayed name removal: %s)', (delayed) => {
    const options = { ...SCRIPT_OPTIONS, features: { delayedNameRemoval: delayed } }
    const { evals, failures } = runScript(readFileSync(join(folder, name), 'utf8'), options)
    expect(failures).toEqual([])
    expect(evals).toBeGreaterThan(5)
  })
})

function storageWith(series: Record<string, number[]>): MemoryStorage {
  const storage = new MemoryStorage()
  const appender = storage.appender()
  for (const [name, values] of Object.entries(series)) {
    const labels = Labels.from({ __name__: name, job: 'x<y' })
    values.forEach((value, i) => {
      appender.append(0, labels, i * 1000, value)
    })
  }
  appender.commit()
  return storage
}

const plain = { ...SCRIPT_OPTIONS, features: {} }
const storage = storageWith({ a: [1, 2.5, Number.POSITIVE_INFINITY, 1e21], b: [1, 2, 3, 4] })

function run(query: string, at: number | [number, number, number], limits?: Partial<LimitOptions>) {
  const [startMs, endMs, stepMs] = typeof at === 'number' ? [at, at, 0] : at
  return runQuery(
    {
      query,
      isInstant: typeof at === 'number',
      range: { startMs, endMs, stepMs },
      limits: { samplesMax: 1000, ...limits },
      openQuerier: (mint, maxt) => storage.querier(mint, maxt),
    },
    plain,
  )
}

const json = (query: string, at: number | [number, number, number]) =>
  Buffer.concat(encodeValue(run(query, at).value)).toString()

test('answers are encoded as the HTTP API has them', () => {
  const f = (query: string, at: number | [number, number, number], expected: string) =>
    expect(json(query, at)).toBe(expected)
  f('1e21', 1500, '{"resultType":"scalar","result":[1.5,"1000000000000000000000"]}')
  f('"<a>"', 2000, '{"resultType":"string","result":[2,"\\u003ca\\u003e"]}')
  f(
    'a',
    1500,
    '{"resultType":"vector","result":[{"metric":{"__name__":"a","job":"x\\u003cy"},"value":[1.500,"2.5"]}]}',
  )
  f('nope', 0, '{"resultType":"vector","result":[]}')
  f(
    'a',
    [1000, 3000, 1000],
    '{"resultType":"matrix","result":[{"metric":{"__name__":"a","job":"x\\u003cy"},"values":[[1,"2.5"],[2,"+Inf"],[3,"1e+21"]]}]}',
  )
  f(
    'a[1s]',
    2000,
    '{"resultType":"matrix","result":[{"metric":{"__name__":"a","job":"x\\u003cy"},"values":[[2,"+Inf"]]}]}',
  )
  f(
    '1',
    [0, 1000, 1000],
    '{"resultType":"matrix","result":[{"metric":{},"values":[[0,"1"],[1,"1"]]}]}',
  )
})

test('dropping names refuses series that become equal', () => {
  const both = '{__name__=~"a|b"}'
  expect(() => run(`abs(${both})`, 0)).toThrow(
    'vector cannot contain metrics with the same labelset',
  )
  expect(() => run(`rate(${both}[3s])`, 3000)).toThrow('same labelset')
  expect(run(`sum(${both})`, 0).value).toMatchObject({ samples: [{ value: 2 }] })
})

test('a query ends when it is told to, or holds too many samples', () => {
  expect(() => run('a', 0, { stopReason: () => 'timeout' })).toThrow(
    'query timed out in expression evaluation',
  )
  expect(() => run('a', 0, { stopReason: () => 'canceled' })).toThrow(
    'query was canceled in expression evaluation',
  )
  expect(() => run('a', [0, 3000, 1], { samplesMax: 100 })).toThrow(
    'query processing would load too many samples into memory in query execution',
  )
})

test('a range query is of scalars and instant vectors only', () => {
  expect(() => run('a[1m]', [0, 1, 1])).toThrow(
    'invalid expression type "range vector" for range query, must be Scalar or instant Vector',
  )
})

test('large answers come in pieces that fit together', () => {
  const values = Array.from({ length: 30_000 }, (_, i) => (i % 7 === 0 ? i / 3 : i))
  const times = Float64Array.from(values, (_, i) => i * 1000)
  const labels = Labels.from({ text: 'é'.repeat(200_000) })
  const series = { labels, times, values: Float64Array.from(values), histograms: undefined }
  const pieces = encodeValue({ type: 'matrix', series: [series, series] })
  expect(pieces.length).toBeGreaterThan(3)
  const { result } = JSON.parse(Buffer.concat(pieces).toString())
  expect(result[1].metric).toEqual(labels.toObject())
  expect(result[0].values).toEqual(values.map((value, i) => [i, String(value)]))
})

test('a subquery of too many steps is refused before it takes memory', () => {
  const tooMany = 'query processing would load too many samples into memory in query execution'
  expect(() => run('sum_over_time(vector(1)[90d:1ms])', 0, { samplesMax: 5e7 })).toThrow(tooMany)
  expect(() => run('count_over_time(a[1000y:1ms])', 0, { samplesMax: 5e7 })).toThrow(
    /duration out of range|too many samples/,
  )
})

test('a query that needs more memory than it may have is refused', () => {
  expect(() => run('a + b', [0, 3000, 1], { samplesMax: 1e6, memoryMaxBytes: 40_000 })).toThrow(
    'query would use more than the 40000 bytes of memory that a query may use',
  )
})

test('what was accounted for is given back once, also for series without a result', () => {
  const names = Array.from({ length: 300 }, (_, i) => `single_${i}`)
  const single = storageWith(Object.fromEntries(names.map((name) => [name, [1]])))
  const limits = new Limits({ samplesMax: 1e6 })
  const { value } = runQuery(
    {
      query: 'sum(rate({__name__=~"single_.*"}[5s]))',
      isInstant: false,
      range: { startMs: 0, endMs: 100_000, stepMs: 1000 },
      limits,
      openQuerier: (mint, maxt) => single.querier(mint, maxt),
    },
    plain,
  )
  expect(value).toEqual({ type: 'matrix', series: [] })
  limits.holdBytes(10_000_000)
  expect(limits.peakBytes).toBeGreaterThanOrEqual(10_000_000)
})

test('a plan says what is done, and what was rewritten', () => {
  const query = 'sum by (job) (rate(a[range()])) / on (job) group_left scalar(b @ start()) * b'
  const ask = (text: string) =>
    explainQuery(
      { query: text, isInstant: false, range: { startMs: 0, endMs: 60_000, stepMs: 15_000 } },
      plain,
    )
  expect(() => ask(query)).toThrow('vector matching only allowed between instant vectors')
  const { steps, from, to, rewrites, text } = ask(
    'sum by (job) (rate(a[range()])) / on (job) (b @ start() > 1)',
  )
  expect({ steps, from, to }).toEqual({
    steps: 5,
    from: '1969-12-31T23:55:00Z',
    to: '1970-01-01T00:01:00Z',
  })
  expect(rewrites.map(({ name, changes }) => [name, ...changes])).toEqual([
    ['durations', 'a[range()]', 'b @ start()'],
    ['invariant', '(b @ 0.000 > 1)'],
  ])
  expect(text.split('\n')).toEqual([
    'join: sum by (job) (rate(a[range()])) / on (job) (b @ 0.000 > 1)  [one-to-one on (job)]',
    '  aggregate sum: sum by (job) (rate(a[range()]))  [groups by (job)]',
    '    call rate: rate(a[range()])  [floats by a loop over columns]',
    '      select range: a[range()]  [windows of 1m, shared by series with equal times]',
    '  with scalar: b @ 0.000 > 1  [evaluated once, repeated at each step]',
    '    select: b @ 0.000  [newest sample, at most 5m old; at 1970-01-01T00:00:00Z]',
    '    scalar: 1',
  ])
})

test('samples are counted per step, as the original counts them', () => {
  const f = (query: string, queryable: number[], read: number[], total: number) => {
    const { stats } = run(query, [1000, 3000, 1000], { perStep: true })
    expect([query, [...(stats.perStep?.queryable ?? [])]]).toEqual([query, queryable])
    expect([query, [...(stats.perStep?.read ?? [])]]).toEqual([query, read])
    expect([query, stats.totalQueryableSamples]).toEqual([query, total])
  }
  f('b', [1, 1, 1], [1, 1, 1], 3)
  f('sum_over_time(b[2s])', [2, 2, 2], [2, 1, 1], 6)
  f('b @ 2', [1, 1, 1], [1, 0, 0], 3)
  // Three of the inner query at the last step, and the windows over its results.
  f('sum_over_time(b[2s:1s])', [2, 2, 6], [2, 1, 5], 10)
  f('vector(1)', [0, 0, 0], [0, 0, 0], 0)
})
