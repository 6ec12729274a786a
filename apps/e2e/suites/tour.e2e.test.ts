/**
 * The README's tour, word for word, on our programs and on the originals. Only ports and folders are replaced, so
 * that both can run beside whatever else this machine does.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, type Running, run, start, stopAll } from '../harness/processes.ts'
import { originals, ours, type Programs, programPath, repoRoot } from '../harness/programs.ts'
import { tourCommands } from '../harness/readme.ts'
import { fetchJson, waitFor } from '../harness/wait.ts'

interface Delivery {
  via: 'webhook' | 'email'
  status?: string
  subject?: string
  to?: string[]
  alerts?: { status: string; labels: Record<string, string>; annotations: Record<string, string> }[]
}

const commands = tourCommands()

afterAll(stopAll)

describe.each([ours, originals])('the tour with $name', (programs: Programs) => {
  const ports: Record<string, number> = {}
  let data = ''
  let stack: Running
  let inbox: Running

  /** Runs the block `name` of the README. */
  async function step(name: string) {
    let text = commands.get(name)
    if (!text) throw new Error(`the README has no tour step ${name}`)
    for (const [from, to] of Object.entries(ports)) {
      text = text.replaceAll(`localhost:${from}`, `localhost:${to}`)
    }
    text = text.replaceAll('dist/bin/', `${programs.bin}/`).replaceAll('data/run/', `${data}/run/`)
    return await run('bash', ['-c', text], { cwd: repoRoot })
  }

  const deliveries = (): Delivery[] =>
    inbox
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Delivery)

  const server = () => `http://localhost:${ports['9090']}`

  beforeAll(async () => {
    for (const port of ['9090', '9091', '9093', '9100', '5001', '2525'])
      ports[port] = await freePort()
    for (const program of ['prometheus', 'promtool', 'amtool']) programPath(programs, program)
    data = mkdtempSync(join(tmpdir(), 'tour-'))
    inbox = start('node', [
      join(repoRoot, 'tools/inbox.mjs'),
      `--webhook-port=${ports['5001']}`,
      `--smtp-port=${ports['2525']}`,
    ])
    stack = start('node', [
      join(repoRoot, 'tools/start.mjs'),
      `--bin=${programs.bin}`,
      `--data=${data}`,
      `--prometheus-port=${ports['9090']}`,
      `--alertmanager-port=${ports['9093']}`,
      `--pushgateway-port=${ports['9091']}`,
      `--node-exporter-port=${ports['9100']}`,
      `--webhook-port=${ports['5001']}`,
      `--smtp-port=${ports['2525']}`,
    ])
    await waitFor('the stack', 60_000, () =>
      stack.output().includes('The stack is up') ? true : undefined,
    )
  })

  afterAll(async () => {
    const before = Date.now()
    const code = await stack.stop('SIGINT')
    const tookMs = Date.now() - before
    await inbox.stop()
    rmSync(data, { recursive: true, force: true })
    expect(code).toBe(0)
    expect(tookMs).toBeLessThan(5000)
  })

  it('1. shows this machine, and its CPU as a query', async () => {
    const page = await step('metrics')
    expect(page.stdout).toMatch(/^node_load1 \d/m)
    const answer = await waitFor('two scrapes', 30_000, async () => {
      const { code, stdout } = await step('query')
      return code === 0 && stdout.includes('=>') ? stdout : undefined
    })
    const percent = Number(/=> (\S+) @/.exec(answer)?.[1])
    expect(answer).toContain(`{instance="localhost:${ports['9100']}"}`)
    expect(percent).toBeGreaterThanOrEqual(-1)
    expect(percent).toBeLessThanOrEqual(101)
  })

  it('2. scrapes what was pushed under its own job and instance, until it is deleted', async () => {
    expect(await step('push')).toMatchObject({ code: 0, stdout: '' })
    const answer = await waitFor('the pushed series', 20_000, async () => {
      const { stdout } = await step('pushed')
      return stdout.includes('=>') ? stdout : undefined
    })
    expect(answer).toMatch(
      /my_job_records_total\{instance="my_instance", job="my_job", table="orders"\} => 1027 @/,
    )
    expect((await step('delete')).code).toBe(0)
    const page = await (await fetch(`http://localhost:${ports['9091']}/metrics`)).text()
    expect(page).not.toContain('my_job_records_total')
    await waitFor('the series to go stale', 20_000, async () => {
      const { stdout } = await step('pushed')
      return stdout.includes('=>') ? undefined : true
    })
  })

  it('3. delivers InstanceDown by webhook and mail, and its end', async () => {
    expect((await step('stop')).code).toBe(0)
    type Alerts = { data: { alerts: { state: string; labels: Record<string, string> }[] } }
    const seen = new Set<string>()
    await waitFor('InstanceDown to fire', 90_000, async () => {
      const { data } = (await fetchJson(`${server()}/api/v1/alerts`)) as Alerts
      for (const alert of data.alerts) seen.add(alert.state)
      return seen.has('firing') ? true : undefined
    })
    expect([...seen].sort()).toEqual(['firing', 'pending'])
    const webhook = await waitFor('the webhook', 30_000, () =>
      deliveries().find(({ via, status }) => via === 'webhook' && status === 'firing'),
    )
    expect(webhook.alerts).toEqual([
      {
        status: 'firing',
        labels: {
          alertname: 'InstanceDown',
          instance: `localhost:${ports['9100']}`,
          job: 'node',
          severity: 'page',
        },
        annotations: {
          summary: `Instance localhost:${ports['9100']} is down`,
          description: `localhost:${ports['9100']} of job node has not answered for 30 seconds.`,
        },
      },
    ])
    const mail = await waitFor('the mail', 30_000, () =>
      deliveries().find(({ via }) => via === 'email'),
    )
    expect(mail.to).toEqual(['operator@example.org'])
    expect(mail.subject).toMatch(/^\[FIRING:1\] InstanceDown node/)
    const shown = await step('firing')
    expect(shown.stdout).toContain('"state":"firing"')
    expect(shown.stdout).toMatch(/InstanceDown\s.*active/)

    const again = start(programPath(programs, 'node_exporter'), [
      `--web.listen-address=:${ports['9100']}`,
    ])
    await waitFor('the resolved webhook', 60_000, () =>
      deliveries().find(({ via, status }) => via === 'webhook' && status === 'resolved'),
    )
    await waitFor('the resolved mail', 30_000, () =>
      deliveries().find(({ via, subject }) => via === 'email' && subject?.startsWith('[RESOLVED]')),
    )
    await again.stop()
  })

  it('4. accepts the demo rules and explains broken ones', async () => {
    const good = await step('check')
    expect(good.code).toBe(0)
    expect(good.stdout).toContain('SUCCESS: 3 rules found')
    const broken = await step('broken')
    expect(broken.code).toBe(1)
    expect(broken.stdout + broken.stderr).toMatch(/deploy\/demo\/broken\.yml: 6:\d+: .*HighLoad/)
    expect(broken.stdout + broken.stderr).toContain('unexpected end of input')
  })
})
