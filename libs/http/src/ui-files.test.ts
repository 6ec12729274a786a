import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { createHost } from '@prom/runtime/node'
import { HttpServer, openUiFiles } from './index.ts'

const quiet = { debug() {}, info() {}, warn() {}, error() {}, with: () => quiet }
const host = createHost(process)
let folder = ''
let base = ''
const stop = new AbortController()
let done: Promise<void>

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ui-'))
  mkdirSync(join(folder, 'assets'))
  writeFileSync(
    join(folder, 'index.html'),
    '<script type="application/json" id="server-settings">{}</script><div id="root"></div>',
  )
  writeFileSync(join(folder, 'assets/main-ABC.js'), 'let a')
  writeFileSync(join(folder, 'assets/main-ABC.js.gz'), gzipSync('let a'))
  writeFileSync(join(folder, 'secret.js'), 'no')
  const ui = openUiFiles(folder, host.files)
  const http = new HttpServer({ addresses: ['127.0.0.1:0'] }, { clock: host.clock, log: quiet })
  if (!ui) throw new Error('no pages')
  http.route(
    'GET',
    '/query',
    ui.page(() => ({ title: '</script><b>' })),
  )
  http.route('GET', '/assets/:name', ui.asset)
  await new Promise<void>((resolve, reject) => {
    done = http.run(stop.signal, resolve)
    done.catch(reject)
  })
  base = `http://127.0.0.1:${http.port}`
})

afterAll(async () => {
  stop.abort()
  await done
  rmSync(folder, { recursive: true })
})

test('the page carries its settings where they cannot end the script element', async () => {
  const page = await fetch(`${base}/query`)
  expect(page.headers.get('content-security-policy')).toContain("script-src 'self'")
  expect(page.headers.get('cache-control')).toBe('no-store')
  const text = await page.text()
  expect(text).toContain('{"title":"\\u003c/script>\\u003cb>"}</script><div')
})

test('assets come packed, and for ever', async () => {
  const asset = await fetch(`${base}/assets/main-ABC.js`)
  expect(asset.headers.get('content-encoding')).toBe('gzip')
  expect(asset.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  expect(asset.headers.get('cache-control')).toContain('immutable')
  expect(await asset.text()).toBe('let a')
})

test('names that the build does not make are not found', async () => {
  for (const name of ['..%2fsecret.js', '.%2e/secret.js', 'nope-1.js', 'main-ABC.exe', '%00.js']) {
    expect((await fetch(`${base}/assets/${name}`)).status).toBe(404)
  }
})

test('a folder without pages is told apart', () => {
  expect(openUiFiles(join(folder, 'assets'), host.files)).toBeUndefined()
})
