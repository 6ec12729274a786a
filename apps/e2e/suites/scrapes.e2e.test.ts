/** Ours scrapes the originals in every format they speak, and the original scrapes ours: the same series both times. */
import { join } from 'node:path'
import { folderWith, removeFolders } from '../harness/folders.ts'
import { freePort, start, stopAll } from '../harness/processes.ts'
import { originals, ours, type Programs, programPath } from '../harness/programs.ts'
import { type ServerUnderTest, startServer } from '../harness/server.ts'
import { fetchJson, waitFor } from '../harness/wait.ts'

const FORMATS = ['PrometheusText0.0.4', 'OpenMetricsText1.0.0', 'PrometheusProto']
const PROGRAMS = ['prometheus', 'alertmanager', 'pushgateway', 'node_exporter']

let folder: string
const ports = new Map<string, number>()

async function startExporters(programs: Programs, prefix: string): Promise<void> {
  for (const name of PROGRAMS) {
    const port = await freePort()
    ports.set(`${prefix}-${name}`, port)
    const own = join(folder, `${prefix}-${name}`)
    const args: Record<string, readonly string[]> = {
      prometheus: [`--config.file=${join(folder, 'empty.yml')}`, `--storage.tsdb.path=${own}`],
      alertmanager: [
        ...[`--config.file=${join(folder, 'alertmanager.yml')}`, `--storage.path=${own}`],
        '--cluster.listen-address=',
      ],
      // The Debian build keeps one file for all runs by default: whatever was ever pushed on this machine would come too.
      pushgateway: ['--persistence.file='],
      node_exporter: ['--collector.disable-defaults', '--collector.loadavg'],
    }
    const running = start(programPath(programs, name), [
      `--web.listen-address=127.0.0.1:${port}`,
      ...(args[name] ?? []),
    ])
    await waitFor(`${prefix} ${name}`, 30_000, async () => {
      if (running.child.exitCode !== null) throw new Error(running.output())
      return (await fetch(`http://127.0.0.1:${port}/metrics`)).ok ? true : undefined
    })
  }
}

const config = () => {
  const jobs = [...ports].flatMap(([name, port]) =>
    FORMATS.map(
      (format) =>
        `  - {job_name: ${name}-${format}, scrape_protocols: [${format}], static_configs: [{targets: ['127.0.0.1:${port}']}]}\n`,
    ),
  )
  return `global: {scrape_interval: 4s}\nscrape_configs:\n${jobs.join('')}`
}

const servers: ServerUnderTest[] = []

beforeAll(async () => {
  folder = folderWith({
    'empty.yml': 'global: {}\n',
    'alertmanager.yml': 'route: {receiver: none}\nreceivers: [{name: none}]\n',
  })
  await startExporters(originals, 'original')
  await startExporters(ours, 'ours')
  const file = join(folderWith({ 'prometheus.yml': config() }), 'prometheus.yml')
  for (const programs of [ours, originals]) {
    servers.push(await startServer(programs, { config: file, data: join(folder, programs.name) }))
  }
}, 120_000)

afterAll(async () => {
  await stopAll()
  removeFolders()
})

interface Target {
  readonly scrapePool: string
  readonly health: string
  readonly lastError: string
}

test.each([0, 1])(
  'every program is scraped in every format, by server %i',
  async (index) => {
    const { url } = servers[index] as ServerUnderTest
    let seen: Target[] = []
    const jobs = await waitFor('all targets to have been scraped', 70_000, async () => {
      const { data } = (await fetchJson(`${url}/api/v1/targets`)) as {
        data: { activeTargets: Target[] }
      }
      const { activeTargets: all } = data
      seen = all
      const isDone = all.length === ports.size * FORMATS.length
      return isDone && all.every(({ health }) => health === 'up') ? all : undefined
    }).catch(() => seen)
    expect(jobs.filter(({ health }) => health !== 'up')).toEqual([])
  },
  90_000,
)

test('both servers store the same series of each, but those that count the time', async () => {
  const series = async ({ url }: ServerUnderTest, job: string) => {
    const params = new URLSearchParams({ 'match[]': `{job="${job}"}` })
    const { data } = (await fetchJson(`${url}/api/v1/series?${params}`)) as {
      data: Record<string, string>[]
    }
    // Handlers and codes of requests appear as somebody asks.
    const isSteady = (labels: Record<string, string>) =>
      !/_http_|^http_|net_conntrack|promhttp/.test(labels.__name__ ?? '')
    return data
      .filter(isSteady)
      .map((labels) => JSON.stringify(Object.entries(labels).sort()))
      .sort()
  }
  await waitFor('two scrapes of each', 40_000, async () => {
    const asked = servers.map((server) =>
      server.query('min(count_over_time((up == 1)[1m:4s]))', Date.now() / 1000),
    )
    const counts = (await Promise.all(asked)).map(({ data }) => Number(data?.result[0]?.value?.[1]))
    return counts.every((count) => count >= 2) ? true : undefined
  })
  const steady = ['ours-pushgateway', 'original-pushgateway', 'original-node_exporter']
  for (const name of [...steady, 'ours-node_exporter']) {
    for (const format of FORMATS) {
      const [a, b] = await Promise.all(servers.map((server) => series(server, `${name}-${format}`)))
      expect(a?.length).toBeGreaterThan(5)
      expect(a).toEqual(b)
    }
  }
}, 90_000)
