import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFiles } from '@prom/runtime/node'
import {
  addInterval,
  type Intervals,
  isDeleted,
  readTombstones,
  writeTombstones,
} from './tombstones.ts'

test('ranges that touch become one', () => {
  const f = (before: number[], mint: number, maxt: number, after: number[]) =>
    expect(addInterval(before, mint, maxt)).toEqual(after)
  f([], 5, 9, [5, 9])
  f([5, 9], 1, 2, [1, 2, 5, 9])
  f([5, 9], 1, 4, [1, 9]) // One millisecond apart is no gap.
  f([5, 9], 11, 12, [5, 9, 11, 12])
  f([1, 2, 5, 9, 20, 30], 3, 25, [1, 30])
  f([1, 2], -(2 ** 63), 2 ** 63, [-(2 ** 63), 2 ** 63])
  expect([4, 5, 9, 10].map((time) => isDeleted([5, 9], time))).toEqual([false, true, true, false])
})

test('the file comes back, and damage is refused', () => {
  const dir = mkdtempSync(join(tmpdir(), 'tsdb-'))
  const files = createFiles()
  expect(readTombstones(files, dir).size).toBe(0)
  const stones = new Map<number, Intervals>([
    [7, [-5, 10]],
    [300_000, [1_700_000_000_000, 1_700_000_100_000, 1_800_000_000_000, 1_900_000_000_000]],
  ])
  expect(writeTombstones(files, dir, stones)).toBe(3)
  expect(readTombstones(files, dir)).toEqual(stones)
  const bytes = files.readSync(`${dir}/tombstones`)
  bytes[8] = bytes[8]! ^ 1
  files.replaceSync(`${dir}/tombstones`, bytes)
  expect(() => readTombstones(files, dir)).toThrow('checksum did not match')
  rmSync(dir, { recursive: true })
})
