/** Data folders of the original: what they hold, as the original's server answered. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { FloatHistogram } from '@prom/histogram'
import { Labels, Matcher } from '@prom/labels'
import { printFloat } from '@prom/model'
import { createFiles } from '@prom/runtime/node'
import { FakeClock, recordLog, seededRandom } from '@prom/testkit'
import { attachTsdbReader, openTsdb } from './index.ts'

const shared = process.env.SHARED_DIR ?? join(__dirname, '../../../../shared')
const fixtures = join(shared, 'fixtures/tsdb')
const files = createFiles()

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tsdb-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

interface Expected {
  readonly labels: Record<string, string>
  readonly samples: [number, string, string][]
  readonly histograms: {
    readonly t: number
    readonly schema: number
    readonly zero_threshold: number
    readonly zero_count: number
    readonly count: number
    readonly sum_bits: string
    readonly positive: [number, number][]
    readonly negative: [number, number][]
    readonly custom_values?: number[]
  }[]
}

function unpack(tar: string): string {
  execFileSync('tar', ['xzf', tar, '-C', dir])
  return join(dir, files.listSync(dir)[0] as string)
}

/** Series to rows: `time floatbits`, or `time` and the text of a histogram. */
function read(name: string): Record<string, string[]> {
  const all: Record<string, string[]> = {}
  const path = join(fixtures, `expected/${name}.jsonl.gz`)
  for (const line of gunzipSync(readFileSync(path)).toString().split('\n')) {
    if (line === '') continue
    const { labels, samples = [], histograms = [] } = JSON.parse(line) as Partial<Expected>
    const rows = samples.map(([time, , bits]) => [time, bits] as const)
    const others = histograms.map((h) => {
      const text = [h.schema, h.zero_threshold, h.zero_count, h.count, h.sum_bits]
      const isStale = h.sum_bits === '7ff0000000000002'
      const parts = [...text, h.positive, h.negative, h.custom_values ?? []]
      return [h.t, isStale ? h.sum_bits : JSON.stringify(parts)] as const
    })
    all[Labels.from(labels ?? {}).toString()] = [...rows, ...others]
      .sort(([a], [b]) => a - b)
      .map(([time, text]) => `${time} ${text}`)
  }
  return all
}

const float = new Float64Array(1)
const words = new Uint32Array(float.buffer)
const hex = (high: number, low: number) =>
  [high, low].map((word) => word.toString(16).padStart(8, '0')).join('')

function buckets(spans: FloatHistogram['positiveSpans'], counts: readonly number[]) {
  const filled: [number, number][] = []
  let index = 0
  let at = 0
  for (const { offset, length } of spans) {
    index += offset
    for (let i = 0; i < length; i++, index++, at++)
      if (counts[at] !== 0) filled.push([index, counts[at]!])
  }
  return filled
}

function print(h: FloatHistogram): string {
  float[0] = h.sum
  const text = [h.schema, h.zeroThreshold, h.zeroCount, h.count, hex(words[1]!, words[0]!)]
  const positive = buckets(h.positiveSpans, h.positiveBuckets)
  const negative = buckets(h.negativeSpans, h.negativeBuckets)
  return JSON.stringify([...text, positive, negative, h.customValues])
}

function dump(data: string, log = recordLog()): Record<string, string[]> {
  const deps = { files, clock: new FakeClock(), random: seededRandom(5), log }
  const options = { dir: data, memoryBytes: 96 << 20, retentionMs: 0, isSnapshotOn: true }
  const db = openTsdb(options, deps)
  const reader = attachTsdbReader({ memory: db.memory, dir: data, readerIndex: 0 }, { files })
  const querier = reader.querier(-Infinity, Infinity)
  const hints = { mint: -Infinity, maxt: Infinity }
  const set = querier.select([new Matcher('!=', 'zz', 'x')], hints)
  const all: Record<string, string[]> = {}
  for (let i = 0; i < set.length; i++) {
    const { times, values, start, end, histograms } = set.samples(i)
    const bits = new Uint32Array(values.buffer, values.byteOffset, values.length * 2)
    const rows: string[] = []
    for (let k = start; k < end; k++) {
      const histogram = histograms?.[k]
      rows.push(`${times[k]} ${histogram ? print(histogram) : hex(bits[k * 2 + 1]!, bits[k * 2]!)}`)
    }
    if (rows.length > 0) all[set.labels(i).toString()] = rows
    set.release()
  }
  querier.close()
  reader.close()
  db.close()
  return all
}

test.each([
  ['promtool-blocks', 'promtool-blocks'],
  ['index-v1', 'index-v1'],
  ['blocks', 'blocks'],
  ['blocks-no-label-index', 'blocks'],
  ['ooo-blocks', 'ooo-blocks'],
  ['head-none', 'head-none'],
  ['head-snappy', 'head-snappy'],
  ['head-zstd', 'head-zstd'],
  ['head-unclean', 'head-unclean'],
  ['ooo-head', 'ooo-head'],
  ['chunk-snapshot', 'chunk-snapshot'],
])('%s holds exactly what the original says', (name, expected) => {
  expect(dump(unpack(join(fixtures, `data/${name}.tar.gz`)))).toEqual(read(expected))
})

interface Damaged {
  readonly name: string
  readonly starts: boolean
  readonly expected?: string
  readonly query_error?: string
  readonly log?: string[]
}

const cases = JSON.parse(readFileSync(join(fixtures, 'corrupt/cases.json'), 'utf8')) as Damaged[]

test.each(cases.filter(({ starts }) => starts).map((c) => [c.name, c] as const))(
  'damaged %s: starts, and holds what survives',
  (name, { expected, query_error: error }) => {
    const data = unpack(join(fixtures, `corrupt/${name}.tar.gz`))
    if (error) {
      expect(() => dump(data)).toThrow(/block: \w+: /)
      return
    }
    const survivors = read((expected as string).replace(/^expected\/|\.jsonl\.gz$/g, ''))
    expect(dump(data)).toEqual(survivors)
    expect(dump(data)).toEqual(survivors) // What was repaired stays so.
  },
)

test.each(cases.filter(({ starts }) => !starts).map((c) => [c.name, c] as const))(
  'damaged %s: refuses to start and touches nothing',
  (name) => {
    const data = unpack(join(fixtures, `corrupt/${name}.tar.gz`))
    const before = execFileSync('find', [
      data,
      '-type',
      'f',
      '-size',
      '+0',
      '-exec',
      'md5sum',
      '{}',
      '+',
    ]).toString()
    expect(() => dump(data)).toThrow()
    const after = execFileSync('find', [
      data,
      '-type',
      'f',
      '-size',
      '+0',
      '-exec',
      'md5sum',
      '{}',
      '+',
    ]).toString()
    expect(after).toBe(before)
  },
)

/** Series text to `time value labels` of its exemplars. */
function readExemplars(name: string): Record<string, string[]> {
  const all: Record<string, string[]> = {}
  const path = join(fixtures, `expected/${name}.exemplars.jsonl.gz`)
  for (const line of gunzipSync(readFileSync(path)).toString().split('\n')) {
    if (line === '') continue
    const { seriesLabels, exemplars } = JSON.parse(line) as {
      seriesLabels: Record<string, string>
      exemplars: { labels: Record<string, string>; timestamp: number; value: string }[]
    }
    all[Labels.from(seriesLabels).toString()] = exemplars.map(
      ({ labels, timestamp, value }) =>
        `${Math.round(timestamp * 1000)} ${value} ${Labels.from(labels)}`,
    )
  }
  return all
}

test.each(['head-none', 'head-snappy', 'head-zstd', 'head-unclean', 'blocks', 'chunk-snapshot'])(
  'the log of %s holds exactly the exemplars the original says',
  (name) => {
    const data = unpack(join(fixtures, `data/${name}.tar.gz`))
    const deps = { files, clock: new FakeClock(), random: seededRandom(5), log: recordLog() }
    const base = { dir: data, memoryBytes: 96 << 20, retentionMs: 0 }
    const options = { ...base, exemplarsMax: 5000, isSnapshotOn: true }
    const db = openTsdb(options, deps)
    const all: Record<string, string[]> = {}
    const sets = [[new Matcher('!=', 'zz', 'x')]]
    for (const { labels, exemplars } of db.exemplars(sets, -Infinity, Infinity)) {
      all[labels.toString()] = exemplars.map(
        ({ labels: own, timeMs, value }) => `${timeMs} ${printFloat(value)} ${own}`,
      )
    }
    db.close()
    expect(all).toEqual(readExemplars(name))
  },
)
