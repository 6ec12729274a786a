/** Scrape-shaped appends and reads of the head: nanoseconds per sample. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Labels, Matcher } from '@prom/labels'
import { createClock, createFiles } from '@prom/runtime/node'
import { recordLog, seededRandom } from '@prom/testkit'
import { attachTsdbReader, openTsdb } from './index.ts'

const TARGETS = 20
const SERIES = 5000
const SCRAPES = 120

export function main(): void {
  const dir = mkdtempSync(join(tmpdir(), 'tsdb-bench-'))
  const files = createFiles()
  const random = seededRandom(3)
  const deps = { files, clock: createClock(), random, log: recordLog() }
  const db = openTsdb({ dir }, deps)
  const { head } = db
  const cpu = () => {
    const { user, system } = process.cpuUsage()
    return (user + system) * 1000
  }
  const report = (what: string, startNs: number, count: number) =>
    console.log(`${what}: ${((cpu() - startNs) / count).toFixed(1)} ns`)

  let start = cpu()
  const refs: Uint32Array[] = []
  for (let target = 0; target < TARGETS; target++) {
    const list = new Uint32Array(SERIES)
    for (let i = 0; i < SERIES; i++) {
      list[i] = head.resolve(
        Labels.from({
          __name__: `metric_${i % 500}_total`,
          code: String(i % 7),
          handler: `/api/v1/${Math.floor(i / 500)}`,
          instance: `host-${target}:9100`,
          job: 'bench',
        }),
      )
    }
    refs.push(list)
  }
  report('create a series', start, TARGETS * SERIES)

  const values = Float64Array.from({ length: SERIES }, () => Math.floor(random.next() * 1e6))
  head.batch.reserve(SERIES)
  start = cpu()
  for (let scrape = 0; scrape < SCRAPES; scrape++) {
    for (let target = 0; target < TARGETS; target++) {
      for (let i = 0; i < SERIES; i++) {
        if ((i & 3) !== 0) values[i] = values[i]! + ((i * 7 + scrape) & 63)
      }
      head.batch.refs.set(refs[target]!)
      head.batch.values.set(values)
      head.appendColumns(SERIES, 1_700_000_000_000 + scrape * 15_000 + target)
    }
  }
  report('append a sample, log included', start, TARGETS * SERIES * SCRAPES)
  console.log(`resident: ${(process.memoryUsage.rss() / 2 ** 20).toFixed(0)} MiB`)

  const reader = attachTsdbReader({ memory: db.memory, dir, readerIndex: 0 }, { files })
  for (let round = 0; round < 4; round++) {
    start = cpu()
    const querier = reader.querier(0, Infinity)
    const set = querier.select([new Matcher('=', 'handler', '/api/v1/3')], {
      mint: 0,
      maxt: Infinity,
    })
    report('  select a series', start, set.length)
    start = cpu()
    let sum = 0
    let samples = 0
    for (let i = 0; i < set.length; i++) {
      const columns = set.samples(i)
      samples += columns.end - columns.start
      sum += columns.values[columns.start]!
      if (i % 256 === 0) set.release()
    }
    report(`read a sample of ${samples} (${sum > 0})`, start, samples)
    querier.close()
  }
  db.close()
  start = cpu()
  const again = openTsdb({ dir }, deps)
  report('replay a sample', start, TARGETS * SERIES * SCRAPES)
  again.close()
  rmSync(dir, { recursive: true, force: true })
}
