/** The same alerts, at the same moments, to this program and to the original: the same notifications. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHost } from '@prom/runtime/node'
import { main } from './main.ts'

jest.setTimeout(60_000)
// On a machine that stands still for a second the two hear of an event on two sides of a flush.
jest.retryTimes(2, { logErrorsBeforeRetry: true })

const bin = process.env.REFERENCE_BIN ?? join(homedir(), '.cache/prometheus-reference/bin')
let folder: string
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

const CONFIG = `
route:
  receiver: def
  group_by: [alertname]
  group_wait: 1s
  group_interval: 2s
  repeat_interval: 5s
  routes:
  - {matchers: [team="x"], receiver: x, group_by: ['...'], continue: true}
  - {match_re: {team: "x|y"}, receiver: y, group_by: []}
inhibit_rules:
- {source_matchers: [severity="critical"], target_matchers: [severity="warning"], equal: [alertname]}
receivers:
- {name: def, webhook_configs: [{url: 'http://127.0.0.1:PORT/def'}]}
- {name: x, webhook_configs: [{url: 'http://127.0.0.1:PORT/x', max_alerts: 1}]}
- {name: y, webhook_configs: [{url: 'http://127.0.0.1:PORT/y', send_resolved: false}]}
`

interface Side {
  readonly url: string
  /** Bodies by path and group, in the order they came, each with its moment. */
  readonly bodies: Map<string, Heard[]>
  readonly stop: () => Promise<void>
  readonly data: string
}

interface Heard {
  readonly atMs: number
  readonly text: string
}

const servers: Server[] = []
/** How to end what still runs. */
const running: (() => Promise<void>)[] = []

async function listen(bodies: Map<string, Heard[]>): Promise<number> {
  const server = createServer((request, response) => {
    let text = ''
    request
      .on('data', (part) => (text += part))
      .on('end', () => {
        const atMs = Date.now()
        response.end()
        const body = JSON.parse(text) as { groupKey: string }
        const key = `${request.url} ${body.groupKey}`
        bodies.set(key, [...(bodies.get(key) ?? []), { atMs, text }])
      })
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return port
}

async function start(name: string, run: (args: string[]) => () => Promise<void>): Promise<Side> {
  const bodies = new Map<string, Heard[]>()
  const config = join(folder, `${name}.yml`)
  writeFileSync(config, CONFIG.replaceAll('PORT', String(await listen(bodies))))
  const url = `http://127.0.0.1:${await freePort()}`
  const data = join(folder, name)
  const end = run([
    `--config.file=${config}`,
    `--storage.path=${data}`,
    `--web.listen-address=${url.slice(7)}`,
    '--web.external-url=http://am.test',
    '--cluster.listen-address=',
  ])
  running.push(end)
  const stop = async () => {
    running.splice(running.indexOf(end), 1)
    await end()
  }
  for (let i = 0; i < 200; i++) {
    if (
      await fetch(`${url}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      break
    await sleep(50)
  }
  return { url, bodies, stop, data }
}

const runOurs = (args: string[]) => {
  const stop = new AbortController()
  const silent = { write: () => {}, isTerminal: false }
  const host = {
    ...createHost(process),
    signals: { stop: stop.signal, onHangup: () => () => {} },
    stdout: silent,
    stderr: silent,
  }
  const done = main(args, host)
  return async () => {
    stop.abort()
    await done
  }
}

const runTheirs = (args: string[]) => {
  const path = join(bin, 'alertmanager')
  if (!existsSync(path)) throw new Error(`the original is not there: ${path}`)
  const child: ChildProcess = spawn(path, args, { stdio: 'ignore' })
  const done = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return async () => {
    child.kill('SIGTERM')
    await done
  }
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'alertmanager-original-'))
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((stop) => stop()))
  for (const server of servers.splice(0)) server.close()
  rmSync(folder, { recursive: true, force: true })
})

const at = (ms: number) => new Date(Date.now() + ms).toISOString()

test('groups, contents and order of notifications are those of the original', async () => {
  const sides = [await start('theirs', runTheirs), await start('ours', runOurs)]
  const post = (path: string, body: unknown) =>
    Promise.all(
      sides.map(({ url }) =>
        fetch(`${url}${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
      ),
    )
  const alert = (labels: Record<string, string>, endsInMs = 100_000) => ({
    labels,
    annotations: { s: '<x> & "y"' },
    generatorURL: 'http://g/?a=1&b=2',
    startsAt: at(-100),
    endsAt: at(endsInMs),
  })
  await post('/api/v2/alerts', [
    alert({ alertname: 'A', i: '1' }),
    alert({ alertname: 'A', i: '2' }),
    alert({ alertname: 'T', team: 'x' }),
    alert({ alertname: 'Y', team: 'y' }),
    alert({ alertname: 'I', severity: 'critical' }),
    alert({ alertname: 'I', severity: 'warning' }),
  ])
  // Every group is flushed one second after this and then every two: here there is none for a second on either side.
  const untilMs = Date.now() + 12_000
  await sleep(1500)
  await post('/api/v2/silences', {
    matchers: [{ name: 'i', value: '2', isRegex: false }],
    startsAt: at(0),
    endsAt: at(60_000),
    createdBy: 'me',
    comment: 'kept by both',
  })
  await sleep(2000)
  await post('/api/v2/alerts', [
    alert({ alertname: 'A', i: '1' }, -50),
    alert({ alertname: 'A', i: '3' }),
    alert({ alertname: 'I', severity: 'critical' }, -50),
    alert({ alertname: 'Y', team: 'y' }, -50),
  ])
  await sleep(Math.max(0, untilMs + 500 - Date.now()))
  await Promise.all(sides.map(({ stop }) => stop()))
  const [theirs, ours] = sides as [Side, Side]
  expect(theirs.bodies.size).toBeGreaterThanOrEqual(4)
  expect([...ours.bodies.keys()].sort()).toEqual([...theirs.bodies.keys()].sort())
  for (const [group, bodies] of theirs.bodies) {
    const mine = ours.bodies.get(group) ?? []
    const texts = (heard: readonly Heard[]) =>
      heard.filter(({ atMs }) => atMs < untilMs).map(({ text }) => text)
    expect(texts(bodies).length).toBeGreaterThan(0)
    expect(texts(mine)).toEqual(texts(bodies))
  }

  // Each goes on with the other's state folder.
  for (const [side, run] of [
    [theirs, runOurs],
    [ours, runTheirs],
  ] as const) {
    const next = await start(side === theirs ? 'theirs' : 'ours', run)
    const silences = (await (await fetch(`${next.url}/api/v2/silences`)).json()) as object[]
    await next.stop()
    expect(silences).toMatchObject([{ comment: 'kept by both', matchers: [{ name: 'i' }] }])
  }
})
