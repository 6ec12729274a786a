import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const root = resolve(__dirname, '../../..')
const reference = process.env.REFERENCE_BIN ?? join(homedir(), '.cache/prometheus-reference/bin')
const original = join(reference, 'pushgateway')
const ours = join(root, 'dist/bin/pushgateway')
const folder = mkdtempSync(join(tmpdir(), 'pushgateway-'))

beforeAll(() => {
  for (const path of [original, ours])
    if (!existsSync(path)) throw new Error(`no program at ${path}`)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function start(
  program: string,
  file: string,
): Promise<{ base: string; stop: () => Promise<void> }> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as { port: number }
  await new Promise((done) => server.close(done))
  const child: ChildProcess = spawn(
    program,
    [`--web.listen-address=127.0.0.1:${port}`, `--persistence.file=${file}`],
    { stdio: 'ignore' },
  )
  const base = `http://127.0.0.1:${port}`
  for (let i = 0; ; i++) {
    const isUp = await fetch(`${base}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    )
    if (isUp) break
    if (i > 100) throw new Error(`${program} does not start`)
    await new Promise((done) => setTimeout(done, 50))
  }
  const stop = async () => {
    const ended = new Promise((done) => child.once('exit', done))
    child.kill('SIGTERM')
    await ended
  }
  return { base, stop }
}

const PUSHES: readonly (readonly [path: string, body: string])[] = [
  ['job/a/instance/i', '# HELP x An x.\n# TYPE x gauge\nx{l="1"} 1.5\nx{l="ü"} NaN\n'],
  ['job@base64/YS9i/empty/', '# TYPE c counter\nc 1e+21\n'],
  [
    'job/h',
    '# TYPE h histogram\nh_bucket{le="0.1"} 1\nh_bucket{le="+Inf"} 3\nh_sum 2\nh_count 3\n',
  ],
  ['job/s', '# TYPE s summary\ns{quantile="0.5"} 3\ns_sum 1\ns_count 2\nu 1\n'],
]

async function page(base: string): Promise<string[]> {
  const text = await (await fetch(`${base}/metrics`)).text()
  return text
    .split('\n')
    .filter(
      (line) =>
        /^(# (HELP|TYPE) )?(x|c|h|s|u|push_)[a-z_]*[{ ]/.test(line) &&
        !line.includes('pushgateway'),
    )
}

describe.each([
  ['ours', ours, original],
  ['the original', original, ours],
])('what %s has written', (_name, writer, reader) => {
  test('the other one reads', async () => {
    const file = join(folder, `metrics-${_name.length}`)
    const first = await start(writer, file)
    for (const [path, body] of PUSHES) {
      const { status } = await fetch(`${first.base}/metrics/${path}`, { method: 'PUT', body })
      expect([path, status]).toEqual([path, 200])
    }
    const before = await page(first.base)
    await first.stop()
    const second = await start(reader, file)
    const after = await page(second.base)
    await second.stop()
    expect(after).toEqual(before)
    expect(after.length).toBeGreaterThan(20)
  })
})

test('both give the same verdicts on the same pushes', async () => {
  const bodies = [
    'x 1\n',
    '# TYPE x gauge\nx 1\n',
    '# TYPE x counter\nx{l="1"} 1\n',
    'x 1 5\n',
    'x 1',
    'x{l="1"} 1\nx{l="1"} 2\n',
    '',
  ]
  const paths = [
    'job/a',
    'job/b',
    'job/a/l/1',
    'job/a/l',
    'job/a/__l/1',
    'job@base64/x^',
    'job/a/l@base64/MQ',
  ]
  const runs = await Promise.all(
    [ours, original].map(async (program, i) => {
      const { base, stop } = await start(program, join(folder, `verdicts-${i}`))
      const statuses: string[] = []
      for (let step = 0; step < 150; step++) {
        const path = paths[(step * 5) % paths.length]
        const body = bodies[(step * 3) % bodies.length] as string
        const method = ['POST', 'PUT', 'POST', 'DELETE'][step % 4] as string
        const answer = await fetch(`${base}/metrics/${path}`, {
          method,
          ...(method !== 'DELETE' && { body }),
        })
        statuses.push(`${step} ${method} ${path} ${JSON.stringify(body)} ${answer.status}`)
      }
      await stop()
      return statuses
    }),
  )
  expect(runs[0]).toEqual(runs[1])
})

const HISTOGRAM = '# TYPE h histogram\n'
const BODIES: readonly (string | Uint8Array)[] = [
  ...['1', '1.5', '-1', '-0', 'NaN', '+Inf', '1e20', '18446744073709551615', '0x10'].flatMap(
    (value) => [
      `${HISTOGRAM}h_bucket{le="1"} ${value}\nh_sum ${value}\nh_count 2\n`,
      `${HISTOGRAM}h_count ${value}\n`,
      `# TYPE s summary\ns{quantile="0.5"} ${value}\ns_count ${value}\n`,
      `x ${value}\n`,
    ],
  ),
  `${HISTOGRAM}h{le="1"} 1\n`,
  `${HISTOGRAM}h_bucket{le="NaN"} 1\nh_count 3\n`,
  '# HELP x a \\"b\\" \\n c \\\\ d\nx 1\n',
  '# HELP x a \\x\nx 1\n',
  '# TYPE h gaugehistogram\nh_bucket{le="1"} 1\nh_sum 3\nh_count 2\n',
  '# TYPE h GAUGE_HISTOGRAM\nh_bucket{le="1"} 1\nh_gsum 3\nh_gcount 2\n',
  '# TYPE x info\nx 1\n',
  'x{a="1",} 1\n',
  'x{a="1",,} 1\n',
  '{"x",a="1"} 1\n',
  'x{a="1",a="2"} 1\n',
  'x 1 123\n',
  'x 1_000\n',
  'x 1\r\n',
  'x',
]

/** What is asked, and the answer without times. */
type Exchange = readonly [asked: string, status: number, text: string]

async function ask(base: string, path: string, init: RequestInit = {}): Promise<Exchange> {
  const answer = await fetch(`${base}${path}`, { redirect: 'manual', ...init })
  const location = answer.headers.get('location') ?? ''
  const text = await answer.text()
  // Pages differ in what the programs say of themselves.
  const shown = answer.status === 200 ? '' : text.replace(/\b1\.[0-9]{6,}e\+09\b/g, 'T')
  return [`${init.method ?? 'GET'} ${path}`, answer.status, location + shown]
}

test('both take, refuse and show the same bodies, in the same words', async () => {
  const runs = await Promise.all(
    [ours, original].map(async (program, i) => {
      const { base, stop } = await start(program, join(folder, `bodies-${i}`))
      const exchanges: unknown[] = []
      for (const body of BODIES) {
        exchanges.push(await ask(base, '/metrics/job/a', { method: 'PUT', body: body as string }))
        const shown = await page(base)
        exchanges.push(shown.filter((line) => !line.startsWith('push_')))
        await ask(base, '/metrics/job/a', { method: 'DELETE' })
      }
      await stop()
      return exchanges
    }),
  )
  expect(runs[0]).toEqual(runs[1])
})

test('both answer the same on paths with and without a handler', async () => {
  const paths =
    `/status/ /STATUS /static /-/healthy/ /metrics/ /metrics/job /metrics/job/ /api/v1 /api/v1/
    /api/v1/status/ /api/v1/x /x /%6detrics /a/../-/ready //-/ready /metrics/job/a /metrics/job/a/b /Metrics/job/a
    /metrics/job/%zz /metrics/job@base64/YQ%0A= /metrics/job@base64/YWJj%5E /metrics/job/a/b@base64/Y`.split(
      /\s+/,
    )
  const runs = await Promise.all(
    [ours, original].map(async (program, i) => {
      const { base, stop } = await start(program, join(folder, `paths-${i}`))
      const exchanges: Exchange[] = []
      for (const path of paths) {
        for (const method of ['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'PATCH']) {
          exchanges.push(await ask(base, path, { method }))
        }
      }
      await stop()
      return exchanges
    }),
  )
  expect(runs[0]).toEqual(runs[1])
})
