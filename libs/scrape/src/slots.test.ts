import { firstSlot, nextSlot, scrapeTime } from './slots.ts'

test('the first slot is the next place of the target in its interval, the same after a restart', () => {
  const at = firstSlot(1_000_000, 15_000, 'a', 1)
  expect(at).toBeGreaterThanOrEqual(1_000_000)
  expect(at).toBeLessThan(1_015_000)
  expect(Number.isInteger(at)).toBe(true)
  expect(firstSlot(1_000_000 + 150_000, 15_000, 'a', 1)).toBe(at + 150_000)
  expect(firstSlot(at, 15_000, 'a', 1)).toBe(at)
  expect(firstSlot(at + 1, 15_000, 'a', 1)).toBe(at + 15_000)
})

test('targets and servers spread over the interval', () => {
  const places = new Set<number>()
  for (let i = 0; i < 100; i++) places.add(firstSlot(0, 10_000, `target ${i}`, 1))
  expect(places.size).toBeGreaterThan(90)
  expect(firstSlot(0, 10_000, 'a', 1)).not.toBe(firstSlot(0, 10_000, 'a', 2))
})

test('missed slots are skipped', () => {
  const f = (slot: number, now: number, expected: number) =>
    expect(nextSlot(slot, now, 1000)).toBe(expected)
  f(5000, 5001, 6000)
  f(5000, 5999, 6000)
  f(5000, 8200, 9000)
  f(5000, 4000, 6000)
})

test('a scrape near its slot is stored at the slot', () => {
  const f = (start: number, interval: number, tolerance: number, expected: number) =>
    expect(scrapeTime(10_000, start, interval, tolerance)).toBe(expected)
  f(10_002, 15_000, 2, 10_000)
  f(10_003, 15_000, 2, 10_003)
  f(10_002, 100, 2, 10_002)
  f(10_001, 100, 2, 10_000)
  f(10_001, 15_000, 0, 10_001)
})
