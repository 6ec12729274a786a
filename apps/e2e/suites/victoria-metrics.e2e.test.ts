/** The set-up of deploy/victoria-metrics: samples and rules go there, queries and rules are answered from there. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { folderWith, removeFolders } from '../harness/folders.ts'
import { freePort, start, stopAll } from '../harness/processes.ts'
import { originals, ours, programPath, repoRoot } from '../harness/programs.ts'
import { type ServerUnderTest, startServer } from '../harness/server.ts'
import { fetchJson, waitFor } from '../harness/wait.ts'

let victoria: string
let server: ServerUnderTest
let folder: string

const deployed = (name: string) =>
  readFileSync(join(repoRoot, 'deploy/victoria-metrics', name), 'utf8')

beforeAll(async () => {
  const port = await freePort()
  victoria = `http://127.0.0.1:${port}`
  const config = deployed('prometheus.yml')
    .replaceAll('localhost:8428', `127.0.0.1:${port}`)
    .replaceAll(': 15s', ': 1s')
  folder = folderWith({
    'prometheus.yml': config,
    'rules.yml': deployed('rules.yml').replace('for: 5m', 'for: 0s'),
  })
  const running = start(programPath(originals, 'victoria-metrics'), [
    `-storageDataPath=${join(folder, 'victoria')}`,
    `-httpListenAddr=127.0.0.1:${port}`,
    '-retentionPeriod=12',
    '-search.latencyOffset=0s',
  ])
  await waitFor('VictoriaMetrics', 20_000, async () => {
    if (running.child.exitCode !== null) throw new Error(running.output())
    return (await fetch(`${victoria}/health`)).ok ? true : undefined
  })
  // Samples of three weeks ago, of which our server never heard.
  const old = Date.now() - 21 * 86_400_000
  const lines = Array.from({ length: 10 }, (_, i) => `ancient{job="x"} ${i} ${old + i * 1000}`)
  await fetch(`${victoria}/api/v1/import/prometheus`, { method: 'POST', body: lines.join('\n') })
  server = await startServer(ours, {
    config: join(folder, 'prometheus.yml'),
    data: join(folder, 'server'),
    args: [`--query.forward-url=${victoria}`],
  })
}, 60_000)

afterAll(async () => {
  await stopAll()
  removeFolders()
})

const now = () => Date.now() / 1000
const ask = async (url: string, query: string) => {
  const params = new URLSearchParams({ query, time: String(now()) })
  const { data } = (await fetchJson(`${url}/api/v1/query?${params}`)) as {
    data?: { result: { metric: Record<string, string>; value: [number, string] }[] }
  }
  return data?.result ?? []
}

test('scraped samples arrive there, and queries of our API are answered from there', async () => {
  const row = await waitFor('up in VictoriaMetrics, by our API', 30_000, async () =>
    (await ask(server.url, 'up{site="berlin",job="victoria-metrics"} == 1')).at(0),
  )
  expect(row.metric.site).toBe('berlin')
})

test('a graph shows what was there before our server was', async () => {
  const end = now() - 20.9 * 86_400
  const answer = await server.queryRange('max_over_time(ancient[1d])', end, end + 60, 60)
  expect(answer.data?.result[0]?.values?.[0]?.[1]).toBe('9')
  const { data: names } = (await fetchJson(
    `${server.url}/api/v1/label/__name__/values?start=${end - 86_400}&end=${end}`,
  )) as { data: string[] }
  expect(names).toContain('ancient')
})

test('rules are evaluated over it, their results are written to it, and alerts fire', async () => {
  const row = await waitFor('the recorded average', 30_000, async () =>
    (await ask(victoria, 'job:up:avg30d{job="victoria-metrics"}')).at(0),
  )
  expect(Number(row.value[1])).toBeGreaterThan(0)
  // The job that scrapes localhost:9090 finds nobody there, or somebody else.
  const { data } = (await fetchJson(`${server.url}/api/v1/rules`)) as {
    data: { groups: { rules: { name: string; health: string; lastError?: string }[] }[] }
  }
  const rules = data.groups.flatMap((group) => group.rules)
  expect(rules.map(({ name, health }) => `${name} ${health}`)).toEqual([
    'job:up:avg30d ok',
    'TargetDown ok',
  ])
})

test('what is wrong with a query is said in its own words', async () => {
  const answer = await server.query('rate(up[', now())
  expect(answer.status).toBe('error')
  expect(answer.error).toMatch(/rate\(up\[/)
})

test('while it is away queries are unavailable and scraping goes on', async () => {
  const lost = await startServer(ours, {
    config: join(folder, 'prometheus.yml'),
    data: join(folder, 'alone'),
    args: [`--query.forward-url=http://127.0.0.1:${await freePort()}`],
  })
  const answer = await fetch(`${lost.url}/api/v1/query?query=up`)
  expect(answer.status).toBe(500)
  expect(((await answer.json()) as { error: string }).error).toMatch(
    /^forwarded query: .*connection refused/,
  )
  await waitFor('a scrape', 20_000, async () => {
    const { data } = (await fetchJson(`${lost.url}/api/v1/targets`)) as {
      data: { activeTargets: { health: string }[] }
    }
    return data.activeTargets.some(({ health }) => health === 'up') ? true : undefined
  })
}, 40_000)
