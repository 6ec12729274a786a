import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Labels } from '@prom/labels'
import { createFiles } from '@prom/runtime/node'
import { FakeClock, recordLog, seededRandom } from '@prom/testkit'
import { ROW_OUT_OF_ORDER, ROW_STORED, ROW_UNKNOWN_SERIES } from '../contract.ts'
import { openTsdb } from '../open.ts'
import { decodeExemplars } from '../wal/exemplar-record.ts'
import { decodeHistogramRows, isHistogramRecord } from '../wal/histogram-record.ts'
import { LogTail } from '../wal/log-tail.ts'
import { decodeSeries } from '../wal/record.ts'
import { listSegments } from '../wal/segments.ts'
import { type AgentOptions, AgentStorage } from './agent-storage.ts'

const MEMORY_BYTES = 96 << 20
let dir: string
const files = createFiles()
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'agent-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

function open(clock = new FakeClock(), options: Partial<AgentOptions> = {}): AgentStorage {
  const deps = { files, clock, random: seededRandom(5), log: recordLog() }
  return new AgentStorage({ dir, memoryBytes: MEMORY_BYTES, ...options }, deps)
}

/** How many records of each type a folder of segments has, and the refs of its series. */
function readFolder(folder: string) {
  const types: Record<number, number> = {}
  const series: number[] = []
  let histograms = 0
  let exemplars = 0
  for (const segment of listSegments(files, folder)) {
    const tail = new LogTail(folder, segment, files)
    for (let record = tail.next(); record; record = tail.next()) {
      const type = record[0] as number
      types[type] = (types[type] ?? 0) + 1
      if (type === 1) decodeSeries(record, (ref) => series.push(ref))
      if (isHistogramRecord(type)) decodeHistogramRows(record, () => histograms++)
      if (type === 4) decodeExemplars(record, 1, () => exemplars++)
    }
    tail.close()
  }
  return { types, series, histograms, exemplars }
}

const labels = (name: string) => Labels.from({ __name__: name, job: 'j' })

test('rows are logged in the order of the original: series, samples, histograms, exemplars', () => {
  const db = open()
  const appender = db.appender()
  const at = 1_700_000_000_000
  const ref = appender.append(0, labels('a'), at, 1)
  appender.appendStale(ref, labels('a'), at + 1)
  appender.appendHistogram(0, labels('h'), at, {
    ...{ kind: 'int', counterResetHint: 'unknown', schema: 0, zeroThreshold: 0, zeroCount: 0 },
    ...{ count: 3, sum: 4, positiveSpans: [{ offset: 0, length: 1 }], negativeSpans: [] },
    ...{ customValues: [], positiveDeltas: [3], negativeDeltas: [] },
  })
  const exemplar = { labels: Labels.from({ id: '7' }), value: 2, timeMs: at }
  appender.appendExemplar(ref, labels('a'), exemplar)
  appender.appendExemplar(ref, labels('a'), exemplar)
  appender.commit()
  db.close()
  const { types, series, histograms, exemplars } = readFolder(`${dir}/wal`)
  expect(types).toEqual({ 1: 1, 2: 1, 4: 1, 7: 1 })
  expect([series, histograms, exemplars]).toEqual([[1, 2], 1, 1])
  expect(readdirSync(dir)).toEqual(['wal'])
})

test('a sample that is not newer than its series is refused, within the window it is taken', () => {
  const db = open()
  const { head } = db
  const ref = head.resolve(labels('a'))
  const append = (time: number) => {
    head.batch.refs[0] = ref
    head.batch.values[0] = 1
    head.appendColumns(1, time)
    return head.batch.statuses[0]
  }
  expect(append(1000)).toBe(ROW_STORED)
  expect(append(1000)).toBe(ROW_OUT_OF_ORDER)
  expect(() => db.appender().append(ref, labels('a'), 999, 1)).toThrow('out of order sample')
  db.configure({ outOfOrderWindowMs: 500 })
  expect(append(501)).toBe(ROW_STORED)
  expect(append(500)).toBe(ROW_OUT_OF_ORDER)
  head.batch.refs[0] = 0
  head.appendColumns(1, 2000)
  expect(head.batch.statuses[0]).toBe(ROW_UNKNOWN_SERIES)
  db.close()
})

test('after a restart series keep their refs and their newest times, new ones go on from there', () => {
  const first = open()
  const appender = first.appender()
  appender.append(0, labels('a'), 5000, 1)
  appender.append(0, labels('b'), 6000, 1)
  appender.commit()
  first.close()
  const db = open()
  expect(db.facts().series).toBe(2)
  const ref = db.head.find(labels('b'))
  expect([db.head.isInOrder(ref, 6000), db.head.isInOrder(ref, 6001)]).toEqual([false, true])
  db.head.resolve(labels('c'))
  db.head.appendColumns(0, 7000)
  db.close()
  expect(readFolder(`${dir}/wal`).series).toEqual([1, 2, 3])
})

test('truncation forgets idle series, keeps what was not sent, and drops what is too old', async () => {
  const clock = new FakeClock()
  const options = { walSegmentBytes: 32768, walCompression: 'none' as const, retentionMinMs: 0 }
  const db = open(clock, { ...options, truncateFrequencyMs: 1000, retentionMaxMs: 3_600_000 })
  const start = clock.now()
  const fill = (name: string, from: number, rows: number) => {
    const appender = db.appender()
    for (let i = 0; i < rows; i++) appender.append(0, labels(name), from + i, i)
    appender.commit()
  }
  fill('idle', start, 10)
  for (let i = 0; i < 10; i++) fill('busy', start + 1000 * (i + 1), 900)
  await clock.advance(500)
  expect(db.isCompactable()).toBe(false)
  await clock.advance(500)
  expect(db.isCompactable()).toBe(true)
  db.noteSent(start + 5000)
  await db.maintain(async () => {})
  expect(db.facts().series).toBe(1)
  const checkpoint = readdirSync(`${dir}/wal`).find((name) => name.startsWith('checkpoint.'))
  expect(checkpoint).toBeDefined()
  expect(db.head.find(labels('idle'))).toBe(0)
  const metric = (name: string) =>
    db.collect().find((family) => family.name === `prometheus_agent_${name}`)?.points[0]?.value
  expect([metric('active_series'), metric('checkpoint_creations_total')]).toEqual([1, 1])
  db.close()
  const again = open(clock, options)
  expect(again.head.find(labels('busy'))).not.toBe(0)
  again.close()
})

test('a damaged log is cut where the damage is, and the agent starts', () => {
  const db = open(new FakeClock(), { walCompression: 'none' })
  for (let i = 0; i < 3; i++) {
    const appender = db.appender()
    appender.append(0, labels(`m${i}`), 1000, 1)
    appender.commit()
  }
  db.close()
  const path = `${dir}/wal/00000000`
  const bytes = files.readSync(path)
  bytes[70] = (bytes[70] as number) ^ 1
  files.replaceSync(path, bytes)
  const again = open()
  expect(again.facts().series).toBe(1)
  again.close()
})

test('a folder of an agent is not one of a server, and its log is', () => {
  const db = open()
  const appender = db.appender()
  appender.append(0, labels('a'), 1_700_000_000_000, 4)
  appender.commit()
  expect(() => db.snapshot()).toThrow('unsupported operation with WAL-only storage')
  db.close()
  const deps = { files, clock: new FakeClock(), random: seededRandom(5), log: recordLog() }
  const server = openTsdb({ dir, memoryBytes: MEMORY_BYTES }, deps)
  expect(server.facts().series).toBe(1)
  server.close()
})
