import type { BlockMeta } from '../block/meta.ts'
import { compactionRanges, planCompaction } from './plan.ts'
import { beyondSize, beyondTime, sizeLimit } from './retention.ts'

const HOUR = 3600_000

/** Blocks as `from-to` in hours; `!` = failed, `x5` = five tombstones. */
function blocks(...texts: string[]): BlockMeta[] {
  return texts.map((text) => {
    const [, from, to, failed, , stones] = /^(\d+)-(\d+)(!?)(x(\d+))?$/.exec(
      text,
    ) as unknown as string[]
    return {
      ulid: text,
      minTime: Number(from) * HOUR,
      maxTime: Number(to) * HOUR,
      stats: { numSeries: 10, numTombstones: Number(stones ?? 0) },
      compaction: { level: 1, failed: failed === '!' },
      version: 1,
    }
  })
}

test('ranges are two hours times powers of three, up to the widest block', () => {
  const f = (maxHours: number, hours: number[]) =>
    expect(compactionRanges(2 * HOUR, maxHours * HOUR)).toEqual(hours.map((h) => h * HOUR))
  f(36, [2, 6, 18])
  f(18, [2, 6, 18])
  f(1, [2]) // Never below the narrowest.
})

test('what is compacted next', () => {
  const ranges = compactionRanges(2 * HOUR, 36 * HOUR)
  const f = (metas: BlockMeta[], planned: string[]) =>
    expect(planCompaction(metas, ranges).map(({ ulid }) => ulid)).toEqual(planned)
  f([], [])
  f(blocks('0-2', '2-4', '4-6'), []) // The newest is left out: the window is not full yet.
  f(blocks('0-2', '2-4', '4-6', '6-8'), ['0-2', '2-4', '4-6'])
  f(blocks('0-2', '4-6', '6-8'), ['0-2', '4-6'])
  f(blocks('0-2', '2-4', '6-8', '8-10'), ['0-2', '2-4']) // Not full, but newer blocks are there.
  f(blocks('0-2', '2-4!', '4-6', '6-8'), [])
  f(blocks('0-6', '6-12', '12-18', '18-20'), ['0-6', '6-12', '12-18'])
  f(blocks('0-4', '2-6', '6-8'), ['0-4', '2-6']) // Overlaps come first.
  f(blocks('0-18x2', '18-20'), ['0-18x2'])
  f(blocks('0-2x2', '2-4'), [])
  f(blocks('0-2x10', '2-4'), ['0-2x10'])
})

test('retention looks back from the newest block and takes all that is older', () => {
  const sized = blocks('0-2', '2-4', '4-6', '6-8').map((meta) => ({ meta, sizeBytes: 100 }))
  const limits = { timeMs: 4 * HOUR, sizeBytes: 250, percentage: 0 }
  expect(beyondTime(sized, limits)).toEqual(['2-4', '0-2'])
  expect(beyondTime(sized.slice(0, 1), limits)).toEqual([])
  expect(beyondTime(sized, { ...limits, timeMs: 0 })).toEqual([])
  expect(beyondSize(sized, 10, 250)).toEqual(['2-4', '0-2'])
  expect(beyondSize(sized, 100, 250)).toEqual(['4-6', '2-4', '0-2'])
  expect(beyondSize(sized, 0, 0)).toEqual([])
})

test('the size limit may be a share of the file system, once its size is known', () => {
  const limits = { timeMs: 0, sizeBytes: 250, percentage: 12.5 }
  expect(sizeLimit({ ...limits, percentage: 0 }, 8000)).toBe(250)
  expect(sizeLimit(limits, 8000)).toBe(1000)
  expect(sizeLimit(limits, 0)).toBe(0) // Not known: nothing is deleted.
})
