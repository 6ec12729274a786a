/** The original server starts on our data folder and returns our samples; its tools read our blocks. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Labels } from '@prom/labels'
import { createFiles } from '@prom/runtime/node'
import { FakeClock, recordLog, seededRandom } from '@prom/testkit'
import { openTsdb, type Tsdb } from './index.ts'

const bin = process.env.REFERENCE_BIN ?? join(homedir(), '.cache/prometheus-reference/bin')
const files = createFiles()
const HOUR = 3600_000

let dir: string
let server: ChildProcess | undefined
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tsdb-'))
})
afterEach(async () => {
  await stop()
  rmSync(dir, { recursive: true, force: true })
})

function open(options = {}): Tsdb {
  const deps = { files, clock: new FakeClock(), random: seededRandom(5), log: recordLog() }
  return openTsdb({ dir: `${dir}/data`, memoryBytes: 96 << 20, ...options }, deps)
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as { port: number }
  await new Promise((resolve) => probe.close(resolve))
  return port
}

/** Starts the original on the folder; returns how to ask it for range vectors. */
async function start(
  window = '0s',
  ...more: string[]
): Promise<(query: string, timeMs: number) => Promise<Record<string, [number, string][]>>> {
  writeFileSync(
    `${dir}/prometheus.yml`,
    `storage: { tsdb: { out_of_order_time_window: ${window} } }\n`,
  )
  const port = await freePort()
  const args = [
    `--config.file=${dir}/prometheus.yml`,
    `--storage.tsdb.path=${dir}/data`,
    '--storage.tsdb.retention.time=100y',
    `--web.listen-address=127.0.0.1:${port}`,
    ...more,
  ]
  const child = spawn(join(bin, 'prometheus'), args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  child.stderr.on('data', (text) => {
    log += text
  })
  server = child
  const base = `http://127.0.0.1:${port}`
  for (let i = 0; ; i++) {
    const isReady = await fetch(`${base}/-/ready`).then(
      (r) => r.ok,
      () => false,
    )
    if (isReady) break
    if (i > 200 || child.exitCode !== null) throw new Error(`the original did not start: ${log}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const complaints = log.split('\n').filter((line) => /level=(ERROR|WARN)/.test(line))
  expect(complaints.filter((line) => !line.includes('lockfile'))).toEqual([])
  return async (query, timeMs) => {
    const body = new URLSearchParams({ query, time: String(timeMs / 1000) })
    const answer = await fetch(`${base}/api/v1/query`, { method: 'POST', body })
    const { data } = (await answer.json()) as {
      data: { result: { metric: Record<string, string>; values: [number, string][] }[] }
    }
    return Object.fromEntries(data.result.map((s) => [Labels.from(s.metric).toString(), s.values]))
  }
}

async function stop(): Promise<void> {
  const child = server
  server = undefined
  if (!child || child.exitCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await ended
}

function fill(
  db: Tsdb,
  from: number,
  to: number,
  stepMs: number,
): Record<string, [number, string][]> {
  const { head } = db
  const expected: Record<string, [number, string][]> = {}
  const names = Array.from({ length: 50 }, (_, i) =>
    Labels.from({ __name__: 'm', i: String(i), job: `ż${i % 3}` }),
  )
  head.batch.reserve(names.length)
  for (let time = from; time < to; time += stepMs) {
    names.forEach((labels, i) => {
      const value = (time / 1000) * (i + 1) * (i % 2 ? 0.37 : 1)
      head.batch.refs[i] = head.resolve(labels)
      head.batch.values[i] = value
      const rows = (expected[labels.toString()] ??= [])
      if (i === 7 && time === from + stepMs) head.batch.setStale(i)
      else rows.push([time / 1000, String(value)])
    })
    head.appendColumns(names.length, time)
  }
  return expected
}

test.each(['none', 'snappy'] as const)(
  'the original reads our log, compression %s',
  async (walCompression) => {
    const now = Math.floor(Date.now() / 1000) * 1000
    const crashed = walCompression === 'snappy' // As after kill -9: not closed.
    const db = open({ walCompression, walSegmentBytes: 8 * 32768, isLockfileOff: crashed })
    const expected = fill(db, now - 3600_000, now, 15_000)
    if (!crashed) db.close()
    const query = await start()
    expect(await query('m[2h]', now)).toEqual(expected)
  },
)

test('the original reads our blocks, our checkpoint and our log, and so do its tools', async () => {
  const now = Math.floor(Date.now() / 60_000) * 60_000
  const db = open({ walSegmentBytes: 4 * 32768 })
  const begin = Math.floor(now / (2 * HOUR)) * 2 * HOUR - 8 * HOUR
  const expected: Record<string, [number, string][]> = {}
  for (let from = begin; from < now; from += HOUR) {
    const part = fill(db, from, Math.min(now, from + HOUR), 60_000)
    for (const [series, rows] of Object.entries(part)) (expected[series] ??= []).push(...rows)
    db.tick()
  }
  db.close()
  const blocks = files.listSync(`${dir}/data`).filter((name) => name.length === 26)
  // How many depends on where the day stands: three blocks of two hours in one window of six become one.
  expect(blocks.length).toBeGreaterThanOrEqual(2)
  const promtool = (...args: string[]) =>
    execFileSync(join(bin, 'promtool'), args, { encoding: 'utf8' })
  expect(promtool('tsdb', 'list', `${dir}/data`)).toContain(blocks[0])
  expect(promtool('tsdb', 'analyze', `${dir}/data`, blocks[0]!)).toContain('Total Series: 50')
  const query = await start()
  const answer = await query('m[1d]', now)
  expect(answer).toEqual(expected)
})

test('the original reads our out-of-order log and chunks, and we read what it makes of them', async () => {
  const now = Math.floor(Date.now() / 60_000) * 60_000
  let db = open({ outOfOrderWindowMs: 12 * HOUR, isLockfileOff: true })
  const expected = fill(db, now - HOUR, now, 60_000)
  const labels = Labels.from({ __name__: 'm', i: '3', job: 'ż0' })
  const rows = expected[labels.toString()] as [number, string][]
  for (let i = 100; i > 0; i--) {
    const appender = db.appender()
    appender.append(0, labels, now - 2 * HOUR + i * 30_000 + 1, i)
    appender.commit()
    rows.unshift([(now - 2 * HOUR + i * 30_000 + 1) / 1000, String(i)])
  }
  rows.sort(([a], [b]) => a - b)
  // Not closed: as after kill -9.
  let query = await start('12h')
  expect(await query('m[4h]', now)).toEqual(expected)
  await stop()
  db = open({ outOfOrderWindowMs: 12 * HOUR, isLockfileOff: true })
  const appender = db.appender()
  appender.append(0, labels, now - 3 * HOUR, 7)
  appender.commit()
  rows.unshift([(now - 3 * HOUR) / 1000, '7'])
  db.close()
  query = await start('12h')
  expect(await query('m[4h]', now)).toEqual(expected)
})

test('the original starts from our memory snapshot, and we from the one it leaves', async () => {
  const now = Math.floor(Date.now() / 60_000) * 60_000
  const feature = '--enable-feature=memory-snapshot-on-shutdown'
  let db = open({ isSnapshotOn: true })
  const expected = fill(db, now - HOUR, now, 15_000)
  db.close()
  const snapshots = () =>
    files.listSync(`${dir}/data`).filter((name) => name.startsWith('chunk_snapshot.'))
  const ours = snapshots()
  expect(ours).toHaveLength(1)
  // Without the log before it, only the snapshot and the head chunks can be where samples come from.
  writeFileSync(
    `${dir}/data/wal/00000000`,
    new Uint8Array(files.statSync(`${dir}/data/wal/00000000`)!.sizeBytes),
  )
  const query = await start('0s', feature)
  expect(await query('m[2h]', now)).toEqual(expected)
  await stop()
  expect(snapshots()).not.toEqual(ours)
  db = open({ isSnapshotOn: true })
  db.close()
  const again = await start('0s', feature)
  expect(await again('m[2h]', now)).toEqual(expected)
})

test('the original refuses a folder that we hold, and we one that it holds', async () => {
  const db = open()
  await expect(start()).rejects.toThrow(
    'opening storage failed: lock DB directory: resource temporarily unavailable',
  )
  db.close()
  await start()
  expect(() => open()).toThrow(
    'opening storage failed: lock DB directory: resource temporarily unavailable',
  )
})
