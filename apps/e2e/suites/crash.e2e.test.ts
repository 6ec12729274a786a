/**
 * `kill -9` in a loop while samples are pushed, in order and late, and blocks are cut: nothing acknowledged is lost,
 * no start is refused. LONG=1 kills 50 times, else 6 times.
 */
import { join } from 'node:path'
import { folderWith, removeFolders } from '../harness/folders.ts'
import { stopAll } from '../harness/processes.ts'
import { ours } from '../harness/programs.ts'
import { seededRng } from '../harness/query-grammar.ts'
import { type PushedSeries, remoteWrite } from '../harness/remote-write.ts'
import { type ServerUnderTest, startServer } from '../harness/server.ts'
import { sleep } from '../harness/wait.ts'

const KILLS = process.env.LONG ? 50 : 6
const SEED = Number(process.env.SEED ?? 1)
const STEP_MS = 15_000
/** Samples of a series in one request: ten minutes, so that a block is due every dozen requests. */
const SAMPLES = 40
const SERIES = 12
const LATE_MS = 45 * 60_000

afterAll(async () => {
  await stopAll()
  removeFolders()
})

it(
  `keeps what it acknowledged over ${KILLS} kills under load`,
  async () => {
    const rng = seededRng(SEED)
    const config = folderWith({
      'prometheus.yml': `global: {scrape_interval: 1h}
storage: {tsdb: {out_of_order_time_window: 2h}}
`,
    })
    const data = join(config, 'data')
    const args = [
      '--web.enable-remote-write-receiver',
      '--query.max-samples=200000000',
      '--storage.tsdb.retention.time=100d',
    ]
    const open = () => startServer(ours, { config: join(config, 'prometheus.yml'), data, args })
    const acknowledged = new Map<string, number>()
    // Old enough that the walk does not reach the present.
    let time = Math.floor(Date.now() / STEP_MS) * STEP_MS - 20 * 24 * 3600_000
    const first = time
    let requests = 0

    const push = async (url: string): Promise<void> => {
      const isLate = rng() < 0.2 && time - first > 2 * LATE_MS
      const at = isLate ? time - LATE_MS + 5 * requests : time
      if (!isLate) time += SAMPLES * STEP_MS
      const request = requests++
      const sent: PushedSeries[] = Array.from({ length: SERIES }, (_, i) => ({
        labels: { __name__: 'pushed', i: String(i) },
        samples: Array.from({ length: SAMPLES }, (_, k) => [at + k * STEP_MS, request * 1000 + k]),
      }))
      await remoteWrite(url, sent)
      for (const { labels, samples } of sent) {
        for (const [timeMs, value] of samples)
          acknowledged.set(`${labels.i} ${timeMs}`, Number(value))
      }
    }

    const check = async (server: ServerUnderTest): Promise<void> => {
      const range = `${Math.ceil((time - first) / 1000) + 3600}s`
      const answer = await server.query(`pushed[${range}]`, Math.ceil(time / 1000) + 1)
      expect(answer.status).toBe('success')
      const found = new Map<string, string>()
      for (const { metric, values } of answer.data?.result ?? []) {
        for (const [at, value] of values ?? []) found.set(`${metric.i} ${at * 1000}`, value)
      }
      const lost = [...acknowledged].filter(([key, value]) => Number(found.get(key)) !== value)
      expect({ kills, lost: lost.slice(0, 5), count: lost.length }).toEqual({
        kills,
        lost: [],
        count: 0,
      })
    }

    let kills = 0
    let server = await open()
    for (; kills < KILLS; kills++) {
      const killAt = Date.now() + 200 + rng() * 1800
      const killed = (async () => {
        await sleep(killAt - Date.now())
        await server.running.stop('SIGKILL')
      })()
      while (Date.now() < killAt) {
        try {
          await push(server.url)
        } catch (err) {
          // The answer did not come: the request counts as not acknowledged, and is not sent again.
          if (!/fetch failed|terminated/.test(String(err))) throw err
          break
        }
      }
      await killed
      server = await open()
      await check(server)
    }
    expect(acknowledged.size).toBeGreaterThan(KILLS * SERIES * SAMPLES)
    expect(await server.running.stop()).toBe(0)
    server = await open()
    await check(server)
    expect(await server.running.stop()).toBe(0)
  },
  60_000 + KILLS * 20_000,
)
