/** The pages of the running stack in a real browser: they show real data, and nothing fails in them. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { findBarriers, openBrowser, openPage, shoot } from '../harness/browser.ts'
import { folderWith, removeFolders } from '../harness/folders.ts'
import { freePort, type Running, start, stopAll } from '../harness/processes.ts'
import { ours, repoRoot } from '../harness/programs.ts'
import { startServer } from '../harness/server.ts'
import { waitFor } from '../harness/wait.ts'

let browser: Browser
let stack: Running
let page: Page
let problems: string[]
const port: Record<string, number> = {}
const server = (path: string) => `http://localhost:${port.prometheus}${path}`
const alertmanager = (path: string) => `http://localhost:${port.alertmanager}${path}`

beforeAll(async () => {
  for (const name of ['prometheus', 'alertmanager', 'pushgateway', 'node-exporter']) {
    port[name] = await freePort()
  }
  stack = start('node', [
    join(repoRoot, 'tools/start.mjs'),
    `--data=${folderWith()}`,
    ...Object.entries(port).map(([name, value]) => `--${name}-port=${value}`),
  ])
  await waitFor('the stack', 60_000, () =>
    stack.output().includes('The stack is up') ? true : undefined,
  )
  await waitFor('every target to be up', 30_000, async () => {
    const text = await (await fetch(server('/api/v1/query?query=sum(up)'))).text()
    return text.includes('"4"') ? true : undefined
  })
  browser = await openBrowser()
}, 120_000)

beforeEach(async () => {
  ;({ page, problems } = await openPage(browser))
})

afterEach(async () => {
  await page.close()
  expect(problems).toEqual([])
})

afterAll(async () => {
  await browser?.close()
  // Asked, not killed: it takes its programs along.
  await stack?.stop()
  await stopAll()
  removeFolders()
})

const text = async () => (await page.textContent('main')) ?? ''

it('the first page is the query page; an expression is completed, run and shown as a table', async () => {
  await page.goto(server('/'))
  await page.waitForSelector('.cm-content')
  expect(page.url()).toContain('/query')
  await page.click('.cm-content')
  await page.keyboard.type('process_resident_mem')
  await page.waitForSelector('.cm-tooltip-autocomplete')
  await page.keyboard.press('Escape')
  await page.keyboard.press('Control+A')
  await page.keyboard.type('sum(up)')
  await page.keyboard.press('Escape')
  await page.click('.cm-content')
  await page.getByRole('button', { name: 'Execute' }).click()
  await page.waitForSelector('table')
  expect(await text()).toContain('4')
  expect(await text()).toContain('4 samples read')
  expect(page.url()).toContain('g0.expr=sum%28up%29')
  expect(await findBarriers(page)).toEqual([])
  await shoot(page, 'query-table')
})

it('queries asked before are offered when one wants that', async () => {
  await page.goto(server('/query?g0.expr=count(up)&g0.tab=table'))
  await page.getByRole('button', { name: 'Execute' }).click()
  await page.getByRole('button', { name: 'Settings' }).click()
  await page.getByLabel('Offer query history').click()
  await page.keyboard.press('Escape')
  await page.click('.cm-content')
  await page.keyboard.press('Control+A')
  await page.keyboard.type('coun')
  await page.getByText('past query').waitFor()
})

it('a link from the original opens as a graph, with a line for each series', async () => {
  await page.goto(server('/graph?g0.expr=process_resident_memory_bytes&g0.tab=0&g0.range_input=5m'))
  await page.waitForSelector('canvas')
  await page.waitForSelector('.legend button')
  expect(await page.locator('.legend button').count()).toBe(4)
  expect(page.url()).toContain('/query?')
  expect(await findBarriers(page)).toEqual([])
  await shoot(page, 'query-graph')
})

it('an error is shown where it belongs', async () => {
  await page.goto(server('/query?g0.expr=sum(&g0.tab=1'))
  const alert = page.getByRole('alert')
  await alert.waitFor()
  expect(await alert.textContent()).toContain('parse error')
  // The browser notes the 400 itself.
  problems.splice(0, problems.length, ...problems.filter((line) => !line.includes('400')))
})

it('the explain tab says what the expression means and what the server does', async () => {
  const expr = 'sum by (job) (rate(process_cpu_seconds_total{job=~"node|prometheus"}[1m])) > 0'
  await page.goto(server(`/query?${new URLSearchParams({ 'g0.expr': expr, 'g0.tab': 'explain' })}`))
  await page.getByRole('button', { name: /^process_cpu_seconds_total\{/ }).click()
  await page.getByText('Selects all samples of the last 1m of each series').waitFor()
  await page.getByText('Label job matches "node|prometheus".').waitFor()
  await page.getByRole('button', { name: 'sum by (job) (…)' }).click()
  await page
    .getByText('One result for each combination of job; other labels are dropped.')
    .waitFor()
  expect(await findBarriers(page)).toEqual([])
  await shoot(page, 'query-explain')
})

it('the tree shows how many series each part has; a part can be looked at alone', async () => {
  await page.goto(server('/query?g0.expr=sum(up)&g0.show_tree=1&g0.tab=table'))
  await page.getByText(/^4 series/).waitFor()
  await page.getByRole('button', { name: 'up', exact: true }).click()
  await waitFor('a row for each target', 10_000, async () =>
    (await page.locator('table.grid tbody tr').count()) === 4 ? true : undefined,
  )
  await shoot(page, 'query-tree')
})

it('histograms are drawn as a heat map, and the explorer finds metrics by their help', async () => {
  await page.goto(
    server(
      `/query?${new URLSearchParams({
        'g0.expr': 'sum by (le) (rate(prometheus_http_request_duration_seconds_bucket[1m]))',
        'g0.tab': 'graph',
        'g0.range_input': '2m',
        'g0.display_mode': 'heatmap',
      })}`,
    ),
  )
  await page.getByRole('img', { name: /^Heat map of \d+ buckets/ }).waitFor()
  await shoot(page, 'query-heatmap')
  await page.getByRole('button', { name: 'More' }).click()
  await page.getByRole('menuitem', { name: 'Explore metrics' }).click()
  await page.getByLabel('Filter by name, type or help').fill('load average gauge 1m')
  await page.getByText('node_load1', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Labels of node_load1' }).click()
  await page.getByText('1 series').waitFor()
  await shoot(page, 'query-explorer')
})

it('relabelling is shown step by step', async () => {
  await page.goto(server('/service-discovery'))
  await page.getByRole('button', { name: 'relabelling step by step' }).first().click()
  await page.getByText('This job has no relabelling rules.').waitFor()
})

it('a running query can be seen and cancelled', async () => {
  const now = Math.floor(Date.now() / 1000)
  const slow = new URLSearchParams({
    query: 'quantile_over_time(0.9, vector(time())[3h:1s])',
    start: String(now - 86_400),
    end: String(now),
    step: '10',
  })
  const answer = fetch(server(`/api/v1/query_range?${slow}`)).then((one) => one.json())
  await page.goto(server('/running-queries'))
  await page.getByRole('button', { name: 'Cancel' }).first().click()
  expect(await answer).toMatchObject({
    errorType: 'canceled',
    error: 'query was canceled in expression evaluation',
  })
  await shoot(page, 'running-queries')
})

it.each([
  ['/targets', ['node', '1 of 1 up', 'instance="']],
  ['/alerts', ['InstanceDown', 'demo.yml']],
  ['/rules', ['instance:node_cpu_utilisation:rate1m', 'ok']],
  ['/service-discovery', ['__address__="', 'job="']],
  ['/status', ['version']],
  ['/tsdb-status', ['numSeries']],
  ['/flags', ['--storage.tsdb.path']],
  ['/config', ['scrape_interval: 5s']],
  ['/alertmanager-discovery', ['/api/v2/alerts']],
  ['/running-queries', ['refreshes every 2 s']],
])('%s shows what runs', async (path, expected) => {
  await page.goto(server(path))
  for (const part of expected) {
    await waitFor(`${part} on ${path}`, 10_000, async () =>
      (await text()).includes(part) ? true : undefined,
    )
  }
  await shoot(page, path.slice(1))
  expect(await findBarriers(page)).toEqual([])
})

it('the theme can be changed and stays', async () => {
  await page.goto(server('/targets'))
  await page.getByRole('button', { name: /^Theme: auto/ }).click()
  await page.getByRole('button', { name: /^Theme: light/ }).click()
  const scheme = () => page.evaluate('document.documentElement.dataset.mantineColorScheme')
  expect(await scheme()).toBe('dark')
  await page.reload()
  await page.getByRole('button', { name: /^Theme: dark/ }).waitFor()
  expect(await scheme()).toBe('dark')
  await shoot(page, 'targets-dark')
})

it('a silence is made from an alert, previewed, found and expired', async () => {
  await fetch(alertmanager('/api/v2/alerts'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([
      {
        labels: { alertname: 'Probe', instance: '<b>host</b>' },
        annotations: { summary: 'See https://wiki.example.org/probe <script>' },
      },
    ]),
  })
  await page.goto(alertmanager('/'))
  await page.getByText('Probe').first().waitFor()
  expect(await text()).toContain('<b>host</b>')
  expect(await page.getByRole('link', { name: 'https://wiki.example.org/probe' }).count()).toBe(1)
  expect(await findBarriers(page)).toEqual([])
  await shoot(page, 'alertmanager-alerts')
  await page.getByRole('link', { name: 'silence', exact: true }).click()
  await page.getByLabel('Creator').fill('suite')
  await page.getByLabel('Comment').fill('a test')
  await page.getByText('Matches 1 alert now').waitFor()
  await page.getByRole('button', { name: 'Create' }).click()
  await page.getByText('Silence ').first().waitFor()
  await shoot(page, 'alertmanager-silence')
  await page.goto(alertmanager('/#/alerts'))
  await page.getByText('1 alert is silenced').waitFor()
  await page.getByRole('link', { name: 'Show it' }).click()
  await page.getByText('silenced by').waitFor()
  await page.goto(alertmanager('/#/silences'))
  await page.getByText('a test').click({ trial: true })
  await page.getByRole('link', { name: /alertname="Probe"/ }).click()
  await page.getByRole('button', { name: 'Expire' }).click()
  await page.getByRole('button', { name: 'Yes, expire it' }).click()
  await page.getByText('expired').first().waitFor()
})

it('the first page of node_exporter tells how its collectors did, with a strict policy', async () => {
  const answer = await page.goto(`http://localhost:${port['node-exporter']}/`)
  expect(answer?.headers()['content-security-policy']).toContain("default-src 'none'")
  await page.getByRole('row', { name: /^loadavg \d+\.\d ms succeeded$/ }).waitFor()
  expect(await findBarriers(page)).toEqual([])
  await shoot(page, 'node-exporter')
})

it('stacked graphs are drawn as bands', async () => {
  const expr = 'sum by (mode) (rate(node_cpu_seconds_total[1m]))'
  await page.goto(
    server(
      `/query?${new URLSearchParams({ 'g0.expr': expr, 'g0.tab': 'graph', 'g0.range_input': '2m', 'g0.display_mode': 'stacked' })}`,
    ),
  )
  await page.waitForSelector('canvas')
  await page.waitForSelector('.legend button')
  await shoot(page, 'query-stacked')
})

it('Alertmanager tells where an alert would go, and what happened', async () => {
  await page.goto(alertmanager('/#/routing'))
  await page.getByText('every alert').waitFor()
  await page.getByLabel('Labels of an alert').fill('{alertname="Probe", instance="a"}')
  await page.keyboard.press('Enter')
  await page.getByText('goes here').waitFor()
  await page.getByText('At the next look').waitFor()
  expect(await findBarriers(page)).toEqual([])
  await shoot(page, 'alertmanager-routing')

  await page.goto(alertmanager('/#/history'))
  await page.getByText('fired').first().waitFor()
  expect(await findBarriers(page)).toEqual([])
  await shoot(page, 'alertmanager-history')

  await page.goto(alertmanager('/#/settings'))
  await page.getByLabel('Creator of new silences').fill('me')
  await page.goto(alertmanager('/#/silences/new'))
  expect(await page.getByLabel('Creator').inputValue()).toBe('me')
})

it('exemplars are drawn and listed; a target that fails tells its last errors', async () => {
  const target = createServer((_request, response) => {
    response.setHeader('content-type', 'application/openmetrics-text; version=1.0.0')
    response.end(
      '# TYPE shop_seconds histogram\nshop_seconds_bucket{le="1"} 3 # {trace_id="abc123"} 0.5\n' +
        'shop_seconds_bucket{le="+Inf"} 3\nshop_seconds_count 3\nshop_seconds_sum 1.5\n# EOF\n',
    )
  })
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve))
  const { port: shop } = target.address() as AddressInfo
  const folder = folderWith({
    'prometheus.yml': `global: {scrape_interval: 1s}
scrape_configs:
  - {job_name: shop, static_configs: [{targets: ['127.0.0.1:${shop}']}]}
  - {job_name: gone, static_configs: [{targets: ['127.0.0.1:1']}]}
`,
  })
  const watching = await startServer(ours, {
    config: join(folder, 'prometheus.yml'),
    data: join(folder, 'data'),
    args: ['--enable-feature=exemplar-storage'],
  })
  await waitFor('a scrape', 20_000, async () => {
    const { data } = await watching.query('shop_seconds_count', Date.now() / 1000)
    return data?.result.length || undefined
  })
  const parameters = { 'g0.expr': 'shop_seconds_bucket', 'g0.tab': 'graph', 'g0.range_input': '1m' }
  await page.goto(
    `${watching.url}/query?${new URLSearchParams({ ...parameters, 'g0.show_exemplars': '1' })}`,
  )
  await page.getByText('trace_id="abc123"').first().waitFor()
  await shoot(page, 'query-exemplars')
  await page.goto(`${watching.url}/targets?health=down`)
  await page.getByText(/failed scrapes?,/).click()
  await page.getByRole('cell', { name: 'connection' }).first().waitFor()
  await watching.running.stop()
  target.close()
})

it('ten thousand rules scroll and filter: only what is near the window is in the page', async () => {
  const groups = Array.from({ length: 100 }, (_, g) => ({
    name: `group ${g}`,
    rules: Array.from({ length: 100 }, (_, r) => ({
      record: `r:g${g}:${r}`,
      expr: `vector(${r})`,
    })),
  }))
  const folder = folderWith({
    'rules.yml': JSON.stringify({ groups }),
    'prometheus.yml': 'global: {evaluation_interval: 1h}\nrule_files: [rules.yml]\n',
  })
  const many = await startServer(ours, {
    config: join(folder, 'prometheus.yml'),
    data: join(folder, 'data'),
  })
  await page.goto(`${many.url}/rules`)
  await page.getByText('group 0', { exact: true }).waitFor()
  const rows = () => page.locator('.row.rules').count()
  expect(await rows()).toBeLessThan(200)
  await page.evaluate('window.scrollTo(0, document.body.scrollHeight)')
  await page.getByText('r:g99:99', { exact: true }).first().waitFor()
  expect(await rows()).toBeLessThan(200)
  await page.getByLabel('Filter by rule or group').fill('r:g42:7')
  await page.getByText('r:g42:79', { exact: true }).first().waitFor()
  expect(await rows()).toBe(11)
  await many.running.stop()
})
