import type { HttpAnswer, HttpClient, HttpRequest } from '@prom/http'
import { Labels } from '@prom/labels'
import { Registry } from '@prom/metrics'
import { FakeClock, recordLog, settlePromises } from '@prom/testkit'
import { loadYaml } from '@prom/yaml'
import type { NotifierAlert } from './alert-json.ts'
import { alertingConfig } from './alertmanager-config.ts'
import { DEFAULT_NOTIFIER_OPTIONS, NotifierManager } from './notifier-manager.ts'

function alertingOf(text: string) {
  const loaded = loadYaml(text, alertingConfig, 'test.yml')
  if ('errors' in loaded) throw new Error(JSON.stringify(loaded.errors))
  return loaded.value
}

const TWO = `
alertmanagers:
- static_configs: [{targets: ['a:9093']}]
- scheme: https
  path_prefix: /am/
  static_configs: [{targets: ['b:9093', 'c:9093']}]
  relabel_configs: [{source_labels: [__address__], regex: 'c:.*', action: drop}]
`

class FakeAlertmanagers {
  readonly requests: HttpRequest[] = []
  status = 200
  error: string | undefined
  /** While set, requests wait for it. */
  gate: Promise<void> | undefined
  closed = 0

  readonly create = (): HttpClient => ({
    request: async (request) => {
      this.requests.push(request)
      if (this.gate) await Promise.race([this.gate, aborted(request.signal)])
      if (request.signal?.aborted) throw new Error('context canceled')
      if (this.error !== undefined) throw new Error(this.error)
      return { status: this.status, headers: {}, body: new Uint8Array() } satisfies HttpAnswer
    },
    close: async () => {
      this.closed++
    },
  })

  /** Names of posted alerts, by URL. */
  posted(url: string): string[][] {
    return this.requests
      .filter((request) => request.url === url)
      .map(({ body }) => {
        const alerts = JSON.parse(body as string) as { labels: { alertname: string } }[]
        return alerts.map(({ labels }) => labels.alertname)
      })
  }
}

function aborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    signal?.addEventListener('abort', () => resolve(), { once: true })
  })
}

function alert(name: string, labels: Record<string, string> = {}): NotifierAlert {
  return {
    labels: Labels.from({ alertname: name, ...labels }),
    annotations: Labels.from({ summary: 'a < b & c' }),
    startsAtMs: 1_700_000_000_123,
    endsAtMs: 1_700_000_240_000,
    generatorUrl: 'http://prom:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1',
  }
}

async function start(text: string, options = {}) {
  const clock = new FakeClock()
  const far = new FakeAlertmanagers()
  const metrics = new Registry()
  const log = recordLog()
  const manager = new NotifierManager(
    { ...DEFAULT_NOTIFIER_OPTIONS, ...options },
    { clock, log, metrics, createClient: far.create },
  )
  await manager.apply({ alerting: alertingOf(text), externalLabels: { region: 'eu' } })
  const stop = new AbortController()
  const done = manager.run(stop.signal, () => {})
  const value = (name: string, url?: string) =>
    metrics
      .gather()
      .find((family) => family.name === name)
      ?.points.find(({ labels }) => url === undefined || labels[1] === url)?.value
  return { clock, far, log, manager, stop, done, value }
}

const A = 'http://a:9093/api/v2/alerts'
const B = 'https://b:9093/am/api/v2/alerts'

test('alerts go to every Alertmanager in the words of its API', async () => {
  const { far, manager, value } = await start(TWO)
  expect(manager.alertmanagers()).toEqual({
    active: [A, B],
    dropped: ['https://c:9093/am/api/v2/alerts'],
  })
  manager.send([alert('Down', { job: 'x' })])
  await settlePromises()
  expect(far.requests.map(({ url }) => url)).toEqual([A, B])
  expect(far.requests[0]).toMatchObject({
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    timeoutMs: 10_000,
    body: '[{"annotations":{"summary":"a \\u003c b \\u0026 c"},"endsAt":"2023-11-14T22:17:20.000Z","startsAt":"2023-11-14T22:13:20.123Z","generatorURL":"http://prom:9090/graph?g0.expr=up+%3D%3D+0\\u0026g0.tab=1","labels":{"alertname":"Down","job":"x","region":"eu"}}]',
  })
  expect(value('prometheus_notifications_sent_total', A)).toBe(1)
  expect(value('prometheus_notifications_errors_total', A)).toBe(0)
  expect(value('prometheus_notifications_alertmanagers_discovered')).toBe(2)
  expect(value('prometheus_notifications_queue_capacity')).toBe(10_000)
})

test('an alert without annotations has no such key', async () => {
  const { far, manager } = await start(TWO)
  manager.send([{ ...alert('Down'), annotations: Labels.from({}) }])
  await settlePromises()
  expect(far.requests[0]?.body).toMatch(/^\[\{"endsAt":/)
})

test('relabelling changes and drops alerts, for all and for one entry', async () => {
  const { far, manager } = await start(`
alert_relabel_configs:
- {source_labels: [job], regex: noise, action: drop}
- {regex: job, action: labeldrop}
alertmanagers:
- static_configs: [{targets: ['a:9093']}]
- static_configs: [{targets: ['d:9093']}]
  alert_relabel_configs: [{source_labels: [alertname], regex: Quiet, action: drop}]
`)
  manager.send([
    alert('Loud', { job: 'x', region: 'us' }),
    alert('Quiet'),
    alert('Gone', { job: 'noise' }),
  ])
  await settlePromises()
  expect(far.posted(A)).toEqual([['Loud', 'Quiet']])
  expect(far.posted('http://d:9093/api/v2/alerts')).toEqual([['Loud']])
  const [first] = JSON.parse(far.requests[0]?.body as string)
  expect(first.labels).toEqual({ alertname: 'Loud', region: 'us' })
})

test('a hanging Alertmanager delays no other, and its queue drops the oldest', async () => {
  const { far, log, manager, value } = await start(TWO, { queueCapacity: 3, batchSize: 2 })
  let open = () => {}
  far.gate = new Promise((resolve) => {
    open = resolve
  })
  manager.send([alert('1')])
  await settlePromises()
  manager.send([alert('2'), alert('3')])
  manager.send([alert('4'), alert('5')])
  expect(value('prometheus_notifications_queue_length', A)).toBe(3)
  expect(value('prometheus_notifications_dropped_total', A)).toBe(1)
  expect(log.lines.some(({ message }) => message.includes('queue full'))).toBe(true)
  far.gate = undefined
  open()
  await settlePromises()
  expect(far.posted(A)).toEqual([['1'], ['3', '4'], ['5']])
  manager.send(['a', 'b', 'c', 'd', 'e'].map((name) => alert(name)))
  await settlePromises()
  expect(far.posted(A).slice(3)).toEqual([['c', 'd'], ['e']])
  expect(value('prometheus_notifications_dropped_total', A)).toBe(3)
})

test('a refusal is counted and logged, and not tried again', async () => {
  const { far, log, manager, value } = await start(TWO)
  far.status = 503
  manager.send([alert('Down')])
  await settlePromises()
  far.error = 'dial tcp 127.0.0.1:1: connect: connection refused'
  manager.send([alert('Down')])
  await settlePromises()
  const errors = log.lines.filter(({ fields }) => fields.alertmanager === A)
  expect(errors.map(({ fields }) => fields.err)).toEqual([
    'bad response status 503 Service Unavailable',
    'dial tcp 127.0.0.1:1: connect: connection refused',
  ])
  expect(value('prometheus_notifications_errors_total', A)).toBe(2)
  expect(value('prometheus_notifications_dropped_total', A)).toBe(2)
  expect(far.posted(A)).toHaveLength(2)
})

test('a stop drains the queues, unless told otherwise', async () => {
  const f = async (drainOnShutdown: boolean, expected: string[][], lost: number) => {
    const { far, manager, stop, done, value } = await start(TWO, { batchSize: 1, drainOnShutdown })
    let open = () => {}
    far.gate = new Promise((resolve) => {
      open = resolve
    })
    manager.send([alert('1'), alert('2'), alert('3')])
    await settlePromises()
    stop.abort()
    far.gate = undefined
    open()
    await done
    expect(far.posted(A)).toEqual(expected)
    expect(value('prometheus_notifications_dropped_total', A)).toBe(lost)
    manager.send([alert('late')])
    await settlePromises()
    expect(far.posted(A)).toEqual(expected)
  }
  await f(true, [['1'], ['2'], ['3']], 0)
  await f(false, [['1']], 2)
})

test('a reload keeps unchanged entries and their queues, and ends the others', async () => {
  const { far, manager, value } = await start(TWO, { batchSize: 1 })
  let open = () => {}
  far.gate = new Promise((resolve) => {
    open = resolve
  })
  manager.send([alert('1'), alert('2')])
  await settlePromises()
  const onlyFirst = "alertmanagers: [{static_configs: [{targets: ['a:9093']}]}]"
  await manager.apply({ alerting: alertingOf(onlyFirst), externalLabels: {} })
  expect(far.closed).toBe(1)
  expect(manager.alertmanagers().active).toEqual([A])
  expect(value('prometheus_notifications_sent_total', B)).toBeUndefined()
  far.gate = undefined
  open()
  await settlePromises()
  expect(far.posted(A)).toEqual([['1'], ['2']])
  expect(far.posted(B)).toEqual([['1']])
})

test('discovery replaces the Alertmanagers of an entry', async () => {
  const { log, manager } = await start(TWO)
  manager.setTargets(0, [
    { targets: ['x:1', 'y:1', 'x:1'], labels: new Map([['__scheme__', 'ftp']]) },
  ])
  expect(manager.alertmanagers().active).toEqual([
    'http://x:1/api/v2/alerts',
    'http://y:1/api/v2/alerts',
    B,
  ])
  manager.setTargets(0, [{ targets: ['a/b'], labels: new Map() }])
  expect(log.lines.at(-1)?.fields.err).toBe('"a/b" is not a valid hostname')
  expect(manager.alertmanagers().active).toHaveLength(3)
})

test('the client of an entry is made with its sigv4 section', async () => {
  const made: unknown[] = []
  const alertmanagers = new FakeAlertmanagers()
  const manager = new NotifierManager(DEFAULT_NOTIFIER_OPTIONS, {
    clock: new FakeClock(),
    log: recordLog(),
    metrics: new Registry(),
    createClient: (_config, sigv4) => {
      made.push(sigv4?.region)
      return alertmanagers.create()
    },
  })
  const alerting = alertingOf(`
alertmanagers:
- sigv4: {region: r, access_key: a, secret_key: s}
  static_configs: [{targets: ['a:9093']}]
- static_configs: [{targets: ['b:9093']}]
`)
  await manager.apply({ alerting, externalLabels: {} })
  expect(made).toEqual(['r', undefined])
})
