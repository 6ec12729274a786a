/** Killed at any moment, again and again: no confirmed silence is lost, and both programs read what is left. */
import { join } from 'node:path'
import { folderWith, removeFolders } from '../harness/folders.ts'
import { freePort, type Running, start, stopAll } from '../harness/processes.ts'
import { originals, ours, type Programs, programPath } from '../harness/programs.ts'
import { fetchJson, sleep, waitFor } from '../harness/wait.ts'
import { startWebhookSink } from '../harness/webhook-sink.ts'

const KILLS = process.env.LONG ? 100 : 12

const configOf = (sink: string) => `route:
  receiver: sink
  group_by: [alertname]
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 1h
receivers:
  - name: sink
    webhook_configs: [{url: '${sink}/'}]
`

const iso = (inMs: number) => new Date(Date.now() + inMs).toISOString()
const headers = { 'content-type': 'application/json' }

afterAll(async () => {
  await stopAll()
  removeFolders()
})

test('no confirmed silence is lost and the notification log is kept, whenever the program is killed', async () => {
  const sink = await startWebhookSink()
  const folder = folderWith({ 'am.yml': configOf(sink.url) })
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const launch = async (programs: Programs): Promise<Running> => {
    const running = start(programPath(programs, 'alertmanager'), [
      `--config.file=${join(folder, 'am.yml')}`,
      `--storage.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
      // Rewrites both files all the time, so that a kill meets it.
      '--data.maintenance-interval=50ms',
    ])
    await waitFor(`${programs.name} to be ready`, 20_000, async () => {
      if (running.child.exitCode !== null) throw new Error(running.output())
      return (await fetch(`${url}/-/ready`)).ok ? true : undefined
    })
    return running
  }
  const stored = async () =>
    new Set(((await fetchJson(`${url}/api/v2/silences`)) as { id: string }[]).map(({ id }) => id))

  const confirmed = new Set<string>()
  const alerts = [...Array(20).keys()].map((i) => ({ labels: { alertname: `A${i}` } }))
  let count = 0
  for (let kill = 0; kill < KILLS; kill++) {
    const running = await launch(ours)
    const known = await stored()
    expect([...confirmed].filter((id) => !known.has(id))).toEqual([])
    let isKilled = false
    const work = async () => {
      while (!isKilled) {
        const answer = await fetch(`${url}/api/v2/silences`, {
          method: 'POST',
          headers,
          body: JSON.stringify({
            matchers: [{ name: 'n', value: `v${count++}`, isRegex: false }],
            startsAt: iso(0),
            endsAt: iso(3_600_000),
            createdBy: 'suite',
            comment: 'x'.repeat(count % 3000),
          }),
        })
        confirmed.add(((await answer.json()) as { silenceID: string }).silenceID)
      }
    }
    const body = JSON.stringify(alerts)
    await fetch(`${url}/api/v2/alerts`, { method: 'POST', headers, body })
    const workers = [work(), work()].map((worker) => worker.catch(() => {}))
    await sleep(20 + ((kill * 37) % 200))
    await running.stop('SIGKILL')
    isKilled = true
    await Promise.all(workers)
  }

  // Left in peace, it has told all and written it down after a flush of every group.
  const told = () => new Set(sink.delivered.map(({ body }) => body.groupKey)).size
  const body = JSON.stringify(alerts)
  const calm = await launch(ours)
  await fetch(`${url}/api/v2/alerts`, { method: 'POST', headers, body })
  await waitFor('every group to be told', 20_000, () =>
    told() === alerts.length ? true : undefined,
  )
  const flushes = async () => {
    const text = await (await fetch(`${url}/metrics`)).text()
    return Number(/^alertmanager_nflog_queries_total (\S+)$/m.exec(text)?.[1])
  }
  const before = await flushes()
  await waitFor('another flush of every group', 20_000, async () =>
    (await flushes()) >= before + 2 * alerts.length ? true : undefined,
  )
  await calm.stop('SIGKILL')

  const last = await launch(originals)
  const known = await stored()
  expect(confirmed.size).toBeGreaterThan(KILLS)
  expect([...confirmed].filter((id) => !known.has(id))).toEqual([])
  // Nothing that was told is told again by the program that goes on with the log.
  const count0 = sink.delivered.length
  await fetch(`${url}/api/v2/alerts`, { method: 'POST', headers, body })
  await sleep(2500)
  expect(sink.delivered.slice(count0)).toEqual([])
  await last.stop()
  await sink.close()
})
