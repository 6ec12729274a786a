/**
 * Every endpoint asked the same good and bad questions, of ours and of the original, on the same samples, rules and
 * targets: same status, same content type, same JSON. What is a fact of the process (times, durations, versions) is
 * masked, nothing else.
 */
import { join } from 'node:path'
import { folderWith, removeFolders } from '../harness/folders.ts'
import { startGridTarget } from '../harness/grid-target.ts'
import { stopAll } from '../harness/processes.ts'
import { originals, ours } from '../harness/programs.ts'
import { remoteWrite } from '../harness/remote-write.ts'
import { type ServerUnderTest, startServer } from '../harness/server.ts'
import { fetchJson, waitFor } from '../harness/wait.ts'

/** Samples younger than an hour: older ones are out of bounds once the servers scrape. */
const END_S = Math.floor(Date.now() / 60_000) * 60 - 60
const START_S = END_S - 2400

const range = (query: string, more = '') =>
  `/api/v1/query_range?query=${encodeURIComponent(query)}&start=${START_S}&end=${END_S}&step=60${more}`
const instant = (query: string, more = '') =>
  `/api/v1/query?query=${encodeURIComponent(query)}&time=${END_S}${more}`
const within = `start=${START_S}&end=${END_S}`
const matching = (...selectors: string[]) =>
  selectors.map((selector) => `match[]=${encodeURIComponent(selector)}`).join('&')

const requests: string[] = [
  // Queries
  instant('loaded_total'),
  instant('loaded_total{shard="1"}[5m]'),
  instant('sum(rate(loaded_total[5m])) by (shard)'),
  instant('1.5'),
  instant('1e21'),
  instant('"a<b>&c"'),
  instant('vector(1e-7)'),
  instant('loaded_total', '&limit=2'),
  instant('loaded_total', '&limit=-1'),
  instant('loaded_total', '&limit=x'),
  instant('loaded_total', '&timeout=10s'),
  instant('loaded_total', '&timeout=soon'),
  instant('loaded_total', '&lookback_delta=1s'),
  instant('loaded_total', '&lookback_delta=x'),
  `/api/v1/query?query=1&time=${START_S}.25`,
  '/api/v1/query?query=1&time=2026-06-01T00:00:00Z',
  '/api/v1/query?query=1&time=yesterday',
  '/api/v1/query',
  instant('sum('),
  instant('rate(loaded_total)'),
  instant('loaded_total{'),
  instant('loaded_total{shard=~"("}'),
  instant('{}'),
  instant('{shard=~".*"}'),
  instant('foo bar'),
  instant('1 + "a"'),
  instant('sum by (a) (1)'),
  instant('loaded_total[5'),
  instant('loaded_total[5m:]'),
  instant('nosuch(1)'),
  instant('loaded_total + ignoring(shard) loaded_total'),
  instant('rate(loaded_gauge[5m])'),
  range('loaded_total'),
  range('sum(loaded_total) > 100'),
  range('time()'),
  range('loaded_total[5m]'),
  range('loaded_total', '&limit=1'),
  `/api/v1/query_range?query=up&start=${END_S}&end=${START_S}&step=60`,
  `/api/v1/query_range?query=up&start=${START_S}&end=${END_S}&step=0`,
  `/api/v1/query_range?query=up&start=${START_S}&end=${END_S}&step=-1`,
  `/api/v1/query_range?query=up&start=${START_S}&end=${END_S}&step=x`,
  `/api/v1/query_range?query=up&start=${START_S}&end=${END_S}`,
  `/api/v1/query_range?query=up&end=${END_S}&step=1`,
  `/api/v1/query_range?query=up&start=0&end=${END_S}&step=1`,
  `/api/v1/query_exemplars?query=loaded_total&${within}`,
  `/api/v1/query_exemplars?query=sum(&${within}`,
  '/api/v1/format_query?query=sum(rate(a[5m]))by(b)',
  '/api/v1/format_query?query=sum(',
  '/api/v1/format_query',
  `/api/v1/parse_query?query=${encodeURIComponent('sum by (x) (rate(a{b!~"c"}[5m] offset 1m)) / on (x) group_left (y) b > bool 2')}`,
  `/api/v1/parse_query?query=${encodeURIComponent('topk(3, max_over_time(a[1h:5m] @ end())) unless -b')}`,
  '/api/v1/parse_query?query=a{',
  // Series and labels
  `/api/v1/series?${matching('loaded_total')}&${within}`,
  `/api/v1/series?${matching('loaded_total{shard="0"}', 'loaded_gauge')}&${within}`,
  `/api/v1/series?${matching('loaded_total')}&${within}&limit=2`,
  '/api/v1/series',
  `/api/v1/series?${matching('{}')}`,
  `/api/v1/series?${matching('a{')}`,
  `/api/v1/series?${matching('loaded_total')}&start=x`,
  `/api/v1/labels?${within}&${matching('loaded_total')}`,
  `/api/v1/labels?${matching('nothing')}`,
  `/api/v1/labels?${matching('a{')}`,
  `/api/v1/label/shard/values?${matching('loaded_total')}`,
  `/api/v1/label/shard/values?${matching('loaded_total')}&limit=1`,
  '/api/v1/label/__name__/values?match[]={__name__=~"loaded.%2B"}',
  '/api/v1/label/nothing/values',
  '/api/v1/label/a%2Fb/values',
  '/api/v1/label/%ff/values',
  '/api/v1/label/U__x_2e_y/values',
  '/api/v1/label/x/values?match[]={}',
  '/api/v1/labels?limit=-1',
  '/api/v1/labels?match[]={}',
  // What runs
  '/api/v1/targets?state=active',
  '/api/v1/targets?state=dropped',
  '/api/v1/targets?scrapePool=grid&state=active',
  '/api/v1/targets?scrapePool=none',
  '/api/v1/targets?state=odd',
  '/api/v1/scrape_pools',
  '/api/v1/metadata?metric=grid_requests_total',
  '/api/v1/metadata?limit=x',
  '/api/v1/targets/metadata?metric=grid_requests_total',
  '/api/v1/rules',
  '/api/v1/rules?type=alert',
  '/api/v1/rules?type=record',
  '/api/v1/rules?type=odd',
  '/api/v1/rules?rule_name[]=Always',
  '/api/v1/rules?rule_group[]=none',
  '/api/v1/rules?exclude_alerts=true',
  '/api/v1/rules?exclude_alerts=x',
  '/api/v1/rules?group_limit=0',
  '/api/v1/rules?group_limit=x',
  '/api/v1/rules?group_next_token=x',
  '/api/v1/rules?group_limit=1&group_next_token=x',
  '/api/v1/rules?match[]={severity="page"}',
  '/api/v1/rules?match[]=a{',
  '/api/v1/metadata?limit_per_metric=x',
  '/api/v1/targets/metadata?match_target={',
  '/api/v1/targets/metadata?match_target={job="none"}',
  '/api/v1/query_exemplars?query=a&start=9&end=3',
  '/api/v1/query?query=1;time=2',
  '/api/v1/query?query=%zz',
  '/api/v1/query?query=1&time=-5',
  '/api/v1/query?query=1&time=NaN',
  '/api/v1/query?query=loaded_total&time=-Inf',
  '/api/v1/query_range?query=1&start=NaN&end=1&step=1',
  '/api/v1/query_range?query=1&start=1&end=NaN&step=1',
  `/api/v1/series?${matching('loaded_total')}&start=Inf`,
  '/api/v1/query_range?query=1&start=0&end=1&step=1e30',
  '/api/v1/query_range?query=1&start=1&end=3&step=1s&timeout=x',
  '/api/v1/alerts',
  '/api/v1/alertmanagers',
  '/api/v1/status/config',
  // Refusals
  '/api/v1/nothing',
  '/api/v1/',
  '/debug/',
  '/nothing',
  '/-/healthy',
  '/-/ready',
  `/federate?${matching('loaded_total')}`,
  '/federate',
  '/federate?match[]={}',
  '/federate?match[]=a{',
  '//-/healthy',
  '/-/healthy/',
]

const config = (target: string) => `global:
  scrape_interval: 1s
  scrape_timeout: 1s
  evaluation_interval: 1s
  external_labels: {region: 'eu'}
rule_files: [rules.yml]
alerting:
  alertmanagers:
    - static_configs: [{targets: ['127.0.0.1:1']}]
scrape_configs:
  - job_name: grid
    static_configs:
      - targets: ['${target}']
        labels: {zone: a}
      - targets: ['127.0.0.1:1']
        labels: {zone: dropped}
    relabel_configs:
      - {source_labels: [zone], regex: dropped, action: drop}
`

const rules = `groups:
  - name: facts
    interval: 1s
    rules:
      - record: one:sum
        expr: sum(vector(1))
        labels: {kind: 'recorded'}
      - alert: Always
        expr: vector(3) > 1
        labels: {severity: 'page'}
        annotations: {summary: 'Value {{ $value }} in {{ $externalLabels.region }}, <b>'}
      - alert: Later
        expr: vector(1)
        for: 1h
      - alert: Never
        expr: vector(1) > 2
`

let mine: ServerUnderTest
let theirs: ServerUnderTest
let target: Awaited<ReturnType<typeof startGridTarget>>

beforeAll(async () => {
  target = await startGridTarget()
  const folder = folderWith({ 'prometheus.yml': config(target.address), 'rules.yml': rules })
  const options = (name: string) => ({
    config: join(folder, 'prometheus.yml'),
    data: join(folder, name),
    args: ['--web.enable-remote-write-receiver', '--storage.tsdb.retention.time=100y'],
  })
  ;[mine, theirs] = await Promise.all([
    startServer(ours, options('ours')),
    startServer(originals, options('original')),
  ])
  for (const server of [mine, theirs]) {
    const samples = Array.from({ length: 161 }, (_, i): [number, number] => [
      (START_S + i * 15) * 1000,
      i * 3.25,
    ])
    await remoteWrite(server.url, [
      { labels: { __name__: 'loaded_total', shard: '0', region: 'eu' }, samples },
      { labels: { __name__: 'loaded_total', shard: '1', region: 'us' }, samples },
      { labels: { __name__: 'loaded_total', shard: '2', region: 'us', x: '<&>' }, samples },
      { labels: { __name__: 'loaded_gauge', shard: '0' }, samples: samples.slice(0, 130) },
      { labels: { __name__: 'odd.name', 'a.b': 'x"\n\\ü\u0001\u0085' }, samples },
    ])
    await waitFor('scrapes and rule evaluations', 30_000, async () => {
      const text = JSON.stringify([
        await fetchJson(`${server.url}/api/v1/targets`),
        await fetchJson(`${server.url}/api/v1/rules`),
      ])
      return text.includes('"health":"up"') &&
        text.includes('"state":"firing"') &&
        text.includes('"state":"pending"') &&
        !text.includes('"health":"unknown"')
        ? true
        : undefined
    })
  }
}, 120_000)

afterAll(async () => {
  await stopAll()
  await target?.close()
  removeFolders()
})

/** Keys of the syntax tree that came after the server of reference. */
const newer = new Set(['anchored', 'smoothed', 'offsetExpr', 'rangeExpr', 'stepExpr', 'fillValues'])

const masked = new Set([
  'lastScrape',
  'lastScrapeDuration',
  'lastEvaluation',
  'evaluationTime',
  'activeAt',
  'globalUrl',
])

/** Parsed JSON without the facts of one process; keys stay in their order. */
function mask(value: unknown, server: ServerUnderTest): unknown {
  if (typeof value === 'string') return value.replaceAll(server.url.slice(7), 'SERVER')
  if (Array.isArray(value)) return value.map((item) => mask(item, server))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !newer.has(key))
      .map(([key, inner]) => [key, masked.has(key) ? `a ${typeof inner}` : mask(inner, server)]),
  )
}

async function ask(server: ServerUnderTest, path: string, init?: RequestInit) {
  const answer = await fetch(`${server.url}${path}`, init)
  const text = (await answer.text()).replaceAll(server.url.slice(7), 'SERVER')
  const contentType = answer.headers.get('content-type')
  const isJson = contentType?.startsWith('application/json')
  return {
    status: answer.status,
    contentType,
    body: isJson ? mask(JSON.parse(text), server) : text,
    // Go's order of keys is part of what people diff.
    keys: isJson ? Object.keys(JSON.parse(text) as object) : [],
  }
}

it.each(requests)('GET %s', async (path) => {
  expect(await ask(mine, path)).toEqual(await ask(theirs, path))
})

it.each([
  ['/api/v1/query', `query=loaded_total&time=${END_S}`],
  ['/api/v1/query_range', `query=loaded_total&start=${START_S}&end=${END_S}&step=300`],
  ['/api/v1/series', `match[]=loaded_total&start=${START_S}&end=${END_S}`],
  ['/api/v1/labels', 'match[]=loaded_total'],
  ['/api/v1/format_query', 'query=a%2Bb'],
  ['/api/v1/write', 'not snappy'],
  ['/api/v1/admin/tsdb/snapshot', ''],
  ['/api/v1/admin/tsdb/delete_series', 'match[]=up'],
  ['/api/v1/targets', ''],
  ['/-/reload', ''],
  ['/-/quit', ''],
])('POST %s %s', async (path, body) => {
  const init = {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  }
  expect(await ask(mine, path, init)).toEqual(await ask(theirs, path, init))
})

it.each([
  ['DELETE', '/api/v1/query'],
  ['DELETE', '/api/v1/series'],
  ['PUT', '/api/v1/series'],
  ['PUT', '/api/v1/labels'],
  ['OPTIONS', '/api/v1/query'],
  ['HEAD', '/-/healthy'],
])('%s %s', async (method, path) => {
  expect(await ask(mine, path, { method })).toEqual(await ask(theirs, path, { method }))
})

it.each([
  ['GET', '/api/v1'],
  ['GET', '/api/v1?a=b&c'],
  ['POST', '/api/v1'],
  ['GET', '/debug'],
  ['GET', '/debug/pprof'],
])('%s %s leads to the folder', async (method, path) => {
  const lead = async (server: ServerUnderTest) => {
    const init: RequestInit = { method, redirect: 'manual' }
    const { headers } = await fetch(`${server.url}${path}`, init)
    return { to: headers.get('location'), ...(await ask(server, path, init)) }
  }
  expect(await lead(mine)).toEqual(await lead(theirs))
})

const protobuf = 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding='

it.each([`${protobuf}delimited`, `${protobuf}text`, `${protobuf}compact-text`, `${protobuf}other`])(
  'federates as %s',
  async (accept) => {
    const path = `/federate?${matching('loaded_total', '{"odd.name"}')}`
    const init = { headers: { accept } }
    expect(await ask(mine, path, init)).toEqual(await ask(theirs, path, init))
  },
)

it.each(['gzip', 'zstd', ''])('refuses a write that is packed with "%s"', async (encoding) => {
  const init = {
    method: 'POST',
    body: 'no snappy block',
    headers: { 'content-type': 'application/x-protobuf', 'content-encoding': encoding },
  }
  const path = '/api/v1/write'
  expect(await ask(mine, path, init)).toEqual(await ask(theirs, path, init))
})

it('answers other origins as the original does', async () => {
  const headersOf = async (server: ServerUnderTest) => {
    const { headers } = await fetch(`${server.url}/api/v1/query?query=1`, {
      headers: { origin: 'https://dashboards.example.org' },
    })
    return Object.fromEntries(
      [...headers].filter(([name]) => name.startsWith('access-control') || name === 'vary'),
    )
  }
  expect(await headersOf(mine)).toEqual(await headersOf(theirs))
})
