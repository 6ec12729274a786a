import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Labels } from '@prom/labels'
import { createHost } from '@prom/runtime/node'
import { FakeClock, recordLog, seededRandom } from '@prom/testkit'
import { Block } from '../block/block.ts'
import { PageCache } from '../read/page-cache.ts'
import { openReadOnlyTsdb } from '../read-only.ts'
import { ImportBlock } from './import-block.ts'

const { files } = createHost(process)
const deps = { files, clock: new FakeClock(1e12), random: seededRandom(1) }
const labels = ['b', 'a'].map((name) => Labels.from({ __name__: name }))
const ranks = Uint32Array.of(1, 0)
const RANGE_MS = 7_200_000

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'import-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

const write = (block: ImportBlock) => block.write({ dir, rangeMs: RANGE_MS, labels, ranks }, deps)

function readBack(): string[] {
  const log = recordLog()
  const db = openReadOnlyTsdb({ dir, maxt: -1 }, { files, log })
  const querier = db.querier(-1e15, 1e15)
  const set = querier.select([], { mint: -1e15, maxt: 1e15 })
  const lines: string[] = []
  for (let i = 0; i < set.length; i++) {
    const { times, values, start, end } = set.samples(i)
    for (let k = start; k < end; k++) {
      lines.push(`${set.labels(i).get('__name__')} ${values[k]} ${times[k]}`)
    }
  }
  querier.close()
  db.close()
  return lines
}

test('rows in any order of series become a block in label order', () => {
  const block = new ImportBlock(5000)
  block.append(0, 1000, 1)
  block.append(1, 500, 2)
  block.append(0, 2000, 3)
  block.append(1, 700, 4)
  const meta = write(block)
  expect(meta).toMatchObject({
    minTime: 500,
    maxTime: 2001,
    stats: { numSamples: 4, numSeries: 2, numChunks: 2 },
    compaction: { level: 1, sources: [meta?.ulid] },
  })
  expect(readBack()).toEqual(['a 2 500', 'a 4 700', 'b 1 1000', 'b 3 2000'])
})

test('an empty block leaves nothing', () => {
  expect(write(new ImportBlock(10))).toBeUndefined()
  expect(files.listSync(dir)).toEqual([])
})

test('older rows of the same commit are dropped, those of an earlier commit refused', () => {
  const within = new ImportBlock(5000)
  within.append(0, 2000, 1)
  within.append(0, 1000, 2)
  within.append(0, 2000, 3)
  within.append(0, 3000, 4)
  expect(write(within)?.stats.numSamples).toBe(2)
  expect(readBack()).toEqual(['b 1 2000', 'b 4 3000'])

  const f = (timeMs: number, value: number) => {
    const block = new ImportBlock(1)
    block.append(0, 2000, 1)
    block.append(0, timeMs, value)
    return () => write(block)
  }
  expect(f(1000, 1)).toThrow('out of order sample')
  expect(f(2000, 2)).toThrow(
    'duplicate sample for timestamp 2000; overrides not allowed: existing 1, new value 2',
  )
  expect(f(2000, 1)()?.stats.numSamples).toBe(1)
})

test('chunks end where those of the head would', () => {
  const f = (count: number, stepMs: number, startMs = 0) => {
    const block = new ImportBlock(5000)
    for (let i = 0; i < count; i++) block.append(0, startMs + i * stepMs, i % 7)
    const meta = write(block)
    const read = new Block(files, `${dir}/${meta?.ulid}`, new PageCache(1 << 20))
    const [ref] = read.index.allPostings()
    const counts = read.index.series(ref as number).chunks.map(({ ref }) => {
      const { data } = read.chunks.read(ref)
      return (data[0]! << 8) | data[1]!
    })
    read.close()
    return counts
  }
  expect(f(24, 300_000)).toEqual([24])
  expect(f(480, 15_000)).toEqual([120, 120, 120, 120]) // Spread over the doubled range of four hours.
  expect(f(48, 300_000, 7_200_000)).toEqual([24, 24]) // The range ends at four hours.
})
