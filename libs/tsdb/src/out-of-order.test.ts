import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Histogram } from '@prom/histogram'
import { Labels, Matcher } from '@prom/labels'
import { isUlid } from '@prom/model'
import { createFiles } from '@prom/runtime/node'
import { FakeClock, recordLog, seededRandom } from '@prom/testkit'
import { attachTsdbReader, openTsdb, type Tsdb, type TsdbReader } from './index.ts'

const HOUR = 3600_000
const MINUTE = 60_000
const START = 1_699_992_000_000 // A multiple of two hours.
const files = createFiles()
const A = Labels.from({ __name__: 'a' })
const B = Labels.from({ __name__: 'b' })
let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tsdb-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

function open(options = {}): Tsdb {
  const deps = { files, clock: new FakeClock(), random: seededRandom(3), log: recordLog() }
  // Without a lock, so that the folder can be opened again as after kill -9.
  const base = { dir, memoryBytes: 96 << 20, outOfOrderWindowMs: 6 * HOUR, isLockfileOff: true }
  return openTsdb({ ...base, ...options }, deps)
}

function attach(db: Tsdb): TsdbReader {
  return attachTsdbReader({ memory: db.memory, dir, readerIndex: 1 }, { files })
}

/** Minutes since START and value; `h<count>` for a histogram. */
function dump(reader: TsdbReader, name = 'a', mint = -Infinity, maxt = Infinity): string {
  const querier = reader.querier(mint, maxt)
  const set = querier.select([new Matcher('=', '__name__', name)], { mint, maxt })
  const rows: string[] = []
  for (let i = 0; i < set.length; i++) {
    const { times, values, start, end, histograms } = set.samples(i)
    for (let k = start; k < end; k++) {
      const value = histograms?.[k] ? `h${histograms[k]?.count}` : values[k]
      rows.push(`${(times[k]! - START) / MINUTE}=${value}`)
    }
  }
  querier.close()
  return rows.join(' ')
}

/** Appends one sample per entry, each in a commit of its own: minute and value. */
function append(db: Tsdb, labels: Labels, samples: readonly (readonly [number, number])[]): void {
  for (const [minute, value] of samples) {
    const appender = db.appender()
    appender.append(0, labels, START + minute * MINUTE, value)
    appender.commit()
  }
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

const metric = (db: Tsdb, name: string, labels = '') =>
  db
    .collect()
    .find((family) => family.name === name)
    ?.points.find((point) => point.labels.join('=') === labels)

describe('out-of-order samples', () => {
  test('are merged in by time; the first of equal times stays', () => {
    const db = open()
    const reader = attach(db)
    append(db, A, [
      [300, 1],
      [301, 2],
      [100, 3],
      [50, 4],
      [200, 5],
      [100, 6],
    ])
    expect(dump(reader)).toBe('50=4 100=3 200=5 300=1 301=2')
    expect(dump(reader, 'a', START + 60 * MINUTE, START + 250 * MINUTE)).toBe('100=3 200=5')
    append(db, A, [[302, 7]])
    expect(dump(reader)).toBe('50=4 100=3 200=5 300=1 301=2 302=7')
    reader.close()
    db.close()
  })

  test('within the window are taken, older ones are too old, without a window they are refused', () => {
    const db = open({ outOfOrderWindowMs: 30 * MINUTE })
    append(db, A, [[300, 1]])
    const f = (minute: number, text?: string) => {
      const appender = db.appender()
      const act = () => appender.append(0, A, START + minute * MINUTE, 9)
      if (text === undefined) expect(act).not.toThrow()
      else expect(act).toThrow(text)
      appender.rollback()
    }
    f(270)
    f(269, 'too old sample')
    db.configure({ outOfOrderWindowMs: 0 })
    f(270, 'out of order sample')
    f(200, 'out of bounds')
    db.configure({ outOfOrderWindowMs: 2 * HOUR })
    f(200)
    db.close()
  })

  test('survive an unclean end by their own log, and a clean one', () => {
    let db = open()
    append(db, A, [[300, 0]])
    const expected: string[] = []
    // More than one chunk of 32, backwards, so that every insert moves rows.
    for (let minute = 119; minute >= 40; minute--) append(db, A, [[minute, minute * 2]])
    for (let minute = 40; minute < 120; minute++) expected.push(`${minute}=${minute * 2}`)
    expected.push('300=0')
    let reader = attach(db)
    expect(dump(reader)).toBe(expected.join(' '))
    reader.close()
    // Nothing is closed: as after kill -9.
    for (const isClean of [false, true, false]) {
      db = open()
      reader = attach(db)
      expect(dump(reader)).toBe(expected.join(' '))
      append(db, A, [[130, 1]])
      if (!expected.includes('130=1')) expected.splice(-1, 0, '130=1')
      expect(dump(reader)).toBe(expected.join(' '))
      reader.close()
      if (isClean) db.close()
    }
  })

  test('may be histograms, also in series of floats', () => {
    let db = open()
    append(db, A, [[300, 1]])
    for (const minute of [100, 90, 110]) {
      const appender = db.appender()
      appender.appendHistogram(0, A, START + minute * MINUTE, histogram(minute))
      appender.commit()
    }
    append(db, A, [[95, 5]])
    const expected = '90=h90 95=5 100=h100 110=h110 300=1'
    expect(dump(attach(db))).toBe(expected)
    expect(
      metric(db, 'prometheus_tsdb_head_out_of_order_samples_appended_total', 'type=float')?.value,
    ).toBe(1)
    expect(
      metric(db, 'prometheus_tsdb_head_out_of_order_samples_appended_total', 'type=histogram')
        ?.value,
    ).toBe(3)
    db = open() // As after kill -9.
    expect(dump(attach(db))).toBe(expected)
    db.close()
  })

  test('become blocks of their own after the head did, and their memory and log are given back', () => {
    let db = open()
    let reader = attach(db)
    const expected = new Map<number, number>()
    for (let minute = 0; minute < 200; minute++) {
      append(db, A, [[minute, minute]])
      expected.set(minute, minute)
    }
    for (let minute = 198; minute > 0; minute--) {
      append(db, B, [[minute === 198 ? 199 : minute, minute]])
    }
    for (let second = 1; second < 150; second++) {
      append(db, A, [[second + 0.5, 1000 + second]])
      expected.set(second + 0.5, 1000 + second)
    }
    const text = () =>
      [...expected]
        .sort(([a], [b]) => a - b)
        .map(([minute, value]) => `${minute}=${value}`)
        .join(' ')
    expect(dump(reader)).toBe(text())
    const b = dump(reader, 'b')
    db.tick()
    expect(dump(reader)).toBe(text())
    expect(dump(reader, 'b')).toBe(b)
    db.tick()
    expect(dump(reader)).toBe(text())
    reader.close()
    db.close()
    const left = files.listSync(`${dir}/wbl`).map((name) => files.statSync(`${dir}/wbl/${name}`)!)
    expect(left.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)).toBe(0)
    expect(files.listSync(dir).filter(isUlid).length).toBeGreaterThan(0)
    db = open()
    reader = attach(db)
    expect(dump(reader)).toBe(text())
    expect(dump(reader, 'b')).toBe(b)
    reader.close()
    db.close()
  })

  test('that were deleted stay deleted through compaction', () => {
    const db = open()
    const reader = attach(db)
    append(db, A, [
      [210, 1],
      [20, 2],
      [30, 3],
      [40, 4],
    ])
    db.deleteSeries([new Matcher('=', '__name__', 'a')], START + 25 * MINUTE, START + 35 * MINUTE)
    expect(dump(reader)).toBe('20=2 40=4 210=1')
    append(db, B, [
      [0, 0],
      [200, 1],
    ])
    append(db, B, [[400, 1]])
    db.tick()
    db.tick()
    expect(dump(reader)).toBe('20=2 40=4 210=1')
    reader.close()
    db.close()
  })

  test('that were deleted stay deleted after a restart, before and after they are in blocks', () => {
    let db = open()
    let reader = attach(db)
    append(db, B, [[0, 0]])
    append(db, A, [[210, 1]])
    for (let minute = 100; minute > 0; minute--) append(db, A, [[minute, minute]])
    const range = [START + 20 * MINUTE, START + 90 * MINUTE] as const
    db.deleteSeries([new Matcher('=', '__name__', 'a')], ...range)
    const expected = dump(reader)
    expect(expected.split(' ')).toHaveLength(19 + 10 + 1)
    for (const act of ['restart', 'compact', 'restart', 'compact', 'restart']) {
      if (act === 'compact') {
        append(db, B, [[400, 1]])
        db.tick()
        db.tick()
      } else {
        reader.close()
        db.close()
        db = open()
        reader = attach(db)
      }
      expect([act, dump(reader)]).toEqual([act, expected])
    }
    reader.close()
    db.close()
  })
})
