/**
 * Queries made to hurt: each ends within its deadline, in an answer or in an error of the usual form; memory stays
 * bounded, other queries, rules and scrapes do not notice. LONG=1 takes ten times the series.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { folderWith, removeFolders } from '../harness/folders.ts'
import { startGridTarget } from '../harness/grid-target.ts'
import { stopAll } from '../harness/processes.ts'
import { ours } from '../harness/programs.ts'
import { remoteWrite } from '../harness/remote-write.ts'
import { type ServerUnderTest, startServer } from '../harness/server.ts'
import { fetchJson, sleep } from '../harness/wait.ts'

const SERIES = process.env.LONG ? 1_000_000 : 100_000
const BATCH = 10_000
const TIMEOUT_S = 5
/** After the deadline a query thread gets two seconds to stop by itself. */
const ENDS_WITHIN_MS = (TIMEOUT_S + 4) * 1000
const MEMORY_MB = 400

let server: ServerUnderTest
let close: () => Promise<void>
let at = 0

beforeAll(async () => {
  const target = await startGridTarget()
  close = () => target.close()
  const folder = folderWith({
    'p.yml': `global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
rule_files: [rules.yml]
scrape_configs:
  - job_name: grid
    static_configs: [{targets: ['${target.address}']}]
`,
    'rules.yml': `groups:
  - name: watch
    rules: [{record: watched, expr: count(up)}]
`,
  })
  server = await startServer(ours, {
    config: join(folder, 'p.yml'),
    data: join(folder, 'data'),
    args: [
      '--web.enable-remote-write-receiver',
      `--query.timeout=${TIMEOUT_S}s`,
      `--query.max-memory=${MEMORY_MB}MB`,
      '--enable-feature=promql-experimental-functions',
    ],
  })
  at = Math.floor(Date.now() / 1000)
  for (let from = 0; from < SERIES; from += BATCH) {
    const series = Array.from({ length: BATCH }, (_, i) => ({
      labels: { __name__: 'many', pod: `pod-${from + i}`, text: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaa' },
      samples: [
        [at * 1000 - 15_000, i],
        [at * 1000, i + 1],
      ] as [number, number][],
    }))
    await remoteWrite(server.url, series)
  }
}, 240_000)

afterAll(async () => {
  await close?.()
  await stopAll()
  removeFolders()
})

interface Outcome {
  readonly status: number
  readonly error: string
  readonly ms: number
}

async function ask(path: string, parameters: Record<string, string>): Promise<Outcome> {
  const started = performance.now()
  const response = await fetch(`${server.url}/api/v1/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(parameters).toString(),
  })
  // Large answers are only counted.
  let text = ''
  for await (const piece of response.body ?? []) {
    if (text.length < 10_000) text += Buffer.from(piece).toString('utf8', 0, 10_000)
  }
  const error = response.ok ? '' : (JSON.parse(text) as { error: string }).error
  return { status: response.status, error, ms: performance.now() - started }
}

const instant = (query: string) => ask('query', { query, time: String(at) })
const range = (query: string, seconds: number, step: number) =>
  ask('query_range', {
    query,
    start: String(at - seconds),
    end: String(at),
    step: String(step),
  })

const repeat = (count: number, text: string) => text.repeat(count)
const nest = (count: number, make: (inner: string) => string, inner: string) => {
  let text = inner
  for (let i = 0; i < count; i++) text = make(text)
  return text
}

const residentMegabytes = () => {
  const status = readFileSync(`/proc/${server.running.child.pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024
}

const tooDeep = /nested more than 400 levels|too deeply/
const tooMuch =
  /too many samples|bytes of memory|more memory than|ran out of memory|timed out|11,000 points|allocation failed/
const anything = /^/

const HOSTILE: readonly (readonly [string, () => Promise<Outcome>, RegExp])[] = [
  ['deep brackets', () => instant(`${repeat(100_000, '(')}1${repeat(100_000, ')')}`), tooDeep],
  ['deep minus', () => instant(`${repeat(100_000, '-')}1`), anything],
  ['a long sum', () => instant(`1${repeat(100_000, '+1')}`), anything],
  ['a long power', () => instant(`1${repeat(100_000, '^1')}`), anything],
  ['deep calls', () => instant(nest(5000, (x) => `abs(${x})`, 'many')), tooDeep],
  [
    'ten megabytes',
    () => instant(`sum(many) # ${repeat(10_000_000, 'x')}`),
    /1 ?MiB|too large|long/,
  ],
  [
    'ten megabytes of matchers',
    () => instant(`many{${repeat(600_000, 'pod!="a",')}}`),
    /long|large/,
  ],
  ['a tiny subquery step', () => instant('count_over_time(vector(1)[100y:1ms])'), tooMuch],
  ['a fine subquery of many', () => instant('sum(sum_over_time(many[1h:10ms]))'), tooMuch],
  [
    'subqueries in subqueries',
    () => instant(nest(8, (x) => `max_over_time(${x}[1d:1s])`, 'vector(time())')),
    tooMuch,
  ],
  ['many points', () => range('many', 10_000, 1), tooMuch],
  ['many ranges', () => range('sum_over_time(many[1d])', 10_000, 1), tooMuch],
  ['too many points', () => range('many', 1_000_000, 1), tooMuch],
  ['everything there is', () => instant('{__name__=~".+"}[10y]'), anything],
  ['a stuttering regex', () => instant('many{text=~"(a+)+b"}'), anything],
  ['a backtracking regex', () => instant('many{text=~"(a|a|aa)*(.*)(.*)(.*)(.*)(.*)x"}'), anything],
  ['a huge regex', () => instant('many{text=~"((a{0,100}){0,10}){0,1}b"}'), anything],
  [
    'an endless regex',
    () => instant('many{text=~"((((a{100}){100}){100}){100})"}'),
    /parsing regexp/,
  ],
  [
    'growing labels',
    () =>
      instant(
        nest(
          60,
          (x) => `label_replace(${x},"a","$1$1$1","a","(.+)")`,
          'label_replace(many,"a","xxxxxxxx","","")',
        ),
      ),
    tooMuch,
  ],
  ['a join of all with all', () => instant('many * on() group_left(pod) many'), /found duplicate/],
  ['a join', () => instant('many * on(pod) group_left(text) many + on(pod) many'), anything],
  ['a join over time', () => range('many * on(pod) many', 3600, 1), tooMuch],
  ['sets of sets', () => instant('(many or many) unless (many and many) or many'), anything],
  ['values', () => instant('count_values("v", many + time())'), anything],
  ['k', () => instant('topk(9e18, many)'), anything],
  ['k too large', () => instant('limitk(1e300, many)'), /overflows int64/],
  ['no ratio', () => instant('limit_ratio(NaN, many)'), /Ratio value is NaN/],
  ['a ratio of all', () => instant('count(limit_ratio(-1e300, many))'), anything],
  ['quantiles', () => range('quantile_over_time(0.5, many[1h])', 3600, 1), tooMuch],
  ['sorting', () => instant('sort_by_label_desc(many, "text", "pod")'), anything],
]

/** What others see meanwhile: the longest a small query took, and whether scrapes and rules go on. */
async function watchOthers(until: {
  isOver: boolean
}): Promise<{ slowestMs: number; peakMb: number }> {
  let slowestMs = 0
  let peakMb = 0
  while (!until.isOver) {
    const { status, ms } = await instant('1 + 1')
    expect(status).toBe(200)
    slowestMs = Math.max(slowestMs, ms)
    peakMb = Math.max(peakMb, residentMegabytes())
    await sleep(100)
  }
  return { slowestMs, peakMb }
}

it('ends every one of them in time, and others go on', async () => {
  const restMb = residentMegabytes()
  const started = Math.floor(Date.now() / 1000)
  const until = { isOver: false }
  const others = watchOthers(until)
  const outcomes: [string, Outcome, RegExp][] = []
  for (const [name, run, expected] of HOSTILE) outcomes.push([name, await run(), expected])
  // All that take long, at once.
  const slow = outcomes.filter(([, { ms }]) => ms > 1000).map(([name]) => name)
  const again = HOSTILE.filter(([name]) => slow.includes(name)).slice(0, 8)
  await Promise.all(
    again.map(async ([name, run]) => outcomes.push([`${name}, again`, await run(), anything])),
  )
  until.isOver = true
  const { slowestMs, peakMb } = await others
  if (process.env.SHOW) {
    const lines = outcomes.map(
      ([name, o]) => `${name} | ${o.status} | ${Math.round(o.ms)} ms | ${o.error.slice(0, 90)}`,
    )
    console.log(`${lines.join('\n')}\nslowest ${slowestMs} ms, memory ${restMb} to ${peakMb} MB`)
  }

  for (const [name, { status, error, ms }, expected] of outcomes) {
    expect([name, [200, 400, 422, 499, 503].includes(status)]).toEqual([name, true])
    if (status !== 200) expect(`${name}: ${error}`).toMatch(expected)
    else expect(`${name}: ${expected.source}`).toBe(`${name}: ${anything.source}`)
    expect([name, ms < ENDS_WITHIN_MS]).toEqual([name, true])
  }
  expect(slowestMs).toBeLessThan(3000)
  // What queries may hold, and what the heaps of up to five threads have not collected yet (256 MiB each at most).
  expect(peakMb - restMb).toBeLessThan(MEMORY_MB + 1000)

  const ended = Math.floor(Date.now() / 1000)
  // The target lives in this process, which itself is busy making queries now and then.
  const during = `[${ended - started}s]`
  const scraped = await server.query(`min(avg_over_time(up${during}))`, ended)
  expect(Number(scraped.data?.result[0]?.value?.[1])).toBeGreaterThan(0.8)
  const watched = await server.query(`count_over_time(watched${during})`, ended)
  expect(Number(watched.data?.result[0]?.value?.[1])).toBeGreaterThan((ended - started) * 0.8)
})

it('lists what runs, ends it on request, and counts what met a limit', async () => {
  const running = instant(nest(4, (x) => `max_over_time(${x}[1h:1s])`, 'sum(many)'))
  await sleep(300)
  const { data } = (await fetchJson(`${server.url}/api/v1/query/running`)) as {
    data: { queries: { id: number; query: string; state: string }[] }
  }
  const one = data.queries.find(({ query }) => query.startsWith('max_over_time'))
  expect(one?.state).toBe('running')
  expect((await ask('query/cancel', { id: String(one?.id) })).status).toBe(200)
  expect((await running).error).toBe('query was canceled in expression evaluation')
  expect((await ask('query/cancel', { id: String(one?.id) })).status).toBe(404)

  const metrics = await (await fetch(`${server.url}/metrics`)).text()
  expect(metrics).toMatch(/^prometheus_engine_query_limit_hits_total\{limit="samples"\} [1-9]/m)
  expect(metrics).toMatch(/^prometheus_engine_query_limit_hits_total\{limit="timeout"\} \d/m)
})
