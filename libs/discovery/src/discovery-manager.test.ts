import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HttpAnswer, HttpRequest } from '@prom/http'
import { Registry } from '@prom/metrics'
import { createFiles } from '@prom/runtime/node'
import { FakeClock, recordLog, seededRandom, settlePromises } from '@prom/testkit'
import { loadYaml } from '@prom/yaml'
import { type DiscoveredTargets, DiscoveryManager, SdMetrics } from './index.ts'
import { type SdConfigs, sdConfigs } from './sd-configs.ts'

let dir: string
let clock: FakeClock
let told: DiscoveredTargets[]
let stop: AbortController
let running: Promise<void>
let answers: (HttpAnswer | Error)[]
let requests: HttpRequest[]

const none = async () => []
const records = { srv: none, mx: none, ns: none, a: none, aaaa: none }

function start(resolver: object = {}): DiscoveryManager {
  const manager = new DiscoveryManager({
    name: 'scrape',
    clock,
    random: seededRandom(1),
    files: createFiles(),
    net: { connect },
    env: {},
    resolver: { ...records, ...resolver },
    log: recordLog(),
    metrics: new SdMetrics(new Registry(), clock),
    version: '1.2.3',
    createClient: () => ({
      request: async (request) => {
        requests.push(request)
        const answer = answers.shift() ?? new Error('nothing to say')
        if (answer instanceof Error) throw answer
        return answer
      },
      close: async () => {},
    }),
    onTargets: (targets) => told.push(targets),
  })
  running = manager.run(stop.signal, () => {})
  return manager
}

const load = (yaml: string): SdConfigs => {
  const loaded = loadYaml(yaml, sdConfigs, join(dir, 'test.yml'))
  if (!('value' in loaded)) throw new Error(loaded.message)
  return loaded.value
}

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sd-'))
  clock = new FakeClock()
  told = []
  answers = []
  requests = []
  stop = new AbortController()
})

afterEach(async () => {
  stop.abort()
  await running
  rmSync(dir, { recursive: true, force: true })
})

/** Lets real file reads and events happen, until something new was told. */
async function next(): Promise<DiscoveredTargets> {
  const count = told.length
  for (let i = 0; i < 500 && told.length === count; i++) {
    await clock.advance(100)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return told.at(-1) as DiscoveredTargets
}

const addresses = (targets: DiscoveredTargets | undefined, set: string) =>
  targets?.get(set)?.flatMap((group) => group.targets.map((target) => target.__address__))

describe('DiscoveryManager', () => {
  test('tells static targets at once, and at most once per interval after that', async () => {
    const manager = start()
    await manager.apply(
      new Map([['a', load('static_configs: [{targets: ["x:1", "y:1"], labels: {l: v}}]')]]),
    )
    await settlePromises()
    expect(told.length).toBe(1)
    expect(told[0]?.get('a')).toEqual([
      {
        source: '0',
        targets: [{ __address__: 'x:1' }, { __address__: 'y:1' }],
        labels: { l: 'v' },
      },
    ])
    await manager.apply(new Map([['a', load('static_configs: [{targets: ["z:1"]}]')]]))
    await manager.apply(new Map([['b', load('static_configs: [{targets: ["q:1"]}]')]]))
    expect(told.length).toBe(1)
    await clock.advance(5_000)
    expect(told.length).toBe(2)
    expect([...(told[1]?.keys() ?? [])]).toEqual(['b'])
  })

  test('follows files as they change, and keeps what it had while one is broken', async () => {
    const file = join(dir, 'a.json')
    const write = (text: string) => {
      writeFileSync(`${file}.tmp`, text)
      renameSync(`${file}.tmp`, file)
    }
    write('[{"targets": ["x:1"], "labels": {"l": "v"}}]')
    writeFileSync(join(dir, 'b.yml'), '- targets: ["y:1"]\n  labels: {n: "1.10"}\n')
    const manager = start()
    await manager.apply(
      new Map([['a', load(`file_sd_configs: [{files: ["${dir}/*.json", "${dir}/b.yml"]}]`)]]),
    )
    let targets = await next()
    while (addresses(targets, 'a')?.length !== 2) targets = await next()
    expect(targets.get('a')).toEqual([
      {
        source: `${file}:0`,
        targets: [{ __address__: 'x:1' }],
        labels: { l: 'v', __meta_filepath: file },
      },
      {
        source: `${join(dir, 'b.yml')}:0`,
        targets: [{ __address__: 'y:1' }],
        labels: { n: '1.10', __meta_filepath: join(dir, 'b.yml') },
      },
    ])
    write('[{"targets": [')
    await next()
    expect(addresses(manager.targets(), 'a')).toEqual(['x:1', 'y:1'])
    write('[{"targets": ["z:1"]}]')
    while (!addresses(targets, 'a')?.includes('z:1')) targets = await next()
    expect(addresses(targets, 'a')).toEqual(['z:1', 'y:1'])
  })

  test('asks a URL for groups, and keeps what it had when that fails', async () => {
    const json = (value: unknown, type = 'application/json'): HttpAnswer => ({
      status: 200,
      headers: { 'content-type': type },
      body: Buffer.from(JSON.stringify(value)),
    })
    answers = [
      json([{ targets: ['x:1'], labels: { a: 'b' } }], 'application/json; charset=utf-8'),
      new Error('connection refused'),
      json([{ targets: ['y:1'] }], 'text/html'),
      json([{ targets: ['z:1'] }]),
    ]
    const manager = start()
    await manager.apply(
      new Map([['a', load('http_sd_configs: [{url: "http://sd/t", refresh_interval: 10s}]')]]),
    )
    await clock.advance(5_000)
    expect(told.at(-1)?.get('a')).toEqual([
      {
        source: 'http://sd/t:0',
        targets: [{ __address__: 'x:1' }],
        labels: { a: 'b', __meta_url: 'http://sd/t' },
      },
    ])
    expect(requests[0]?.headers).toEqual({
      'User-Agent': 'Prometheus/1.2.3',
      Accept: 'application/json',
      'X-Prometheus-Refresh-Interval-Seconds': '10',
    })
    await clock.advance(20_000)
    expect(requests.length).toBe(3)
    expect(addresses(manager.targets(), 'a')).toEqual(['x:1'])
    await clock.advance(10_000)
    expect(addresses(manager.targets(), 'a')).toEqual(['z:1'])
  })

  test('makes targets of DNS records', async () => {
    const manager = start({
      srv: async () => [{ name: 'h1.example', port: 8080 }],
      aaaa: async () => ['::1'],
      mx: async () => ['mail.example'],
    })
    await manager.apply(
      new Map([
        ['srv', load('dns_sd_configs: [{names: [_x._tcp.example]}]')],
        ['aaaa', load('dns_sd_configs: [{names: [example], type: AAAA, port: 9}]')],
        ['mx', load('dns_sd_configs: [{names: [example], type: mx, port: 25}]')],
      ]),
    )
    await clock.advance(5_000)
    expect(manager.targets().get('srv')?.[0]?.targets[0]).toMatchObject({
      __address__: 'h1.example:8080',
      __meta_dns_name: '_x._tcp.example',
      __meta_dns_srv_record_target: 'h1.example.',
      __meta_dns_srv_record_port: '8080',
    })
    expect(addresses(manager.targets(), 'aaaa')).toEqual(['[::1]:9'])
    expect(manager.targets().get('mx')?.[0]?.targets[0]).toMatchObject({
      __address__: 'mail.example:25',
      __meta_dns_mx_record_target: 'mail.example.',
    })
  })

  test('refuses what is not built by name', () => {
    expect(() => load('triton_sd_configs: [{account: a}]')).toThrow('triton')
  })
})

test('what a mechanism finds first is told at once, not when the interval is over', async () => {
  const path = join(dir, 'a.json')
  writeFileSync(path, '[{"targets": ["a:1"]}]')
  const manager = start()
  const yaml = `static_configs: [{targets: ['s:1']}]\nfile_sd_configs: [{files: [${path}]}]`
  await manager.apply(new Map([['job', load(yaml)]]))
  const count = () => (told.at(-1)?.get('job') ?? []).length
  // Reading takes real time; the clock goes no further than a little.
  for (let i = 0; i < 20_000 && count() < 2; i++) {
    await new Promise((resolve) => setImmediate(resolve))
    if (i % 200 === 199) await clock.advance(10)
  }
  expect(count()).toBe(2)
  expect(clock.now() - new FakeClock().now()).toBeLessThan(4000)
})
