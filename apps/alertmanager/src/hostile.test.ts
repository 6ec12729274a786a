import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { post, start, stopAll, until } from './testing/start.ts'

jest.setTimeout(30_000)

let hook: Server
/** Paths and bodies; `/hang` is never answered. */
let heard: { path: string; text: string }[]
beforeEach(async () => {
  heard = []
  hook = createServer((request, response) => {
    const pieces: Buffer[] = []
    request
      .on('data', (piece: Buffer) => pieces.push(piece))
      .on('end', () => {
        heard.push({ path: request.url ?? '', text: Buffer.concat(pieces).toString() })
        if (request.url === '/refuse') response.writeHead(500)
        if (request.url !== '/hang') response.end()
      })
  })
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  hook.closeAllConnections()
  await stopAll()
  hook.close()
})

const config = (receivers: string, routes = '') =>
  `
route: {receiver: w, group_by: [alertname], group_wait: 0s, group_interval: 1s, routes: [${routes}]}
receivers:
- {name: w, webhook_configs: [{url: 'HOOK/w'}]}
${receivers}`.replaceAll('HOOK', `http://127.0.0.1:${(hook.address() as AddressInfo).port}`)

const endsAt = new Date(Date.now() + 3_600_000).toISOString()
const paths = () => heard.map(({ path }) => path)

test('a receiver that hangs and one that fails delay nobody else', async () => {
  const { url } = await start(
    config(
      `- {name: hang, webhook_configs: [{url: 'HOOK/hang'}]}
- {name: refuse, webhook_configs: [{url: 'HOOK/refuse'}, {url: 'HOOK/beside'}]}`,
      '{receiver: hang, matchers: [to="hang"]}, {receiver: refuse, matchers: [to="refuse"]}',
    ),
  )
  await post(`${url}/api/v2/alerts`, [
    { labels: { alertname: 'a', to: 'hang' }, endsAt },
    { labels: { alertname: 'b', to: 'refuse' }, endsAt },
  ])
  await until(() => paths().includes('/hang') && paths().includes('/refuse'))
  const startedMs = Date.now()
  await post(`${url}/api/v2/alerts`, [{ labels: { alertname: 'c' }, endsAt }])
  await until(() => paths().includes('/w'))
  expect(Date.now() - startedMs).toBeLessThan(5000)
  expect(paths()).toContain('/beside')
})

test('an annotation of 10 MB arrives whole', async () => {
  const { url } = await start(config(''))
  const text = `${'x'.repeat(95)}<&>"ü`.repeat(100_000)
  const answer = await post(`${url}/api/v2/alerts`, [
    { labels: { alertname: 'big' }, annotations: { text }, endsAt },
  ])
  expect(answer.status).toBe(200)
  await until(() => heard.length > 0)
  const body = JSON.parse(heard[0]?.text ?? '') as { alerts: { annotations: { text: string } }[] }
  expect(body.alerts[0]?.annotations.text.length).toBe(text.length)
})

test('bodies that are no alerts are refused in words, and the right alerts beside wrong ones are kept', async () => {
  const { url } = await start(config(''))
  const send = async (body: string | Uint8Array) => {
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(`${url}/api/v2/alerts`, { method: 'POST', headers, body })
    return [answer.status, (await answer.text()).slice(0, 60)]
  }
  const [deep] = await send(`${'['.repeat(100_000)}`)
  expect(deep).toBe(400)
  expect(await send(Uint8Array.of(0x5b, 0xff, 0xfe, 0x5d))).toEqual([400, expect.any(String)])
  expect(await send('[{"labels":{"a":1}}]')).toEqual([400, expect.stringContaining('parsing')])
  expect(await send('[{"labels":{"a":"b"},"startsAt":"nope"}]')).toEqual([
    400,
    expect.stringContaining('parsing alerts body'),
  ])
  expect(await send('{"__proto__":{"labels":{}}}')).toEqual([400, expect.any(String)])
  const mixed: object[] = [
    { labels: { alertname: 'kept' }, endsAt },
    { labels: {} },
    { labels: { a: 'b' }, startsAt: '2020-01-02T00:00:00Z', endsAt: '2020-01-01T00:00:00Z' },
    {
      labels: Object.fromEntries([
        ['constructor', 'y'],
        ['other', 'no name'],
      ]),
      endsAt,
    },
  ]
  expect(await send(JSON.stringify(mixed))).toEqual([
    400,
    expect.stringContaining('at least one label pair required'),
  ])
  const kept = (await (await fetch(`${url}/api/v2/alerts`)).json()) as { labels: object }[]
  expect(kept.map(({ labels }) => labels)).toEqual(
    expect.arrayContaining([
      { alertname: 'kept' },
      Object.fromEntries([
        ['constructor', 'y'],
        ['other', 'no name'],
      ]),
    ]),
  )
})

test('broken UTF-8 in a label becomes replacement characters', async () => {
  const { url } = await start(config(''))
  const bytes = Buffer.concat([
    Buffer.from('[{"labels":{"alertname":"'),
    Buffer.of(0xc3, 0x28, 0xf0, 0x9f),
    Buffer.from(`"},"endsAt":"${endsAt}"}]`),
  ])
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${url}/api/v2/alerts`, { method: 'POST', headers, body: bytes })
  expect(answer.status).toBe(200)
  await until(() => heard.length > 0)
  expect(heard[0]?.text).toContain('\ufffd(\ufffd')
})

test('a template without end fails its own receiver only', async () => {
  const endless = '{{ define "x" }}{{ template "x" . }}{{ end }}{{ template "x" . }}'
  const huge = '{{ range .Alerts }}{{ printf "%0999999999d" 1 }}{{ end }}'
  const { url, log } = await start(
    config(
      `- {name: bad, webhook_configs: [{url: 'HOOK/{{ printf "%099999999d" 1 }}'}, {url: 'HOOK/good'}], discord_configs: [{webhook_url: 'HOOK/d', title: '${endless}'}, {webhook_url: 'HOOK/d', message: '${huge}'}]}`,
      '{receiver: bad, matchers: [to="bad"]}',
    ),
  )
  await post(`${url}/api/v2/alerts`, [
    { labels: { alertname: 'a', to: 'bad' }, endsAt },
    { labels: { alertname: 'b' }, endsAt },
  ])
  await until(() => paths().includes('/good') && paths().includes('/w'))
  await until(() => /Notify for alerts failed/.test(log()))
  // A width without measure is refused by printf alone, as in the original.
  expect(paths().filter((path) => path === '/d')).toHaveLength(1)
  expect((await fetch(`${url}/-/healthy`)).status).toBe(200)
})
