/**
 * Remote write between ours, the originals and VictoriaMetrics, in all directions, with the receivers away for some time
 * under load: nothing is lost, nothing doubled. LONG=1: away for two minutes in place of twenty seconds.
 */
import { folderWith, removeFolders } from '../harness/folders.ts'
import { startLoadTarget } from '../harness/load-target.ts'
import { freePort, type Running, start, stopAll } from '../harness/processes.ts'
import { originals, ours, type Programs, programPath } from '../harness/programs.ts'
import { sleep, waitFor } from '../harness/wait.ts'

const AWAY_MS = process.env.LONG ? 120_000 : 20_000
const SERIES = 400
const V2 = 'io.prometheus.write.v2.Request'

jest.setTimeout(AWAY_MS + 180_000)

/** A server whose address survives a restart. */
class Server {
  readonly programs: Programs
  readonly port: number
  readonly #folder = folderWith()
  readonly #args: readonly string[]
  #running: Running | undefined

  constructor(programs: Programs, port: number, config: string, args: readonly string[] = []) {
    this.programs = programs
    this.port = port
    const file = `${folderWith({ 'prometheus.yml': config })}/prometheus.yml`
    this.#args = [`--config.file=${file}`, `--storage.tsdb.path=${this.#folder}`, ...args]
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  async start(): Promise<void> {
    const listen = `--web.listen-address=127.0.0.1:${this.port}`
    const running = start(programPath(this.programs, 'prometheus'), [...this.#args, listen])
    this.#running = running
    await waitFor(`${this.programs.name} to be ready`, 60_000, async () => {
      if (running.child.exitCode !== null) throw new Error(running.output())
      return (await fetch(`${this.url}/-/ready`)).ok || undefined
    })
  }

  async stop(): Promise<void> {
    await this.#running?.stop()
  }

  output(): string {
    return this.#running?.output() ?? ''
  }

  /** Time and value of each sample by the labels that a sender gave them. */
  async samples(selector: string, fromMs: number, toMs: number): Promise<Samples> {
    const seconds = Math.ceil((toMs - fromMs) / 1000)
    const query = `${selector}[${seconds}s]`
    const parameters = new URLSearchParams({ query, time: String(toMs / 1000) })
    const answer = await fetch(`${this.url}/api/v1/query?${parameters}`)
    const body = (await answer.json()) as {
      error?: string
      data?: { result: { metric: Record<string, string>; values: [number, string][] }[] }
    }
    if (!body.data) throw new Error(`${this.programs.name}: ${query}: ${JSON.stringify(body)}`)
    const all: Samples = new Map()
    for (const { metric, values } of body.data.result) {
      const rows = values.map(([time, value]) => `${Math.round(time * 1000)} ${Number(value)}`)
      all.set(keyOf(metric), rows)
    }
    return all
  }
}

type Samples = Map<string, string[]>

function keyOf({ via: _via, ...metric }: Record<string, string>): string {
  return JSON.stringify(Object.entries(metric).sort(([a], [b]) => (a < b ? -1 : 1)))
}

class VictoriaMetrics {
  readonly port: number
  readonly #folder = folderWith()
  #running: Running | undefined

  constructor(port: number) {
    this.port = port
  }

  async start(): Promise<void> {
    this.#running = start(programPath(originals, 'victoria-metrics'), [
      `-storageDataPath=${this.#folder}`,
      `-httpListenAddr=127.0.0.1:${this.port}`,
      '-retentionPeriod=10y',
    ])
    await waitFor('VictoriaMetrics to be ready', 60_000, async () => {
      return (await fetch(`http://127.0.0.1:${this.port}/health`)).ok || undefined
    })
  }

  async stop(): Promise<void> {
    await this.#running?.stop('SIGINT')
  }

  async samples(selector: string, fromMs: number, toMs: number): Promise<Samples> {
    const url = `http://127.0.0.1:${this.port}`
    await fetch(`${url}/internal/force_flush`)
    const parameters = new URLSearchParams({
      'match[]': selector,
      start: String(fromMs / 1000),
      end: String(toMs / 1000),
    })
    const text = await (await fetch(`${url}/api/v1/export?${parameters}`)).text()
    const all: Samples = new Map()
    for (const line of text.split('\n').filter((one) => one !== '')) {
      const { metric, values, timestamps } = JSON.parse(line) as {
        metric: Record<string, string>
        values: (number | null)[]
        timestamps: number[]
      }
      const rows = timestamps.flatMap((time, i) =>
        values[i] === null || time <= fromMs ? [] : [`${time} ${values[i]}`],
      )
      if (rows.length > 0) all.set(keyOf(metric), [...(all.get(keyOf(metric)) ?? []), ...rows])
    }
    return all
  }
}

function entry(port: number, via: string, message?: string): string {
  return `- url: http://127.0.0.1:${port}/api/v1/write
  name: ${via}
${message === undefined ? '' : `  protobuf_message: ${message}\n`}  queue_config: {batch_send_deadline: 1s, max_backoff: 1s}
  write_relabel_configs: [{target_label: via, replacement: ${via}}]
`
}

function sender(target: string, job: string, entries: readonly string[]): string {
  return `global: {scrape_interval: 1s}
scrape_configs: [{job_name: ${job}, static_configs: [{targets: ['${target}']}]}]
remote_write:
${entries.join('')}`
}

afterAll(async () => {
  await stopAll()
  removeFolders()
})

test('with the receivers away under load nothing is lost and nothing doubled', async () => {
  const target = await startLoadTarget(SERIES)
  const [a, b, ourPort, originalPort, victoriaPort] = await Promise.all(
    Array.from({ length: 5 }, () => freePort()),
  )
  const receives = ['--web.enable-remote-write-receiver']
  const idle = 'global: {scrape_interval: 1h}\n'
  const ourReceiver = new Server(ours, ourPort as number, idle, receives)
  const originalReceiver = new Server(originals, originalPort as number, idle, receives)
  const victoria = new VictoriaMetrics(victoriaPort as number)
  const ourSender = new Server(
    ours,
    a as number,
    sender(target.address, 'a', [
      entry(ourPort as number, 'ours2', V2),
      entry(originalPort as number, 'original1'),
      entry(originalPort as number, 'original2', V2),
      entry(victoriaPort as number, 'victoria'),
    ]),
  )
  const originalSender = new Server(
    originals,
    b as number,
    sender(target.address, 'b', [
      entry(ourPort as number, 'ours1'),
      entry(ourPort as number, 'ours2', V2),
    ]),
  )
  const receivers = [ourReceiver, originalReceiver, victoria]
  await Promise.all(receivers.map((one) => one.start()))
  await Promise.all([ourSender.start(), originalSender.start()])
  await sleep(3000)
  const fromMs = Date.now()
  await sleep(2000)
  await Promise.all(receivers.map((one) => one.stop()))
  await sleep(AWAY_MS)
  await Promise.all(receivers.map((one) => one.start()))
  // Whole seconds, as a range in PromQL is: both ways of asking mean the same samples.
  const toMs = fromMs + Math.floor((Date.now() - fromMs) / 1000) * 1000

  const ways = [
    [ourSender, 'a', ourReceiver, 'ours2'],
    [ourSender, 'a', originalReceiver, 'original1'],
    [ourSender, 'a', originalReceiver, 'original2'],
    [ourSender, 'a', victoria, 'victoria'],
    [originalSender, 'b', ourReceiver, 'ours1'],
    [originalSender, 'b', ourReceiver, 'ours2'],
  ] as const
  for (const [from, job, to, via] of ways) {
    const stored = await from.samples(`{__name__=~"load_.*",job="${job}"}`, fromMs, toMs)
    const total = [...stored.values()].reduce((sum, rows) => sum + rows.length, 0)
    expect(total).toBeGreaterThan((SERIES * AWAY_MS) / 1100)
    const arrived = await waitFor(`${job} to arrive by ${via}`, 60_000, async () => {
      const found = await to.samples(
        `{__name__=~"load_.*",job="${job}",via="${via}"}`,
        fromMs,
        toMs,
      )
      const count = [...found.values()].reduce((sum, rows) => sum + rows.length, 0)
      return count >= total ? found : undefined
    }).catch(async (err: unknown) => {
      const found = await to.samples(
        `{__name__=~"load_.*",job="${job}",via="${via}"}`,
        fromMs,
        toMs,
      )
      const missing = [...stored].flatMap(([key, rows]) =>
        rows.filter((row) => !found.get(key)?.includes(row)).map((row) => `${key} ${row}`),
      )
      throw new Error(
        `${err}: ${missing.length} of ${total} missing: ${missing.slice(0, 5).join('; ')}\n${from.output().slice(-3000)}`,
      )
    })
    expect(Object.fromEntries(arrived)).toEqual(Object.fromEntries(stored))
  }
  await target.close()
})
