/** Every kind of file, cut short, flipped or unreadable: a named error or a sound answer, never a wrong one. */
import { Labels, Matcher } from '@prom/labels'
import { isUlid } from '@prom/model'
import { CrashFiles, FakeClock, type LogLine, recordLog, seededRandom } from '@prom/testkit'
import { attachTsdbReader, openTsdb, type Tsdb } from './index.ts'

const DIR = '/data'
const MINUTE = 60_000
const START = 1_699_992_000_000

/** A folder with blocks, tombstones, head chunk files, a checkpoint, both logs. */
function build(files: CrashFiles): Map<string, number> {
  const { db, truth } = fill(files)
  db.deleteSeries([new Matcher('=', 'i', '0')], START, START + 30 * MINUTE)
  for (const key of [...truth.keys()]) {
    const [series, time] = key.split('@') as [string, string]
    if (series.includes('i="0"') && Number(time) <= START + 30 * MINUTE) truth.delete(key)
  }
  db.close()
  return truth
}

function fill(files: CrashFiles) {
  const db = open(files)
  const truth = new Map<string, number>()
  const put = (i: number, time: number, value: number) => {
    const labels = Labels.from({ __name__: 'm', i: String(i) })
    const appender = db.appender()
    appender.append(0, labels, time, value)
    appender.commit()
    truth.set(`${labels}@${time}`, value)
  }
  for (let minute = 0; minute < 9 * 60; minute++) {
    for (let i = 0; i < 3; i++) put(i, START + minute * MINUTE, minute * 7 + i)
    // Late samples, in the last hours only: they stay in their log.
    if (minute > 8 * 60) put(1, START + (minute - 20) * MINUTE + 500, minute)
    if (minute % 60 === 59) db.tick()
  }
  db.tick()
  return { db, truth }
}

function open(files: CrashFiles, log = recordLog()): Tsdb {
  return openTsdb(
    {
      dir: DIR,
      memoryBytes: 40 << 20,
      walSegmentBytes: 32768,
      outOfOrderWindowMs: 60 * MINUTE,
      retentionMs: 0,
    },
    { files, clock: new FakeClock(START), random: seededRandom(4), log },
  )
}

/** All samples there are; throws as a query would. */
function read(db: Tsdb, files: CrashFiles): Map<string, number> {
  const reader = attachTsdbReader({ memory: db.memory, dir: DIR, readerIndex: 1 }, { files })
  try {
    const querier = reader.querier(-Infinity, Infinity)
    const hints = { mint: -Infinity, maxt: Infinity }
    const set = querier.select([new Matcher('=', '__name__', 'm')], hints)
    const found = new Map<string, number>()
    for (let i = 0; i < set.length; i++) {
      const { times, values, start, end } = set.samples(i)
      for (let k = start; k < end; k++) found.set(`${set.labels(i)}@${times[k]}`, values[k]!)
    }
    querier.close()
    return found
  } finally {
    reader.close()
  }
}

type Kind =
  | 'wal'
  | 'wbl'
  | 'checkpoint'
  | 'chunks_head'
  | 'index'
  | 'chunks'
  | 'tombstones'
  | 'meta'

function kindOf(path: string): Kind | undefined {
  if (path.includes('/checkpoint.')) return 'checkpoint'
  if (path.includes('/wal/')) return 'wal'
  if (path.includes('/wbl/')) return 'wbl'
  if (path.includes('/chunks_head/')) return 'chunks_head'
  if (path.endsWith('/index')) return 'index'
  if (path.includes('/chunks/')) return 'chunks'
  if (path.endsWith('/tombstones')) return 'tombstones'
  if (path.endsWith('/meta.json')) return 'meta'
  return undefined
}

/** Damage that loses data is said in the log, or is an error of the start or of the query. */
const NAMES: Readonly<Record<Kind, RegExp>> = {
  wal: /WAL read error|Unknown series|segments are not sequential/,
  wbl: /WBL read error|Unknown series/,
  checkpoint: /corruption in segment|Unknown series/,
  chunks_head: /Loading on-disk chunks failed|magic number|unsequential/,
  index: /read|invalid|get series|symbol|postings|unknown/i,
  chunks: /checksum|segment|magic|chunk/i,
  tombstones: /tombstone|checksum|magic/,
  meta: /meta\.json|meta file/,
}

function attempt(files: CrashFiles, truth: Map<string, number>, kind: Kind, what: string): string {
  const log = recordLog()
  const say = (lines: readonly LogLine[]) =>
    lines.map((line) => `${line.message} ${JSON.stringify(line.fields)}`).join('\n')
  let found: Map<string, number>
  let db: Tsdb | undefined
  try {
    db = open(files, log)
    found = read(db, files)
  } catch (err) {
    const text = (err as Error).message
    if (!NAMES[kind].test(text)) throw new Error(`${what}: unnamed error ${text}`, { cause: err })
    return 'error'
  } finally {
    db?.close()
  }
  for (const [key, value] of found) {
    if (truth.get(key) === value) continue
    // What a lost tombstone uncovers is what was written once, not a wrong value.
    if (kind === 'tombstones' || kind === 'wal' || kind === 'meta') continue
    throw new Error(`${what}: a wrong sample ${key} = ${value}, not ${truth.get(key)}`)
  }
  if (found.size >= truth.size) return 'whole'
  // A log cut between two records, and a meta.json whose numbers changed, look sound: neither has a checksum of that.
  const isCut = what.endsWith(' cut') && (kind === 'wal' || kind === 'wbl')
  if (isCut || kind === 'meta') return 'cut'
  const lines = log.lines.filter(({ level }) => level !== 'info')
  if (!NAMES[kind].test(say(lines))) {
    throw new Error(
      `${what}: ${truth.size - found.size} samples lost without a word: ${say(lines)}`,
    )
  }
  return 'said'
}

function copyOf(files: CrashFiles): CrashFiles {
  const copy = new CrashFiles(() => 0.5)
  for (const path of files.paths()) {
    const folder = path.slice(0, path.lastIndexOf('/'))
    copy.mkdirSync(folder)
    copy.replaceSync(path, files.contentOf(path))
  }
  return copy
}

const original = new CrashFiles(() => 0.5)
const truth = build(original)
const files = original.paths().filter((path) => kindOf(path) !== undefined)

test('the folder has every kind of file, and all of its samples', () => {
  const kinds = new Set(files.filter((path) => original.contentOf(path).length > 0).map(kindOf))
  expect([...kinds].sort()).toEqual(
    ['checkpoint', 'chunks', 'chunks_head', 'index', 'meta', 'tombstones', 'wal', 'wbl'].sort(),
  )
  const copy = copyOf(original)
  const db = open(copy)
  expect(read(db, copy)).toEqual(truth)
  db.close()
  expect(original.listSync(DIR).filter(isUlid).length).toBeGreaterThan(1)
})

test.each(Object.keys(NAMES) as Kind[])('%s: bits that flip', (kind) => {
  const random = seededRandom(17)
  const outcomes = new Set<string>()
  for (const path of files.filter((one) => kindOf(one) === kind)) {
    const size = original.contentOf(path).length
    for (let i = 0; size > 0 && i < 12; i++) {
      const copy = copyOf(original)
      const at = Math.floor(random.next() * size)
      const bit = 1 << Math.floor(random.next() * 8)
      const bytes = copy.contentOf(path)
      bytes[at] = bytes[at]! ^ bit
      outcomes.add(attempt(copy, truth, kind, `${path} byte ${at} ^ ${bit}`))
    }
  }
  expect(outcomes.size).toBeGreaterThan(0)
})

test.each(Object.keys(NAMES) as Kind[])('%s: cut short', (kind) => {
  const random = seededRandom(23)
  const outcomes = new Set<string>()
  for (const path of files.filter((one) => kindOf(one) === kind)) {
    const size = original.contentOf(path).length
    for (let i = 0; size > 0 && i < 6; i++) {
      const copy = copyOf(original)
      copy.truncateFile(path, Math.floor(random.next() * size))
      outcomes.add(attempt(copy, truth, kind, `${path} cut`))
    }
  }
  expect(outcomes.size).toBeGreaterThan(0)
})

test('an I/O error while reading fails the start or the query by name', () => {
  for (const path of files.filter((one) => original.contentOf(one).length > 0)) {
    const copy = copyOf(original)
    copy.fault = (change) => (change.path === `read ${path}` ? 'EIO' : undefined)
    const db = (() => {
      try {
        return open(copy)
      } catch (err) {
        expect((err as Error).message).toMatch(/EIO/)
        return undefined
      }
    })()
    if (!db) continue
    let found = truth
    try {
      found = read(db, copy)
    } catch (err) {
      expect((err as Error).message).toMatch(/EIO/)
    }
    copy.fault = undefined
    db.close()
    expect({ path, found: found.size }).toEqual({ path, found: truth.size })
  }
})
