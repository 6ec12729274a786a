import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { respondText } from '@prom/http'
import { RELOAD_FAILED } from './notices.ts'
import { Readiness } from './readiness.ts'
import { serveRoutes } from './testing/ask.ts'
import { fakeRoutes } from './testing/fakes.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

async function start(over: Parameters<typeof fakeRoutes>[0] = {}) {
  const server = await serveRoutes(fakeRoutes(over))
  open.push(server)
  return server.ask
}

test('until it is ready the server says so, and while it stops too', async () => {
  const readiness = new Readiness()
  const ask = await start({ readiness })
  const gated = ['/api/v1/query?query=1', '/-/ready', '/federate', '/api/v1/targets']
  for (const path of gated) {
    const answer = await ask(path)
    expect([path, answer.status, answer.text]).toEqual([path, 503, 'Service Unavailable'])
    expect(answer.headers.get('x-prometheus-stopping')).toBe('false')
  }
  expect((await ask('/-/healthy')).status).toBe(200)
  expect((await ask('/metrics')).text).toContain('prometheus_tsdb_head_series 7')
  expect(JSON.parse((await ask('/api/v1/status/walreplay')).text).data).toEqual({
    min: 0,
    max: 3,
    current: 1,
  })
  readiness.markReady()
  expect(await ask('/-/ready')).toMatchObject({
    status: 200,
    text: 'Prometheus Server is Ready.\n',
  })
  expect((await ask('/-/ready', { method: 'HEAD' })).status).toBe(200)
  readiness.markStopping()
  expect((await ask('/-/ready')).headers.get('x-prometheus-stopping')).toBe('true')
})

test('reload and quit need their flag and the right method', async () => {
  const refusing = await start()
  expect(await refusing('/-/reload', { method: 'POST' })).toMatchObject({
    status: 403,
    text: 'Lifecycle API is not enabled.',
  })
  expect(await refusing('/-/quit')).toMatchObject({
    status: 405,
    text: 'Only POST or PUT requests allowed',
  })
  let quits = 0
  const ask = await start({
    reload: (_request, response) => respondText(response, 200, 'reloaded'),
    quit: () => quits++,
  })
  expect((await ask('/-/reload', { method: 'PUT' })).text).toBe('reloaded')
  expect((await ask('/-/quit', { method: 'POST' })).text).toBe('Requesting termination... Goodbye!')
  expect(quits).toBe(1)
})

test('paths live below the route prefix', async () => {
  const ask = await start({ prefix: '/prom' })
  expect((await ask('/prom/-/healthy')).status).toBe(200)
  expect((await ask('/-/healthy')).status).toBe(404)
  expect((await ask('/prom/api/v1/label/job/values')).status).toBe(200)
  const home = await ask('/prom/')
  expect([home.status, home.headers.get('location')]).toEqual([302, '/query'])
})

test('unknown paths and methods are refused as the original does', async () => {
  const ask = await start()
  expect(await ask('/api/v1/nope')).toMatchObject({ status: 404, text: '404 page not found\n' })
  expect((await ask('/api/v1/targets', { method: 'POST' })).status).toBe(405)
  expect((await ask('/metrics', { method: 'DELETE' })).status).toBe(405)
  expect(await ask('/api/v1/series', { method: 'DELETE' })).toMatchObject({
    status: 500,
    text: '{"status":"error","errorType":"internal","error":"not implemented"}',
  })
  expect((await ask('/api/v1/series', { method: 'PUT' })).headers.get('allow')).toBe(
    'DELETE, GET, OPTIONS, POST',
  )
  const folder = await ask('/api/v1?a=b&c', { method: 'GET' })
  expect([folder.status, folder.headers.get('location'), folder.text]).toEqual([
    301,
    '/api/v1/?a=b&c',
    '<a href="/api/v1/?a=b&amp;c">Moved Permanently</a>.\n\n',
  ])
})

test('pages are plain without a built UI, and its files where there is one', async () => {
  const plain = await start()
  const page = await plain('/query')
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(page.text).toContain('<h1>Title &lt;b&gt;</h1>')
  expect((await plain('/graph?g0.expr=up')).headers.get('location')).toBe('/query?g0.expr=up')

  const ui = mkdtempSync(join(tmpdir(), 'ui-'))
  mkdirSync(join(ui, 'assets'))
  writeFileSync(join(ui, 'index.html'), '<script id="server-settings">{}</script>')
  writeFileSync(join(ui, 'assets/a.js'), 'a()')
  const { pages } = fakeRoutes()
  const ask = await start({ pages: { ...pages, uiFolder: ui, userFolder: ui } })
  expect((await ask('/alerts')).text).toContain('>{"pageTitle":"Title \\u003cb>"}</script>')
  const script = await ask('/assets/a.js')
  expect([script.text, script.headers.get('content-type')]).toEqual([
    'a()',
    'text/javascript; charset=utf-8',
  ])
  expect((await ask('/user/assets/a.js')).text).toBe('a()')
  for (const path of ['/assets/..%2findex.html', '/assets/none.js', '/user/..%2f..%2fetc/passwd']) {
    expect([path, (await ask(path)).status]).toEqual([path, 404])
  }
  rmSync(ui, { recursive: true })
})

test('notices are streamed as they come and go, to a bounded number of readers', async () => {
  const deps = fakeRoutes()
  const server = await serveRoutes(deps)
  open.push(server)
  deps.notices.add(RELOAD_FAILED)
  const stop = new AbortController()
  const live = await fetch(`${server.url}/api/v1/notifications/live`, { signal: stop.signal })
  expect(live.headers.get('content-type')).toBe('text/event-stream')
  expect((await server.ask('/api/v1/notifications/live')).status).toBe(204)
  const reader = (live.body as ReadableStream<Uint8Array>).getReader()
  const next = async () => Buffer.from((await reader.read()).value ?? []).toString()
  const date = '2026-01-02T03:04:05.678Z'
  expect(await next()).toBe(`data: {"text":"${RELOAD_FAILED}","date":"${date}","active":true}\n\n`)
  deps.notices.remove(RELOAD_FAILED)
  expect(await next()).toContain('"active":false')
  stop.abort()
  for (let i = 0; i < 100 && deps.notices.listenerCount > 0; i++) await server.ask('/-/healthy')
  expect(deps.notices.listenerCount).toBe(0)
})
