import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Histogram } from '@prom/histogram'
import { Labels, Matcher } from '@prom/labels'
import { createFiles } from '@prom/runtime/node'
import { FakeClock, recordLog, seededRandom } from '@prom/testkit'
import { attachTsdbReader, openTsdb, type Tsdb } from './index.ts'

const START = 1_700_000_000_000
const files = createFiles()
let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tsdb-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

function open(log = recordLog(), options = {}): Tsdb {
  const deps = { files, clock: new FakeClock(), random: seededRandom(3), log }
  const base = { dir, memoryBytes: 96 << 20, isSnapshotOn: true, exemplarsMax: 100 }
  return openTsdb({ ...base, ...options }, deps)
}

function histogram(count: number): Histogram {
  return {
    kind: 'int',
    counterResetHint: 'unknown',
    schema: 1,
    zeroThreshold: 0.001,
    zeroCount: 0,
    count,
    sum: count,
    positiveSpans: [{ offset: 0, length: 1 }],
    negativeSpans: [],
    positiveDeltas: [count],
    negativeDeltas: [],
    customValues: [],
  }
}

/** Floats, a histogram, an exemplar each time. */
function fill(db: Tsdb, from: number, to: number): void {
  for (let i = from; i < to; i++) {
    const appender = db.appender()
    const timeMs = START + i * 15_000
    for (const name of ['a', 'b', 'c']) {
      const labels = Labels.from({ __name__: name })
      const ref = appender.append(0, labels, timeMs, i * 1.5)
      const trace = Labels.from({ trace: String(i) })
      if (name === 'a') appender.appendExemplar(ref, labels, { labels: trace, value: i, timeMs })
    }
    appender.appendHistogram(0, Labels.from({ __name__: 'h' }), timeMs, histogram(i))
    appender.commit()
  }
}

function dump(db: Tsdb): unknown {
  const reader = attachTsdbReader({ memory: db.memory, dir, readerIndex: 1 }, { files })
  const range = { mint: -Infinity, maxt: Infinity }
  const querier = reader.querier(range.mint, range.maxt)
  const set = querier.select([new Matcher('!=', 'zz', 'x')], range)
  const all: Record<string, string[]> = {}
  for (let i = 0; i < set.length; i++) {
    const { times, values, start, end, histograms } = set.samples(i)
    all[set.labels(i).toString()] = Array.from({ length: end - start }, (_, k) => {
      const at = start + k
      return `${times[at]}=${histograms?.[at]?.count ?? values[at]}`
    })
    set.release()
  }
  querier.close()
  reader.close()
  return [all, db.exemplars([[new Matcher('!=', 'zz', 'x')]], -Infinity, Infinity)]
}

const snapshots = () => files.listSync(dir).filter((name) => name.startsWith('chunk_snapshot.'))

test('a head is again what it was, without its log', () => {
  let db = open()
  fill(db, 1, 300)
  db.deleteSeries([new Matcher('=', '__name__', 'b')], START, START + 100 * 15_000)
  const expected = dump(db)
  db.close()
  expect(snapshots()).toHaveLength(1)
  for (const name of files.listSync(`${dir}/wal`)) {
    const path = `${dir}/wal/${name}`
    files.replaceSync(path, new Uint8Array(files.statSync(path)?.sizeBytes ?? 0))
  }
  const log = recordLog()
  db = open(log)
  expect(dump(db)).toEqual(expected)
  expect(log.lines.filter(({ level }) => level !== 'info')).toEqual([])
  fill(db, 300, 400)
  const grown = dump(db)
  const before = snapshots()
  db.close()
  expect(snapshots()).toHaveLength(1)
  expect(snapshots()).not.toEqual(before)
  db = open()
  expect(dump(db)).toEqual(grown)
  db.close()
})

test('one that is damaged is counted and left aside, and the log tells all', () => {
  let db = open()
  fill(db, 1, 300)
  const expected = dump(db)
  db.close()
  const [name] = snapshots()
  const path = `${dir}/${name}/00000000`
  const bytes = Uint8Array.from(files.readSync(path))
  for (const at of [8, 900, 20_000]) {
    const damaged = bytes.slice()
    damaged[at] = damaged[at]! ^ 1
    files.replaceSync(path, damaged)
    db = open(recordLog(), { isLockfileOff: true })
    expect(dump(db)).toEqual(expected)
    const errors = db
      .collect()
      .find((family) => family.name === 'prometheus_tsdb_snapshot_replay_error_total')
    expect(errors?.points[0]?.value).toBe(1)
  }
})

test('without the feature snapshots are neither read nor written nor removed', () => {
  let db = open()
  fill(db, 1, 10)
  db.close()
  const before = snapshots()
  db = open(recordLog(), { isSnapshotOn: false })
  fill(db, 10, 20)
  const expected = dump(db)
  db.close()
  expect(snapshots()).toEqual(before)
  db = open()
  expect(dump(db)).toEqual(expected)
  db.close()
})

test('snapshots are given up when the log has begun anew', () => {
  let db = open()
  fill(db, 1, 10)
  db.close()
  db = open()
  db.close()
  rmSync(`${dir}/wal`, { recursive: true })
  const log = recordLog()
  db = open(log)
  expect(log.lines.map(({ message }) => message)).toContain(
    'Last WAL segment is less than the last snapshot, deleting snapshots',
  )
  expect(snapshots()).toEqual([])
  db.close()
})
