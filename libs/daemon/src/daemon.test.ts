import { decodeFamilies } from '@prom/exposition'
import { defineProgram, readCommandLine } from '@prom/flags'
import { respondText } from '@prom/http'
import type { Host } from '@prom/runtime'
import { createHost } from '@prom/runtime/node'
import {
  addHealthRoutes,
  computeExternalUrl,
  computeRoutePrefix,
  createDaemon,
  createMetricsPage,
  logFlags,
  printLandingPage,
  printVersion,
  Reloader,
  refuseLifecycle,
  versionFlag,
  webFlags,
} from './index.ts'

function fakeHost() {
  const stop = new AbortController()
  const hangups: (() => void)[] = []
  let stderr = ''
  const host: Host = {
    ...createHost(process),
    signals: {
      stop: stop.signal,
      onHangup: (callback) => {
        hangups.push(callback)
        return () => {}
      },
    },
    stderr: {
      write: (text) => {
        stderr += text
      },
      isTerminal: false,
    },
  }
  return { host, stop, hangup: () => hangups.map((call) => call()), stderr: () => stderr }
}

const program = defineProgram({
  name: 'sampled',
  help: 'A sample.',
  flags: { ...webFlags('127.0.0.1:0'), ...logFlags, version: versionFlag },
})

/** The program of the README. */
async function main(
  argv: readonly string[],
  host: Host,
  load: () => Promise<void>,
  onReady: (port: number) => void,
) {
  const version = printVersion('sampled', host.process)
  const line = readCommandLine(program, argv, { ...host, version })
  if ('exitCode' in line) return line.exitCode
  const { listenAddress, webConfigFile, logLevel, logFormat } = line.flags
  const daemon = createDaemon(
    { name: 'sampled', logLevel, logFormat, http: { addresses: listenAddress, webConfigFile } },
    host,
  )
  const { http, group, log, metrics } = daemon
  const reloader = new Reloader({ metricPrefix: 'sampled_config', load }, { ...host, log, metrics })
  http.raw('GET', '/metrics', createMetricsPage({ metrics, log }))
  addHealthRoutes(http, '', { healthy: 'OK', ready: 'OK' })
  http.route(['POST', 'PUT'], '/-/reload', reloader.handler())
  http.route(['POST', 'PUT'], '/-/quit', refuseLifecycle)
  http.route('GET', '/', (_request, response) => respondText(response, 200, 'hello'))
  group.add('http', http)
  group.add('reloader', reloader)
  return daemon.run(() => onReady(http.port))
}

async function start(load: () => Promise<void>, argv: string[] = []) {
  const fake = fakeHost()
  let exit: Promise<number> = Promise.resolve(-1)
  const port = await new Promise<number>((resolve, reject) => {
    exit = main(argv, fake.host, load, resolve)
    exit.then((code) => reject(new Error(`exit ${code}: ${fake.stderr()}`)), reject)
  })
  const get = async (path: string, method = 'GET') => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method })
    return { status: answer.status, text: await answer.text(), headers: answer.headers }
  }
  return { ...fake, port, get, exit: () => exit }
}

test('a daemon answers health, metrics and reload, and stops with 0', async () => {
  let loads = 0
  let failure: Error | undefined
  const { get, stop, exit, hangup, stderr, port } = await start(async () => {
    loads++
    if (failure) throw failure
  })
  expect(await get('/-/healthy')).toMatchObject({ status: 200, text: 'OK' })
  expect((await get('/-/ready', 'HEAD')).status).toBe(200)
  expect(await get('/-/quit', 'POST')).toMatchObject({
    status: 403,
    text: 'Lifecycle API is not enabled.',
  })

  const page = await get('/metrics')
  expect(page.headers.get('content-type')).toBe(
    'text/plain; version=0.0.4; charset=utf-8; escaping=underscores',
  )
  expect(page.text).toMatch(/^process_resident_memory_bytes \d/m)
  expect(page.text).toMatch(/^sampled_build_info\{branch=.*goarch=.*,version="0.0.0"\} 1$/m)
  expect(page.text).toMatch(/^sampled_config_last_reload_successful 1$/m)
  expect(page.text).toMatch(/^promhttp_metric_handler_requests_total\{code="503"\} 0$/m)

  const accept =
    'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited'
  const packed = await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { accept } })
  expect(packed.headers.get('content-type')).toMatch(/^application\/vnd\.google\.protobuf; /)
  const names = decodeFamilies(new Uint8Array(await packed.arrayBuffer())).map(({ name }) => name)
  expect(names).toContain('process_resident_memory_bytes')

  expect((await get('/-/reload', 'POST')).status).toBe(200)
  expect(loads).toBe(2)
  failure = new Error('yaml: line 3: bad')
  expect(await get('/-/reload', 'POST')).toMatchObject({
    status: 500,
    text: 'failed to reload config: yaml: line 3: bad\n',
  })
  expect((await get('/metrics')).text).toMatch(/^sampled_config_last_reload_successful 0$/m)
  failure = undefined
  hangup()
  expect((await get('/-/reload', 'POST')).status).toBe(200)
  expect(loads).toBe(5)
  expect(stderr()).toContain('level=ERROR source=main.ts msg="Error reloading config" err="yaml:')
  stop.abort()
  expect(await exit()).toBe(0)
})

test('a taken port is exit code 1 and one line with the port and the flag', async () => {
  const first = await start(async () => {})
  const address = `127.0.0.1:${first.port}`
  await expect(start(async () => {}, [`--web.listen-address=${address}`])).rejects.toThrow(
    new RegExp(
      `^exit 1: .*level=ERROR source=main.ts msg="Unable to start web listener" ` +
        `err="listen tcp ${address}: bind: address already in use" flag=--web.listen-address\n$`,
    ),
  )
  first.stop.abort()
  await first.exit()
})

test('a first load that fails ends the daemon', async () => {
  const failing = start(async () => {
    throw new Error('no config')
  })
  await expect(failing).rejects.toThrow(/^exit 1: .*err="no config"\n$/s)
})

test('flags say what is wrong with a log level', async () => {
  const { host, stderr } = fakeHost()
  expect(
    await main(
      ['--log.level=foo'],
      host,
      async () => {},
      () => {},
    ),
  ).toBe(1)
  expect(stderr()).toBe('sampled: error: unrecognized log level foo, try --help\n')
})

test('the external URL may be whole, a path, or made from the host name', () => {
  const f = (given: string, href: string, path: string, prefix: string) => {
    const external = computeExternalUrl(given, '0.0.0.0:9090', 'host')
    expect(external).toEqual({ href, path })
    expect(computeRoutePrefix(undefined, external)).toBe(prefix)
  }
  f('', 'http://host:9090', '', '')
  f('/prom/', 'http://host:9090/prom', '/prom', '/prom')
  f('prom', 'http://host:9090/prom', '/prom', '/prom')
  f('https://x/a/b//', 'https://x/a/b', '/a/b', '/a/b')
  const bad = (given: string, message: string) =>
    expect(() => computeExternalUrl(given, ':9090', 'h')).toThrow(message)
  bad('"http://x"', 'URL must not begin or end with quotes')
  bad('http://x:y', 'parse "http://x:y": invalid port ":y" after host')
  bad('http://[::1', `parse "http://[::1": missing ']' in host`)
  expect(computeRoutePrefix('/', computeExternalUrl('http://x/a', ':1', 'h'))).toBe('')
  expect(computeRoutePrefix('x/', computeExternalUrl('', ':1', 'h'))).toBe('/x')
})

test('the version text has the six lines of the originals', () => {
  const lines = printVersion('sampled', fakeHost().host.process).split('\n')
  expect(lines[0]).toBe('sampled, version 0.0.0 (branch: unknown, revision: unknown)')
  expect(lines.map((line) => line.slice(0, 20)).slice(1)).toEqual([
    '  build user:       ',
    '  build date:       ',
    '  go version:       ',
    '  platform:         ',
    '  tags:             ',
  ])
})

test('a landing page escapes what it is told', () => {
  const page = printLandingPage({
    title: '<b>',
    description: 'a & b',
    version: '1',
    links: [{ href: '/x?"', text: "it's" }],
  })
  expect(page).toContain('<h1>&lt;b&gt;</h1>')
  expect(page).toContain('<a href="/x?&#34;">it&#39;s</a>')
})
