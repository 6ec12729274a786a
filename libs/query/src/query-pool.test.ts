import { Registry } from '@prom/metrics'
import { FakeClock, MemoryFiles, recordLog, settlePromises } from '@prom/testkit'
import { QueryError } from './contract.ts'
import type { PieceEvent, QueryTask, ThreadAnswer, ThreadTask } from './messages.ts'
import { QueryLog } from './query-log.ts'
import {
  QueryPool,
  type QueryPoolDeps,
  type QueryPoolOptions,
  type QueryThreadPort,
} from './query-pool.ts'

const ANSWER: ThreadAnswer = {
  data: [],
  vector: undefined,
  strings: [],
  warnings: [],
  infos: [],
  facts: undefined,
}

/** A thread whose tasks end when the test says so. */
class FakeThread implements QueryThreadPort {
  readonly index: number
  readonly flags: Int32Array
  readonly tasks: ThreadTask[] = []
  isEnded = false
  #resolve: ((answer: ThreadAnswer) => void) | undefined
  #reject: ((err: Error) => void) | undefined
  #exit: ((err: Error | undefined) => void) | undefined

  constructor(index: number, flags: Int32Array) {
    this.index = index
    this.flags = flags
  }

  call(task: ThreadTask): Promise<ThreadAnswer> {
    this.tasks.push(task)
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  async answer(answer: Partial<ThreadAnswer> = {}): Promise<void> {
    this.#resolve?.({ ...ANSWER, ...answer })
    await settlePromises()
  }

  async fail(err: Error): Promise<void> {
    this.#reject?.(err)
    await settlePromises()
  }

  onEvent(listener: (piece: PieceEvent) => void): void {
    this.send = listener
  }

  send: (piece: PieceEvent) => void = () => {}

  onExit(listener: (err: Error | undefined) => void): void {
    this.#exit = listener
  }

  async terminate(): Promise<void> {
    this.isEnded = true
    this.#reject?.(new Error('thread has ended'))
    this.#exit?.(undefined)
  }

  close(): Promise<void> {
    return this.terminate()
  }
}

function setUp(options: Partial<QueryPoolOptions> = {}, more: Pick<QueryPoolDeps, 'small'> = {}) {
  const clock = new FakeClock()
  const threads: FakeThread[] = []
  const metrics = new Registry()
  const pool = new QueryPool(
    { threadCount: 1, concurrencyMax: 20, timeoutMs: 1000, subqueryStepMs: 60_000, ...options },
    {
      ...more,
      clock,
      log: recordLog(),
      metrics,
      startThread: (index, flags) => {
        const thread = new FakeThread(index, flags)
        threads.push(thread)
        return thread
      },
    },
  )
  const asked = (thread: FakeThread | undefined) =>
    thread?.tasks.map((task) => (task.kind === 'query' ? task.query : task.kind))
  return { clock, threads, pool, metrics, asked }
}

const outcome = (promise: Promise<unknown>) =>
  promise.then(
    () => 'done',
    (err: QueryError) => `${err.errorType}: ${err.message}`,
  )

test('one query at a time runs in a thread, rules go first', async () => {
  const { pool, threads, asked } = setUp()
  const answers = ['a', 'b'].map((query) => outcome(pool.instant(query, 0)))
  const rule = outcome(pool.vector('rule', 0, { priority: 'rule' }))
  expect(asked(threads[0])).toEqual(['a'])
  await threads[0]?.answer()
  expect(asked(threads[0])).toEqual(['a', 'rule'])
  await threads[0]?.answer({
    vector: { labels: [], values: new Float64Array(0), histograms: undefined, isScalar: false },
  })
  expect(asked(threads[0])).toEqual(['a', 'rule', 'b'])
  await threads[0]?.answer()
  expect(await Promise.all([...answers, rule])).toEqual(['done', 'done', 'done'])
})

const piece = (text: string, isFirst = false): PieceEvent => ({
  bytes: Uint8Array.from(Buffer.from(text)),
  ...(isFirst && { first: { warnings: ['careful'], infos: [] } }),
})

test('an answer that comes in pieces is there with the first one, the thread is busy to the end', async () => {
  const { pool, threads, asked } = setUp()
  const asking = pool.instant('a', 0, { isStreamed: true })
  void outcome(pool.instant('b', 0))
  threads[0]?.send(piece('1', true))
  const { rest, data, warnings, release } = await asking
  expect([data, warnings]).toEqual([[], ['careful']])
  threads[0]?.send(piece('2'))
  expect(asked(threads[0])).toEqual(['a'])
  await threads[0]?.answer()
  expect(asked(threads[0])).toEqual(['a', 'b'])
  const texts: string[] = []
  for (let next = await rest?.next(); next; next = await rest?.next()) {
    texts.push(Buffer.from(next.bytes).toString())
    next.release()
  }
  expect(texts).toEqual(['1', '2'])
  release?.()
})

test('a thread that ends in the middle of an answer fails what is still to come', async () => {
  const { pool, threads } = setUp()
  const asking = pool.range('a', { startMs: 0, endMs: 1, stepMs: 1 }, { isStreamed: true })
  threads[0]?.send(piece('1', true))
  const { rest } = await asking
  await threads[0]?.fail(new QueryError('canceled', 'query was canceled'))
  expect(Buffer.from((await rest?.next())?.bytes ?? []).toString()).toBe('1')
  await expect(rest?.next()).rejects.toThrow('query was canceled')
  expect(pool.running()).toEqual([])
})

test('a long query gets company after a while, but the last thread is for rules', async () => {
  const { pool, clock, threads, asked } = setUp({ threadsMax: 3, timeoutMs: 100_000 })
  const started = () => threads.map((thread) => asked(thread))
  for (const query of ['a', 'b', 'c']) void outcome(pool.instant(query, 0))
  expect(started()).toEqual([['a']])
  await clock.advance(100)
  expect(started()).toEqual([['a']])
  await clock.advance(200)
  expect(started()).toEqual([['a'], ['b']])
  await clock.advance(1000)
  expect(started()).toEqual([['a'], ['b']])
  void outcome(pool.vector('rule', 0, { priority: 'rule' }))
  expect(started()).toEqual([['a'], ['b'], ['rule']])
  await threads[2]?.answer()
  expect(started()).toEqual([['a'], ['b'], ['rule']])
  await threads[1]?.answer()
  expect(started()).toEqual([['a'], ['b', 'c'], ['rule']])
  await threads[1]?.answer()
  await clock.advance(30_000)
  expect(threads.map(({ isEnded }) => isEnded)).toEqual([false, true, true])
})

test('many short queries share a thread, however long the last one waits', async () => {
  const { pool, clock, threads, asked } = setUp({ threadsMax: 3, timeoutMs: 100_000 })
  const queries = Array.from({ length: 10 }, (_, i) => `q${i}`)
  for (const query of queries) void outcome(pool.instant(query, 0))
  for (const _ of queries) {
    await clock.advance(120)
    await threads[0]?.answer()
  }
  expect(threads.map(asked)).toEqual([queries])
})

test('ad-hoc queries wait while others hold most of the memory, rules do not', async () => {
  const memoryMaxBytes = 100 << 20
  const { pool, clock, threads, asked } = setUp({ memoryMaxBytes, threadCount: 3 })
  const large = pool.instant('large', 0)
  await threads[0]?.answer({ data: [new Uint8Array(80 << 20)] })
  const answer = await large
  void outcome(pool.instant('b', 0))
  void outcome(pool.vector('rule', 0, { priority: 'rule' }))
  expect(asked(threads[0])).toEqual(['large', 'rule'])
  answer.release?.()
  await clock.advance(100)
  expect(asked(threads[1])).toEqual(['b'])
})

test('limits that are met are counted by their kind', async () => {
  const { pool, threads, metrics } = setUp()
  const large = outcome(pool.instant('a', 0))
  await threads[0]?.fail(new QueryError('execution', 'too much', 'memory'))
  expect(await large).toBe('execution: too much')
  const heap = outcome(pool.instant('b', 0))
  await threads[0]?.fail(Object.assign(new Error('heap'), { code: 'ERR_WORKER_OUT_OF_MEMORY' }))
  expect(await heap).toBe('execution: query ran out of memory')
  const hits = metrics
    .gather()
    .find(({ name }) => name === 'prometheus_engine_query_limit_hits_total')
  const counted = hits?.points.filter(({ value }) => value === 2)
  expect(counted).toHaveLength(1)
})

test('a waiting query times out in the queue', async () => {
  const { pool, clock } = setUp()
  void outcome(pool.instant('a', 0))
  const waiting = outcome(pool.instant('b', 0, { timeoutMs: 500 }))
  await clock.advance(500)
  expect(await waiting).toBe('timeout: query timed out in query queue')
})

test('a running query is told to stop, and ended with its thread if it does not', async () => {
  const { pool, clock, threads } = setUp()
  const stubborn = outcome(pool.instant('a', 0))
  await clock.advance(1000)
  expect(threads[0]?.flags[0]).toBe(2)
  await clock.advance(2000)
  expect(await stubborn).toBe('timeout: query timed out in expression evaluation')
  expect(threads[0]?.isEnded).toBe(true)
  const after = outcome(pool.instant('c', 0))
  expect(threads[1]?.index).toBe(0)
  await threads[1]?.answer()
  expect(await after).toBe('done')
})

test('an asker that goes away cancels its query', async () => {
  const { pool, threads } = setUp()
  const asker = new AbortController()
  const gone = outcome(pool.instant('a', 0, { signal: asker.signal }))
  const waiting = outcome(pool.instant('b', 0, { signal: asker.signal }))
  asker.abort()
  expect(await waiting).toBe('canceled: query was canceled in query queue')
  expect(threads[0]?.flags[0]).toBe(1)
  await threads[0]?.fail(new QueryError('canceled', 'query was canceled in expression evaluation'))
  expect(await gone).toBe('canceled: query was canceled in expression evaluation')
})

test('beyond the capacity queries are refused', async () => {
  const { pool, metrics } = setUp({ queueCapacity: 1 })
  void outcome(pool.instant('a', 0))
  void outcome(pool.instant('b', 0))
  expect(await outcome(pool.instant('c', 0))).toBe('too_many: too many queries are waiting')
  const rejected = metrics
    .gather()
    .find(({ name }) => name === 'prometheus_engine_queries_rejected_total')
  expect(rejected?.points[0]?.value).toBe(1)
})

test('running queries are listed and can be cancelled', async () => {
  const { pool, threads } = setUp()
  const first = outcome(pool.instant('a', 0))
  const second = outcome(pool.instant('b', 0))
  expect(pool.running()).toMatchObject([
    { id: 1, query: 'a', isRunning: true },
    { id: 2, query: 'b', isRunning: false },
  ])
  expect(pool.cancel(2)).toBe(true)
  expect(await second).toBe('canceled: query was canceled in query queue')
  expect(pool.cancel(2)).toBe(false)
  await threads[0]?.answer()
  expect(await first).toBe('done')
  expect(pool.running()).toEqual([])
})

test('a failure of a thread keeps its kind, a crash is internal', async () => {
  const { pool, threads } = setUp()
  const bad = outcome(pool.instant('(', 0))
  await threads[0]?.fail(Object.assign(new Error('1:1: no'), { errorType: 'bad_data' }))
  expect(await bad).toBe('bad_data: 1:1: no')
  const crashed = outcome(pool.instant('a', 0))
  await threads[0]?.terminate()
  expect(await crashed).toBe('internal: query thread ended: thread has ended')
})

test('finished queries are logged as lines of JSON', async () => {
  const { pool, threads } = setUp()
  const files = new MemoryFiles()
  pool.setQueryLog(new QueryLog('/q.log', { files, clock: new FakeClock() }))
  const origin = { httpRequest: { clientIP: '1.2.3.4', method: 'GET', path: '/api/v1/query' } }
  const range = { startMs: 1000, endMs: 5000, stepMs: 2000 }
  const first = outcome(pool.range('up', range, { origin }))
  await threads[0]?.answer()
  await first
  const second = outcome(pool.instant('(', 5500))
  await threads[0]?.fail(new QueryError('bad_data', 'no'))
  await second
  const lines = files.readTextSync('/q.log').trim().split('\n')
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    {
      msg: 'promql query logged',
      params: {
        start: '1970-01-01T00:00:01.000Z',
        end: '1970-01-01T00:00:05.000Z',
        query: 'up',
        step: 2,
      },
      ...origin,
    },
    { params: { query: '(', step: 0 }, error: 'no' },
  ])
})

test('small queries are answered at once, counted and logged; the rest, and rules, get a thread', async () => {
  const facts = {
    ...{ prepareSeconds: 0, evalSeconds: 0.001, totalQueryableSamples: 7, samplesRead: 5 },
    ...{ peakSamples: 1, peakBytes: 1 },
  }
  const serve = ({ query }: QueryTask) => (query === 'small' ? { ...ANSWER, facts } : undefined)
  const { pool, threads, asked, metrics } = setUp({}, { small: { serve } })
  const files = new MemoryFiles()
  pool.setQueryLog(new QueryLog('/q.log', { files, clock: new FakeClock() }))
  expect(await outcome(pool.instant('small', 0))).toBe('done')
  expect(threads).toHaveLength(0)
  expect(files.readTextSync('/q.log')).toContain('"query":"small"')
  const samples = metrics.gather().find(({ name }) => name.endsWith('query_samples_total'))
  expect(JSON.stringify(samples)).toContain('5')
  const others = [pool.instant('large', 0), pool.vector('small', 0, { priority: 'rule' })]
  expect(asked(threads[0])).toEqual(['large'])
  await threads[0]?.answer()
  expect(asked(threads[0])).toEqual(['large', 'small'])
  await threads[0]?.answer()
  await Promise.all(others)
})

test('closing cancels everything', async () => {
  const { pool, threads } = setUp()
  const all = ['a', 'b'].map((query) => outcome(pool.instant(query, 0)))
  await pool.close()
  expect(threads[0]?.isEnded).toBe(true)
  expect(await all[1]).toBe('canceled: query was canceled in query queue')
  expect(await all[0]).toMatch(/^(canceled|internal): /)
  expect(await outcome(pool.instant('c', 0))).toBe('canceled: server is shutting down')
})
