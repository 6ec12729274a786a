import { request as httpRequest } from 'node:http'
import { parseFamilies } from '@prom/exposition'
import { withProgram } from '@prom/testkit'
import { main } from './main.ts'

// A loaded machine takes its time.
jest.setTimeout(60_000)

const withExporter = (argv: readonly string[], use: (base: string) => Promise<void>) =>
  withProgram(main, argv, use)

/** Without the tidying that fetch does. */
function ask(port: number, method: string, path: string) {
  return new Promise<{ status: number | undefined; location: string | undefined }>(
    (resolve, reject) => {
      const request = httpRequest({ port, method, path, agent: false }, (answer) => {
        answer.resume()
        const { statusCode: status, headers } = answer
        answer.once('end', () => resolve({ status, location: headers.location }))
      })
      request.once('error', reject).end()
    },
  )
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

test('paths and queries are taken as the original takes them', async () => {
  await withExporter(ON, async (base) => {
    const f = async (method: string, path: string, status: number, location: string | null) => {
      const { port } = new URL(base)
      const answer = await ask(Number(port), method, path)
      expect([path, answer.status, answer.location ?? null]).toEqual([path, status, location])
    }
    await f('GET', '//metrics', 301, '/metrics')
    await f('POST', '/a/../metrics?x=1', 301, '/metrics?x=1')
    await f('GET', '//', 301, '/')
    await f('GET', '/debug/pprof', 301, '/debug/pprof/')
    await f('GET', '/%6detrics', 200, null)
    await f('PATCH', '/metrics', 200, null)
    await f('GET', '/metrics?collect[]=nope;x', 200, null)
    await f('GET', '/metrics?collect[]=nope', 400, null)
    await f('GET', '/metrics/', 404, null)
    await f('OPTIONS', '*', 200, null)
    await f('GET', '/%zz', 400, null)
  })
})

test('where /proc or /sys is not, or flags exclude each other, there is no start', async () => {
  const f = async (argv: readonly string[], error: string) => {
    const { code, log } = await withExporter(
      ['--collector.disable-defaults', ...argv],
      async () => {
        throw new Error('it has started')
      },
    )
    const prefix = "panic: Couldn't create metrics handler: couldn't create collector: "
    expect([code, log.split('\n').find((line) => line.startsWith('panic'))]).toEqual([
      2,
      prefix + error,
    ])
  }
  const missing = 'could not read "/nonexistent": stat /nonexistent: no such file or directory'
  await f(['--collector.stat', '--path.procfs=/nonexistent'], `failed to open procfs: ${missing}`)
  await f(['--collector.dmi', '--path.sysfs=/nonexistent'], `failed to open sysfs: ${missing}`)
  await f(['--collector.rapl', '--path.sysfs=/nonexistent'], missing)
  await f(
    ['--collector.stat', '--path.procfs=/etc/passwd'],
    'failed to open procfs: mount point "/etc/passwd" is not a directory',
  )
  const both = (name: string) => [
    `--collector.${name.split('.')[0]}`,
    `--collector.${name}-include=a`,
    `--collector.${name}-exclude=b`,
  ]
  const short = 'device-exclude & device-include are mutually exclusive'
  await f(both('netdev.device'), short)
  await f(both('diskstats.device'), `failed to parse device filter flags: ${short}`)
  await f(
    both('filesystem.fs-types'),
    'unable to parse fs types filter flags: --collector.filesystem.fs-types-exclude and --collector.filesystem.fs-types-include are mutually exclusive',
  )
})

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
    "panic: Couldn't create metrics handler: couldn't create collector: failed to parse device filter flags: device-exclude & device-include are mutually exclusive",
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
