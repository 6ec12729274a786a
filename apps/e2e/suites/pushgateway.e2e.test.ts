/** The Pushgateway as its users meet it: client libraries, TLS and passwords, ends of all kinds, very large pushes. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Counter, Gauge, Histogram, Pushgateway, Registry, Summary } from 'prom-client'
import { folderWith, removeFolders } from '../harness/folders.ts'
import { freePort, type Running, run, start, stopAll } from '../harness/processes.ts'
import { originals, ours, type Programs, programPath, repoRoot } from '../harness/programs.ts'
import { sleep, waitFor } from '../harness/wait.ts'

const READY_MS = 30_000
/** A password `secret`, as bcrypt keeps it. */
const SECRET_HASH = '$2b$04$VJG9z0kTI4r8xFRHuRa4zOyRRqv2nI4yWrzpC/3572gLcDmWjFFqS'

afterEach(stopAll)
afterAll(removeFolders)

interface Gateway {
  readonly base: string
  readonly running: Running
}

async function startGateway(programs: Programs, args: readonly string[] = []): Promise<Gateway> {
  const port = await freePort()
  const base = `http://127.0.0.1:${port}`
  const running = start(programPath(programs, 'pushgateway'), [
    `--web.listen-address=127.0.0.1:${port}`,
    ...(args.some((arg) => arg.startsWith('--persistence.file')) ? [] : ['--persistence.file=']),
    ...args,
  ])
  await waitFor(`${programs.name} to listen`, READY_MS, () => {
    if (running.child.exitCode !== null) throw new Error(running.output())
    return running.output().includes('TLS is') ? true : undefined
  })
  return { base, running }
}

const push = (base: string, path: string, body: string) =>
  fetch(`${base}/metrics/${path}`, { method: 'PUT', body })

/** The pushed part of the page: no times of pushes, no metrics about the gateway itself. */
async function pushedLines(base: string): Promise<string[]> {
  const text = await (await fetch(`${base}/metrics`)).text()
  return text
    .split('\n')
    .filter((line) => !/^(# (HELP|TYPE) )?(go_|process_|promhttp_|pushgateway_)/.test(line))
    .filter((line) => !/^push_(failure_)?time_seconds/.test(line))
    .map((line) => line.replace(/^(\w+_created\{.*\}) .*/, '$1 created'))
}

const groupsOf = async (base: string) =>
  (await (await fetch(`${base}/metrics`)).text()).match(/^push_time_seconds\{.*\}/gm) ?? []

describe('client libraries get the same from ours as from the original', () => {
  const both = async (use: (gateway: Gateway) => Promise<unknown>) => {
    const results = await Promise.all(
      [ours, originals].map(async (programs) => {
        const gateway = await startGateway(programs)
        const said = await use(gateway)
        return {
          said,
          groups: await groupsOf(gateway.base),
          lines: await pushedLines(gateway.base),
        }
      }),
    )
    expect(results[0]).toEqual(results[1])
    return results[0] as { said: unknown; groups: string[]; lines: string[] }
  }

  test("Python's prometheus_client pushes, adds, replaces and deletes", async () => {
    const script = join(repoRoot, 'apps/e2e/harness/push-clients.py')
    const { said, groups, lines } = await both(async ({ base }) => {
      const done = await run('/usr/bin/python3', [script, base, '', ''])
      expect({ code: done.code, stderr: done.stderr }).toEqual({ code: 0, stderr: '' })
      return done.stdout
    })
    expect(said).toBe('400\n')
    expect(groups.some((group) => group.includes('path="/var/tmp"'))).toBe(true)
    expect(groups.some((group) => group.includes('job="gone"'))).toBe(false)
    expect(lines).toContain('other{instance="",job="batch"} 2')
    expect(lines).toContain('rows_total{instance="",job="batch",table="a\\"b\\\\c\\nd"} 3')
    expect(lines.filter((line) => line.includes('job="replaced"'))).toEqual([
      'only{instance="",job="replaced"} 1',
    ])
  })

  test("Node's prom-client pushes, adds and deletes", async () => {
    const { lines } = await both(async ({ base }) => {
      const registry = new Registry()
      const gateway = new Pushgateway(base, {}, registry)
      new Gauge({ name: 'g', help: 'A gauge.', labelNames: ['l'], registers: [registry] }).set(
        { l: 'a"b' },
        1.5,
      )
      new Counter({ name: 'c_total', help: 'A counter.', registers: [registry] }).inc()
      new Histogram({ name: 'h', help: 'A histogram.', registers: [registry] }).observe(0.2)
      new Summary({ name: 's', help: 'A summary.', registers: [registry] }).observe(3)
      await gateway.push({ jobName: 'a', groupings: { zone: 'x y' } })
      await gateway.pushAdd({ jobName: 'b' })
      await gateway.push({ jobName: 'gone' })
      await gateway.delete({ jobName: 'gone' })
    })
    expect(lines).toContain('g{instance="",job="a",l="a\\"b",zone="x y"} 1.5')
    expect(lines.filter((line) => line.includes('job="gone"'))).toEqual([])
  })
})

test('with TLS, a password and a prefix the page, pushes and scrapes are where they should be', async () => {
  const folder = folderWith({
    'web.yml': `tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\nbasic_auth_users:\n  ann: ${SECRET_HASH}\n`,
  })
  execFileSync('openssl', [
    ...'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2'.split(' '),
    ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'],
    ...['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')],
  ])
  const { base } = await startGateway(ours, [
    `--web.config.file=${join(folder, 'web.yml')}`,
    '--web.external-url=https://example.org/push',
  ])
  const curl = async (...args: string[]) => {
    const ca = ['--cacert', join(folder, 'cert.pem')]
    const done = await run('curl', ['-sS', ...ca, '-w', '%{http_code}', ...args])
    return done.stdout + done.stderr
  }
  const secure = base.replace('http:', 'https:')
  const user = ['-u', 'ann:secret']
  expect(await curl(`${secure}/push/metrics`)).toMatch(/Unauthorized\s*401$/)
  expect(await curl('-u', 'ann:wrong', `${secure}/push/metrics`)).toMatch(/401$/)
  expect(await curl(...user, '-d', 'x 1', `${secure}/push/metrics/job/a`)).toMatch(/^.*400$/s)
  expect(await curl(...user, '--data-binary', 'x 1\n', `${secure}/push/metrics/job/a`)).toBe('200')
  expect(await curl(...user, `${secure}/push/metrics`)).toContain('x{instance="",job="a"} 1\n')
  expect(await curl(...user, `${secure}/push/`)).toContain('data-prefix="/push"')
  expect(await curl(...user, `${secure}/metrics`)).toMatch(/404$/)
  expect(await curl(...user, '-X', 'DELETE', `${secure}/push/metrics/job/a`)).toBe('202')
})

describe('what was acknowledged', () => {
  test('is there after SIGTERM, to the last push', async () => {
    const file = join(folderWith(), 'metrics')
    const args = [`--persistence.file=${file}`, '--persistence.interval=1h']
    const first = await startGateway(ours, args)
    for (let i = 0; i < 50; i++) {
      expect((await push(first.base, `job/a/instance/${i}`, `x ${i}\n`)).status).toBe(200)
    }
    expect(await first.running.stop()).toBe(0)
    const second = await startGateway(ours, args)
    expect(await groupsOf(second.base)).toHaveLength(50)
    expect(await pushedLines(second.base)).toContain('x{instance="49",job="a"} 49')
  })

  test('is there after kill -9, except for one interval of persistence', async () => {
    const file = join(folderWith(), 'metrics')
    const args = [`--persistence.file=${file}`, '--persistence.interval=1s']
    const first = await startGateway(ours, args)
    const acknowledged: { readonly i: number; readonly atMs: number }[] = []
    let killedMs = 0
    for (let i = 0; killedMs === 0; i++) {
      await push(first.base, `job/a/instance/${i}`, `x ${i}\n`)
      acknowledged.push({ i, atMs: Date.now() })
      await sleep(20)
      if (i === 150) {
        killedMs = Date.now()
        await first.running.stop('SIGKILL')
      }
    }
    const second = await startGateway(ours, args)
    const lines = new Set(await pushedLines(second.base))
    // The interval, and what a busy machine needs to look at its clock and to write.
    const sureMs = killedMs - 2000
    const lost = acknowledged.filter(
      ({ i, atMs }) => atMs < sureMs && !lines.has(`x{instance="${i}",job="a"} ${i}`),
    )
    expect(lost).toEqual([])
    expect(acknowledged.filter(({ atMs }) => atMs < sureMs).length).toBeGreaterThan(10)
    expect(existsSync(file)).toBe(true)
  })
})

test('while a very large push is taken and scraped, others are answered at once', async () => {
  const series = process.env.LONG ? 2_300_000 : 400_000
  const { base, running } = await startGateway(ours)
  const pieces = ['# TYPE big gauge\n']
  for (let i = 0; i < series; i++) pieces.push(`big{id="${i}",x="abc"} ${i}\n`)
  let slowestMs = 0
  let isDone = false
  const asking = (async () => {
    while (!isDone) {
      const begin = Date.now()
      expect((await fetch(`${base}/-/healthy`)).status).toBe(200)
      slowestMs = Math.max(slowestMs, Date.now() - begin)
      await sleep(20)
    }
  })()
  // With the tools of others: what this process does must not hold up its own questions.
  const body = join(folderWith({ body: pieces.join('') }), 'body')
  const sent = await run(
    'curl',
    [
      '-sS',
      '-X',
      'PUT',
      '--data-binary',
      `@${body}`,
      '-w',
      '%{http_code}',
      `${base}/metrics/job/a`,
    ],
    { timeoutMs: 120_000 },
  )
  expect(sent.stdout).toBe('200')
  const scraped = await run('sh', ['-c', `curl -sS ${base}/metrics | grep -c ^big`])
  isDone = true
  await asking
  expect(scraped.stdout.trim()).toBe(String(series))
  // A second on a machine with much else to do; by itself it is a few hundredths.
  expect(slowestMs).toBeLessThan(1000)
  expect(await running.stop()).toBe(0)
})
