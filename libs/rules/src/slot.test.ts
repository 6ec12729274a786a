import { groupOffset, slotAt } from './slot.ts'

test('a group evaluates where the original would', () => {
  // Taken from an original's rule groups.
  expect(groupOffset('rules.yml', 'g1', 1000)).toBe(891)
  expect(groupOffset('rules.yml', 'g2', 2000)).toBe(206)
})

test('the last slot is at or before now', () => {
  const f = (nowMs: number, offsetMs: number, intervalMs: number, expected: number) =>
    expect(slotAt(nowMs, offsetMs, intervalMs)).toBe(expected)
  f(10_000, 0, 1000, 10_000)
  f(10_500, 891, 1000, 9891)
  f(10_891, 891, 1000, 10_891)
  f(300, 891, 1000, -109)
})
