import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Labels, Matcher } from '@prom/labels'
import { isUlid } from '@prom/model'
import { createFiles } from '@prom/runtime/node'
import { FakeClock, recordLog, seededRandom } from '@prom/testkit'
import { attachTsdbReader, openTsdb, type Tsdb, type TsdbReader } from './index.ts'

const HOUR = 3600_000
const START = 1_699_992_000_000 // A multiple of two hours.
const files = createFiles()
let dir: string
let seed = 1
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tsdb-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

function open(options = {}, log = recordLog()): Tsdb {
  const deps = { files, clock: new FakeClock(), random: seededRandom(seed++), log }
  return openTsdb({ dir, memoryBytes: 96 << 20, walSegmentBytes: 4 * 32768, ...options }, deps)
}

function attach(db: Tsdb): TsdbReader {
  return attachTsdbReader({ memory: db.memory, dir, readerIndex: 1 }, { files })
}

/** Series text to its samples, as `time=value`. */
function dump(reader: TsdbReader, mint = -Infinity, maxt = Infinity): Record<string, string[]> {
  const querier = reader.querier(mint, maxt)
  const set = querier.select([new Matcher('!=', 'zz', 'x')], { mint, maxt })
  const all: Record<string, string[]> = {}
  for (let i = 0; i < set.length; i++) {
    const { times, values, start, end } = set.samples(i)
    const rows: string[] = []
    for (let k = start; k < end; k++) rows.push(`${times[k]! - START}=${values[k]}`)
    if (rows.length > 0) all[set.labels(i).toString()] = rows
    set.release()
  }
  querier.close()
  return all
}

/** Appends one sample a minute to each series of `names`, from `from` to before `to`. */
function fill(
  db: Tsdb,
  names: readonly string[],
  from: number,
  to: number,
  expected: Record<string, string[]>,
) {
  const { head } = db
  head.batch.reserve(names.length)
  for (let time = from; time < to; time += 60_000) {
    names.forEach((name, i) => {
      const labels = Labels.from({ __name__: name, job: 'x' })
      head.batch.refs[i] = head.resolve(labels)
      head.batch.values[i] = time % 977
      ;(expected[labels.toString()] ??= []).push(`${time - START}=${time % 977}`)
    })
    expect(head.appendColumns(names.length, time).samples).toBe(names.length)
  }
}

const blocks = () => files.listSync(dir).filter(isUlid)

describe('housekeeping', () => {
  test('turns full two hours into blocks, and every sample is still there, also after a restart', () => {
    const expected: Record<string, string[]> = {}
    let db = open()
    const reader = attach(db)
    for (let hour = 0; hour < 9; hour++) {
      fill(
        db,
        ['a', 'b', `short_${hour}`],
        START + hour * HOUR,
        START + (hour + 1) * HOUR,
        expected,
      )
      db.tick()
      expect(dump(reader)).toEqual(expected)
    }
    expect(blocks()).toHaveLength(3)
    expect(db.facts().minTimeMs).toBe(START + 6 * HOUR)
    expect(db.facts().series).toBe(5)
    const range = dump(reader, START + 1.5 * HOUR, START + 2.5 * HOUR)
    expect(Object.keys(range).sort()).toEqual(
      ['a', 'b', 'short_1', 'short_2'].map((name) => `{__name__="${name}", job="x"}`),
    )
    expect(range['{__name__="a", job="x"}']).toHaveLength(61)
    reader.close()
    db.close()
    expect(files.listSync(`${dir}/wal`).some((name) => name.startsWith('checkpoint.'))).toBe(true)

    const log = recordLog()
    db = open({}, log)
    expect(dump(attach(db))).toEqual(expected)
    expect(log.lines.filter((line) => line.level !== 'info')).toEqual([])
    fill(db, ['a', 'late'], START + 9 * HOUR, START + 12 * HOUR, expected)
    db.tick()
    expect(dump(attach(db))).toEqual(expected)
    db.close()
  })

  test('labels of series that are gone leave the head, and their memory is used again', () => {
    const db = open()
    const sizes: number[] = []
    for (let round = 0; round < 6; round++) {
      const names = Array.from({ length: 300 }, (_, i) => `round_${round}_series_${i}`)
      const from = START + round * 2 * HOUR
      fill(db, names, from, from + 2 * HOUR, {})
      db.tick()
      const { series, symbols, labelPairs } = db.facts()
      expect(series).toBeLessThanOrEqual(600)
      expect(symbols).toBeLessThanOrEqual(610)
      expect(labelPairs).toBeLessThanOrEqual(610)
      sizes.push(db.facts().chunks)
    }
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1500)
    const querier = attach(db).querier(0, Infinity)
    expect(querier.labelValues('__name__', [], { mint: 0, maxt: Infinity })).toHaveLength(1800)
    querier.close()
    db.close()
  })

  test('a reader that is still at work keeps its memory until it closes', () => {
    const expected: Record<string, string[]> = {}
    const db = open()
    fill(db, ['a', 'b'], START, START + 3.5 * HOUR, expected)
    const reader = attach(db)
    const other = attachTsdbReader({ memory: db.memory, dir, readerIndex: 7 }, { files })
    const querier = other.querier(0, Infinity)
    const set = querier.select([new Matcher('=', '__name__', 'a')], { mint: 0, maxt: Infinity })
    db.tick()
    expect(blocks()).toHaveLength(1)
    expect(db.facts().minTimeMs).toBe(START) // The block is there, the head keeps what the reader looks at.
    const { start, end } = set.samples(0)
    expect(end - start).toBe(210)
    expect(dump(reader)).toEqual(expected)
    querier.close()
    db.tick()
    expect(db.facts().minTimeMs).toBe(START + 2 * HOUR)
    expect(dump(reader)).toEqual(expected)
    db.close()
  })

  test('appends may happen while it is at work', async () => {
    const expected: Record<string, string[]> = {}
    const db = open()
    const names = Array.from({ length: 1200 }, (_, i) => `m${i}`)
    fill(db, names, START, START + 3.5 * HOUR, expected)
    let pauses = 0
    let time = START + 3.5 * HOUR
    await db.maintain(async () => {
      pauses++
      fill(db, ['during', 'm7'], time, time + 60_000, expected)
      time += 60_000
    })
    expect(pauses).toBeGreaterThan(3)
    expect(blocks()).toHaveLength(1)
    expect(dump(attach(db))).toEqual(expected)
    db.close()
  })

  test('old blocks go when they are beyond the retention, by time or by size', () => {
    const db = open({ retentionMs: 4 * HOUR })
    fill(db, ['a'], START, START + 12 * HOUR, {})
    db.tick()
    const kept = Object.values(dump(attach(db)))[0]!
    expect(Number(kept[0]!.split('=')[0])).toBe(6 * HOUR)
    db.close()
    const small = open({ retentionMs: 0, retentionBytes: 1 })
    expect(blocks()).toHaveLength(0)
    small.close()
  })

  test('a block that cannot be written costs nothing: it is counted, and tried again', () => {
    const expected: Record<string, string[]> = {}
    let isFull = true
    const failing = {
      ...files,
      openSync: (...args: Parameters<typeof files.openSync>) => {
        if (isFull && args[0].includes('tmp-for-creation/index'))
          throw new Error('ENOSPC: no space left')
        return files.openSync(...args)
      },
    }
    const log = recordLog()
    const deps = { files: failing, clock: new FakeClock(), random: seededRandom(seed++), log }
    const db = openTsdb({ dir, memoryBytes: 96 << 20 }, deps)
    fill(db, ['a', 'b'], START, START + 3.5 * HOUR, expected)
    expect(db.isCompactable()).toBe(true)
    db.tick()
    expect(log.lines.at(-1)).toMatchObject({ message: 'compaction failed' })
    expect(files.listSync(dir).filter((name) => name.includes('tmp'))).toEqual([])
    expect(db.isCompactable()).toBe(false) // Not again for a minute.
    expect(dump(attach(db))).toEqual(expected)
    isFull = false
    db.tick()
    expect(blocks()).toHaveLength(1)
    expect(dump(attach(db))).toEqual(expected)
    const value = (name: string) =>
      db.collect().find((family) => family.name === name)!.points[0]!.value
    expect(value('prometheus_tsdb_compactions_failed_total')).toBe(1)
    expect(value('prometheus_tsdb_compaction_duration_seconds')).toMatchObject({ count: 1 })
    expect(value('prometheus_tsdb_wal_storage_size_bytes')).toBeGreaterThan(100)
    db.close()
  })

  test('leftovers of a crash are removed, other folders stay', () => {
    const ulid = '01HF7Y0000000000000000TEST'
    for (const name of [
      `${ulid}.tmp-for-creation`,
      `${ulid}.tmp-for-deletion`,
      'notaulid.tmp',
      'wal/checkpoint.00000002.tmp',
    ]) {
      files.mkdirSync(`${dir}/${name}`)
    }
    open().close()
    expect(files.listSync(dir).sort()).toEqual(['notaulid.tmp', 'wal'])
  })
})

test('head chunk files go when what they hold is in blocks', () => {
  const expected: Record<string, string[]> = {}
  const db = open({ retentionMs: 0 })
  for (let hour = 0; hour < 14; hour++) {
    fill(db, ['a'], START + hour * HOUR, START + (hour + 1) * HOUR, expected)
    db.tick()
  }
  const numbers = files.listSync(`${dir}/chunks_head`).map(Number)
  expect(numbers.length).toBeLessThanOrEqual(3)
  expect(Math.min(...numbers)).toBeGreaterThan(3)
  expect(dump(attach(db))).toEqual(expected)
  db.close()
})

describe('blocks', () => {
  test('are merged into wider ones, with every sample kept', () => {
    const expected: Record<string, string[]> = {}
    const db = open({ retentionMs: 0 })
    const reader = attach(db)
    for (let hour = 0; hour < 46; hour++) {
      fill(db, ['a', `hour_${hour % 5}`], START + hour * HOUR, START + (hour + 1) * HOUR, expected)
      db.tick()
    }
    const metas = blocks().map((ulid) => JSON.parse(files.readTextSync(`${dir}/${ulid}/meta.json`)))
    const widths = metas.map((meta) => (meta.maxTime - meta.minTime) / HOUR).sort((x, y) => x - y)
    expect(Math.max(...widths)).toBe(18)
    expect(metas.length).toBeLessThan(9)
    expect(dump(reader)).toEqual(expected)
    db.close()
  })

  test('lose deleted samples at once, and for good when they are cleaned', async () => {
    const expected: Record<string, string[]> = {}
    let db = open()
    fill(db, ['a', 'b'], START, START + 5 * HOUR, expected)
    db.tick()
    const reader = attach(db)
    dump(reader)
    const [from, to] = [START + HOUR, START + 4.5 * HOUR]
    db.deleteSeries([new Matcher('=', '__name__', 'a')], from, to)
    const a = '{__name__="a", job="x"}'
    expected[a] = expected[a]!.filter((row) => {
      const time = START + Number(row.split('=')[0])
      return time < from || time > to
    })
    expect(dump(reader)).toEqual(expected)
    db.close()
    db = open()
    expect(dump(attach(db))).toEqual(expected)
    const before = blocks()
    await db.cleanTombstones()
    expect(blocks()).not.toEqual(before)
    expect(dump(attach(db))).toEqual(expected)
    const name = db.snapshot(false)
    db.close()
    const options = { dir: `${dir}/snapshots/${name}`, memoryBytes: 96 << 20 }
    const deps = { files, clock: new FakeClock(), random: seededRandom(seed++), log: recordLog() }
    const copy = openTsdb(options, deps)
    const other = attachTsdbReader(
      { memory: copy.memory, dir: options.dir, readerIndex: 1 },
      { files },
    )
    expect(dump(other)).toEqual(expected)
    copy.close()
  })
})

describe('limits of blocks and chunks', () => {
  test('a share of the file system limits what blocks may take, and a reload changes it', async () => {
    const statfs = async () => ({ ...(await files.statfs(dir)), blockSize: 1024, blocks: 1024 })
    const deps = {
      ...{ files: { ...files, statfs }, clock: new FakeClock(), random: seededRandom(4) },
      log: recordLog(),
    }
    const options = { dir, memoryBytes: 96 << 20, walSegmentBytes: 4 * 32768, blockMaxMs: 1 }
    const db = openTsdb({ ...options, retentionPercentage: 100, retentionMs: 0 }, deps)
    const names = Array.from({ length: 20 }, (_, i) => `m${i}`)
    for (let hour = 0; hour < 9; hour++) {
      fill(db, names, START + hour * HOUR, START + (hour + 1) * HOUR, {})
      await db.maintain(async () => {})
    }
    expect(blocks()).toHaveLength(3)
    const limit = () =>
      db.collect().find(({ name }) => name === 'prometheus_tsdb_retention_limit_bytes')?.points[0]
    expect(limit()?.value).toBe(1 << 20)
    db.configure({ retentionMs: 0, retentionPercentage: 0.5 })
    await db.maintain(async () => {})
    expect(limit()?.value).toBe(Math.floor((1 << 20) / 200))
    expect(blocks()).toHaveLength(0)
    db.close()
  })

  test('chunk files end at their size, and overlapping blocks may be left alone', () => {
    const db = open({ chunkFileBytes: 4096, isOverlapCompactionOff: true, blockMaxMs: 1 })
    const expected: Record<string, string[]> = {}
    const names = Array.from({ length: 60 }, (_, i) => `m${i}`)
    fill(db, names, START, START + 4 * HOUR, expected)
    db.tick()
    const [ulid] = blocks()
    const sizes = files
      .listSync(`${dir}/${ulid}/chunks`)
      .map((name) => files.statSync(`${dir}/${ulid}/chunks/${name}`)?.sizeBytes ?? 0)
    expect(sizes.length).toBeGreaterThan(2)
    const symbols = db
      .collect()
      .find(({ name }) => name === 'prometheus_tsdb_symbol_table_size_bytes')
    // 60 names, their label, and 'job', 'x' and the empty one: 64 symbols.
    expect(symbols?.points[0]?.value).toBe(2 * 8)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(4096)
    const reader = attach(db)
    expect(dump(reader)).toEqual(expected)
    reader.close()
    db.close()
  })

  test('with delayed compaction the head waits a while, once', async () => {
    const clock = new FakeClock()
    const random = { next: () => 0.5, bytes: (count: number) => new Uint8Array(count) }
    const base = { dir, memoryBytes: 96 << 20, delayPercent: 10 }
    const db = openTsdb(base, { files, clock, random, log: recordLog() })
    fill(db, ['a'], START, START + 4 * HOUR, {})
    db.tick()
    expect(blocks()).toHaveLength(0)
    await clock.advance(5 * 60_000)
    expect(db.isCompactable()).toBe(false)
    await clock.advance(60_001)
    expect(db.isCompactable()).toBe(true)
    db.tick()
    expect(blocks()).toHaveLength(1)
    db.close()
  })

  test('chunks have the samples they are planned to have', () => {
    const f = (samplesPerChunk: number, most: number) => {
      rmSync(dir, { recursive: true, force: true })
      const db = open({ samplesPerChunk })
      const { head } = db
      head.batch.reserve(1)
      for (let i = 0; i < 800; i++) {
        head.batch.refs[0] = head.resolve(Labels.from({ __name__: 'a' }))
        head.batch.values[0] = i
        head.appendColumns(1, START + i * 5000)
      }
      expect(800 / db.facts().chunks).toBeLessThanOrEqual(most)
      expect(800 / db.facts().chunks).toBeGreaterThan(most / 2)
      db.close()
    }
    f(120, 130)
    f(40, 45)
  })
})
