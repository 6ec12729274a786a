/** Every query of the Grafana dashboards has an answer from our server, watching the stack. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { load } from 'js-yaml'
import { folderWith, removeFolders } from '../harness/folders.ts'
import { freePort, start, stopAll } from '../harness/processes.ts'
import { ours, programPath, repoRoot } from '../harness/programs.ts'
import { type ServerUnderTest, startServer } from '../harness/server.ts'
import { waitFor } from '../harness/wait.ts'

interface Dashboard {
  readonly uid: string
  readonly templating: { readonly list: { readonly name: string; readonly query: string }[] }
  readonly panels: {
    readonly title: string
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number }
    readonly targets: { readonly expr: string }[]
  }[]
}

const folder = join(repoRoot, 'deploy/grafana')
const dashboards = readdirSync(join(folder, 'dashboards')).map((name): [string, Dashboard] => [
  name,
  JSON.parse(readFileSync(join(folder, 'dashboards', name), 'utf8')),
])
const queries = dashboards.flatMap(([name, { panels }]) =>
  panels.flatMap(({ title, targets }) =>
    targets.map(({ expr }): [string, string, string] => [name, title, expr]),
  ),
)

let server: ServerUnderTest
let readyAt = 0

beforeAll(async () => {
  const [alertmanager, node] = [await freePort(), await freePort()]
  const data = folderWith({
    'alertmanager.yml':
      'route: {receiver: hook, group_wait: 0s}\nreceivers: [{name: hook, webhook_configs: [{url: "http://localhost:9"}]}]\n',
    'rules.yml': 'groups: [{name: g, rules: [{alert: Always, expr: vector(1)}]}]\n',
  })
  start(programPath(ours, 'alertmanager'), [
    `--config.file=${data}/alertmanager.yml`,
    `--storage.path=${data}/am`,
    `--web.listen-address=127.0.0.1:${alertmanager}`,
    '--cluster.listen-address=127.0.0.1:0',
  ])
  start(programPath(ours, 'node_exporter'), [`--web.listen-address=127.0.0.1:${node}`])
  const own = await freePort()
  const config = join(
    folderWith({
      'prometheus.yml': `
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: ['${data}/rules.yml']
alerting: {alertmanagers: [{static_configs: [{targets: ['127.0.0.1:${alertmanager}']}]}]}
scrape_configs:
  - {job_name: alertmanager, static_configs: [{targets: ['127.0.0.1:${alertmanager}']}]}
  - {job_name: node, static_configs: [{targets: ['127.0.0.1:${node}']}]}
  - {job_name: prometheus, static_configs: [{targets: ['127.0.0.1:${own}']}]}
`,
    }),
    'prometheus.yml',
  )
  server = await startServer(ours, {
    config,
    data: join(data, 'tsdb'),
    args: [`--web.listen-address=127.0.0.1:${own}`],
  })
  readyAt = Date.now()
})

afterAll(async () => {
  await stopAll()
  removeFolders()
})

/** As Grafana fills in its variables; the interval is short because the server is young. */
const fill = (expr: string) =>
  expr.replaceAll('$instance', '.+').replaceAll('$__rate_interval', '30s')

test.each(queries)('%s: %s: %s', async (_name, _title, expr) => {
  const answer = await waitFor(`rows of ${expr}`, 30_000, async () => {
    const found = await server.query(fill(expr), Date.now() / 1000)
    if (found.status !== 'success') throw new Error(found.error)
    return (found.data?.result.length ?? 0) > 0 ? found : undefined
  })
  expect(answer.warnings).toBeUndefined()
  const range = await server.queryRange(fill(expr), readyAt / 1000, Date.now() / 1000, 1)
  expect(range.status).toBe('success')
})

test.each(dashboards)('%s: its instances are found', async (_name, { templating }) => {
  const query = templating.list.find(({ name }) => name === 'instance')!.query
  const [, metric, label] = /^label_values\((\w+), (\w+)\)$/.exec(query)!
  const url = `${server.url}/api/v1/label/${label}/values?match[]=${metric}`
  const { data } = (await (await fetch(url)).json()) as { data: string[] }
  expect(data).toHaveLength(1)
})

test('panels do not overlap, and every dashboard has its own uid', () => {
  for (const [, { panels }] of dashboards) {
    const places = panels.map(({ gridPos: { x, y } }) => `${x},${y}`)
    expect(new Set(places).size).toBe(panels.length)
    for (const { gridPos } of panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24)
  }
  expect(new Set(dashboards.map(([, { uid }]) => uid)).size).toBe(dashboards.length)
})

test('the provisioning files name data sources and dashboards', () => {
  const read = (path: string) =>
    load(readFileSync(join(folder, 'provisioning', path), 'utf8')) as Record<string, unknown>
  const sources = read('datasources/prometheus.yml').datasources as { type: string; uid: string }[]
  expect(sources.map(({ type }) => type)).toEqual(['prometheus', 'alertmanager'])
  expect(read('dashboards/prometheus-ts.yml').providers).toHaveLength(1)
})
