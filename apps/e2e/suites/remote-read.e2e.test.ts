/** Remote read between ours and the originals, agents of both on one folder, OTLP: used as a user uses them. */
import { readdirSync } from 'node:fs'
import { folderWith, removeFolders } from '../harness/folders.ts'
import { freePort, type Running, start, stopAll } from '../harness/processes.ts'
import { originals, ours, type Programs, programPath } from '../harness/programs.ts'
import { remoteWrite } from '../harness/remote-write.ts'
import { startServer } from '../harness/server.ts'
import { waitFor } from '../harness/wait.ts'

const receives = '--web.enable-remote-write-receiver'

afterAll(async () => {
  await stopAll()
  removeFolders()
})

const config = (text: string) => `${folderWith({ 'prometheus.yml': text })}/prometheus.yml`

test('queries read from the other program what they would read here', async () => {
  const idle = 'global: {scrape_interval: 1h}\n'
  const end = Math.floor(Date.now() / 1000)
  const at = (index: number) => (end - 290 + index * 10) * 1000
  const rows = Array.from({ length: 30 }, (_, i) => i)
  const series = [
    ...['a', 'b'].map((x) => ({
      labels: { __name__: 'm_total', x },
      samples: rows.map((i) => [at(i), i % 13 === 12 ? ('stale' as const) : i * 3] as const),
    })),
    {
      labels: { __name__: 'native' },
      samples: rows.map((i) => {
        const value = { schema: 1, zero: 1, buckets: [i, 2 * i, 3], sum: i }
        return [at(i), value] as const
      }),
    },
  ]
  for (const [reader, stored] of [
    [ours, originals],
    [originals, ours],
    [ours, ours],
  ] as [Programs, Programs][]) {
    const far = await startServer(stored, {
      config: config(idle),
      data: folderWith(),
      args: [receives, ...(stored === originals ? ['--enable-feature=native-histograms'] : [])],
    })
    await remoteWrite(far.url, series)
    const near = await startServer(reader, {
      config: config(`${idle}remote_read: [{url: '${far.url}/api/v1/read', read_recent: true}]\n`),
      data: folderWith(),
    })
    for (const query of [
      'm_total',
      'sum(rate(m_total[1m]))',
      'm_total[100s]',
      'histogram_quantile(0.5, rate(native[1m]))',
      'native',
    ]) {
      expect(await near.query(query, end)).toEqual(await far.query(query, end))
    }
    const ranged = (server: typeof near) => server.queryRange('avg(m_total)', end - 200, end, 15)
    expect(await ranged(near)).toEqual(await ranged(far))
    await Promise.all([near.running.stop(), far.running.stop()])
  }
})

/** Starts an agent and waits until it has scraped itself. */
async function startAgent(programs: Programs, folder: string, target: string): Promise<Running> {
  const port = await freePort()
  const running = start(programPath(programs, 'prometheus'), [
    '--agent',
    `--config.file=${config(`global: {scrape_interval: 1s}
scrape_configs: [{job_name: agent, static_configs: [{targets: ['127.0.0.1:${port}'], labels: {instance: one}}]}]
remote_write: [{url: '${target}/api/v1/write', queue_config: {batch_send_deadline: 200ms}}]
`)}`,
    `--storage.agent.path=${folder}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--storage.remote.flush-deadline=5s',
  ])
  await waitFor(`an agent of ${programs.name} to send`, 30_000, async () => {
    if (running.child.exitCode !== null) throw new Error(running.output())
    const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    const sent = /^prometheus_remote_storage_samples_total\{.*\} (\S+)$/m.exec(page)
    return Number(sent?.[1] ?? 0) > 500 || undefined
  })
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=up`)
  expect([answer.status, await answer.json()]).toEqual([
    422,
    { status: 'error', errorType: 'execution', error: 'unavailable with Prometheus Agent' },
  ])
  return running
}

test('agents of ours and of the original take turns on one folder and lose nothing', async () => {
  const receiver = await startServer(ours, {
    config: config('global: {scrape_interval: 1h}\n'),
    data: folderWith(),
    args: [receives],
  })
  const folder = folderWith()
  for (const programs of [ours, originals, ours]) {
    const agent = await startAgent(programs, folder, receiver.url)
    expect(await agent.stop()).toBe(0)
    expect(agent.output()).not.toMatch(/level=ERROR/)
  }
  expect(readdirSync(folder)).toEqual(['wal'])
  const up = await receiver.query('count_over_time(up[5m])', Date.now() / 1000)
  expect(up.data?.result).toHaveLength(1)
  expect(Number(up.data?.result[0]?.value?.[1])).toBeGreaterThan(5)
})

test('metrics over OTLP can be queried, with the attributes of their resource', async () => {
  const server = await startServer(ours, {
    config: config('otlp: {promote_resource_attributes: [region]}\n'),
    data: folderWith(),
    args: ['--web.enable-otlp-receiver'],
  })
  const now = Date.now()
  const attribute = (key: string, value: string) => ({ key, value: { stringValue: value } })
  const resource = {
    attributes: [attribute('service.name', 'shop'), attribute('region', 'r1')],
  }
  const dataPoints = [
    { timeUnixNano: `${now}000000`, asInt: '7', attributes: [attribute('a', 'b')] },
  ]
  const metric = {
    name: 'http.requests',
    unit: '1',
    sum: { isMonotonic: true, aggregationTemporality: 2, dataPoints },
  }
  const body = { resourceMetrics: [{ resource, scopeMetrics: [{ metrics: [metric] }] }] }
  const answer = await fetch(`${server.url}/api/v1/otlp/v1/metrics`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect([answer.status, await answer.text()]).toEqual([200, ''])
  const found = await server.query('{job="shop"}', now / 1000)
  expect(found.data?.result.map(({ metric, value }) => ({ ...metric, value: value?.[1] }))).toEqual(
    [
      { __name__: 'http_requests_total', a: 'b', job: 'shop', region: 'r1', value: '7' },
      { __name__: 'target_info', job: 'shop', region: 'r1', value: '1' },
    ],
  )
})
