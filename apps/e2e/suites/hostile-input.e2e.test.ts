/** Slow, huge, broken and senseless input on every port: nothing falls over, nothing grows, scraping goes on. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { badRequests, type Crowd, crowd, gzipBomb, shout } from '../harness/attacks.ts'
import { folderWith, removeFolders } from '../harness/folders.ts'
import { type HostileTargets, startHostileTargets } from '../harness/hostile-targets.ts'
import { freePort, type Running, start, stopAll } from '../harness/processes.ts'
import { ours, programPath } from '../harness/programs.ts'
import { fetchJson, sleep, waitFor } from '../harness/wait.ts'

/** As many as the promise says only in the long run: they cost the machine more than the programs. */
const IDLE_CONNECTIONS = process.env.LONG ? 10_000 : 2_000
/** What a program may grow by under all of it. */
/** A body may be 256 MiB when it is unpacked (Pushgateway): it is there in pieces, then whole. */
const GROWTH_MAX_MIB = 700

interface Daemon {
  readonly name: string
  readonly port: number
  readonly running: Running
  readonly restMib: number
}

let targets: HostileTargets
let folder: string
const daemons: Daemon[] = []
const bomb = gzipBomb()

/** Places that take bodies. */
const PATHS: Readonly<Record<string, readonly string[]>> = {
  prometheus: ['/api/v1/query', '/api/v1/write', '/api/v1/read', '/-/reload'],
  alertmanager: ['/api/v2/alerts', '/api/v2/silences', '/-/reload'],
  pushgateway: ['/metrics/job/x', '/metrics/job@base64/%%%/a/b'],
  node_exporter: ['/metrics'],
}

beforeAll(async () => {
  targets = await startHostileTargets(bomb)
  const job = (name: string, more = '') =>
    `  - {job_name: ${name}, metrics_path: /${name}, ${more}static_configs: [{targets: ['${targets.address}']}]}\n`
  const jobs = [
    job('good'),
    job('huge', 'sample_limit: 10000, scrape_interval: 8s, scrape_timeout: 8s, '),
    job('bomb', 'body_size_limit: 10MB, '),
    ...['endless', 'short', 'noise', 'hang', 'drop'].map((name) => job(name)),
  ]
  folder = folderWith({
    'prometheus.yml': `global: {scrape_interval: 2s, scrape_timeout: 2s}\nscrape_configs:\n${jobs.join('')}`,
    'alertmanager.yml': 'route: {receiver: none}\nreceivers: [{name: none}]\n',
  })
  const flags: Record<string, readonly string[]> = {
    prometheus: [
      ...[`--config.file=${join(folder, 'prometheus.yml')}`, '--web.enable-lifecycle'],
      ...[`--storage.tsdb.path=${join(folder, 'data')}`, '--web.enable-remote-write-receiver'],
    ],
    alertmanager: [
      ...[`--config.file=${join(folder, 'alertmanager.yml')}`, '--cluster.listen-address='],
      `--storage.path=${join(folder, 'am')}`,
    ],
    pushgateway: [],
    node_exporter: ['--collector.disable-defaults', '--collector.loadavg'],
  }
  for (const [name, args] of Object.entries(flags)) {
    const port = await freePort()
    const address = `--web.listen-address=127.0.0.1:${port}`
    const running = start(programPath(ours, name), [address, ...args])
    await waitFor(name, 30_000, async () => {
      if (running.child.exitCode !== null) throw new Error(running.output())
      return (await fetch(`http://127.0.0.1:${port}/metrics`)).ok ? true : undefined
    })
    daemons.push({ name, port, running, restMib: 0 })
  }
  await sleep(5_000)
  for (const [i, daemon] of daemons.entries()) {
    daemons[i] = { ...daemon, restMib: residentMib(daemon.running) }
  }
}, 120_000)

afterAll(async () => {
  await stopAll()
  await targets?.close()
  removeFolders()
})

function residentMib({ child }: Running): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024
}

/** It runs, it answers, it has not grown. */
async function isWell({ name, port, running, restMib }: Daemon): Promise<void> {
  expect(`${name} ${running.child.exitCode} ${running.child.signalCode}`).toBe(`${name} null null`)
  const answer = await waitFor(`${name} to answer`, 20_000, async () => {
    const page = await fetch(`http://127.0.0.1:${port}/metrics`, {
      signal: AbortSignal.timeout(10_000),
    })
    return page.ok ? page : undefined
  })
  expect((await answer.text()).length).toBeGreaterThan(100)
  expect(residentMib(running) - restMib).toBeLessThan(GROWTH_MAX_MIB)
}

interface TargetView {
  readonly scrapePool: string
  readonly health: string
  readonly lastError: string
  readonly lastScrape: string
  readonly errorHistory?: readonly { readonly reason: string }[]
}

async function scraped(): Promise<Map<string, TargetView>> {
  const { data } = (await fetchJson(
    `http://127.0.0.1:${daemons[0]?.port}/api/v1/targets?state=active`,
  )) as { data: { activeTargets: TargetView[] } }
  return new Map(data.activeTargets.map((target) => [target.scrapePool, target]))
}

/** A scrape that began after `sinceMs` has succeeded; how soon says how busy the machine is, so there is time. */
async function isScraping(sinceMs: number): Promise<void> {
  await waitFor('the good target to be scraped', 30_000, async () => {
    const good = (await scraped()).get('good')
    return good?.health === 'up' && Date.parse(good.lastScrape) > sinceMs ? true : undefined
  })
}

test('hostile targets fail each with its reason, and the good one is scraped in time', async () => {
  const found = await waitFor('every target to be scraped', 120_000, async () => {
    const all = await scraped()
    return [...all.values()].every(({ health }) => health !== 'unknown') ? all : undefined
  })
  const f = (pool: string, error: RegExp, reason: string) => {
    expect(`${pool}: ${found.get(pool)?.lastError}`).toMatch(error)
    expect(`${pool} ${found.get(pool)?.errorHistory?.at(-1)?.reason}`).toBe(`${pool} ${reason}`)
  }
  f('huge', /sample limit exceeded/, 'limit')
  f('bomb', /body size limit exceeded/, 'limit')
  f('endless', /context deadline exceeded/, 'timeout')
  f('hang', /context deadline exceeded/, 'timeout')
  f('short', /EOF|aborted|reset/, 'connection')
  f('drop', /EOF|reset/, 'connection')
  expect(found.get('noise')?.health).toBe('down')
  await isScraping(Date.now() - 6_000)
  await isWell(daemons[0] as Daemon)
}, 240_000)

describe.each(Object.keys(PATHS))('%s', (name) => {
  const daemon = () => daemons.find((one) => one.name === name) as Daemon
  let visitors: Crowd | undefined
  afterEach(() => visitors?.leave())

  test('answers while a crowd holds connections open and says nothing', async () => {
    visitors = await crowd(daemon().port, IDLE_CONNECTIONS)
    await isScraping(Date.now())
    visitors.leave()
    await isWell(daemon())
  }, 120_000)

  test('answers while half-sent requests hang about', async () => {
    const greeting = 'POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\na'
    visitors = await crowd(daemon().port, 200, greeting)
    const page = await fetch(`http://127.0.0.1:${daemon().port}/metrics`)
    expect(page.status).toBe(200)
    await isWell(daemon())
  }, 60_000)

  test('survives requests that are wrong in every way', async () => {
    const startMs = Date.now()
    const requests = badRequests(PATHS[name] as readonly string[], bomb)
    const answers: string[] = []
    for (let i = 0; i < requests.length; i += 5) {
      const some = requests.slice(i, i + 5)
      answers.push(...(await Promise.all(some.map((one) => shout(daemon().port, one, 2_000)))))
    }
    // Whoever is answered at all is told that it was wrong, or asked for a page.
    for (const answer of answers) expect(answer).toMatch(/^$|^HTTP\/1\.[01] [2-5]\d\d/)
    expect(answers.filter((answer) => / 4\d\d /.test(answer)).length).toBeGreaterThan(5)
    await isWell(daemon())
    await isScraping(startMs)
  }, 90_000)
})
