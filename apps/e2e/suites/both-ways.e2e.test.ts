/**
 * One data folder, written in turns by ours and by the original: pushes in order and late, deletions, blocks. Whoever
 * takes over answers thirty queries as the one before did; the original's tools read the blocks.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { folderWith, removeFolders } from '../harness/folders.ts'
import { run, stopAll } from '../harness/processes.ts'
import { originals, ours, type Programs, programPath } from '../harness/programs.ts'
import { type PushedSeries, type PushedValue, remoteWrite } from '../harness/remote-write.ts'
import { type Answer, type ServerUnderTest, sorted, startServer } from '../harness/server.ts'
import { sleep, waitFor } from '../harness/wait.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const STEP_MS = 30_000
/** Time each turn adds: more than a block and a half. */
const TURN_MS = 5 * HOUR

afterAll(async () => {
  await stopAll()
  removeFolders()
})

/** What is pushed for one step of a turn: counters with resets, gauges, stale markers, native histograms. */
function seriesAt(times: readonly number[], turn: number): PushedSeries[] {
  const series = (name: string, i: number, value: (step: number) => PushedValue): PushedSeries => ({
    labels: { __name__: name, i: String(i), job: i % 2 ? 'odd' : 'even' },
    samples: times.map((at) => [at, value(at / STEP_MS)]),
  })
  const all: PushedSeries[] = []
  for (let i = 0; i < 6; i++) {
    all.push(series('requests_total', i, (step) => (step % 97) * (i + 1)))
    all.push(series('temperature', i, (step) => Math.sin(step / 50 + i) * 30))
    all.push(series('gaps', i, (step) => (step % 20 === 7 ? 'stale' : (step % 13) + i)))
    all.push(series(`of_turn_${turn}`, i, (step) => step % 5))
  }
  for (let i = 0; i < 2; i++) {
    all.push(
      series('latency', i, (step) => ({
        schema: 2,
        zero: step % 200,
        buckets: [step % 200, (step % 200) * 2, 3, (step % 200) + i],
        sum: (step % 200) * 1.25,
      })),
    )
  }
  return all
}

async function writeTurn(url: string, turn: number, start: number): Promise<void> {
  const end = start + TURN_MS
  for (let from = start; from < end; from += 20 * MINUTE) {
    const times = Array.from({ length: (20 * MINUTE) / STEP_MS }, (_, k) => from + k * STEP_MS)
    await remoteWrite(url, seriesAt(times, turn))
    // Late: between the samples that are there already.
    const late = times.filter((_, k) => k % 3 === 0).map((at) => at - 15 * MINUTE + 7_000)
    // Only where the turn still makes blocks of the time: the original (3.5) forgets that a block came of late samples
    // when it merges two of them, and then skips the log of that time at its next start.
    if (from >= start + 30 * MINUTE && from < start + 70 * MINUTE) {
      const floats = seriesAt(late, turn).filter(({ labels }) => labels.__name__ !== 'latency')
      await remoteWrite(url, floats)
    }
  }
}

function queriesOf(start: number, end: number): [string, number][] {
  const at = (share: number) => Math.floor((start + (end - start) * share) / 1000)
  const list: [string, number][] = []
  for (const share of [0.2, 0.55, 0.97]) {
    for (const expr of [
      'requests_total',
      '{__name__=~"of_turn_.*",i="3"}[90m]',
      'rate(requests_total[20m])',
      'sum by (job) (increase(requests_total[1h]))',
      'count_over_time({__name__=~".+",job="even"}[3h])',
      'gaps[2h]',
      'temperature{i!~"[12]"}[1h]',
      'histogram_quantile(0.9, rate(latency[30m]))',
      'count({__name__=~".+"}) by (__name__)',
      'latency',
    ]) {
      list.push([expr, at(share)])
    }
  }
  return list
}

async function answers(server: ServerUnderTest, queries: readonly [string, number][]) {
  const found: [string, number, Answer][] = []
  for (const [expr, at] of queries) found.push([expr, at, sorted(await server.query(expr, at))])
  return found
}

const blocksIn = (data: string) => readdirSync(data).filter((name) => /^[0-9A-Z]{26}$/.test(name))

it('ours and the original take turns on one folder for four turns', async () => {
  const folder = folderWith({
    'prometheus.yml': `global: {scrape_interval: 1h}
storage: {tsdb: {out_of_order_time_window: 1h}}
`,
  })
  const data = join(folder, 'data')
  const args = [
    '--web.enable-remote-write-receiver',
    '--web.enable-admin-api',
    '--enable-feature=native-histograms',
  ]
  const config = join(folder, 'prometheus.yml')
  const open = (programs: Programs) => startServer(programs, { config, data, args })
  const start = Math.floor(Date.now() / (2 * HOUR)) * 2 * HOUR - 36 * HOUR
  let expected: [string, number, Answer][] = []
  let time = start
  for (let turn = 0; turn < 4; turn++) {
    const server = await open(turn % 2 === 0 ? ours : originals)
    const queries = expected.map(([expr, at]) => [expr, at] as [string, number])
    expect({ turn, answers: await answers(server, queries) }).toEqual({ turn, answers: expected })
    await writeTurn(server.url, turn, time)
    time += TURN_MS
    await waitFor('a block of this turn', 90_000, () =>
      blocksIn(data).length > turn ? true : undefined,
    )
    // Of a series without late samples, out of the blocks, and cleaned: the original panics where a query cuts through
    // a tombstone.
    const admin = `${server.url}/api/v1/admin/tsdb`
    const from = (time - TURN_MS + 20 * MINUTE) / 1000
    const gone = `match[]=latency{i="${turn % 2}"}&start=${from}&end=${from + 1800}`
    const deleted = await fetch(`${admin}/delete_series?${encodeURI(gone)}`, { method: 'POST' })
    expect(deleted.status).toBe(204)
    const cleaned = await fetch(`${admin}/clean_tombstones`, { method: 'POST' })
    expect(cleaned.status).toBe(204)
    await sleep(500)
    expected = await answers(server, queriesOf(start, time))
    const rows = expected.map(([, , answer]) => answer.data?.result.length ?? 0)
    expect(rows.filter((count) => count > 0).length).toBeGreaterThan(20)
    expect(await server.running.stop()).toBe(0)
  }
  const last = await open(ours)
  const queries = expected.map(([expr, at]) => [expr, at] as [string, number])
  expect(await answers(last, queries)).toEqual(expected)
  expect(await last.running.stop()).toBe(0)

  const promtool = programPath(originals, 'promtool')
  const list = await run(promtool, ['tsdb', 'list', data])
  expect([list.code, list.stderr]).toEqual([0, ''])
  for (const block of blocksIn(data)) {
    expect(list.stdout).toContain(block)
    const analyze = await run(promtool, ['tsdb', 'analyze', data, block])
    expect([analyze.code, analyze.stderr]).toEqual([0, ''])
  }
  const dump = await run(promtool, ['tsdb', 'dump', data])
  expect(dump.code).toBe(0)
  expect(dump.stdout.split('\n').length).toBeGreaterThan(1000)
})
