import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Labels, Matcher } from '@prom/labels'
import { createFiles } from '@prom/runtime/node'
import { FakeClock, recordLog, seededRandom } from '@prom/testkit'
import { openTsdb, type Tsdb } from '../index.ts'

const START = 1_700_000_000_000
const files = createFiles()
const A = Labels.from({ __name__: 'a' })
let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tsdb-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

function open(options = {}): Tsdb {
  const deps = { files, clock: new FakeClock(), random: seededRandom(3), log: recordLog() }
  const base = { dir, memoryBytes: 96 << 20, isLockfileOff: true }
  return openTsdb({ ...base, ...options }, deps)
}

function add(db: Tsdb, timeMs: number, trace: string): void {
  const appender = db.appender()
  const ref = appender.append(0, A, timeMs, 1)
  appender.appendExemplar(ref, A, { labels: Labels.from({ trace }), value: 2.5, timeMs })
  appender.commit()
}

const dump = (db: Tsdb) =>
  db
    .exemplars([[new Matcher('=', '__name__', 'a')]], -Infinity, Infinity)
    .map(({ labels, exemplars }) => {
      const texts = exemplars.map(
        ({ labels: own, value, timeMs }) => `${timeMs - START} ${value} ${own.get('trace')}`,
      )
      return `${labels}: ${texts.join(', ')}`
    })

test('exemplars come with their samples and are there again after an unclean end', () => {
  let db = open({ exemplarsMax: 10 })
  add(db, START, 'x')
  add(db, START + 1000, 'y')
  const expected = ['{__name__="a"}: 0 2.5 x, 1000 2.5 y']
  expect(dump(db)).toEqual(expected)
  db = open({ exemplarsMax: 10 }) // As after kill -9.
  expect(dump(db)).toEqual(expected)
  add(db, START + 2000, 'z')
  db.configure({ exemplarsMax: 1 })
  expect(dump(db)).toEqual(['{__name__="a"}: 2000 2.5 z'])
  db.close()
})

test('exemplars are refused one by one, and the samples stay', () => {
  const db = open({ exemplarsMax: 10 })
  add(db, START + 1000, 'x')
  const appender = db.appender()
  const ref = appender.append(0, A, START + 2000, 1)
  const labels = Labels.from({ trace: 'w' })
  const f = (exemplar: { labels: Labels; value: number; timeMs: number }, text: string) =>
    expect(() => appender.appendExemplar(ref, A, exemplar)).toThrow(text)
  f({ labels, value: 1, timeMs: START }, 'out of order exemplar')
  f(
    { labels: Labels.from({ trace: 'w'.repeat(124) }), value: 1, timeMs: START + 2000 },
    'label length for exemplar exceeds maximum of 128 UTF-8 characters',
  )
  expect(appender.commit().samples).toBe(1)
  expect(dump(db)).toEqual(['{__name__="a"}: 1000 2.5 x'])
  db.close()
})

test('without storage for them exemplars are dropped in silence, and the metrics say none', () => {
  const db = open()
  add(db, START, 'x')
  expect(dump(db)).toEqual([])
  expect(db.head.takesExemplars).toBe(false)
  const stored = db
    .collect()
    .find(({ name }) => name === 'prometheus_tsdb_exemplar_exemplars_in_storage')
  expect(stored?.points.map((point) => ('value' in point ? point.value : undefined))).toEqual([0])
  db.close()
})

test('metadata of series are logged once, when they change, and only if that is asked for', () => {
  const about = { type: 'counter', unit: 'seconds', help: 'A.' }
  const write = (db: Tsdb, timeMs: number, metadata: typeof about) => {
    const appender = db.appender()
    const ref = appender.append(0, A, timeMs, 1)
    appender.setMetadata(ref, A, metadata)
    appender.commit()
  }
  const walBytes = () =>
    files.listSync(`${dir}/wal`).reduce((sum, name) => {
      const bytes = Buffer.from(files.readSync(`${dir}/wal/${name}`)).toString('latin1')
      return sum + bytes.split('UNIT').length - 1
    }, 0)
  let db = open({ walCompression: 'none' })
  write(db, START, about)
  expect(walBytes()).toBe(0)
  db.close()
  db = open({ walCompression: 'none', isMetadataLogged: true })
  write(db, START + 1000, about)
  write(db, START + 2000, about)
  write(db, START + 3000, { ...about, help: 'B.' })
  write(db, START + 4000, about)
  db.close()
  expect(walBytes()).toBe(3)
  db = open({ walCompression: 'none', isMetadataLogged: true })
  write(db, START + 5000, about)
  db.close()
  expect(walBytes()).toBe(3)
})
