import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { encodeFamilies } from '@prom/exposition'
import { withProgram } from '@prom/testkit'
import { main } from './main.ts'

// A loaded machine takes its time.
jest.setTimeout(60_000)

const folder = mkdtempSync(join(tmpdir(), 'pushgateway-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const withGateway = (argv: readonly string[], use: (base: string) => Promise<void>) =>
  withProgram(main, argv, use)

async function send(method: string, url: string, body?: string | Uint8Array, headers = {}) {
  const answer = await fetch(url, {
    method,
    headers,
    redirect: 'manual',
    ...(body !== undefined && { body: body as string }),
  })
  return { status: answer.status, text: await answer.text(), headers: answer.headers }
}

const pushed = async (base: string) => {
  const { text } = await send('GET', `${base}/metrics`)
  return text.split('\n').filter((line) => /^(x|y|n)[{ ]/.test(line))
}

test('pushes, replaces, deletes, and refuses', async () => {
  const { code } = await withGateway([], async (base) => {
    const f = async (
      method: string,
      path: string,
      body: string | undefined,
      status: number,
      text = '',
    ) =>
      expect({ path, ...(await send(method, `${base}${path}`, body)), headers: 0 }).toEqual({
        path,
        status,
        text,
        headers: 0,
      })
    await f('POST', '/metrics/job/a/instance/i', 'x{l="1"} 1\n', 200)
    await f('POST', '/metrics/job@base64/YS9i', 'y 2\n', 200)
    expect(await pushed(base)).toEqual([
      'x{instance="i",job="a",l="1"} 1',
      'y{instance="",job="a/b"} 2',
    ])
    await f('PUT', '/metrics/job/a/instance/i', '', 200)
    expect(await pushed(base)).toEqual(['y{instance="",job="a/b"} 2'])
    await f('DELETE', '/metrics/job@base64/YS9i', undefined, 202)
    await f('DELETE', '/metrics/job/none', undefined, 202)
    expect(await pushed(base)).toEqual([])
    await f(
      'POST',
      '/metrics/job/a',
      'x 1',
      400,
      'text format parsing error in line 1: unexpected end of input stream\n',
    )
    await f('GET', '/metrics/job/a', undefined, 405, 'Method Not Allowed\n')
    await f('GET', '/-/healthy', undefined, 200, 'OK')
    await f('HEAD', '/-/ready', undefined, 405)
    await f('PUT', '/-/quit', undefined, 403, 'Lifecycle API is not enabled.\n')
    await f('GET', '/-/quit', undefined, 405, 'Only POST or PUT requests allowed.')
    await f('PUT', '/api/v1/admin/wipe', undefined, 404, '404 page not found\n')
    await f('GET', '/nope', undefined, 404, '404 page not found\n')
  })
  expect(code).toBe(0)
})

test('bodies come compressed and as protobuf', async () => {
  await withGateway([], async (base) => {
    const family = {
      name: 'n',
      help: 'N.',
      type: 'gauge' as const,
      points: [{ labels: [], value: 3 }],
    }
    const type =
      'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited'
    const gzip = { 'Content-Encoding': 'gzip' }
    await send('POST', `${base}/metrics/job/p`, encodeFamilies([family]), { 'Content-Type': type })
    await send('POST', `${base}/metrics/job/g`, gzipSync('x 1\n'), gzip)
    expect(await pushed(base)).toEqual(['n{instance="",job="p"} 3', 'x{instance="",job="g"} 1'])
    const noise = Array.from(
      { length: 30_000 },
      (_, i) => `y{i="${(i * 2654435761) % 2 ** 32}"} ${i}\n`,
    )
    const large = gzipSync(noise.join(''))
    expect(large.length).toBeGreaterThan(64 * 1024)
    expect((await send('POST', `${base}/metrics/job/large`, large, gzip)).status).toBe(200)
    expect((await pushed(base)).filter((line) => line.includes('job="large"'))).toHaveLength(30_000)
    const cut = await send('POST', `${base}/metrics/job/cut`, large.subarray(0, -9), gzip)
    expect([cut.status, cut.text]).toEqual([400, 'unexpected EOF\n'])
    const bad = await send('POST', `${base}/metrics/job/g`, 'this is no gzip', gzip)
    expect([bad.status, bad.text]).toEqual([400, 'gzip: invalid header\n'])
    const snappy = await send('POST', `${base}/metrics/job/g`, 'x', {
      'Content-Encoding': 'snappy',
    })
    expect([snappy.status, snappy.text]).toEqual([400, 'snappy: corrupt input\n'])
  })
})

test('the JSON API tells groups and state', async () => {
  await withGateway(['--web.enable-admin-api'], async (base) => {
    await send(
      'POST',
      `${base}/metrics/job/a`,
      '# TYPE h histogram\nh_bucket{le="1"} 1\nh_sum 2\nh_count 3\n',
    )
    const { text, headers } = await send('GET', `${base}/api/v1/metrics`)
    expect(headers.get('access-control-allow-origin')).toBe('*')
    const [group] = JSON.parse(text).data
    expect(group).toMatchObject({
      labels: { job: 'a' },
      last_push_successful: true,
      h: {
        type: 'HISTOGRAM',
        metrics: [
          { buckets: { 1: '1' }, count: '3', labels: { instance: '', job: 'a' }, sum: '2' },
        ],
      },
    })
    const status = JSON.parse((await send('GET', `${base}/api/v1/status`)).text)
    expect(status.data.flags).toMatchObject({
      'web.enable-admin-api': 'true',
      'persistence.interval': '5m0s',
    })
    expect((await send('PUT', `${base}/api/v1/admin/wipe`)).status).toBe(202)
    expect(JSON.parse((await send('GET', `${base}/api/v1/metrics`)).text).data).toEqual([])
  })
})

test('the page lists groups and escapes what was pushed', async () => {
  await withGateway([], async (base) => {
    await send('POST', `${base}/metrics/job/a`, 'x{l="<b>"} 1\n')
    const { text } = await send('GET', `${base}/`)
    expect(text).toContain('job=&#34;a&#34;')
    expect(text).toContain('l=&#34;&lt;b&gt;&#34;')
    expect(text).not.toContain('<b>"')
  })
})

test('what was answered survives a stop, and a prefix moves the paths', async () => {
  const argv = [
    `--persistence.file=${join(folder, 'metrics')}`,
    '--web.external-url=http://host/pg',
  ]
  await withGateway(argv, async (base) => {
    expect((await send('POST', `${base}/pg/metrics/job/a`, 'x 1\n')).status).toBe(200)
    expect((await send('POST', `${base}/metrics/job/a`, 'x 1\n')).status).toBe(404)
    const redirect = await send('GET', `${base}/pg`)
    expect([redirect.status, redirect.headers.get('location')]).toEqual([301, '/pg/'])
  })
  await withGateway(argv, async (base) => {
    const { text } = await send('GET', `${base}/pg/metrics`)
    expect(text).toContain('\nx{instance="",job="a"} 1\n')
  })
})

test('lifecycle ends the program when it is enabled', async () => {
  const { code } = await withGateway(['--web.enable-lifecycle'], async (base) => {
    expect(await send('POST', `${base}/-/quit`)).toMatchObject({
      status: 200,
      text: 'Requesting termination... Goodbye!',
    })
  })
  expect(code).toBe(0)
})

test('a taken address ends the start with one line', async () => {
  await withGateway([], async (base) => {
    const port = base.split(':')[2]
    const { code, log } = await withGateway(
      [`--web.listen-address=127.0.0.1:${port}`],
      async () => {},
    )
    expect(code).toBe(1)
    expect(log).toContain('address already in use')
  })
})
