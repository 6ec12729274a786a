import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { post, start, stopAll, until } from './testing/start.ts'

jest.setTimeout(20_000)

let hook: Server
let bodies: string[]
beforeEach(async () => {
  bodies = []
  hook = createServer((request, response) => {
    let body = ''
    request
      .on('data', (part) => (body += part))
      .on('end', () => {
        bodies.push(body)
        response.end()
      })
  })
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  await stopAll()
  hook.close()
})

const config = (more = '') => {
  const url = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/very-secret`
  return `
route:
  receiver: w
  group_by: [alertname]
  group_wait: 0s
  group_interval: 1s
  routes:
  - {matchers: [team="a"], receiver: a}
  - {matchers: [team=~"a|b"], receiver: w}
receivers:
- {name: w, webhook_configs: [{url: '${url}'}]${more}}
- {name: a, webhook_configs: [{url: '${url}'}]}
inhibit_rules:
- {source_matchers: [severity="critical"], target_matchers: [severity="warning"], equal: [alertname]}
`
}

const future = new Date(Date.now() + 3_600_000).toISOString()
const get = async (url: string) => (await fetch(url)).json() as Promise<unknown>
const silenceOf = (alertname: string) => ({
  matchers: [{ name: 'alertname', value: alertname, isRegex: false }],
  startsAt: new Date().toISOString(),
  endsAt: future,
  createdBy: 'me',
  comment: 'c',
})

test('a receiver is tried out without sending anything, its secrets hidden', async () => {
  const { url } = await start(config())
  const body = { receiver: 'w', alerts: [{ labels: { alertname: 'Disk', team: 'b' } }] }
  const answer = await post(`${url}/api/v2/receivers/test`, body)
  const text = await answer.text()
  expect([answer.status, text.includes('very-secret')]).toEqual([200, false])
  const { integrations } = JSON.parse(text) as {
    integrations: { requests: { url: string; body: string }[] }[]
  }
  expect(JSON.parse(text)).toMatchObject({
    receiver: 'w',
    sent: false,
    integrations: [{ name: 'webhook', index: 0, success: true }],
  })
  expect(JSON.parse(integrations[0]?.requests[0]?.body ?? '')).toMatchObject({
    receiver: 'w',
    groupKey: '{}:{alertname="Disk"}',
    alerts: [{ labels: { alertname: 'Disk', team: 'b' }, status: 'firing' }],
  })
  expect(bodies).toEqual([])
})

test('a test is sent only by a program that was started so', async () => {
  const closed = await start(config())
  const refused = await post(`${closed.url}/api/v2/receivers/test`, { receiver: 'w', send: true })
  expect([refused.status, bodies.length]).toEqual([403, 0])
  const open = await start(config(), ['--web.enable-receiver-test'])
  const answer = await post(`${open.url}/api/v2/receivers/test`, { receiver: 'w', send: true })
  expect(await answer.json()).toMatchObject({
    sent: true,
    integrations: [{ success: true, requests: [{ status: 200 }] }],
  })
  expect(JSON.parse(bodies[0] ?? '')).toMatchObject({
    alerts: [{ labels: { alertname: 'TestAlert' } }],
  })
})

test('what is no test is refused in words', async () => {
  const { url } = await start(config())
  const f = async (path: string, body: unknown, status: number, text: string) => {
    const answer = await post(`${url}/api/v2${path}`, body)
    expect([answer.status, JSON.stringify(await answer.json())]).toEqual([
      status,
      expect.stringContaining(text),
    ])
  }
  await f('/receivers/test', {}, 422, 'receiver in body is required')
  await f('/receivers/test', [], 400, 'cannot unmarshal array')
  await f('/receivers/test', { receiver: 'nope' }, 404, 'receiver \\"nope\\" not found')
  await f('/receivers/test', { receiver: 'w', alerts: [{}] }, 422, '0.labels in body is required')
  await f('/templates/test', { text: '{{ nope }}' }, 400, 'function \\"nope\\" not defined')
  await f('/templates/test', { text: 'x', type: 'pdf' }, 400, 'unknown template type pdf')
  await f('/alerts/explain', {}, 422, 'labels in body is required')
  await f('/alerts/explain', { labels: {} }, 400, 'at least one label pair required')
})

test('a template is expanded with the posted alerts', async () => {
  const { url } = await start(config())
  const text = '{{ len .Alerts.Firing }} {{ .CommonLabels.team }} <{{ .Receiver }}>'
  const alerts = [
    { labels: { alertname: 'x', team: 'a' } },
    { labels: { alertname: 'x', team: 'a', i: '1' } },
  ]
  const answer = await post(`${url}/api/v2/templates/test`, { text, alerts, receiver: 'a' })
  expect(await answer.json()).toEqual({ output: '2 a <a>' })
})

test('routing, inhibition, silences and the last notification of an alert are explained', async () => {
  const { url } = await start(config())
  const labels = { alertname: 'Disk', severity: 'warning', team: 'b' }
  const critical = { ...labels, severity: 'critical' }
  await post(`${url}/api/v2/alerts`, [{ labels: critical, endsAt: future }])
  await until(() => bodies.length > 0)
  await post(`${url}/api/v2/alerts`, [{ labels, endsAt: future }])
  const silence = (await (await post(`${url}/api/v2/silences`, silenceOf('Disk'))).json()) as {
    silenceID: string
  }
  const found = await (await post(`${url}/api/v2/alerts/explain`, { labels })).json()
  expect(found).toMatchObject({
    known: true,
    status: 'firing',
    suppressed: true,
    inhibitedBy: { rule: { index: 0, equal: ['alertname'] }, source: { labels: critical } },
    silencedBy: [{ id: silence.silenceID }],
    routes: {
      verdict: 'matched',
      destination: false,
      routes: [
        { verdict: 'failed', failedMatcher: 'team="a"' },
        { verdict: 'matched', destination: true, receiver: 'w' },
      ],
    },
    destinations: [
      {
        receiver: 'w',
        groupKey: '{}/{team=~"a|b"}:{alertname="Disk"}',
        groupExists: true,
        groupAlerts: 2,
        notified: false,
        integrations: [{ name: 'webhook', lastNotification: { firing: 1 }, nextFlushSends: false }],
      },
    ],
  })
  const { fingerprint } = found as { fingerprint: string }
  expect(await get(`${url}/api/v2/alerts/explain?fingerprint=${fingerprint}`)).toMatchObject({
    labels,
  })
  expect((await fetch(`${url}/api/v2/alerts/explain?fingerprint=0`)).status).toBe(404)
})

test('alerts, notifications and silence changes are listed, the newest first', async () => {
  const { url } = await start(config())
  const labels = { alertname: 'Disk', team: 'b' }
  await post(`${url}/api/v2/alerts`, [{ labels, endsAt: future }])
  await until(() => bodies.length > 0)
  const history = async (query: string) =>
    (await get(`${url}/api/v2/history${query}`)) as { kind: string; event: string }[]
  await until(async () => (await history('')).length === 2)
  await post(`${url}/api/v2/silences`, silenceOf('Disk'))
  await post(`${url}/api/v2/alerts`, [{ labels, endsAt: new Date().toISOString() }])
  const words = (await history('')).map(({ kind, event }) => `${kind} ${event}`)
  expect(words).toEqual(['alert resolved', 'silence created', 'notification sent', 'alert fired'])
  expect(await history('?kind=notification')).toMatchObject([
    {
      receiver: 'w',
      integration: 'webhook[0]',
      groupLabels: { alertname: 'Disk' },
      reason: 'first notification',
      firing: 1,
      resolved: 0,
      attempts: 1,
    },
  ])
  expect(await history('?filter=alertname="Disk"')).toHaveLength(4)
  expect(await history('?filter=alertname="Other"')).toEqual([])
  expect(await history('?limit=1&kind=alert,silence')).toMatchObject([{ event: 'resolved' }])
  expect(await history('?since=2999-01-01T00:00:00Z')).toEqual([])
  for (const query of ['?kind=x', '?limit=0', '?since=x']) {
    expect((await fetch(`${url}/api/v2/history${query}`)).status).toBe(400)
  }
})

test('no history is kept when it is switched off', async () => {
  const { url } = await start(config(), ['--history.max-events=0'])
  await post(`${url}/api/v2/alerts`, [{ labels: { alertname: 'x' }, endsAt: future }])
  await until(() => bodies.length > 0)
  expect(await get(`${url}/api/v2/history`)).toEqual([])
})

test('a receiver that asks for it hears of an end under a silence', async () => {
  const { url } = await start(config(', send_resolved_when_silenced: true'))
  const labels = { alertname: 'Disk' }
  await post(`${url}/api/v2/alerts`, [{ labels, endsAt: future }])
  await until(() => bodies.length > 0)
  await post(`${url}/api/v2/silences`, silenceOf('Disk'))
  await post(`${url}/api/v2/alerts`, [{ labels, endsAt: new Date().toISOString() }])
  await until(() => bodies.length > 1)
  expect(bodies.map((body) => (JSON.parse(body) as { status: string }).status)).toEqual([
    'firing',
    'resolved',
  ])
  const { config: shown } = (await get(`${url}/api/v2/status`)) as { config: { original: string } }
  expect(shown.original).toContain('send_resolved_when_silenced: true')
})

test('receivers, alerts and groups are found by the labels of receivers', async () => {
  const labelled = config().replace('{name: a,', '{name: a, labels: {tier: gold},')
  const { url } = await start(labelled)
  await post(`${url}/api/v2/alerts`, [
    { labels: { alertname: 'x', team: 'a' }, endsAt: future },
    { labels: { alertname: 'y', team: 'b' }, endsAt: future },
  ])
  const f = async (query: string, receivers: string[], alerts: string[]) => {
    const named = (await get(`${url}/api/v2/receivers?${query}`)) as { name: string }[]
    const listed = (await get(`${url}/api/v2/alerts?${query}`)) as {
      labels: { alertname: string }
    }[]
    const groups = (await get(`${url}/api/v2/alerts/groups?${query}`)) as { alerts: unknown[] }[]
    expect(named.map(({ name }) => name)).toEqual(receivers)
    expect(listed.map(({ labels }) => labels.alertname).sort()).toEqual(alerts)
    expect(groups).toHaveLength(alerts.length)
  }
  await f('', ['w', 'a'], ['x', 'y'])
  await f('receiver_matchers=tier%3D%22gold%22', ['a'], ['x'])
  await f('receiver_matchers=tier%3D%22%22', ['w'], ['y'])
  await f('receiver_matchers=name%3D~%22w%7Cz%22', ['w'], ['y'])
  expect((await fetch(`${url}/api/v2/receivers?receiver_matchers=a`)).status).toBe(400)
})
