import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Labels, Matcher, type MatchType } from '@prom/labels'
import { createFiles } from '@prom/runtime/node'
import { FakeClock, recordLog, seededRandom } from '@prom/testkit'
import { H } from './head/layout.ts'
import { openTsdb, SelectionTooLarge, SmallReader, type Tsdb } from './index.ts'

const START = 1_700_000_000_000
const BOUND = { postingsMax: 40, seriesMax: 4, samplesMax: 100 }
const files = createFiles()
let dir: string
let db: Tsdb
let reader: SmallReader
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tsdb-'))
  const deps = { files, clock: new FakeClock(), random: seededRandom(3), log: recordLog() }
  db = openTsdb({ dir, memoryBytes: 96 << 20, outOfOrderWindowMs: 3600_000 }, deps)
  // 30 series of `m`, 100 of `n`; each has 30 samples.
  for (let i = 0; i < 130; i++) {
    const appender = db.appender()
    const labels = Labels.from({ __name__: i < 30 ? 'm' : 'n', i: `${i}`, half: `${i % 2}` })
    let ref = 0
    for (let k = 0; k < 30; k++) ref = appender.append(ref, labels, START + k * 1000, k)
    appender.commit()
  }
  reader = new SmallReader({ memory: db.memory, dir, readerIndex: 63 }, BOUND, { files })
})
afterEach(() => {
  reader.close()
  db.close()
  rmSync(dir, { recursive: true, force: true })
})

const range = { mint: START, maxt: START + 60_000 }

/** How many samples the matchers find; 'too large' if that is refused. */
function count(...matchers: [MatchType, string, string][]): number | string {
  let querier: ReturnType<SmallReader['querier']> | undefined
  try {
    querier = reader.querier(range.mint, range.maxt)
    const set = querier.select(
      matchers.map(([type, name, value]) => new Matcher(type, name, value)),
      range,
    )
    let samples = 0
    for (let i = 0; i < set.length; i++) {
      const { start, end } = set.samples(i)
      samples += end - start
    }
    return samples
  } catch (err) {
    if (err instanceof SelectionTooLarge) return 'too large'
    throw err
  } finally {
    querier?.close()
  }
}

test('a few series are read', () => {
  expect(count(['=', '__name__', 'm'], ['=', 'i', '3'])).toBe(30)
  expect(count(['=', '__name__', 'm'], ['=~', 'i', '1|2|7'])).toBe(90)
  expect(count(['=', '__name__', 'nobody'])).toBe(0)
})

test.each([
  ['too many series', [['=', '__name__', 'm']]],
  [
    'too many samples',
    [
      ['=', '__name__', 'm'],
      ['=~', 'i', '1|2|3|4'],
    ],
  ],
  [
    'too long postings',
    [
      ['=', '__name__', 'n'],
      ['=', 'half', '1'],
    ],
  ],
  ['too many values to look at', [['=~', 'i', '.*3']]],
  ['no positive matcher', [['!=', 'i', '3']]],
] as [string, [MatchType, string, string][]][])('refused: %s', (_, matchers) => {
  expect(count(...matchers)).toBe('too large')
})

test('times that a block may cover, and out-of-order samples, are left to others', () => {
  const matchers: [MatchType, string, string] = ['=', 'i', '3']
  const ulid = join(dir, '01HF3Z8Q6J4G0000000000000X')
  const publish = () => Atomics.add(new Int32Array(db.memory.buffer), H.blocksVersion >>> 2, 1)
  mkdirSync(ulid)
  const meta = { ulid: '01HF3Z8Q6J4G0000000000000X', version: 1, minTime: 0, stats: {} }
  const compaction = { level: 1, sources: [] }
  const write = (maxTime: number) => {
    writeFileSync(join(ulid, 'meta.json'), JSON.stringify({ ...meta, maxTime, compaction }))
    publish()
  }
  write(START)
  expect(count(matchers)).toBe(30)
  write(START + 1)
  expect(count(matchers)).toBe('too large')
  writeFileSync(join(ulid, 'meta.json'), 'nothing')
  publish()
  expect(count(matchers)).toBe('too large')
  rmSync(ulid, { recursive: true })
  publish()
  expect(count(matchers)).toBe(30)

  const appender = db.appender()
  appender.append(0, Labels.from({ __name__: 'm', i: '3', half: '1' }), START + 500, 1)
  appender.commit()
  expect(count(matchers)).toBe('too large')
})

test('while the writer is at work nothing is read', () => {
  const words = new Int32Array(db.memory.buffer)
  Atomics.add(words, H.sequence >>> 2, 1)
  expect(count(['=', 'i', '3'])).toBe('too large')
  Atomics.add(words, H.sequence >>> 2, 1)
  expect(count(['=', 'i', '3'])).toBe(30)
})
