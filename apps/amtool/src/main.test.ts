import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Host } from '@prom/runtime'
import { createHost } from '@prom/runtime/node'
import { main } from './main.ts'

const ALERTS = [
  {
    annotations: { summary: 'hello' },
    endsAt: '2099-01-01T00:00:00.000Z',
    fingerprint: '1',
    receivers: [{ name: 'w' }],
    startsAt: '2024-01-02T03:04:05.000Z',
    status: { inhibitedBy: [], mutedBy: [], silencedBy: [], state: 'active' },
    updatedAt: '2024-01-02T03:04:05.000Z',
    labels: { alertname: 'foo', a: 'b' },
  },
]

const SILENCES = [
  {
    id: '11111111-1111-4111-8111-111111111111',
    status: { state: 'active' },
    updatedAt: '2024-01-01T00:00:00.000Z',
    comment: 'why',
    createdBy: 'me',
    endsAt: '2099-01-01T00:00:00.000Z',
    matchers: [
      { isEqual: true, isRegex: false, name: 'alertname', value: 'foo' },
      { isEqual: false, isRegex: true, name: 'a', value: 'b.*' },
    ],
    startsAt: '2024-01-01T00:00:00.000Z',
  },
]

const ORIGINAL =
  'route:\n  receiver: w\n  routes:\n  - receiver: v\n    matchers:\n    - a="b"\nreceivers:\n- name: w\n- name: v\n'

const EXPLANATION = {
  labels: { a: 'b' },
  known: true,
  status: 'firing',
  inhibitedBy: {
    rule: { index: 1, sourceMatchers: '{s="1"}', targetMatchers: '{t="2"}', equal: ['e'] },
    source: { fingerprint: 'f', labels: { s: '1' } },
  },
  silencedBy: [SILENCES[0]],
  routes: {
    matchers: '{}',
    receiver: 'w',
    continue: false,
    verdict: 'matched',
    destination: false,
    routes: [
      {
        matchers: '{a="b"}',
        receiver: 'v',
        continue: true,
        verdict: 'matched',
        destination: true,
        routes: [],
      },
    ],
  },
  destinations: [
    {
      receiver: 'v',
      groupKey: '{}/{a="b"}:{}',
      groupExists: true,
      groupAlerts: 1,
      mutedBy: ['night'],
      nextFlush: '2024-01-01T00:00:00.000Z',
      notified: false,
      integrations: [
        {
          name: 'webhook',
          index: 0,
          sendResolved: true,
          lastNotification: { at: '2024-01-01T00:00:00.000Z', firing: 1, resolved: 0 },
          nextFlushSends: false,
          reason: 'nothing new',
          nextRepeat: '2024-01-01T04:00:00.000Z',
        },
      ],
    },
  ],
}

const TRIAL = {
  receiver: 'w',
  sent: false,
  integrations: [
    {
      name: 'webhook',
      index: 0,
      success: true,
      requests: [{ method: 'POST', url: 'http://h/', headers: { a: 'b' }, body: '{}' }],
    },
  ],
}

const EVENTS = [
  {
    kind: 'notification',
    at: '2024-01-02T03:04:05.000Z',
    event: 'failed',
    receiver: 'w',
    integration: 'webhook[0]',
    groupKey: '{}:{}',
    reason: 'first notification',
    firing: 1,
    resolved: 0,
    attempts: 2,
    error: 'no',
  },
  { kind: 'alert', at: '2024-01-02T03:04:05.000Z', event: 'fired', labels: { a: 'b' } },
]

const requests: { line: string; body: unknown }[] = []
let url = ''
const folder = mkdtempSync(join(tmpdir(), 'amtool-'))
const server = createServer(async (request, response) => {
  const body = await read(request)
  requests.push({ line: `${request.method} ${request.url}`, body })
  const path = (request.url ?? '').split('?')[0]
  const answers: Record<string, unknown> = {
    'GET /api/v2/alerts': ALERTS,
    'POST /api/v2/alerts': '',
    'GET /api/v2/silences': SILENCES,
    'POST /api/v2/alerts/explain': EXPLANATION,
    'POST /api/v2/receivers/test': TRIAL,
    'GET /api/v2/history': EVENTS,
    'POST /api/v2/silences': { silenceID: 'new-id' },
    [`GET /api/v2/silence/${SILENCES[0]?.id}`]: SILENCES[0],
    [`DELETE /api/v2/silence/${SILENCES[0]?.id}`]: '',
    'GET /api/v2/status': {
      cluster: { name: 'n', status: 'ready', peers: [{ name: 'n', address: '1.2.3.4:9094' }] },
      config: { original: ORIGINAL },
      uptime: '2024-01-01T00:00:00.000Z',
      versionInfo: { version: '0.0.0', branch: 'b' },
    },
  }
  const answer = answers[`${request.method} ${path}`]
  if (answer === undefined) {
    response.writeHead(400).end('"bad matcher format: x"')
    return
  }
  response.end(answer === '' ? '' : JSON.stringify(answer))
})

async function read(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const part of request) text += String(part)
  return text === '' ? undefined : JSON.parse(text)
}

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(() => {
  requests.length = 0
})

async function amtool(words: string[], more: Partial<Host> = {}) {
  let out = ''
  let err = ''
  const host: Host = {
    ...createHost(process),
    env: { HOME: folder, USER: 'tester' },
    stdin: async () => new Uint8Array(),
    stdout: { write: (text) => void (out += String(text)), isTerminal: false },
    stderr: { write: (text) => void (err += String(text)), isTerminal: false },
    ...more,
  }
  const given = words.some((word) => word.startsWith('--alertmanager.url='))
    ? []
    : [`--alertmanager.url=${url}`, '--no-version-check']
  const code = await main([...given, ...words], host)
  return { code, out, err }
}

test('alerts print in columns, at length, or as the API gives them', async () => {
  expect(await amtool(['alert'])).toEqual({
    code: 0,
    err: '',
    out:
      'Alertname  Starts At                Summary  State   \n' +
      'foo        2024-01-02 03:04:05 UTC  hello    active  \n',
  })
  expect(requests[0]?.line).toBe(
    'GET /api/v2/alerts?active=true&inhibited=false&silenced=false&unprocessed=false',
  )
  expect((await amtool(['-o', 'extended', 'alert', 'query', 'foo', 'a=b'])).out).toBe(
    'Labels                 Annotations      Starts At                Ends At                  Generator URL  State   \n' +
      'a="b" alertname="foo"  summary="hello"  2024-01-02 03:04:05 UTC  2099-01-01 00:00:00 UTC                 active  \n',
  )
  expect(requests[1]?.line).toContain('filter=alertname%3D%22foo%22&filter=a%3Db')
  const json = await amtool(['alert', '-s', '-o', 'json'])
  expect(JSON.parse(json.out)).toEqual(ALERTS)
  expect(requests[2]?.line).toContain('active=false&inhibited=false&silenced=true')
})

test('an alert is posted as its words say', async () => {
  const words = [
    'alert',
    'add',
    'foo',
    'node=bar',
    '--annotation=summary=x',
    '--end=2030-01-01T00:00:00Z',
  ]
  expect(await amtool(words)).toEqual({ code: 0, out: '', err: '' })
  expect(requests[0]).toEqual({
    line: 'POST /api/v2/alerts',
    body: [
      {
        labels: { alertname: 'foo', node: 'bar' },
        annotations: { summary: 'x' },
        endsAt: '2030-01-01T00:00:00Z',
      },
    ],
  })
})

test('silences are added with author, duration and comment', async () => {
  const { out } = await amtool(['silence', 'add', 'foo', 'a=~b', '-d', '2h', '-c', 'why'])
  expect(out).toBe('new-id\n')
  const body = requests[0]?.body as { startsAt: string; endsAt: string }
  expect(body).toMatchObject({
    createdBy: 'tester',
    comment: 'why',
    matchers: [
      { name: 'alertname', value: 'foo', isRegex: false, isEqual: true },
      { name: 'a', value: 'b', isRegex: true, isEqual: true },
    ],
  })
  expect(Date.parse(body.endsAt) - Date.parse(body.startsAt)).toBe(7_200_000)
})

test('silences print, filter, expire, and are updated', async () => {
  const id = SILENCES[0]?.id as string
  expect((await amtool(['silence'])).out).toBe(
    'ID                                    Matchers                  Ends At                  Created By  Comment  \n' +
      `${id}  alertname="foo" a!~"b.*"  2099-01-01 00:00:00 UTC  me          why      \n`,
  )
  expect((await amtool(['silence', 'query', '-q'])).out).toBe(`${id}\n`)
  expect((await amtool(['silence', 'query', '-q', '--expired'])).out).toBe('')
  expect((await amtool(['silence', 'query', '-q', '--within', '1h'])).out).toBe('')
  expect((await amtool(['silence', 'query', '-q', '--created-by', 'you'])).out).toBe('')
  expect(await amtool(['silence', 'expire', id])).toEqual({ code: 0, out: '', err: '' })
  expect((await amtool(['silence', 'update', '-q', '-d', '1h', id])).out).toBe('new-id\n')
  expect(requests.at(-1)?.body).toMatchObject({ id, endsAt: '2024-01-01T01:00:00.000Z' })
})

test('failures say why on stderr and end with code 1', async () => {
  const f = async (words: string[], text: string) =>
    expect(await amtool(words)).toEqual({ code: 1, out: '', err: `amtool: error: ${text}\n\n` })
  await f(['silence', 'add'], 'no matchers specified')
  await f(['silence', 'add', 'foo'], 'comment required by config')
  await f(['silence', 'add', 'foo', '-c', 'x', '-d', 'y'], 'not a valid duration string: "y"')
  await f(
    ['silence', 'add', 'foo', '-c', 'x', '--end=2001-01-01T00:00:00Z'],
    'silence cannot start after it ends',
  )
  await f(['silence', 'expire'], 'no silence IDs specified')
  await f(['silence', 'update', 'x'], '[GET /silence/{silenceID}] getSilence (status 400): {}')
  await f(['check-config', 'nope.yml'], "path 'nope.yml' does not exist")
  await f(['config', 'routes', 'test', 'x'], 'Failed to parse labels: bad matcher format: x')
  await f(['bogus'], 'expected command but got "bogus"')
})

test('routes are drawn and tested, from the server or from a file', async () => {
  expect((await amtool(['config', 'routes'])).out).toBe(
    'Routing tree:\n.\n└── default-route  receiver: w\n    └── {a="b"}  receiver: v\n\n',
  )
  expect(await amtool(['config', 'routes', 'test', 'a=b'])).toMatchObject({ code: 0, out: 'v\n' })
  const file = join(folder, 'am.yml')
  writeFileSync(file, ORIGINAL)
  const words = [
    'config',
    'routes',
    'test',
    `--config.file=${file}`,
    '--tree',
    '--verify.receivers=w',
  ]
  expect(await amtool([...words, 'a=b'])).toEqual({
    code: 1,
    out:
      'Matching routes:\n.\n└── default-route\n    └── {a="b"}  receiver: v\n\n\nv\n' +
      'WARNING: Expected receivers did not match resolved receivers.\n',
    err: 'Warning: --config.file flag overrides the --alertmanager.url.\n',
  })
})

test('configuration files are checked one by one', async () => {
  const good = join(folder, 'good.yml')
  const bad = join(folder, 'bad.yml')
  writeFileSync(good, ORIGINAL)
  writeFileSync(bad, 'route: {receiver: nope}')
  const { code, out, err } = await amtool(['check-config', good, bad])
  expect([code, err]).toEqual([1, 'amtool: error: failed to validate 1 file(s)\n\n'])
  expect(out).toContain(
    `Checking '${good}'  SUCCESS\nFound:\n - global config\n - route\n - 0 inhibit rules\n - 2 receivers\n - 0 templates\n\n`,
  )
  expect(out).toContain(`Checking '${bad}'  FAILED: undefined receiver "nope" used in route`)
})

test('silences are imported, those the server does not know as new ones', async () => {
  const file = join(folder, 'silences.json')
  writeFileSync(file, JSON.stringify(SILENCES))
  expect(await amtool(['silence', 'import', file])).toEqual({ code: 0, out: 'new-id\n', err: '' })
  expect(requests.at(-1)?.body).toMatchObject({ id: SILENCES[0]?.id })
  await amtool(['silence', 'import', '-f', file])
  expect(requests.at(-1)?.body).not.toHaveProperty('id')
})

test('the tool reads its own configuration for defaults', async () => {
  const files = createHost(process).files
  files.mkdirSync(join(folder, '.config/amtool'))
  writeFileSync(join(folder, '.config/amtool/config.yml'), 'author: op\ncomment_required: false\n')
  expect(await amtool(['silence', 'add', 'foo'])).toMatchObject({ code: 0 })
  expect(requests[0]?.body).toMatchObject({ createdBy: 'op', comment: '' })
  rmSync(join(folder, '.config'), { recursive: true })
})

test('routing is explained in words, all of it by a server, the routes alone from a file', async () => {
  expect((await amtool(['config', 'routes', 'explain', 'a=b'])).out).toBe(
    [
      'Alert {a="b"}: firing',
      '',
      'Routes:',
      '  default-route  matches, goes further down',
      '    {a="b"}  matches, goes to v (continue)',
      '',
      'Inhibited: by rule 1 ({s="1"} mutes {t="2"}, equal e)',
      '  source f {s="1"}',
      `Silenced: by ${SILENCES[0]?.id} until 2099-01-01 00:00:00 UTC (me: why)`,
      '',
      'Receiver v:',
      '  group {}/{a="b"}:{} (1 alert)',
      '  next flush 2024-01-01 00:00:00 UTC',
      '  muted by time intervals: night',
      '  webhook[0]: last sent 2024-01-01 00:00:00 UTC with 1 firing, 0 resolved; next flush sends nothing; repeats 2024-01-01 04:00:00 UTC',
      '',
    ].join('\n'),
  )
  expect(requests[0]).toEqual({
    line: 'POST /api/v2/alerts/explain',
    body: { labels: { a: 'b' } },
  })
  const file = join(folder, 'explain.yml')
  writeFileSync(file, ORIGINAL)
  const words = ['config', 'routes', 'explain', `--config.file=${file}`]
  expect((await amtool([...words, 'a=c'])).out).toBe(
    'Routes:\n  default-route  matches, goes to w\n    {a="b"}  does not match a="b"\n',
  )
})

test('a receiver is tried out by the server, or from a file without one', async () => {
  expect(await amtool(['receiver', 'test', 'w', 'foo=bar', '--annotation=summary=x'])).toEqual({
    code: 0,
    err: '',
    out: 'webhook[0]  would send\n\nPOST http://h/\na: b\n\n{}\n',
  })
  expect(requests[0]).toMatchObject({
    line: 'POST /api/v2/receivers/test',
    body: {
      receiver: 'w',
      send: false,
      alerts: [{ labels: { foo: 'bar', alertname: 'TestAlert' }, annotations: { summary: 'x' } }],
    },
  })
  const file = join(folder, 'receivers.yml')
  writeFileSync(
    file,
    `route: {receiver: w}\nreceivers: [{name: w, webhook_configs: [{url: '${url}/hook-secret'}]}]`,
  )
  const local = ['receiver', 'test', `--config.file=${file}`, 'w']
  const dry = await amtool(local)
  expect([dry.code, requests.length, dry.out.includes('hook-secret')]).toEqual([0, 1, false])
  expect(dry.out).toContain(`POST ${url}/<secret>\n`)
  expect((await amtool([...local, '--show-secrets'])).out).toContain(`POST ${url}/hook-secret\n`)
  const sent = await amtool([...local, '--send', '--resolved'])
  expect([sent.code, sent.out.split('\n')[0]]).toEqual([
    1,
    'webhook[0]  FAILED: unexpected status code 400: "bad matcher format: x"',
  ])
  expect(requests.at(-1)).toMatchObject({
    line: 'POST /hook-secret',
    body: { status: 'resolved', notification_reason: 'all alerts resolved' },
  })
  expect(await amtool(['receiver', 'test', `--config.file=${file}`, 'x'])).toMatchObject({
    code: 1,
    err: 'amtool: error: receiver "x" not found\n\n',
  })
})

test('peers are listed in columns, and standard input has to say something', async () => {
  expect((await amtool(['cluster', '-o', 'extended'])).out).toBe(
    'Cluster Status:  ready\nNode Name:       n\n\nAddress       Name\n1.2.3.4:9094  n  \n',
  )
  expect(await amtool(['check-config'])).toEqual({
    code: 1,
    out: '',
    err: 'amtool: error: Failed to read from standard input\n',
  })
})

test('a server that cannot be reached is told of what the command asks, not of its version', async () => {
  const { code, err } = await amtool(['--alertmanager.url=http://127.0.0.1:1', 'silence', 'query'])
  expect([code, err]).toEqual([
    1,
    'amtool: error: Get "http://127.0.0.1:1/api/v2/silences": dial tcp 127.0.0.1:1: connect: connection refused\n\n',
  ])
})

test('history is listed', async () => {
  expect((await amtool(['history', '--kind=alert', 'foo'])).out).toBe(
    'At                       Kind          Event   Subject       Details                                               \n' +
      '2024-01-02 03:04:05 UTC  notification  failed  w/webhook[0]  {}:{} (first notification, 1 firing, 0 resolved): no  \n' +
      '2024-01-02 03:04:05 UTC  alert         fired   {a="b"}                                                             \n',
  )
  expect(requests[0]?.line).toBe(
    'GET /api/v2/history?limit=100&kind=alert&filter=alertname%3D%22foo%22',
  )
})

test('templates render with sample data', async () => {
  writeFileSync(join(folder, 'x.tmpl'), '{{ define "q" }}<{{ .Status }}>{{ end }}')
  const words = ['template', 'render', `--template.glob=${join(folder, '*.tmpl')}`]
  const text = '--template.text={{ template "q" . }} {{ len .Alerts }} {{ .GroupLabels }}'
  expect((await amtool([...words, text])).out).toBe(
    '<alertstatus> 2 grouplabelkey1=grouplabelvalue1, grouplabelkey2=grouplabelvalue2',
  )
  expect(await amtool([...words, '--template.text={{ bogus }}'])).toMatchObject({ code: 1 })
})
