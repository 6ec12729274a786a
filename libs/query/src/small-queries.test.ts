import { Labels } from '@prom/labels'
import { MemoryStorage } from '@prom/storage'
import { FakeClock } from '@prom/testkit'
import type { QueryTask } from './messages.ts'
import { QueryService } from './query-service.ts'
import { SmallQueries } from './small-queries.ts'

const engine = { lookbackMs: 300_000, parse: {}, features: {} }

const options = { engine, samplesMax: 50_000_000 }

function makeTask(query: string, more: Partial<QueryTask> = {}): QueryTask {
  return {
    kind: 'query',
    query,
    isInstant: false,
    startMs: 0,
    endMs: 600_000,
    stepMs: 15_000,
    timeoutMs: 1000,
    lookbackMs: 0,
    subqueryStepMs: 60_000,
    limit: 0,
    stats: undefined,
    explain: undefined,
    queueSeconds: 0,
    isStreamed: false,
    output: 'json',
    ...more,
  }
}

function makeStorage(): MemoryStorage {
  const storage = new MemoryStorage()
  const appender = storage.appender()
  for (let i = 0; i < 3; i++) {
    const labels = Labels.from({ __name__: 'm_total', i: `${i}` })
    for (let k = 0; k < 40; k++) appender.append(0, labels, k * 15_000, k * (i + 1))
  }
  appender.commit()
  return storage
}

const text = (pieces: readonly Uint8Array[]) => Buffer.concat([...pieces]).toString()

let clock: FakeClock
let opened: number
let isWhole: boolean
let isRefusing: boolean
let small: SmallQueries
const storage = makeStorage()
beforeEach(() => {
  clock = new FakeClock()
  opened = 0
  isWhole = true
  isRefusing = false
  const querier = (mint: number, maxt: number) => {
    opened++
    if (isRefusing) throw new Error('selection is too large')
    return storage.querier(mint, maxt)
  }
  small = new SmallQueries(options, { clock, source: { querier }, isWhole: () => isWhole })
})

test.each([
  '1+1',
  'm_total',
  'm_total{i="1"}',
  'sum(rate(m_total[1m]))',
  'm_total @ start()',
  'm_total / on (i) m_total offset 30s',
  'vector(time())',
])('%s is answered as a thread does, again and again', (query) => {
  const deps = { source: storage, clock, stopReason: () => undefined }
  const service = new QueryService({ engine, samplesMax: 1e6 }, deps)
  for (const more of [{}, { startMs: 60_000 }, { isInstant: true, startMs: 600_000, stepMs: 0 }]) {
    const task = makeTask(query, more)
    const answer = small.serve(task)
    expect(answer && text(answer.data)).toBe(text(service.serve(task).data))
  }
})

test('what reads nothing opens nothing', () => {
  expect(small.serve(makeTask('1+1'))).toBeDefined()
  expect(opened).toBe(0)
})

test.each<[string, QueryTask]>([
  ['subqueries', makeTask('max_over_time(m_total[5m:1m])')],
  ['regular expressions as arguments', makeTask('label_replace(m_total, "a", "$1", "i", "(.*)")')],
  ['info', makeTask('info(m_total)')],
  ['long texts', makeTask(`m_total{i=~"${'1|'.repeat(1000)}2"}`)],
  ['many selectors', makeTask(Array(9).fill('m_total').join(' or '))],
  ['many steps', makeTask('m_total', { stepMs: 100 })],
  ['many values', makeTask('m_total', { stepMs: 400 })],
  ['what does not parse', makeTask('m_total{')],
  ['what fails', makeTask('m_total + on () m_total')],
  ['rules', makeTask('m_total', { output: 'vector' })],
])('a thread gets %s', (_, task) => {
  expect(small.serve(task)).toBeUndefined()
})

test('a thread gets what it is to refuse', () => {
  const source = { querier: (mint: number, maxt: number) => storage.querier(mint, maxt) }
  const deps = { clock, source, isWhole: () => true }
  expect(new SmallQueries(options, deps).serve(makeTask('m_total'))).toBeDefined()
  const narrow = { ...options, samplesMax: 10 }
  expect(new SmallQueries(narrow, deps).serve(makeTask('m_total'))).toBeUndefined()
})

test('a thread gets everything while there is more to read elsewhere', () => {
  isWhole = false
  expect(small.serve(makeTask('1+1'))).toBeUndefined()
})

test('what was too large is not tried again for half a minute', async () => {
  isRefusing = true
  for (let i = 0; i < 3; i++) expect(small.serve(makeTask('m_total'))).toBeUndefined()
  expect(opened).toBe(1)
  isRefusing = false
  await clock.advance(29_000)
  expect(small.serve(makeTask('m_total'))).toBeUndefined()
  await clock.advance(2000)
  expect(small.serve(makeTask('m_total'))).toBeDefined()
})

test('what takes long again and again gets a thread', async () => {
  let now = 0
  const slow = {
    querier: (mint: number, maxt: number) => {
      now += 6
      return storage.querier(mint, maxt)
    },
  }
  const slowClock = { monotonic: () => now }
  small = new SmallQueries(options, { clock: slowClock, source: slow, isWhole: () => true })
  let answered = 0
  while (answered < 20 && small.serve(makeTask('m_total'))) answered++
  expect(answered).toBe(5)
})
