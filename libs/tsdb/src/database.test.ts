import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Labels, Matcher } from '@prom/labels'
import { createFiles } from '@prom/runtime/node'
import type { AppendError } from '@prom/storage'
import { FakeClock, recordLog, seededRandom } from '@prom/testkit'
import {
  attachTsdbReader,
  openTsdb,
  ROW_DUPLICATE,
  ROW_OUT_OF_BOUNDS,
  ROW_OUT_OF_ORDER,
  ROW_STORED,
  ROW_UNKNOWN_SERIES,
  type Tsdb,
} from './index.ts'

const MEMORY_BYTES = 96 << 20
const START = 1_700_000_000_000

let dir: string
const files = createFiles()
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tsdb-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

function open(options = {}, log = recordLog()): Tsdb {
  return openTsdb(
    { dir, memoryBytes: MEMORY_BYTES, ...options },
    { files, clock: new FakeClock(), random: seededRandom(5), log },
  )
}

/** Everything the database holds: series text to [time, high, low] rows. */
function dump(
  db: Tsdb,
  mint = -Infinity,
  maxt = Infinity,
  matchers = [new Matcher('!=', 'zz', 'x')],
) {
  const reader = attachTsdbReader({ memory: db.memory, dir, readerIndex: 1 }, { files })
  const querier = reader.querier(mint, maxt)
  const set = querier.select(matchers, { mint, maxt })
  const all: Record<string, number[][]> = {}
  for (let i = 0; i < set.length; i++) {
    const { times, values, start, end } = set.samples(i)
    const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2)
    const rows: number[][] = []
    for (let k = start; k < end; k++) rows.push([times[k]!, words[k * 2 + 1]!, words[k * 2]!])
    all[set.labels(i).toString()] = rows
    set.release()
  }
  querier.close()
  reader.close()
  return all
}

const float = new Float64Array(1)
const words = new Uint32Array(float.buffer)
function row(time: number, value: number): number[] {
  float[0] = value
  return [time, words[1]!, words[0]!]
}

describe('a database', () => {
  test('gives back random samples bit for bit, before and after a restart', () => {
    for (let seed = 1; seed <= 6; seed++) {
      rmSync(dir, { recursive: true, force: true })
      const random = seededRandom(seed * 7)
      const expected: Record<string, number[][]> = {}
      let db = open({ walSegmentBytes: 4 * 32768, walCompression: seed % 2 ? 'snappy' : 'none' })
      const series = Array.from({ length: 40 }, (_, i) =>
        Labels.from({ __name__: `m${i % 3}`, i: String(i), job: 'x' }),
      )
      let time = START
      for (let batch = 0; batch < 600; batch++) {
        time += Math.floor(random.next() * (batch % 50 === 0 ? 4_000_000 : 30_000)) + 1
        const count = 1 + Math.floor(random.next() * series.length)
        db.head.batch.reserve(count)
        for (let i = 0; i < count; i++) {
          const value = random.next() < 0.5 ? batch : random.next() * 1e6
          db.head.batch.refs[i] = db.head.resolve(series[i]!)
          db.head.batch.values[i] = value
          const rows = (expected[series[i]!.toString()] ??= [])
          if (random.next() < 0.02) {
            db.head.batch.setStale(i)
            rows.push([time, 0x7ff00000, 2])
          } else rows.push(row(time, value))
        }
        expect(db.head.appendColumns(count, time).samples).toBe(count)
        if (batch === 300) {
          db.close()
          db = open({ walSegmentBytes: 4 * 32768 })
        }
      }
      expect({ seed, all: dump(db) }).toEqual({ seed, all: expected })
      db.close()
      const again = open()
      expect({ seed, all: dump(again) }).toEqual({ seed, all: expected })
      again.close()
    }
  })

  test('says row by row why a sample was refused', () => {
    const db = open()
    const { head } = db
    const ref = head.resolve(Labels.from({ __name__: 'a' }))
    const f = (time: number, value: number, status: number) => {
      head.batch.refs[0] = ref
      head.batch.values[0] = value
      head.appendColumns(1, time)
      expect(head.batch.statuses[0]).toBe(status)
    }
    f(START, 1, ROW_STORED)
    f(START + 10, 2, ROW_STORED)
    f(START + 10, 2, ROW_STORED) // The same once more is fine, and stored once.
    f(START + 10, 3, ROW_DUPLICATE)
    f(START + 5, 3, ROW_OUT_OF_ORDER)
    f(START - 3600_001, 3, ROW_OUT_OF_BOUNDS)
    head.batch.refs[0] = ref + 7
    expect(head.appendColumns(1, START + 20)).toMatchObject({ samples: 0, unknownSeries: 1 })
    expect(head.batch.statuses[0]).toBe(ROW_UNKNOWN_SERIES)
    expect(dump(db)).toEqual({ '{__name__="a"}': [row(START, 1), row(START + 10, 2)] })
    db.close()
  })

  test('publishes a batch at once: an open querier does not see later ones', () => {
    const db = open()
    const { head } = db
    const reader = attachTsdbReader({ memory: db.memory, dir, readerIndex: 2 }, { files })
    const a = head.resolve(Labels.from({ __name__: 'a' }))
    const b = head.resolve(Labels.from({ __name__: 'b' }))
    const put = (time: number) => {
      head.batch.refs.set([a, b])
      head.batch.values.set([time, time])
      head.appendColumns(2, time)
    }
    put(START)
    const querier = reader.querier(0, Infinity)
    put(START + 1000)
    const set = querier.select([new Matcher('=~', '__name__', 'a|b')], { mint: 0, maxt: Infinity })
    expect(set.length).toBe(2)
    for (let i = 0; i < 2; i++) {
      const { start, end } = set.samples(i)
      expect(end - start).toBe(1)
    }
    querier.close()
    expect(dump(db)['{__name__="b"}']).toHaveLength(2)
    db.close()
  })

  test('shows all series of a batch at the same moment, however many batches came meanwhile', () => {
    const db = open()
    const { head } = db
    const reader = attachTsdbReader({ memory: db.memory, dir, readerIndex: 2 }, { files })
    const refs = ['a', 'b'].map((name) => head.resolve(Labels.from({ __name__: name })))
    const put = (time: number) => {
      head.batch.refs.set(refs)
      head.batch.values.set([time, time])
      head.appendColumns(2, time)
    }
    put(START)
    const querier = reader.querier(0, Infinity)
    for (let i = 1; i <= 5; i++) put(START + i)
    const hints = { mint: 0, maxt: Infinity }
    const lengths = ['a', 'b'].map((name) => {
      if (name === 'b') put(START + 6)
      const { start, end } = querier.select([new Matcher('=', '__name__', name)], hints).samples(0)
      return end - start
    })
    expect(lengths).toEqual([6, 6]) // Before the first selection a later moment will do, after it none.
    querier.close()
    db.close()
  })

  test('selects by every kind of matcher', () => {
    const db = open()
    const appender = db.appender()
    for (const env of ['', 'dev', 'prod', 'test']) {
      for (const n of ['1', '2']) {
        appender.append(0, Labels.from({ __name__: 'm', env, n }), START, 1)
      }
    }
    appender.commit()
    const f = (matchers: Matcher[], count: number) => {
      expect(Object.keys(dump(db, 0, Infinity, matchers))).toHaveLength(count)
    }
    f([new Matcher('=', '__name__', 'm')], 8)
    f([new Matcher('=', 'env', 'dev')], 2)
    f([new Matcher('=', 'env', '')], 2)
    f([new Matcher('!=', 'env', '')], 6)
    f([new Matcher('!=', 'env', 'dev')], 6)
    f([new Matcher('=~', 'env', 'dev|prod')], 4)
    f([new Matcher('=~', 'env', 'dev|')], 4)
    f([new Matcher('!~', 'env', 'dev|')], 4)
    f([new Matcher('=~', 'env', '.*')], 8)
    f([new Matcher('=~', 'env', '.+')], 6)
    f([new Matcher('!~', 'env', '.+')], 2)
    f([new Matcher('=', 'missing', '')], 8)
    f([new Matcher('=', 'missing', 'x')], 0)
    f([new Matcher('=', 'env', 'nope')], 0)
    f([new Matcher('=', 'env', 'dev'), new Matcher('=', 'n', '1')], 1)
    f([new Matcher('=~', 'env', 'd.*'), new Matcher('!=', 'n', '1')], 1)

    const reader = attachTsdbReader({ memory: db.memory, dir, readerIndex: 3 }, { files })
    const querier = reader.querier(0, Infinity)
    const hints = { mint: 0, maxt: Infinity }
    expect(querier.labelNames([], hints)).toEqual(['__name__', 'env', 'n'])
    expect(querier.labelNames([new Matcher('=', 'env', '')], hints)).toEqual(['__name__', 'n'])
    expect(querier.labelValues('env', [], hints)).toEqual(['dev', 'prod', 'test'])
    expect(querier.labelValues('env', [new Matcher('=~', 'env', 'd.+|p.+')], hints)).toEqual([
      'dev',
      'prod',
    ])
    expect(querier.labelValues('env', [], { ...hints, limit: 1 })).toEqual(['dev'])
    const set = querier.select([new Matcher('=', '__name__', 'm')], hints)
    const order = Array.from({ length: 8 }, (_, i) => set.labels(i))
    expect(order).toEqual([...order].sort((x, y) => x.compare(y)))
    const ids = set.valueIds!('env')
    expect(new Set(ids).size).toBe(4)
    for (const [i, labels] of order.entries()) expect(ids[i] === 0).toBe(!labels.has('env'))
    querier.close()
    db.close()
  })

  test('row errors have the texts a remote writer sees', () => {
    const db = open()
    const labels = Labels.from({ __name__: 'a' })
    let appender = db.appender()
    appender.append(0, labels, START, 1)
    appender.commit()
    const f = (time: number, value: number, text: string) => {
      appender = db.appender()
      try {
        appender.append(0, labels, time, value)
        throw new Error('accepted')
      } catch (err) {
        expect((err as AppendError).message).toBe(text)
      }
    }
    f(
      START,
      2,
      `duplicate sample for timestamp ${START}; overrides not allowed: existing 1, new value 2`,
    )
    f(
      START,
      1234567,
      `duplicate sample for timestamp ${START}; overrides not allowed: existing 1, new value 1.234567e+06`,
    )
    f(START - 1, 2, 'out of order sample')
    f(START - 3600_001, 2, 'out of bounds')
    expect(() => appender.append(0, Labels.from({}), START, 1)).toThrow(
      'empty labelset: invalid sample',
    )
    expect(() => appender.appendStale(0, labels, START - 5)).toThrow('out of order sample')
    db.close()
  })

  test('a full disk loses nothing once there is room again', () => {
    let isFull = false
    const failing = {
      ...files,
      openSync: (...args: Parameters<typeof files.openSync>) => {
        const file = files.openSync(...args)
        return {
          ...file,
          write: (from: Uint8Array, offset?: number) => {
            if (!isFull) return file.write(from, offset)
            if (from.length > 10) return file.write(from.subarray(0, 10), offset)
            throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
          },
        }
      },
    }
    const log = recordLog()
    const db = openTsdb(
      { dir, memoryBytes: MEMORY_BYTES },
      { files: failing, clock: new FakeClock(), random: seededRandom(5), log },
    )
    const { head } = db
    const put = (time: number) => {
      head.batch.refs[0] = head.resolve(Labels.from({ __name__: 'a', b: 'c'.repeat(50) }))
      head.batch.values[0] = time
      head.appendColumns(1, time)
    }
    put(START)
    isFull = true
    expect(() => put(START + 1)).toThrow('no space left on device')
    expect(() => put(START + 2)).toThrow('no space left on device')
    expect(Object.values(dump(db))[0]).toHaveLength(1)
    isFull = false
    put(START + 3)
    expect(Object.values(dump(db))[0]!.map(([time]) => time! - START)).toEqual([0, 1, 3])
    db.close()
    const again = open()
    expect(Object.values(dump(again))[0]!.map(([time]) => time! - START)).toEqual([0, 1, 3])
    again.close()
  })

  test('a second process is refused, a leftover lock is replaced', () => {
    const deps = { files, clock: new FakeClock(), random: seededRandom(5), log: recordLog() }
    const options = { dir, memoryBytes: MEMORY_BYTES }
    const db = openTsdb(options, { ...deps, pid: process.pid })
    expect(() => openTsdb(options, { ...deps, pid: 1 })).toThrow('lock DB directory')
    db.close()
    files.replaceSync(`${dir}/lock`, '')
    const log = recordLog()
    const again = openTsdb(options, { ...deps, log, pid: process.pid })
    expect(log.lines.map((line) => line.message)).toContain(
      'A lockfile from a previous execution already existed. It was replaced',
    )
    again.close()
  })

  test('a torn tail is cut, counted, and the rest is there', () => {
    const db = open({ walCompression: 'none' })
    const { head } = db
    for (let i = 0; i < 2000; i++) {
      head.batch.refs[0] = head.resolve(Labels.from({ __name__: 'a' }))
      head.batch.values[0] = i
      head.appendColumns(1, START + i)
    }
    db.close()
    const path = `${dir}/wal/00000000`
    const bytes = files.readSync(path)
    const end = bytes.findLastIndex((byte) => byte !== 0)
    const file = files.openSync(path, 'r+')
    file.truncate(end - 3)
    file.close()
    const log = recordLog()
    const again = open({}, log)
    expect(Object.values(dump(again))[0]).toHaveLength(1999)
    const families = new Map(again.collect().map((family) => [family.name, family]))
    expect(families.get('prometheus_tsdb_wal_corruptions_total')!.points[0]!.value).toBe(1)
    again.close()
    const third = open()
    expect(Object.values(dump(third))[0]).toHaveLength(1999)
    third.close()
  })
})
