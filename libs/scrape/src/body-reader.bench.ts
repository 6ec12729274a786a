/** Nanoseconds per sample of a steady 5,000-line body: read, and read with append and log. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Labels } from '@prom/labels'
import { createHost } from '@prom/runtime/node'
import { openTsdb } from '@prom/tsdb'
import { BodyMemory } from './body-memory.ts'
import { readBody } from './body-reader.ts'
import { MetadataCache } from './metric-metadata.ts'
import { seriesLabels } from './series-labels.ts'
import { SeriesTemplate } from './series-template.ts'

const LINES = 5_000
const ROUNDS = 400

const host = createHost(process)
const dir = mkdtempSync(join(tmpdir(), 'bench-'))
const quiet = { debug() {}, info() {}, warn() {}, error() {}, with: () => quiet }
const db = openTsdb({ dir }, { ...host, log: quiet })
const memory = new BodyMemory(host.random.bytes(16))
let template = new SeriesTemplate(memory)
const metadata = new MetadataCache()
let targets = 0
const rules = {
  target: Labels.from({ instance: 'i:0', job: 'j' }),
  honorLabels: false,
  metricRelabelRules: [],
  nameValidation: 'utf8' as const,
  labelsMax: 0,
  labelNameLengthMax: 0,
  labelValueLengthMax: 0,
}
const line = (i: number, n: number) =>
  `http_requests_total{method="GET",handler="/api/v1/some/longer/path/${i}",status="200",region="eu-west-1",zone="eu-west-1b",version="1.2.3",team="storage"} ${i % 3 === 0 ? n * 1.25 + i : n + i}\n`
const bodies = Array.from({ length: 8 }, (_, n) =>
  Buffer.from(
    `# TYPE http_requests_total counter\n${Array.from({ length: LINES }, (_, i) => line(i, n)).join('')}`,
  ),
)
const slot = memory.acquire(2 << 20)
if (!slot) throw new Error('no slot')

function run(rounds: number, isStored: boolean): number {
  let spent = 0n
  for (let round = 0; round < rounds; round++) {
    const body = bodies[round % bodies.length] as Buffer
    memory.bytes.set(body, slot?.address)
    const started = process.hrtime.bigint()
    const timeMs = Date.now() - 1_000_000 + clock++
    const rows = readBody(memory, {
      template,
      metadata,
      address: slot?.address as number,
      length: body.length,
      format: 'text',
      timeMs,
      honorTimestamps: true,
      trackTimestampsStaleness: false,
      samplesMax: 0,
      takesExemplars: false,
      labels: (exposed) => seriesLabels(exposed, rules),
      resolve: (labels) => db.head.resolve(labels),
    })
    if (isStored) {
      const { batch } = db.head
      batch.reserve(rows.rows)
      batch.refs.set(memory.refs.subarray(0, rows.rows))
      batch.values.set(memory.values.subarray(0, rows.rows))
      db.head.appendColumns(rows.rows, timeMs)
    }
    spent += process.hrtime.bigint() - started
  }
  return Number(spent) / rounds / LINES
}

let clock = 0
for (let i = 0; i < 8; i++) {
  template = new SeriesTemplate(memory)
  rules.target = Labels.from({ instance: `i:${targets++}`, job: 'j' })
  console.log('first body of a target, ns/line', run(1, true).toFixed(0))
}
run(20, true)
console.log('steady read, ns/sample', run(ROUNDS, false).toFixed(1))
console.log('steady read and append, ns/sample', run(ROUNDS, true).toFixed(1))
db.close()
rmSync(dir, { recursive: true, force: true })
