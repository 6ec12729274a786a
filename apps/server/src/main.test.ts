import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Host } from '@prom/runtime'
import { createHost } from '@prom/runtime/node'
import { main } from './main.ts'
import { createInlineThreads } from './testing/inline-threads.ts'

let folder = ''
const opened: (() => unknown)[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'server-'))
})
afterEach(async () => {
  for (const close of opened.splice(0)) await close()
  rmSync(folder, { recursive: true, force: true })
})

const config = (text: string) => writeFileSync(join(folder, 'p.yml'), text)

function run(args: string[] = [], listen = '127.0.0.1:0') {
  const stop = new AbortController()
  const hangups: (() => void)[] = []
  let stderr = ''
  let stdout = ''
  const host: Host = {
    ...createHost(process),
    cwd: folder,
    hostname: 'host',
    signals: {
      stop: stop.signal,
      onHangup: (callback) => {
        hangups.push(callback)
        return () => {}
      },
    },
    stderr: { write: (text) => (stderr += text), isTerminal: false },
    stdout: { write: (text) => (stdout += text), isTerminal: false },
  }
  const argv = [
    `--config.file=${join(folder, 'p.yml')}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=${listen}`,
    ...args,
  ]
  let onReady: (port: number) => void = () => {}
  const ready = new Promise<number>((resolve) => {
    onReady = resolve
  })
  const exit = main(argv, host, {
    threads: createInlineThreads(),
    uiFolder: join(folder, 'ui'),
    onReady: ({ port }) => onReady(port),
  })
  opened.push(async () => {
    stop.abort()
    await exit
  })
  return {
    exit,
    ready,
    stop: () => stop.abort('SIGTERM'),
    hangup: () => hangups.map((call) => call()),
    stderr: () => stderr,
    stdout: () => stdout,
  }
}

async function start(args: string[] = []) {
  const server = run(args)
  const port = await Promise.race([
    server.ready,
    server.exit.then((code) => {
      throw new Error(`exit ${code}: ${server.stderr()}`)
    }),
  ])
  const ask = async (path: string, method = 'GET') => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method })
    return { status: answer.status, text: await answer.text() }
  }
  const data = async (path: string) => JSON.parse((await ask(`/api/v1${path}`)).text).data
  return { ...server, port, ask, data }
}

test('the server starts, answers, reloads and stops', async () => {
  config('global:\n  external_labels: {site: lab}\n')
  const server = await start(['--web.enable-lifecycle'])
  expect((await server.ask('/-/ready')).status).toBe(200)
  const metrics = async () => (await server.ask('/metrics')).text
  expect(await metrics()).toMatch(/^prometheus_ready 1$/m)
  expect(await metrics()).toMatch(/^prometheus_tsdb_head_series \d/m)
  expect(await metrics()).toMatch(
    /^net_conntrack_listener_conn_accepted_total\{listener_name="http"\} [1-9]/m,
  )
  expect(await metrics()).toMatch(/^prometheus_config_last_reload_successful 1$/m)
  expect((await server.data('/status/config')).yaml).toContain('site: lab')

  config('nope: 1\n')
  expect(await server.ask('/-/reload', 'POST')).toMatchObject({
    status: 500,
    text: expect.stringMatching(
      /^failed to reload config: couldn't load configuration \(--config.file=".*p\.yml"\): parsing YAML file .*p\.yml: yaml: unmarshal errors:\n {2}line 1: field nope not found in type config.plain\n/,
    ),
  })
  expect(await metrics()).toMatch(/^prometheus_config_last_reload_successful 0$/m)
  expect((await server.data('/status/config')).yaml).toContain('site: lab')
  expect(await server.data('/notifications')).toMatchObject([
    { text: 'Configuration reload has failed.', active: true },
  ])

  expect((await server.data('/status/runtimeinfo')).storageRetention).toBe('15d')
  const limits = 'storage: {tsdb: {retention: {time: 10d, size: 1GB, percentage: 5}}}'
  config(`global:\n  external_labels: {site: office}\n${limits}\n`)
  server.hangup()
  expect((await server.ask('/-/reload', 'POST')).status).toBe(200)
  expect((await server.data('/status/config')).yaml).toContain('site: office')
  expect((await server.data('/status/runtimeinfo')).storageRetention).toBe('10d or 1GiB or 5%')
  expect(await metrics()).toMatch(/^prometheus_config_last_reload_successful 1$/m)
  expect(await server.data('/notifications')).toEqual([])

  server.stop()
  expect(await server.exit).toBe(0)
  expect(server.stderr()).toMatch(/msg="Server is ready to receive web requests\."/)
  expect(server.stderr()).toMatch(/msg="See you next time!"\n$/)
  expect(readdirSync(join(folder, 'data'))).toContain('wal')
})

test('targets are discovered, scraped and shown', async () => {
  const page = createServer((_request, response) => {
    response.setHeader('content-type', 'text/plain; version=0.0.4')
    response.end('# HELP x_total X.\n# TYPE x_total counter\nx_total 3\n')
  })
  await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve))
  opened.push(() => {
    page.closeAllConnections()
    page.close()
  })
  const address = `127.0.0.1:${(page.address() as AddressInfo).port}`
  config(
    `scrape_configs:\n- job_name: x\n  scrape_interval: 50ms\n  scrape_timeout: 50ms\n` +
      `  static_configs: [{targets: ['${address}'], labels: {zone: a}}]\n`,
  )
  const server = await start()
  let targets: { health: string; labels: object }[] = []
  for (let i = 0; i < 100 && targets[0]?.health !== 'up'; i++) {
    targets = (await server.data('/targets')).activeTargets
  }
  expect(targets).toMatchObject([
    { health: 'up', labels: { instance: address, job: 'x', zone: 'a' }, lastError: '' },
  ])
  expect(await server.data('/metadata')).toMatchObject({
    x_total: [{ type: 'counter', help: 'X.' }],
  })
  expect((await server.data('/status/tsdb')).headStats.numSeries).toBeGreaterThan(4)
  expect(await server.data('/scrape_pools')).toEqual({ scrapePools: ['x'] })
  expect(await server.data('/query?query=x_total%20%2B%201')).toMatchObject({
    resultType: 'vector',
    result: [
      { metric: { instance: address, job: 'x', zone: 'a' }, value: [expect.any(Number), '4'] },
    ],
  })
  expect(await server.data('/label/__name__/values')).toContain('up')
  expect((await server.ask('/federate?match[]=x_total')).text).toMatch(
    /^# TYPE x_total untyped\nx_total\{instance="127[^{}]*",job="x",zone="a"\} 3 \d{13}\n$/,
  )
  expect((await server.data('/status/tsdb?limit=1')).seriesCountByMetricName).toHaveLength(1)
})

test('rules are evaluated, and an alert that fires is posted to the Alertmanager', async () => {
  const posted: string[] = []
  const receiver = createServer((request, response) => {
    let body = ''
    request.on('data', (piece) => {
      body += piece
    })
    request.on('end', () => {
      posted.push(`${request.method} ${request.url} ${body}`)
      response.end()
    })
  })
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  opened.push(() => {
    receiver.closeAllConnections()
    receiver.close()
  })
  const address = `127.0.0.1:${(receiver.address() as AddressInfo).port}`
  writeFileSync(
    join(folder, 'r.yml'),
    'groups:\n- name: g\n  interval: 20ms\n  rules:\n  - {record: one, expr: vector(1)}\n' +
      "  - {alert: Always, expr: one == 1, annotations: {summary: 'is {{ $value }}'}}\n",
  )
  config(
    'global: {external_labels: {site: lab}}\nrule_files: [r.yml]\n' +
      `alerting: {alertmanagers: [{static_configs: [{targets: ['${address}']}]}]}\n`,
  )
  const server = await start()
  for (let i = 0; i < 300 && posted.length === 0; i++) await server.data('/rules')
  expect(posted[0]).toMatch(/^POST \/api\/v2\/alerts \[\{.*"summary":"is 1"/)
  expect(posted[0]).toContain('"site":"lab"')
  expect((await server.data('/alerts')).alerts).toMatchObject([
    { state: 'firing', labels: { alertname: 'Always' }, value: '1e+00' },
  ])
  expect((await server.data('/alertmanagers')).activeAlertmanagers).toEqual([
    { url: `http://${address}/api/v2/alerts` },
  ])
  expect(await server.data('/query?query=one')).toMatchObject({
    result: [{ value: [expect.any(Number), '1'] }],
  })
})

test('console templates see queries, parameters and libraries', async () => {
  config('global: {external_labels: {site: lab}}\n')
  writeFileSync(
    join(folder, 'a.html'),
    '{{ template "head" .Params.x }} {{ range query "vector(7)" }}{{ .Value }}{{ end }} ' +
      '{{ $externalLabels.site }}',
  )
  writeFileSync(join(folder, 'x.lib'), '{{ define "head" }}<b>{{ . }}</b>{{ end }}')
  const server = await start([
    `--web.console.templates=${folder}`,
    `--web.console.libraries=${folder}`,
  ])
  expect(await server.ask('/consoles/a.html?x=1%3C2')).toEqual({
    status: 200,
    text: '<b>1&lt;2</b> 7 lab',
  })
  expect(await server.ask('/consoles/none.html')).toEqual({
    status: 404,
    text: `open ${folder}/none.html: no such file or directory\n`,
  })
  expect((await server.ask('/consoles/..%2F..%2Fetc/passwd')).status).toBe(404)
})

test('jobs are printed, and their rules shown step by step', async () => {
  config(
    `scrape_configs:
- job_name: x
  relabel_configs:
  - {source_labels: [a], target_label: b, replacement: 'was $1'}
  - {source_labels: [a], regex: drop, action: drop}
  - {regex: a, action: labeldrop}
`,
  )
  const server = await start()
  const steps = async (labels: object) => {
    const query = `scrapePool=x&labels=${encodeURIComponent(JSON.stringify(labels))}`
    return (await server.data(`/targets/relabel_steps?${query}`)).steps
  }
  expect(await steps({ a: '1' })).toMatchObject([
    { rule: { action: 'replace', targetLabel: 'b' }, output: { a: '1', b: 'was 1' }, keep: true },
    { rule: { action: 'drop', regex: 'drop' }, output: { a: '1', b: 'was 1' }, keep: true },
    { output: { b: 'was 1' }, keep: true },
  ])
  expect((await steps({ a: 'drop' })).map(({ keep }: { keep: boolean }) => keep)).toEqual([
    true,
    false,
    false,
  ])
  const { yaml } = await server.data('/scrape_pools/config?scrapePool=x')
  expect(yaml).toMatch(/^job_name: x\n/)
  const f = async (path: string, error: string) =>
    expect(JSON.parse((await server.ask(`/api/v1${path}`)).text)).toMatchObject({ error })
  await f('/scrape_pools/config', 'no scrapePool parameter provided')
  await f('/targets/relabel_steps?scrapePool=x', 'no labels parameter provided')
  await f(
    '/targets/relabel_steps?scrapePool=x&labels=[]',
    'error parsing labels: not an object of strings',
  )
  await f('/search/metric_names', 'search API disabled')
  expect(await server.data('/status/tsdb/blocks')).toEqual({ blocks: [] })
  const features = await server.data('/features')
  expect(features.promql_functions).toMatchObject({ rate: true, sort_by_label: false })
  expect(features.prometheus).toMatchObject({ server_mode: true, agent_mode: false })
})

test('what is wrong at the start is one clear line and the exit code of the original', async () => {
  const f = async (text: string | undefined, code: number, line: RegExp, args: string[] = []) => {
    if (text !== undefined) config(text)
    const server = run(args)
    expect([await server.exit, server.stderr()]).toEqual([code, expect.stringMatching(line)])
  }
  await f(
    undefined,
    2,
    /level=ERROR .*msg="Error loading config \(--config.file=.*p.yml\)" file=.*p.yml err="open .*p.yml: no such file or directory"\n$/,
  )
  await f('global:\n  foo: 1\n', 2, /line 2: field foo not found in type config.plain"\n$/)
  writeFileSync(
    join(folder, 'r.yml'),
    'groups:\n- name: x\n  rules:\n  - record: a\n    expr: sum(\n',
  )
  await f(
    'rule_files: [r.yml]\n',
    2,
    /msg="Error loading rule file patterns from config .* err="\S*r.yml: 5:11: group \\"x\\", rule 1, \\"a\\": could not parse expression: 1:5: parse error: unclosed left parenthesis"\n$/,
  )
  await f('{}', 2, /^could not compile CORS regex string "\(": error parsing regexp: /, [
    '--web.cors.origin=(',
  ])
  await f(
    '{}',
    3,
    /^The following flag\(s\) can only be used in agent mode: \["--storage.agent.path"\]\n$/,
    ['--storage.agent.path=x'],
  )
  await f(
    '{}',
    1,
    /^--auto-gomemlimit.ratio must be greater than 0 and less than or equal to 1.\n$/,
    ['--auto-gomemlimit.ratio=2'],
  )
  await f('{}', 2, /^parse external URL "http:\/\/x:y": parse "http:\/\/x:y": invalid port/, [
    '--web.external-url=http://x:y',
  ])
})

test('a taken port ends the server with its address and flag', async () => {
  config('{}')
  const { port } = await start()
  const taken = run([], `127.0.0.1:${port}`)
  expect(await taken.exit).toBe(1)
  expect(taken.stderr()).toContain(`bind: address already in use" flag=--web.listen-address`)
})
