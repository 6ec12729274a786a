/** Nothing that was scraped is lost by a restart or `kill -9`, and the original starts on our folder. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { folderWith, removeFolders } from '../harness/folders.ts'
import { GRID_MS, startGridTarget } from '../harness/grid-target.ts'
import { stopAll } from '../harness/processes.ts'
import { originals, ours, sharedFolder } from '../harness/programs.ts'
import { type Answer, type ServerUnderTest, sorted, startServer } from '../harness/server.ts'
import { fetchJson, sleep } from '../harness/wait.ts'

const everything = '{__name__=~"grid_.+"}[2m]'

afterAll(async () => {
  await stopAll()
  removeFolders()
})

it('keeps every scraped sample over kill -9, a clean stop, and the way to the original and back', async () => {
  const target = await startGridTarget()
  const folder = folderWith({
    'scraping.yml': `global: {scrape_interval: 500ms, scrape_timeout: 500ms}
scrape_configs:
  - job_name: grid
    static_configs: [{targets: ['${target.address}']}]
`,
    'quiet.yml': 'global: {scrape_interval: 1m}\n',
  })
  const data = join(folder, 'data')
  const open = (programs: typeof ours, config: string) =>
    startServer(programs, { config: join(folder, config), data })

  let server: ServerUnderTest = await open(ours, 'scraping.yml')
  await sleep(3 * GRID_MS)
  const at = Math.floor(Date.now() / 1000) - 2
  const before: Answer = sorted(await server.query(everything, at))
  expect(before.data?.result.length).toBeGreaterThan(30)
  await server.running.stop('SIGKILL')
  await target.close()

  server = await open(ours, 'quiet.yml')
  expect(sorted(await server.query(everything, at))).toEqual(before)
  expect(await server.running.stop()).toBe(0)

  server = await open(originals, 'quiet.yml')
  expect(sorted(await server.query(everything, at))).toEqual(before)
  await server.running.stop()

  server = await open(ours, 'quiet.yml')
  expect(sorted(await server.query(everything, at))).toEqual(before)
  expect(await server.running.stop()).toBe(0)
})

it('refuses a data folder that another server holds', async () => {
  const folder = folderWith({ 'quiet.yml': '' })
  const config = join(folder, 'quiet.yml')
  const data = join(folder, 'data')
  const first = await startServer(ours, { config, data })
  await expect(startServer(ours, { config, data, readyWithinMs: 10_000 })).rejects.toThrow(/lock/i)
  expect(await first.running.stop()).toBe(0)
})

it.each(['head-none', 'head-snappy', 'head-zstd', 'head-unclean', 'wal-torn-payload'])(
  'starts on a folder the original wrote: %s',
  async (name) => {
    const fixtures = join(sharedFolder, 'fixtures/tsdb')
    const isDamaged = name.startsWith('wal-')
    const base = isDamaged ? 'head-none' : name
    const folder = folderWith({ 'quiet.yml': 'global: {scrape_interval: 1h}\n' })
    const archive = join(fixtures, isDamaged ? 'corrupt' : 'data', `${name}.tar.gz`)
    execFileSync('tar', [
      'xzf',
      archive,
      '-C',
      folder,
      '--one-top-level=data',
      '--strip-components=1',
    ])
    const server = await startServer(ours, {
      config: join(folder, 'quiet.yml'),
      data: join(folder, 'data'),
      args: ['--storage.tsdb.retention.time=100y'],
    })
    const { data } = (await fetchJson(
      `${server.url}/api/v1/series?match[]=${encodeURIComponent('{__name__=~".+"}')}`,
    )) as { data: Record<string, string>[] }
    const expected = join(fixtures, `expected/${isDamaged ? `corrupt-${name}` : base}.jsonl.gz`)
    const lines = gunzipSync(readFileSync(expected)).toString().trim().split('\n')
    const key = (labels: Record<string, string>) => JSON.stringify(Object.entries(labels).sort())
    expect(data.map(key).sort()).toEqual(
      lines
        .map((line) => key((JSON.parse(line) as { labels: Record<string, string> }).labels))
        .sort(),
    )
    expect(await server.running.stop()).toBe(0)
  },
)
