import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Labels, Matcher } from '@prom/labels'
import { createFiles } from '@prom/runtime/node'
import type { Querier } from '@prom/storage'
import { FakeClock, recordLog, seededRandom } from '@prom/testkit'
import { attachTsdbReader, openTsdb, type Tsdb } from './index.ts'

const START = 1_700_000_000_000
const files = createFiles()
const range = { mint: -Infinity, maxt: Infinity }
let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tsdb-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

function open(options = {}): Tsdb {
  const deps = { files, clock: new FakeClock(), random: seededRandom(3), log: recordLog() }
  return openTsdb({ dir, memoryBytes: 96 << 20, ...options }, deps)
}

/** One batch: all series at one time, or each at its own. */
function scrape(db: Tsdb, names: readonly string[], second: number, step = 0): void {
  const { head } = db
  head.batch.reserve(names.length)
  names.forEach((name, i) => {
    head.batch.refs[i] = head.resolve(Labels.from({ __name__: name }))
    head.batch.values[i] = second
    head.batch.times[i] = START + second * 1000 + i * step
  })
  head.appendColumns(names.length, step === 0 ? START + second * 1000 : undefined)
}

/** Seconds since START of all samples of a series. */
function read(querier: Querier, name: string): number[] {
  const set = querier.select([new Matcher('=', '__name__', name)], range)
  if (set.length === 0) return []
  const { times, start, end } = set.samples(0)
  return [...times.subarray(start, end)].map((time) => (time - START) / 1000)
}

function seconds(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i + 1)
}

describe('a query', () => {
  test('sees one moment in all its selectors, however many batches come meanwhile', () => {
    for (const before of [1, 5, 118, 119, 120, 121, 239, 300]) {
      for (const between of [0, 1, 2, 3, 130, 500]) {
        rmSync(dir, { recursive: true, force: true })
        const db = open()
        for (const second of seconds(before)) scrape(db, ['a', 'b'], second)
        const reader = attachTsdbReader({ memory: db.memory, dir, readerIndex: 1 }, { files })
        const querier = reader.querier(range.mint, range.maxt)
        expect(read(querier, 'a')).toEqual(seconds(before))
        for (const second of seconds(between)) scrape(db, ['a', 'b', 'c'], before + second)
        expect([before, between, read(querier, 'b')]).toEqual([before, between, seconds(before)])
        expect([before, between, read(querier, 'c')]).toEqual([before, between, []])
        expect(read(querier, 'a')).toEqual(seconds(before))
        querier.close()
        const next = reader.querier(range.mint, range.maxt)
        expect(read(next, 'b')).toEqual(seconds(before + between))
        next.close()
        reader.close()
        db.close()
      }
    }
  })

  test('sees one moment of batches with many times too', () => {
    const db = open()
    for (const second of seconds(10)) scrape(db, ['a', 'b'], second, 10)
    const reader = attachTsdbReader({ memory: db.memory, dir, readerIndex: 1 }, { files })
    const querier = reader.querier(range.mint, range.maxt)
    expect(read(querier, 'a')).toHaveLength(10)
    for (const second of [11, 12, 13]) scrape(db, ['a', 'b'], second, 10)
    expect(read(querier, 'b')).toHaveLength(10)
    querier.close()
    reader.close()
    db.close()
  })

  test('sees no out-of-order samples of later batches, not in chunks either', () => {
    const db = open({ outOfOrderWindowMs: 3600_000 })
    scrape(db, ['a', 'b'], 2000)
    for (const second of [10, 20, 30]) scrape(db, ['a', 'b'], second)
    const reader = attachTsdbReader({ memory: db.memory, dir, readerIndex: 1 }, { files })
    const querier = reader.querier(range.mint, range.maxt)
    expect(read(querier, 'a')).toEqual([10, 20, 30, 2000])
    for (let second = 100; second < 180; second++) scrape(db, ['a', 'b'], second)
    expect(read(querier, 'b')).toEqual([10, 20, 30, 2000])
    querier.close()
    reader.close()
    db.close()
  })
})

test('twenty times all labels anew: the memory of what is gone is used again', () => {
  // Without that, a round's labels, postings and chunks would fill the head well before the last round.
  const db = open({ memoryBytes: 33 << 20, walSegmentBytes: 4 * 32768, retentionMs: 1 })
  const used: number[] = []
  for (let round = 0; round < 20; round++) {
    const names = Array.from({ length: 700 }, (_, i) => `round_${round}_${'x'.repeat(900)}_${i}`)
    for (let minute = 0; minute < 120; minute += 40) {
      scrape(db, names, round * 7200 + minute * 60)
    }
    db.tick()
    db.tick()
    used.push(db.facts().memoryBytes)
    expect(db.facts().series).toBeLessThanOrEqual(1400)
  }
  const settled = used.slice(5)
  expect(Math.max(...settled) / Math.min(...settled)).toBeLessThan(1.1)
  db.close()
}, 60_000)
