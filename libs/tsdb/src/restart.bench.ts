/** Replay of a log and compaction of a head: CPU and nanoseconds per sample. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Labels } from '@prom/labels'
import { createClock, createFiles } from '@prom/runtime/node'
import { recordLog, seededRandom } from '@prom/testkit'
import { openTsdb } from './index.ts'

const SERIES = 50_000
const BATCH = 5_000
const SCRAPES = 240
const STEP_MS = 60_000
const START = 1_699_999_200_000

export function main(): void {
  const dir = mkdtempSync(join(tmpdir(), 'tsdb-restart-'))
  const files = createFiles()
  const random = seededRandom(3)
  const deps = { files, clock: createClock(), random, log: recordLog() }
  const cpu = () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  }
  const samples = SERIES * SCRAPES
  const report = (what: string, startMs: number, count: number) => {
    const ms = cpu() - startMs
    const rss = process.memoryUsage().rss / 2 ** 20
    const each = ((ms * 1e6) / count).toFixed(1)
    console.log(`${what}: ${ms.toFixed(0)} ms, ${each} ns each, ${rss.toFixed(0)} MiB`)
  }
  let db = openTsdb({ dir }, deps)
  let start = cpu()
  const refs = new Uint32Array(SERIES)
  for (let i = 0; i < SERIES; i++) refs[i] = db.head.resolve(labelsOf(i))
  report('new series', start, SERIES)
  start = cpu()
  const { batch } = db.head
  batch.reserve(BATCH)
  for (let scrape = 0; scrape < SCRAPES; scrape++) {
    for (let from = 0; from < SERIES; from += BATCH) {
      for (let i = 0; i < BATCH; i++) {
        const kind = i % 10
        batch.refs[i] = refs[from + i]!
        batch.values[i] =
          kind < 3 ? from : kind < 8 ? scrape * (i % 97) : random.next() * 1000 + scrape
      }
      db.head.appendColumns(BATCH, START + scrape * STEP_MS)
    }
  }
  report('append', start, samples)
  const isMapped = process.argv.includes('--clean')
  if (isMapped) db.close()
  start = cpu()
  db = openTsdb({ dir, isLockfileOff: true }, deps)
  report('open', start, samples)
  start = cpu()
  for (const _ of [1, 2]) db.tick()
  report('compact', start, samples / 2)
  db.close()
  rmSync(dir, { recursive: true, force: true })
}

function labelsOf(i: number): Labels {
  return Labels.from({
    __name__: `http_requests_${i % 100}_total`,
    cluster: 'eu-west-1',
    code: String(200 + (i % 7)),
    container: `app-${i % 23}`,
    handler: `/api/v1/thing/${i % 50}`,
    instance: `10.0.${(i >> 8) & 255}.${i & 255}:9100`,
    job: `job-${i % 11}`,
    namespace: `ns-${i % 31}`,
    node: `node-${i % 200}`,
    pod: `app-${i % 23}-${(i * 2654435761) % 1000003}`,
  })
}
