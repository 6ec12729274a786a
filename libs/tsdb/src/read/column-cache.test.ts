import { ColumnCache } from './column-cache.ts'

const PAGE_BYTES = (1 << 15) * 16

test('chunks come back until their page is used again', () => {
  const cache = new ColumnCache(PAGE_BYTES * 2)
  cache.enter(1)
  const count = 1 << 14
  for (let chunk = 1; chunk <= 4; chunk++) {
    const room = cache.add(chunk, count)!
    room.times.fill(chunk, room.offset, room.offset + count)
  }
  for (let chunk = 1; chunk <= 4; chunk++) {
    const { times, offset } = cache.get(chunk)!
    expect([times[offset], times[offset + count - 1]]).toEqual([chunk, chunk])
  }
  cache.add(5, count)
  expect([1, 2, 3, 5].map((chunk) => cache.get(chunk) !== undefined)).toEqual([
    false,
    false,
    true,
    true,
  ])
})

test('nothing survives a new generation, and without a budget nothing is kept', () => {
  const cache = new ColumnCache(PAGE_BYTES)
  cache.enter(1)
  cache.add(1, 10)
  cache.enter(1)
  expect(cache.get(1)).toBeDefined()
  cache.enter(2)
  expect(cache.get(1)).toBeUndefined()
  expect(cache.add(1, 10)!.offset).toBe(0)
  expect(new ColumnCache(0).add(1, 1)).toBeUndefined()
})
