/**
 * A file system that is really full: samples are refused, and said to be; queries go on; when there is room again the
 * server takes samples by itself, and the original can go on with the folder. Mounts a small file system in memory.
 */
import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { folderWith, removeFolders } from '../harness/folders.ts'
import { stopAll } from '../harness/processes.ts'
import { originals, ours } from '../harness/programs.ts'
import { type PushedSeries, remoteWrite } from '../harness/remote-write.ts'
import { type ServerUnderTest, startServer } from '../harness/server.ts'
import { waitFor } from '../harness/wait.ts'

const STEP_MS = 15_000
const SERIES = 200
const SAMPLES = 20
const PUSHES_MAX = 200

let mounted = ''

afterAll(async () => {
  await stopAll()
  if (mounted !== '') execFileSync('umount', ['--lazy', mounted])
  removeFolders()
})

it('refuses samples while the disk is full, answers queries, and goes on when it is not', async () => {
  if (process.getuid?.() !== 0) throw new Error('mounts a file system: has to be run by root')
  const folder = folderWith({ 'quiet.yml': 'global: {scrape_interval: 1h}\n' })
  const disk = join(folder, 'disk')
  mkdirSync(disk)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', disk])
  mounted = disk
  const options = {
    config: join(folder, 'quiet.yml'),
    data: join(disk, 'data'),
    args: ['--web.enable-remote-write-receiver', '--storage.tsdb.retention.time=100d'],
  }
  let server: ServerUnderTest = await startServer(ours, options)
  const first = Math.floor(Date.now() / STEP_MS) * STEP_MS - 50 * SAMPLES * STEP_MS
  let pushes = 0
  const next = (): PushedSeries[] =>
    Array.from({ length: SERIES }, (_, i) => ({
      labels: { __name__: 'pushed', i: String(i) },
      samples: Array.from({ length: SAMPLES }, (_, k) => [
        first + (pushes * SAMPLES + k) * STEP_MS,
        Math.sqrt(i * 1000 + k + pushes),
      ]),
    }))
  /** Samples of each series, as the server says. */
  const counted = async () => {
    const at = first / 1000 + (pushes + 1) * SAMPLES * (STEP_MS / 1000)
    const { status, data } = await server.query('count(count_over_time(pushed[14d])) by (x)', at)
    expect(status).toBe('success')
    expect(data?.result[0]?.value?.[1]).toBe(String(SERIES))
    const sums = await server.query('sum(count_over_time(pushed[14d]))', at)
    return Number(sums.data?.result[0]?.value?.[1])
  }
  await remoteWrite(server.url, next())
  pushes++
  expect(await counted()).toBe(SERIES * SAMPLES)

  const filler = join(disk, 'filler')
  fill(filler)
  let refusal = ''
  while (refusal === '' && pushes < PUSHES_MAX) {
    try {
      await remoteWrite(server.url, next())
      pushes++
    } catch (err) {
      refusal = String(err)
    }
  }
  expect(refusal).toMatch(/50[03]/)
  expect(server.running.output()).toMatch(/no space left on device|ENOSPC/i)
  const metrics = async () => (await fetch(`${server.url}/metrics`)).text()
  expect(await metrics()).toMatch(/^prometheus_tsdb_wal_writes_failed_total [1-9]/m)
  expect((await fetch(`${server.url}/-/healthy`)).status).toBe(200)
  // What was refused may be there or not; what was taken is.
  expect(await counted()).toBeGreaterThanOrEqual(pushes * SERIES * SAMPLES)

  rmSync(filler)
  await waitFor('samples to be taken again', 30_000, async () => {
    // What was refused is kept in memory until it can be written: sent again, it may be known already.
    await remoteWrite(server.url, next()).catch((err) => {
      if (!/400 out of order sample/.test(String(err))) throw err
    })
    return true
  })
  pushes++
  await remoteWrite(server.url, next())
  pushes++
  expect(await counted()).toBe(pushes * SERIES * SAMPLES)
  expect(await server.running.stop()).toBe(0)

  for (const programs of [originals, ours]) {
    server = await startServer(programs, options)
    expect(await counted()).toBe(pushes * SERIES * SAMPLES)
    await server.running.stop()
  }
}, 180_000)

/** Writes until there is no room for another byte. */
function fill(path: string): void {
  const file = openSync(path, 'w')
  for (let size = 1 << 20; size >= 1; size = Math.floor(size / 16)) {
    try {
      for (;;) writeSync(file, Buffer.alloc(size))
    } catch (err) {
      if ((err as { code?: string }).code !== 'ENOSPC') throw err
    }
  }
  closeSync(file)
}
