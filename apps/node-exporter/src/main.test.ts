import { createServer } from 'node:net'
import { parseFamilies } from '@prom/exposition'
import type { Host } from '@prom/runtime'
import { createHost } from '@prom/runtime/node'
import { main } from './main.ts'

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Runs the program until `use` is done; returns its exit code and what it logged. */
async function withExporter(
  argv: readonly string[],
  use: (base: string) => Promise<void>,
): Promise<{ code: number; log: string }> {
  const port = await freePort()
  const stop = new AbortController()
  let log = ''
  let markListening = () => {}
  const listening = new Promise<void>((resolve) => {
    markListening = resolve
  })
  const host: Host = {
    ...createHost(process),
    signals: { stop: stop.signal, onHangup: () => () => {} },
    stderr: {
      isTerminal: false,
      write: (text) => {
        log += text
        if (log.includes('TLS is disabled')) markListening()
      },
    },
  }
  const running = main([`--web.listen-address=127.0.0.1:${port}`, ...argv], host)
  await Promise.race([listening, running])
  try {
    if (log.includes('TLS is disabled')) await use(`http://127.0.0.1:${port}`)
  } finally {
    stop.abort()
  }
  return { code: await running, log }
}

async function get(url: string, headers: Record<string, string> = {}) {
  const answer = await fetch(url, { headers })
  return {
    status: answer.status,
    text: await answer.text(),
    type: answer.headers.get('content-type'),
  }
}

const ON = ['--collector.disable-defaults', '--collector.loadavg', '--collector.stat']

test('a scrape tells the machine, the collectors and the exporter', async () => {
  const { code, log } = await withExporter(ON, async (base) => {
    const { status, text, type } = await get(`${base}/metrics`)
    expect([status, type]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8; escaping=underscores',
    ])
    const names = parseFamilies(Buffer.from(text)).map(({ name }) => name)
    expect(names).toEqual([...names].sort())
    for (const name of [
      'node_load1',
      'node_boot_time_seconds',
      'node_exporter_build_info',
      'process_start_time_seconds',
    ]) {
      expect(names).toContain(name)
    }
    expect(text).toContain('node_scrape_collector_success{collector="loadavg"} 1')
    expect(text).toContain('promhttp_metric_handler_requests_in_flight 1')
  })
  expect(code).toBe(0)
  expect(log).toContain('msg=loadavg')
})

test('collectors are chosen by the query, and wrong choices are told', async () => {
  await withExporter(ON, async (base) => {
    const f = async (query: string, status: number, text: string | RegExp) => {
      const answer = await get(`${base}/metrics?${query}`)
      expect(answer.status).toBe(status)
      if (typeof text === 'string') expect(answer.text).toBe(text)
      else expect(answer.text).toMatch(text)
    }
    const prefix = "Couldn't create filtered metrics handler: couldn't create collector:"
    await f('collect[]=stat', 200, /^(?!.*node_load1 ).*node_forks_total /s)
    await f('exclude[]=stat', 200, /^(?!.*node_forks_total ).*node_load1 /s)
    await f('exclude[]=stat&exclude[]=loadavg', 200, /node_load1 /)
    await f('exclude[]=nope', 200, /node_load1 /)
    await f('collect[]=nope', 400, `${prefix} missing collector: nope`)
    await f('collect[]=cpu', 400, `${prefix} disabled collector: cpu`)
    await f(
      'collect[]=stat&exclude[]=cpu',
      400,
      'Combined collect and exclude queries are not allowed.',
    )
  })
})

test('pages: landing, not found, any method, protobuf', async () => {
  await withExporter([...ON, '--web.telemetry-path=/m'], async (base) => {
    const before = await get(`${base}/`)
    expect(before.text).toContain('<a href="/m">Metrics</a>')
    expect(before.text).toMatch(/\?collect\[\]=\w+">\w+<\/a><\/th><td class="number">-</)
    await get(`${base}/m`)
    expect((await get(`${base}/`)).text).toMatch(
      /<td class="number">\d+\.\d ms<\/td><td>succeeded</,
    )
    expect(await get(`${base}/metrics`)).toMatchObject({
      status: 404,
      text: '404 page not found\n',
    })
    for (const method of ['HEAD', 'POST', 'OPTIONS']) {
      expect((await fetch(`${base}/m`, { method })).status).toBe(200)
      expect((await fetch(`${base}/`, { method })).status).toBe(200)
    }
    const accept =
      'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited'
    expect((await get(`${base}/m`, { accept })).type).toContain('application/vnd.google.protobuf')
  })
})

test('without exporter metrics only the machine and the build are told', async () => {
  await withExporter([...ON, '--web.disable-exporter-metrics'], async (base) => {
    const { text } = await get(`${base}/metrics`)
    expect(text).not.toMatch(/^(process_|promhttp_)/m)
    expect(text).toMatch(/^node_exporter_build_info/m)
  })
})

describe('a start that cannot be ends with one line', () => {
  const f = (name: string, argv: string[], code: number, text: string) =>
    test(name, async () => {
      const result = await withExporter([...ON, ...argv], async () => {})
      expect(result.code).toBe(code)
      expect(result.log).toContain(text)
    })
  f(
    'flags that exclude each other',
    [
      '--collector.diskstats',
      '--collector.diskstats.device-include=a',
      '--collector.diskstats.device-exclude=b',
    ],
    2,
    "panic: Couldn't create metrics handler: couldn't create collector: --collector.diskstats.device-exclude and --collector.diskstats.device-include are mutually exclusive",
  )
  f(
    'a bad pattern',
    ['--collector.netdev', '--collector.netdev.device-include=('],
    2,
    "panic: Couldn't create metrics handler",
  )
  f(
    'a tracepoint that is none',
    ['--collector.perf', '--collector.perf.tracepoint=bad', '--collector.perf.cpus=a'],
    2,
    'panic: Couldn\'t create metrics handler: couldn\'t create collector: strconv.Atoi: parsing "a": invalid syntax',
  )
  f('an unknown flag', ['--collector.nope'], 1, "unknown long flag '--collector.nope'")
})
