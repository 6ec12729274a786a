/** Ours and the original watch one target for three minutes: same series, same answers at the same times. */
import { join } from 'node:path'
import { folderWith, removeFolders } from '../harness/folders.ts'
import { GRID_MS, startGridTarget } from '../harness/grid-target.ts'
import { stopAll } from '../harness/processes.ts'
import { originals, ours } from '../harness/programs.ts'
import { type ServerUnderTest, sorted, startServer } from '../harness/server.ts'
import { fetchJson, sleep } from '../harness/wait.ts'

/** Longer than the longest look back of any query below: the two do not start at the same grid step. */
const WATCH_MS = 180_000

/** Twenty queries an operator asks; each is put as an instant and as a range. */
const queries = [
  'grid_requests_total',
  'rate(grid_requests_total[1m])',
  'sum by (code) (rate(grid_requests_total[1m]))',
  'sum without (shard) (increase(grid_requests_total[90s]))',
  'irate(grid_requests_total{code="500"}[1m])',
  'avg by (shard) (grid_temperature)',
  'max_over_time(grid_temperature[1m]) - min_over_time(grid_temperature[1m])',
  'avg_over_time(grid_temperature[45s])',
  'stddev_over_time(grid_temperature[1m])',
  'count_over_time(grid_sometimes[2m])',
  'grid_special',
  '{__name__=~"grid_.*", kind!~"nan|inf"}',
  'topk(2, grid_temperature)',
  'quantile(0.5, grid_temperature)',
  'histogram_quantile(0.9, rate(grid_latency_seconds_bucket[1m]))',
  'grid_requests_total{code="500"} / ignoring(code) grid_requests_total{code="200"}',
  'grid_temperature > bool 20',
  'grid_temperature > 20 and on (shard) grid_requests_total{code="200"} offset 10s',
  'sum(grid_latency_seconds_sum) / sum(grid_latency_seconds_count) unless grid_sometimes',
  'count(up{job="grid"} == 1) or vector(0)',
]

let folder: string
let target: Awaited<ReturnType<typeof startGridTarget>>
let mine: ServerUnderTest
let theirs: ServerUnderTest
let endSeconds: number

beforeAll(async () => {
  target = await startGridTarget()
  folder = folderWith({
    'prometheus.yml': `global:
  scrape_interval: 1s
  scrape_timeout: 1s
scrape_configs:
  - job_name: grid
    static_configs:
      - targets: ['${target.address}']
        labels: { zone: 'a"b' }
`,
  })
  const config = join(folder, 'prometheus.yml')
  ;[mine, theirs] = await Promise.all([
    startServer(ours, { config, data: join(folder, 'ours') }),
    startServer(originals, { config, data: join(folder, 'original') }),
  ])
  await sleep(WATCH_MS)
  // The last full grid step that both have scraped.
  endSeconds = (Math.floor((Date.now() - 3000) / GRID_MS) * GRID_MS) / 1000
}, WATCH_MS + 60_000)

afterAll(async () => {
  await stopAll()
  await target?.close()
  removeFolders()
})

it('stores the same series', async () => {
  const series = async ({ url }: ServerUnderTest) => {
    const { data } = (await fetchJson(
      `${url}/api/v1/series?${new URLSearchParams({ 'match[]': '{job="grid"}' })}`,
    )) as { data: Record<string, string>[] }
    return data.map((labels) => JSON.stringify(Object.entries(labels).sort())).sort()
  }
  const [a, b] = await Promise.all([series(mine), series(theirs)])
  expect(a).toEqual(b)
  expect(a.length).toBeGreaterThan(40)
})

it('stores the same samples', async () => {
  const all = (server: ServerUnderTest) =>
    server.query('{__name__=~"grid_.+"}[100s]', endSeconds).then(sorted)
  expect(await all(mine)).toEqual(await all(theirs))
})

describe.each(queries)('%s', (query) => {
  const settled = () => endSeconds - 5

  it('gives the same instant answers', async () => {
    for (const at of [settled(), settled() - 7.5, settled() - 22]) {
      const [a, b] = await Promise.all([mine.query(query, at), theirs.query(query, at)])
      expect(sorted(a)).toEqual(sorted(b))
      expect(b.status).toBe('success')
    }
  })

  it('gives the same range answers', async () => {
    const ask = (server: ServerUnderTest) =>
      server.queryRange(query, settled() - 30, settled(), 7).then(sorted)
    expect(await ask(mine)).toEqual(await ask(theirs))
  })
})
