import { findRow, offsetsOf } from './row-offsets.ts'

test('the row at a height is found between rows of any height', () => {
  const offsets = offsetsOf([10, 30, 0, 5], (height) => height)
  expect([...offsets]).toEqual([0, 10, 40, 40, 45])
  const f = (y: number, row: number) => expect([y, findRow(offsets, y)]).toEqual([y, row])
  f(-100, 0)
  f(0, 0)
  f(9, 0)
  f(10, 1)
  f(39, 1)
  f(40, 3)
  f(1000, 3)
})

test('an empty list has no height', () => {
  const offsets = offsetsOf([], () => 1)
  expect([...offsets]).toEqual([0])
  expect(findRow(offsets, 50)).toBe(0)
})
