import { AnchoredRegex } from '@prom/regex'
import { serveRoutes } from '../testing/ask.ts'
import { fakeRoutes, NOW_MS } from '../testing/fakes.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

async function start(over: Parameters<typeof fakeRoutes>[0] = {}) {
  const deps = fakeRoutes(over)
  const server = await serveRoutes(deps)
  open.push(server)
  const data = async (path: string, init?: RequestInit) => {
    const { status, text } = await server.ask(`/api/v1${path}`, init)
    expect(`${status} ${text}`).toMatch(/^200 \{"status":"success"/)
    // biome-ignore lint/suspicious/noExplicitAny: what JSON says is checked by each test.
    return (JSON.parse(text) as { data: any }).data
  }
  return { ...server, ...deps, data }
}

test('bad parameters are refused with the words of the original', async () => {
  const { ask } = await start()
  const f = async (path: string, error: string, status = 400, errorType = 'bad_data') => {
    const answer = await ask(`/api/v1${path}`)
    expect([path, answer.status, JSON.parse(answer.text)]).toEqual([
      path,
      status,
      { status: 'error', errorType, error },
    ])
  }
  const q = '/query?query=up'
  await f(
    '/query',
    'invalid parameter "query": unknown position: parse error: no expression found in input',
  )
  await f(
    `${q}&time=abc`,
    `invalid parameter "time": invalid time value for 'time': cannot parse "abc" to a valid timestamp`,
  )
  await f(`${q}&limit=-1`, 'invalid parameter "limit": limit must be non-negative')
  await f(`${q}&limit=x`, 'invalid parameter "limit": strconv.Atoi: parsing "x": invalid syntax')
  await f(`${q}&timeout=x`, 'invalid parameter "timeout": cannot parse "x" to a valid duration')
  await f(`${q}&timeout=0`, 'invalid parameter "query": context deadline exceeded')
  await f(`${q}&timeout=NaN`, 'invalid parameter "query": context deadline exceeded')
  await f(
    `${q}&lookback_delta=x`,
    'error parsing lookback delta duration: cannot parse "x" to a valid duration',
  )
  await f(
    `${q}%7B`,
    'invalid parameter "query": 1:4: parse error: unexpected end of input inside braces',
  )
  await f('/query?query=slow', 'query timed out in expression evaluation', 503, 'timeout')

  const r = '/query_range?query=up'
  await f(r, 'invalid parameter "start": cannot parse "" to a valid timestamp')
  await f(
    `${r}&start=0&end=x&step=1`,
    'invalid parameter "end": cannot parse "x" to a valid timestamp',
  )
  await f(
    `${r}&start=0&end=NaN&step=1`,
    'invalid parameter "end": end timestamp must not be before start time',
  )
  await f(
    `${r}&start=1&end=0&step=1`,
    'invalid parameter "end": end timestamp must not be before start time',
  )
  await f(
    `${r}&start=0&end=1&step=0`,
    'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer',
  )
  await f(
    `${r}&start=0&end=1&step=x`,
    'invalid parameter "step": cannot parse "x" to a valid duration',
  )
  await f(
    `${r}&start=0&end=1000000&step=1`,
    'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
  )

  await f('/series', 'no match[] parameter provided')
  await f(
    '/series?match[]=%7B',
    'invalid parameter "match[]": 1:2: parse error: unexpected end of input inside braces',
  )
  await f(
    '/series?match[]=%7B%7D',
    'invalid parameter "match[]": match[] must contain at least one non-empty matcher',
  )
  await f('/labels?match[]=%7B%7D', 'match[] must contain at least one non-empty matcher')
  await f('/labels?match[]=up%7B', '1:4: parse error: unexpected end of input inside braces')
  await f(
    '/labels?start=abc',
    `invalid parameter "start": invalid time value for 'start': cannot parse "abc" to a valid timestamp`,
  )

  await f('/rules?type=foo', 'invalid parameter "type": not supported value "foo"')
  await f(
    '/rules?exclude_alerts=maybe',
    'invalid parameter "exclude_alerts": error converting exclude_alerts: strconv.ParseBool: parsing "maybe": invalid syntax',
  )
  await f(
    '/rules?group_limit=x',
    'invalid parameter "group_limit": group_limit needs to be a valid number: strconv.ParseInt: parsing "x": invalid syntax',
  )
  await f(
    '/rules?group_limit=0',
    'invalid parameter "group_limit": group_limit needs to be greater than 0',
  )
  await f(
    '/rules?group_next_token=x',
    'invalid parameter "group_next_token": group_limit needs to be present in order to paginate over the groups',
  )
  await f(
    '/rules?group_limit=1&group_next_token=x',
    `invalid parameter "group_next_token": invalid group_next_token 'x'. were rule groups changed?`,
  )
  await f('/label/%ff/values', 'invalid label name: "\\xff"')
  await f('/metadata?limit=x', 'limit must be a number')
  await f('/metadata?limit_per_metric=x', 'limit_per_metric must be a number')
  await f('/status/tsdb?limit=0', 'limit must be a positive number')
  await f(
    '/format_query?query=sum(',
    'invalid parameter "query": 1:5: parse error: unclosed left parenthesis',
  )
})

test('a query is handed on with its times in milliseconds, from URL and form', async () => {
  const { ask, data, queries } = await start()
  expect(await data('/query?query=up&time=1.5&limit=3&lookback_delta=1m')).toEqual({
    resultType: 'vector',
    result: [],
  })
  await data('/query?query=up&time=2026-01-02T03:04:05.678Z')
  await data('/query?query=up')
  await data('/query_range', {
    method: 'POST',
    body: new URLSearchParams({ query: 'up', start: '10', end: '20.5', step: '15s', timeout: '2' }),
  })
  expect(queries.asked).toMatchObject([
    { query: 'up', timeMs: 1500, limit: 3, lookbackMs: 60_000 },
    { timeMs: NOW_MS },
    { timeMs: NOW_MS },
    { query: 'up', startMs: 10_000, endMs: 20_500, stepMs: 15_000, timeoutMs: 2000 },
  ])
  expect((await ask('/api/v1/query?query=warned')).text).toBe(
    '{"status":"success","data":{"resultType":"vector","result":[]},"warnings":["results \\u003ccut\\u003e"]}',
  )
})

test('series, label names and values come from the query threads', async () => {
  const { ask, data, queries } = await start()
  expect(await data('/series?match[]=up&match[]=%7Bjob%3D%22a%22%7D&start=1&end=2')).toEqual([
    { __name__: 'up' },
  ])
  expect(await data('/label/U__a_2e_b/values')).toEqual(['a.b'])
  expect(JSON.parse((await ask('/api/v1/labels?limit=1')).text)).toEqual({
    status: 'success',
    data: ['__name__'],
    warnings: ['results truncated due to limit'],
  })
  expect(queries.asked[0]).toEqual({
    matcherSets: ['up', '{job="a"}'],
    mint: 1000,
    maxt: 2000,
    limit: 0,
  })
})

test('targets come by pool and state', async () => {
  const { data } = await start()
  expect(await data('/targets?scrapePool=app')).toEqual({
    activeTargets: [
      {
        discoveredLabels: { __address__: 'b:2', job: 'app' },
        labels: { instance: 'b:2', job: 'app' },
        scrapePool: 'app',
        scrapeUrl: 'http://b:2/metrics',
        globalUrl: 'http://b:2/metrics',
        lastError: '',
        lastScrape: '2026-01-02T03:04:05.678Z',
        lastScrapeDuration: 0.5,
        health: 'up',
        scrapeInterval: '15s',
        scrapeTimeout: '10s',
      },
    ],
    droppedTargets: [{ discoveredLabels: { __address__: 'c:3' }, scrapePool: 'app' }],
    droppedTargetCounts: { app: 1, node: 0 },
  })
  const pools = (list: { scrapePool: string }[]) => list.map(({ scrapePool }) => scrapePool)
  const f = async (state: string, active: string[], dropped: string[], counts: unknown) => {
    const found: { activeTargets: never; droppedTargets: never; droppedTargetCounts: unknown } =
      await data(`/targets?state=${state}`)
    expect([pools(found.activeTargets), pools(found.droppedTargets)]).toEqual([active, dropped])
    expect(found.droppedTargetCounts).toEqual(counts)
  }
  await f('ANY', ['app', 'node'], ['app'], { app: 1, node: 0 })
  await f('active', ['app', 'node'], [], null)
  await f('dropped', [], ['app'], { app: 1, node: 0 })
  await f('foo', [], [], null)
  expect(await data('/scrape_pools')).toEqual({ scrapePools: ['app', 'node'] })
  const [, never] = (await data('/targets?state=active')).activeTargets as { lastScrape: string }[]
  expect(never?.lastScrape).toBe('0001-01-01T00:00:00Z')
})

test('metadata is merged per metric, and listed per target', async () => {
  const { data } = await start()
  const up = { type: 'gauge', unit: '', help: 'Up.' }
  expect(await data('/metadata')).toEqual({
    down: [{ ...up, help: 'Down.' }],
    up: [up, { ...up, help: 'Is up.' }],
  })
  expect(await data('/metadata?limit=1&limit_per_metric=1')).toEqual({ up: [up] })
  expect(await data('/metadata?metric=nope')).toEqual({})
  const target = { instance: 'a:1', job: 'node' }
  expect(await data('/targets/metadata?metric=up&match_target=%7Binstance%3D%22a:1%22%7D')).toEqual(
    [{ target, ...up }],
  )
  expect(await data('/targets/metadata?limit=1')).toEqual([
    { target, metric: 'up', ...up },
    { target: { ...target, instance: 'b:2' }, metric: 'up', ...up },
  ])
})

test('rules are printed, filtered and paged', async () => {
  const { data } = await start()
  const time = '2026-01-02T03:04:05.678Z'
  const alert = {
    labels: { alertname: 'Down', instance: 'a:1' },
    annotations: { summary: 'a <down>' },
    state: 'firing',
    activeAt: time,
    value: '0e+00',
  }
  const outcome = { health: 'ok', evaluationTime: 0.25, lastEvaluation: time }
  expect((await data('/rules?rule_group[]=g1')).groups).toEqual([
    {
      name: 'g1',
      file: 'r.yml',
      rules: [
        { name: 'job:up:sum', query: 'sum by (job) (up)', ...outcome, type: 'recording' },
        {
          state: 'firing',
          name: 'Down',
          query: 'up == 0',
          duration: 5,
          keepFiringFor: 0,
          labels: { severity: 'page' },
          annotations: { summary: 'a {{ $value }}' },
          alerts: [alert],
          ...outcome,
          type: 'alerting',
        },
      ],
      interval: 5,
      limit: 0,
      evaluationTime: 0.5,
      lastEvaluation: time,
    },
  ])
  expect(await data('/alerts')).toEqual({ alerts: [alert] })

  const names = async (query: string) => {
    const { groups }: { groups: { name: string; rules: { name: string }[] }[] } = await data(
      `/rules?${query}`,
    )
    return groups.map(({ name, rules }) => `${name}: ${rules.map((rule) => rule.name)}`)
  }
  expect(await names('type=record')).toEqual(['g1: job:up:sum', 'g2: bad'])
  expect(await names('type=alert')).toEqual(['g1: Down'])
  expect(await names('rule_name[]=bad&rule_name[]=Down')).toEqual(['g1: Down', 'g2: bad'])
  expect(await names('file[]=other.yml')).toEqual([])
  expect(await names('match[]=%7Bseverity%3D%22page%22%7D')).toEqual(['g1: Down'])
  const page: { groups: never[]; groupNextToken: string } = await data('/rules?group_limit=1')
  expect(page.groups).toHaveLength(1)
  expect(page.groupNextToken).toMatch(/^[0-9a-f]{40}$/)
  expect(await names(`group_limit=1&group_next_token=${page.groupNextToken}`)).toEqual(['g2: bad'])
  const silent: { groups: { rules: { alerts?: null }[] }[] } = await data('/rules?exclude_alerts=t')
  expect(silent.groups[0]?.rules[1]?.alerts).toBeNull()
})

test('status pages say what the server is', async () => {
  const { ask, data } = await start()
  expect(await data('/status/config')).toEqual({ yaml: 'global:\n  scrape_interval: 1m\n' })
  expect(await data('/status/flags')).toMatchObject({ 'config.file': 'p.yml' })
  expect(await data('/status/buildinfo')).toMatchObject({ version: '1' })
  expect(await data('/status/runtimeinfo')).toMatchObject({
    startTime: '2026-01-02T03:04:05.678Z',
    lastConfigTime: '2026-01-02T03:04:05Z',
    reloadConfigSuccess: true,
    storageRetention: '15d',
  })
  expect((await ask('/api/v1/status/tsdb')).text).toContain(
    '{"headStats":{"numSeries":0,"numLabelPairs":0,"chunkCount":0,"minTime":9223372036854775807,"maxTime":-9223372036854775808},"seriesCountByMetricName":[{"name":"up","value":2}]}}',
  )
  expect(await data('/alertmanagers')).toEqual({
    activeAlertmanagers: [{ url: 'http://am/api/v2/alerts' }],
    droppedAlertmanagers: [],
  })
  expect(await data('/parse_query?query=up')).toMatchObject({ type: 'vectorSelector', name: 'up' })
  expect(await data('/format_query?query=sum(up)%2B1')).toBe('sum(up) + 1')
  // The program's feature flags hold here too.
  const flagged = 'query=sort_by_label(up,%22job%22)'
  expect(await data(`/format_query?${flagged}`)).toBe('sort_by_label(up, "job")')
  expect(await data(`/parse_query?${flagged}`)).toMatchObject({ type: 'call' })
  await data(`/query_exemplars?${flagged}`)
  expect((await ask('/api/v1/query_exemplars?query=up')).text).toBe(
    '{"status":"success","data":[{"seriesLabels":{"__name__":"up"},"exemplars":' +
      '[{"labels":{"trace":"x"},"value":"1.5","timestamp":1700000000.250}]}]}',
  )
  expect(await ask('/api/v1/query_exemplars?query=1')).toMatchObject({ status: 204, text: '' })
})

test('cross-origin requests are allowed as the flag says', async () => {
  const { ask } = await start({ corsOrigin: AnchoredRegex.compile('https?://good\\..*') })
  const headers = async (origin: string) =>
    (await ask('/api/v1/labels', { headers: { origin } })).headers
  const good = await headers('http://good.test')
  expect(good.get('access-control-allow-origin')).toBe('http://good.test')
  expect(good.get('access-control-allow-methods')).toBe('GET, POST, OPTIONS')
  expect(good.get('vary')).toMatch(/^Origin/)
  expect((await headers('http://bad.test')).get('access-control-allow-origin')).toBeNull()
  expect((await ask('/api/v1/query', { method: 'OPTIONS' })).status).toBe(204)
})

test('remote write is refused without its flag, and checked before it is stored', async () => {
  const refusing = await start()
  expect(await refusing.ask('/api/v1/write', { method: 'POST' })).toMatchObject({
    status: 404,
    text: 'remote write receiver needs to be enabled with --web.enable-remote-write-receiver\n',
  })
  const { ask } = await start({ acceptedMessages: ['prometheus.WriteRequest'] })
  const write = (headers: Record<string, string>, body = 'x') =>
    ask('/api/v1/write', { method: 'POST', headers, body })
  const type = { 'content-type': 'application/x-protobuf' }
  expect((await write(type)).status).toBe(204)
  expect(await write(type, '')).toMatchObject({ status: 400, text: 'snappy: corrupt input\n' })
  expect(await write({ ...type, 'content-encoding': 'zstd' })).toMatchObject({
    status: 415,
    text: 'zstd encoding (compression) is not accepted by this server; only snappy is acceptable\nsnappy: corrupt input\n',
  })
  expect((await write({ 'content-type': 'text/plain' })).text).toBe(
    'expected application/x-protobuf as the first (media) part, got text/plain content-type\n',
  )
  expect(
    (await write({ 'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request' }))
      .text,
  ).toBe(
    'io.prometheus.write.v2.Request protobuf message is not accepted by this server; only accepts prometheus.WriteRequest\n',
  )
})

test('admin calls need their flag, and check what they are told', async () => {
  const refusing = await start()
  const post = { method: 'POST' }
  expect(await refusing.ask('/api/v1/admin/tsdb/snapshot', post)).toMatchObject({
    status: 500,
    text: '{"status":"error","errorType":"unavailable","error":"admin APIs disabled"}',
  })
  const calls: unknown[] = []
  const { ask } = await start({
    adminStorage: {
      deleteSeries: async (...args) => void calls.push(args),
      cleanTombstones: async () => void calls.push('clean'),
      snapshot: async (skipHead) => `snapshot ${skipHead}`,
    },
  })
  const admin = (path: string) => ask(`/api/v1/admin/tsdb/${path}`, post)
  const match = 'match[]=up%7Bjob%3D~%22a.*%22%7D'
  expect((await admin(`delete_series?${match}&start=1&end=2`)).status).toBe(204)
  expect((await admin('clean_tombstones')).status).toBe(204)
  expect(calls).toEqual([
    [
      [
        [
          { type: '=~', name: 'job', value: 'a.*' },
          { type: '=', name: '__name__', value: 'up' },
        ],
      ],
      1000,
      2000,
    ],
    'clean',
  ])
  expect((await admin('snapshot?skip_head=t')).text).toBe(
    '{"status":"success","data":{"name":"snapshot true"}}',
  )
  const f = async (path: string, error: string) =>
    expect(JSON.parse((await admin(path)).text)).toMatchObject({ errorType: 'bad_data', error })
  await f('delete_series', 'no match[] parameter provided')
  await f(
    'delete_series?match[]=up%7B',
    'invalid parameter "match[]": 1:4: parse error: unexpected end of input inside braces',
  )
  await f(
    'delete_series?match[]=up&start=x',
    `invalid parameter "start": invalid time value for 'start': cannot parse "x" to a valid timestamp`,
  )
  await f(
    'snapshot?skip_head=x',
    'invalid parameter "skip_head": unable to parse boolean: strconv.ParseBool: parsing "x": invalid syntax',
  )
  expect((await ask('/api/v1/admin/tsdb/snapshot')).status).toBe(405)
})

test('queries that run are listed and can be ended', async () => {
  const { ask, data } = await start()
  expect(await data('/query/running')).toEqual({
    queries: [
      {
        id: 7,
        query: 'up',
        kind: 'query',
        state: 'running',
        priority: 'ad-hoc',
        started: new Date(NOW_MS - 1500).toISOString(),
        seconds: 1.5,
        memoryBytes: 4096,
        httpRequest: { clientIP: '127.0.0.1', method: 'GET', path: '/api/v1/query' },
      },
    ],
  })
  const cancel = async (id: string) => {
    const { status, text } = await ask(`/api/v1/query/cancel?id=${id}`, { method: 'POST' })
    return `${status} ${(JSON.parse(text) as { error?: string }).error ?? ''}`
  }
  expect(await cancel('7')).toBe('200 ')
  expect(await cancel('8')).toBe('404 no query with id 8 is running')
  expect(await cancel('x')).toBe('400 invalid parameter "id": a number is needed')
})

test('who asks, plans and statistics go on to the query', async () => {
  const { ask, queries } = await start()
  await ask('/api/v1/query?query=up&explain=only&stats=all')
  expect(queries.asked.at(-1)).toMatchObject({
    explain: 'only',
    stats: 'all',
    origin: { httpRequest: { method: 'GET', path: '/api/v1/query' } },
  })
  const { text } = await ask('/api/v1/query?query=up&explain=maybe')
  expect(text).toContain('invalid parameter \\"explain\\": must be true, false or only')
  const old = await ask('/api/v1/query?query=up&stats=1')
  expect(old.text).toContain('value \\"1\\" for parameter \\"stats\\" is deprecated')
})
