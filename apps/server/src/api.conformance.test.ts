/**
 * The same requests, asked of the original and of us. Both scrape a page whose samples carry their own times, so both
 * hold the same data.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Host } from '@prom/runtime'
import { createHost } from '@prom/runtime/node'
import { main } from './main.ts'
import { createInlineThreads } from './testing/inline-threads.ts'
import { EXACT_PAGES, EXACT_POSTS, EXACT_REQUESTS, SHAPE_REQUESTS } from './testing/requests.ts'

const bin = process.env.REFERENCE_BIN ?? join(homedir(), '.cache/prometheus-reference/bin')
const SLOT_SECONDS = 5
const DATA_SECONDS = 30

let folder = ''
let page: Server
let original: ChildProcess
let ours = ''
let theirs = ''
let atSeconds = 0
const stop = new AbortController()
let exit: Promise<number>

const slotOf = (ms: number) => Math.floor(ms / 1000 / SLOT_SECONDS) * SLOT_SECONDS

/** What both scrape: each slot of five seconds has its values and its time. */
function printPage(): string {
  const slot = slotOf(Date.now())
  const time = slot * 1000
  const n = slot / SLOT_SECONDS
  const lines = ['# HELP wave A <wave>.', '# TYPE wave gauge']
  lines.push(`wave{shard="1"} ${n % 4} ${time}`, '# HELP steady_total Steady.')
  lines.push('# TYPE steady_total counter')
  for (const shard of [1, 2, 3]) lines.push(`steady_total{shard="${shard}"} ${n * shard} ${time}`)
  lines.push('# HELP sizes Sizes.', '# TYPE sizes histogram')
  for (const [le, count] of [
    ['1', 2],
    ['10', 5],
    ['+Inf', 6],
  ]) {
    lines.push(`sizes_bucket{le="${le}"} ${count} ${time}`)
  }
  lines.push(`sizes_sum 31.5 ${time}`, `sizes_count 6 ${time}`)
  return `${lines.join('\n')}\n`
}

async function freePort(): Promise<number> {
  const server = createTcpServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function until(what: string, test: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 800; i++) {
    if (await test().catch(() => false)) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`${what} did not happen`)
}

beforeAll(async () => {
  if (!existsSync(join(bin, 'prometheus'))) throw new Error(`no original at ${bin}`)
  folder = mkdtempSync(join(tmpdir(), 'conformance-'))
  page = createServer((_request, response) => {
    response.setHeader('content-type', 'text/plain; version=0.0.4')
    response.end(printPage())
  })
  await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve))
  const target = `127.0.0.1:${(page.address() as AddressInfo).port}`
  writeFileSync(
    join(folder, 'r.yml'),
    `groups:
- name: g
  interval: 1s
  rules:
  - {record: waves, expr: 'sum by (shard) (wave)', labels: {x: y}}
  - {alert: Always, expr: vector(1), for: 1s, labels: {a: b}, annotations: {s: '{{ $value }}'}}
  - {alert: Never, expr: vector(1) > 2}
- name: h
  rules: [{record: once, expr: vector(1)}]
`,
  )
  writeFileSync(
    join(folder, 'p.yml'),
    `global: {external_labels: {site: lab}}
rule_files: [r.yml]
alerting: {alertmanagers: [{static_configs: [{targets: ['127.0.0.1:1']}]}]}
scrape_configs:
- job_name: page
  scrape_interval: 1s
  static_configs: [{targets: ['${target}', 'dropped:1'], labels: {zone: a}}]
  relabel_configs: [{source_labels: [__address__], regex: 'dropped.*', action: drop}]
- job_name: down
  scrape_interval: 1s
  static_configs: [{targets: ['127.0.0.1:1']}]
`,
  )
  const args = (data: string, port: number) => [
    `--config.file=${join(folder, 'p.yml')}`,
    `--storage.tsdb.path=${join(folder, data)}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--web.console.templates=/none',
  ]
  const port = await freePort()
  theirs = `http://127.0.0.1:${port}`
  original = spawn(join(bin, 'prometheus'), args('theirs', port), { stdio: 'ignore' })
  const host: Host = {
    ...createHost(process),
    signals: { stop: stop.signal, onHangup: () => () => {} },
    stderr: { write: () => {}, isTerminal: false },
  }
  const ownPort = await new Promise<number>((resolve, reject) => {
    exit = main(args('ours', 0), host, {
      threads: createInlineThreads(),
      uiFolder: '/none',
      onReady: ({ port: chosen }) => resolve(chosen),
    })
    exit.then((code) => reject(new Error(`exit ${code}`)), reject)
  })
  ours = `http://127.0.0.1:${ownPort}`
  await until('the original is ready', async () => (await fetch(`${theirs}/-/ready`)).ok)
  const start = slotOf(Date.now()) + 2 * SLOT_SECONDS
  await until('enough data', async () => Date.now() / 1000 > start + DATA_SECONDS + 2)
  atSeconds = start + DATA_SECONDS
}, 150_000)

afterAll(async () => {
  stop.abort()
  original?.kill()
  page?.closeAllConnections()
  page?.close()
  await exit
  rmSync(folder, { recursive: true, force: true })
})

interface Got {
  status: number
  type: string | null
  location: string | null
  text: string
}

async function ask(base: string, path: string, method = 'GET'): Promise<Got> {
  const filled = path
    .replaceAll('$T', String(atSeconds))
    .replaceAll('$S', String(atSeconds - DATA_SECONDS + 3 * SLOT_SECONDS))
  const answer = await fetch(base + filled, { method, redirect: 'manual' })
  return {
    status: answer.status,
    type: answer.headers.get('content-type'),
    location: answer.headers.get('location'),
    text: await answer.text(),
  }
}

/** Adds what later releases than the reference added, so that the rest can be compared. */
function withoutLater(text: string): string {
  return text.replace(/,?"(samplesRead|peakBytes)":\d+/g, '')
}

/** Leaves out fields the original does not have. */
function withoutOurs(key: string, value: unknown): unknown {
  return key === 'errorHistory' ? undefined : value
}

function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length > 0 ? [shapeOf(value[0])] : []
  if (value === null || typeof value !== 'object') return value === null ? null : typeof value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, shapeOf(one)]))
}

test.each(EXACT_REQUESTS)('%s', async (path) => {
  const full = `/api/v1${path}`
  const [their, our] = [await ask(theirs, full), await ask(ours, full)]
  expect({ ...our, text: withoutLater(our.text) }).toEqual(their)
})

test.each(EXACT_PAGES)('GET %s', async (path) => {
  expect(await ask(ours, path)).toEqual(await ask(theirs, path))
})

test.each(EXACT_POSTS)('POST %s', async (path) => {
  expect(await ask(ours, path, 'POST')).toEqual(await ask(theirs, path, 'POST'))
})

test.each(SHAPE_REQUESTS)('the form of %s', async (path) => {
  const [their, our] = [await ask(theirs, `/api/v1${path}`), await ask(ours, `/api/v1${path}`)]
  expect(our.status).toBe(their.status)
  const shapes = [our, their].map(({ text }) => shapeOf(JSON.parse(text, withoutOurs)))
  if (path === '/metadata') {
    const metrics = (text: string) => Object.keys(JSON.parse(text).data)
    expect(metrics(our.text)).toEqual(metrics(their.text))
  } else expect(shapes[0]).toEqual(shapes[1])
})

test('federation of both says the same', async () => {
  const path = `/federate?match[]=%7Bjob%3D%22page%22,__name__!~%22scrape_.*|up%22%7D`
  await until('both have seen the same slot', async () => {
    const [their, our] = [await ask(theirs, path), await ask(ours, path)]
    return our.text === their.text && our.text.includes('steady_total{')
  })
})
