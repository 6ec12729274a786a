/** Queries over a head of 10,000 counters x 2 h at 15 s: milliseconds of CPU per query, cold and hot. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Labels } from '@prom/labels'
import { createClock, createFiles } from '@prom/runtime/node'
import { recordLog, seededRandom } from '@prom/testkit'
import { attachTsdbReader, openTsdb } from '@prom/tsdb'
import { QueryService } from './query-service.ts'

const SERIES = 10_000
const TARGETS = 20
const SAMPLES = 480
const STEP_MS = 15_000
const START_MS = 1_700_000_000_000
const END_MS = START_MS + (SAMPLES - 1) * STEP_MS

const QUERIES: readonly (readonly [string, number, string])[] = [
  ['sum by (job) (rate, step 15s)', 15_000, 'sum by (job) (rate(m_total[5m]))'],
  ['sum by (job) (rate, step 60s)', 60_000, 'sum by (job) (rate(m_total[5m]))'],
  [
    'avg by (instance) (max_over_time, step 60s)',
    60_000,
    'avg by (instance) (max_over_time(m_total[5m]))',
  ],
  ['topk(5, rate), step 60s', 60_000, 'topk(5, rate(m_total[5m]))'],
  ['rate matrix, step 60s', 60_000, 'rate(m_total[5m])'],
  ['instant vector', 0, 'm_total'],
  ['instant sum by (job) (rate)', 0, 'sum by (job) (rate(m_total[5m]))'],
  ['one series, step 15s', 15_000, 'm_total{instance="17", series="17"}'],
]

export function main(): void {
  const dir = mkdtempSync(join(tmpdir(), 'query-bench-'))
  const files = createFiles()
  const clock = createClock()
  const random = seededRandom(3)
  const db = openTsdb({ dir, walCompression: 'none' }, { files, clock, random, log: recordLog() })
  fill(db)
  for (const [name, stepMs, query] of QUERIES) {
    const reader = attachTsdbReader(
      { memory: db.memory, dir, readerIndex: 1, cacheBytes: 256 << 20 },
      { files },
    )
    const service = new QueryService(
      { engine: { lookbackMs: 300_000, parse: {}, features: {} }, samplesMax: 5e7 },
      { source: reader, clock, stopReason: () => undefined },
    )
    const times: string[] = []
    let sizeBytes = 0
    for (let run = 0; run < 5; run++) {
      const start = process.cpuUsage()
      const { data } = service.serve({
        kind: 'query',
        query,
        isInstant: stepMs === 0,
        startMs: stepMs === 0 ? END_MS : START_MS,
        endMs: END_MS,
        stepMs,
        timeoutMs: 60_000,
        lookbackMs: 0,
        subqueryStepMs: 60_000,
        limit: 0,
        stats: undefined,
        explain: undefined,
        queueSeconds: 0,
        isStreamed: false,
        output: 'json',
      })
      const { user, system } = process.cpuUsage(start)
      times.push(((user + system) / 1000).toFixed(1))
      sizeBytes = data.reduce((sum, { length }) => sum + length, 0)
    }
    reader.close()
    console.log(`${name}: ${times.join(' ')} ms, ${sizeBytes} bytes`)
  }
  db.close()
  rmSync(dir, { recursive: true, force: true })
}

function fill(db: ReturnType<typeof openTsdb>): void {
  const { head } = db
  const random = seededRandom(5)
  const refs: number[] = []
  for (let i = 0; i < SERIES; i++) {
    const instance = String(i % TARGETS)
    const job = `job${i % 7}`
    refs.push(head.resolve(Labels.from({ __name__: 'm_total', instance, job, series: `${i}` })))
  }
  const values = new Float64Array(SERIES)
  for (let sample = 0; sample < SAMPLES; sample++) {
    for (let target = 0; target < TARGETS; target++) {
      const { batch } = head
      batch.reserve(SERIES / TARGETS)
      let row = 0
      for (let i = target; i < SERIES; i += TARGETS) {
        values[i] = (values[i] as number) + Math.floor(random.next() * 50)
        batch.refs[row] = refs[i] as number
        batch.values[row] = values[i] as number
        row++
      }
      head.appendColumns(row, START_MS + sample * STEP_MS + target * 500)
    }
  }
}
