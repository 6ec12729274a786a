import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Labels } from '@prom/labels'
import { Registry } from '@prom/metrics'
import { createHost, createWorkerPort } from '@prom/runtime/node'
import { recordLog } from '@prom/testkit'
import { openTsdb, type Tsdb } from '@prom/tsdb'
import { buildSync } from 'esbuild'
import { ActiveQueryLog, QueryPool, type QueryThreadData } from '../index.ts'

let folder = ''
let db: Tsdb
let pool: QueryPool
const host = createHost(process)
const log = recordLog()

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'query-'))
  buildSync({
    entryPoints: [join(__dirname, 'testdata/entry.ts')],
    outfile: join(folder, 'query.cjs'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    define: { 'import.meta.url': '__url' },
    banner: { js: 'const __url = require("node:url").pathToFileURL(__filename).href;' },
    external: ['*.node', 'snappy'],
  })
  const dir = join(folder, 'data')
  db = openTsdb({ dir, memoryBytes: 64 << 20 }, { ...host, log })
  const appender = db.appender()
  const now = host.clock.now()
  for (let i = 0; i < 100; i++) {
    for (const job of ['a', 'b']) {
      const labels = Labels.from({ __name__: 'requests_total', job })
      appender.append(0, labels, now - (100 - i) * 1000, i * (job === 'a' ? 1 : 2))
    }
  }
  appender.commit()
  pool = new QueryPool(
    { threadCount: 1, concurrencyMax: 4, timeoutMs: 20_000, subqueryStepMs: 60_000 },
    {
      clock: host.clock,
      log,
      metrics: new Registry(),
      activeQueries: new ActiveQueryLog(folder, 4, { files: host.files, clock: host.clock, log }),
      startThread: (index, flags) => {
        const data: QueryThreadData = {
          memory: db.memory,
          dir,
          readerIndex: index,
          engine: { lookbackMs: 300_000, parse: {}, features: {} },
          samplesMax: 50_000_000,
          flags,
        }
        return createWorkerPort(join(folder, 'query.cjs'), data)
      },
    },
  )
})

afterAll(async () => {
  await pool.close()
  db.close()
  rmSync(folder, { recursive: true, force: true })
})

test('a thread evaluates over the memory that another thread writes', async () => {
  const now = host.clock.now()
  const { data } = await pool.instant('sum by (job) (increase(requests_total[1m]))', now)
  const { result } = JSON.parse(Buffer.concat(data).toString())
  expect(result).toHaveLength(2)
  expect(Number(result[0].value[1])).toBeGreaterThan(50)
  expect(Number(result[1].value[1])).toBeCloseTo(2 * Number(result[0].value[1]), 6)
})

test('a thread warms up over the head and answers as before', async () => {
  expect(await pool.warmUp()).toBe(true)
  const { data } = await pool.instant('count(requests_total)', host.clock.now())
  expect(JSON.parse(Buffer.concat(data).toString()).result[0].value[1]).toBe('2')
})

test('series, names and values come from the thread too', async () => {
  const range = { mint: 0, maxt: host.clock.now() }
  const { data } = await pool.series({ matcherSets: ['requests_total{job="b"}'], ...range })
  expect(Buffer.concat(data).toString()).toBe('[{"__name__":"requests_total","job":"b"}]')
  const { values } = await pool.labelValues('job', { matcherSets: [], ...range })
  expect(values).toEqual(['a', 'b'])
})

test('errors keep their kind on the way', async () => {
  await expect(pool.instant('sum(', 0)).rejects.toMatchObject({
    errorType: 'bad_data',
    message: '1:5: parse error: unclosed left parenthesis',
  })
})

test('a query that takes too long is stopped', async () => {
  const range = { startMs: 0, endMs: 10_000, stepMs: 1 }
  const slow = 'sum_over_time(vector(1)[2d:1s])'
  await expect(pool.range(slow, range, { timeoutMs: 300 })).rejects.toMatchObject({
    errorType: 'timeout',
  })
  const { data } = await pool.instant('vector(1)', 0)
  expect(Buffer.concat(data).toString()).toContain('"1"')
})
