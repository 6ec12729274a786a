import { createServer, type Server, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { createHttpClient } from '@prom/http'
import { Registry } from '@prom/metrics'
import { createClock, createFiles } from '@prom/runtime/node'
import { recordLog, seededRandom } from '@prom/testkit'
import { loadYaml } from '@prom/yaml'
import { SdMetrics } from '../sd-metrics.ts'
import type { TargetGroup } from '../target-group.ts'
import { consul } from './consul.ts'
import { consulSdConfig } from './consul-config.ts'

/** Answers as a Consul agent does: at once for another index, else when something changes. */
class FakeConsul {
  readonly asked: { url: string; token: string | undefined }[] = []
  index = 5
  answers: Record<string, unknown> = {}
  readonly #waiting: (() => void)[] = []
  readonly #server: Server

  constructor() {
    this.#server = createServer((request, response) => {
      const url = request.url as string
      this.asked.push({ url, token: request.headers['x-consul-token'] as string | undefined })
      const { pathname, searchParams } = new URL(url, 'http://x')
      const answer = () => this.#answer(pathname, response)
      if (searchParams.get('index') === String(this.index)) this.#waiting.push(answer)
      else answer()
    })
  }

  change(answers: Record<string, unknown>): void {
    this.answers = { ...this.answers, ...answers }
    this.index++
    for (const answer of this.#waiting.splice(0)) answer()
  }

  #answer(path: string, response: ServerResponse): void {
    const value = this.answers[path]
    response.statusCode = value === undefined ? 500 : 200
    response.setHeader('X-Consul-Index', String(this.index))
    response.end(value === undefined ? 'rpc error' : JSON.stringify(value))
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return (this.#server.address() as { port: number }).port
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

const instance = (id: string, change: object = {}) => ({
  Node: {
    Node: 'n1',
    Address: '10.0.0.1',
    Meta: { 'rack-no': '7' },
    TaggedAddresses: { lan: '10.0.0.1' },
  },
  Service: { ID: id, Service: 'web', Address: '', Port: 80, Tags: ['a', 'b'], Meta: { v: '2' } },
  Checks: [{ CheckID: 'c', Status: 'passing' }],
  ...change,
})

let fake: FakeConsul
let port: number
let stop: AbortController
let running: Promise<void>
let told: (readonly TargetGroup[])[]

beforeEach(async () => {
  fake = new FakeConsul()
  port = await fake.listen()
  stop = new AbortController()
  told = []
})

afterEach(async () => {
  stop.abort()
  await running
  await fake.close()
})

function start(yaml: string): void {
  const loaded = loadYaml(
    `server: 127.0.0.1:${port}\nrefresh_interval: 1ms\n${yaml}`,
    consulSdConfig,
    'x.yml',
  )
  if (!('value' in loaded)) throw new Error(loaded.message)
  const clock = createClock()
  const none = async () => []
  running = consul
    .start(loaded.value, {
      clock,
      random: seededRandom(1),
      files: createFiles(),
      net: { connect },
      env: {},
      resolver: { srv: none, mx: none, ns: none, a: none, aaaa: none },
      log: recordLog(),
      metrics: new SdMetrics(new Registry(), clock),
      version: '1',
      createClient: (config) => createHttpClient(config, { clock }),
    })
    .run(stop.signal, (groups) => told.push(groups))
}

async function until(isDone: () => boolean): Promise<void> {
  for (let i = 0; i < 5000 && !isDone(); i++) await new Promise((resolve) => setImmediate(resolve))
  expect(isDone()).toBe(true)
}

test('watches the services of the catalog that have the tags, and what they become', async () => {
  fake.answers = {
    '/v1/agent/self': { Config: { Datacenter: 'dc1' } },
    '/v1/catalog/services': { consul: [], web: ['a', 'b'] },
    '/v1/health/service/web': [instance('web-1')],
  }
  start('tags: [a]\ntoken: t0\nnode_meta: {k: v}')
  await until(() => told.length > 0)
  expect(told[0]).toEqual([
    {
      source: 'web',
      labels: { __meta_consul_service: 'web', __meta_consul_dc: 'dc1' },
      targets: [
        {
          __address__: '10.0.0.1:80',
          __meta_consul_address: '10.0.0.1',
          __meta_consul_node: 'n1',
          __meta_consul_namespace: '',
          __meta_consul_partition: '',
          __meta_consul_tags: ',a,b,',
          __meta_consul_service_address: '',
          __meta_consul_service_port: '80',
          __meta_consul_service_id: 'web-1',
          __meta_consul_health: 'passing',
          __meta_consul_metadata_rack_no: '7',
          __meta_consul_service_metadata_v: '2',
          __meta_consul_tagged_address_lan: '10.0.0.1',
        },
      ],
    },
  ])
  expect(fake.asked.every(({ token }) => token === 't0')).toBe(true)
  const health = fake.asked.find(({ url }) => url.startsWith('/v1/health'))?.url
  expect(health).toBe('/v1/health/service/web?index=0&wait=120000ms&stale=&node-meta=k%3Av&tag=a')

  const critical = { Checks: [{ CheckID: 'c', Status: 'critical' }] }
  fake.change({ '/v1/health/service/web': [instance('web-1', critical), instance('web-2')] })
  await until(() => told.at(-1)?.[0]?.targets.length === 2)
  expect(told.at(-1)?.[0]?.targets[0]?.__meta_consul_health).toBe('critical')

  fake.change({ '/v1/catalog/services': { consul: [] } })
  await until(() => told.at(-1)?.length === 0)
})

test('named services are watched without the catalog', async () => {
  fake.answers = { '/v1/health/service/a%2Fb': [instance('x')] }
  start('datacenter: east\nservices: [a/b]')
  await until(() => told.length > 0)
  expect(told[0]?.[0]?.labels).toEqual({
    __meta_consul_service: 'a/b',
    __meta_consul_dc: 'east',
  })
  expect(fake.asked.some(({ url }) => url.includes('catalog'))).toBe(false)
  expect(fake.asked[0]?.url).toContain('dc=east')
})

test('refuses what does not go together', () => {
  const f = (yaml: string, text: string) => {
    const loaded = loadYaml(yaml, consulSdConfig, 'x.yml')
    expect('message' in loaded && loaded.message).toContain(text)
  }
  f("server: ''", 'consul SD configuration requires a server address')
  f(
    'token: x\nauthorization: {credentials: y}',
    'at most one of consul SD token, authorization, or oauth2 can be configured',
  )
  f(
    'username: x\nbasic_auth: {username: y}',
    'at most one of consul SD configuration username and password and basic auth can be configured',
  )
})
