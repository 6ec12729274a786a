import { Labels } from '@prom/labels'
import { FailedSeries } from './failed-series.ts'

const shown = (...names: readonly string[]) =>
  names.map((name) => ({ labels: Labels.from({ __name__: name }), isTracked: name !== 'timed' }))

const refs = ['', 'a', 'b', 'c', 'timed']
const resolve = (labels: Labels) => refs.indexOf(labels.get('__name__'))
const known = () => new Set([1])

test('what a failed body shows is live until the next one, and new only once', () => {
  const failed = new FailedSeries()
  expect(failed.add(shown('a', 'b', 'b', 'timed'), resolve, known)).toBe(2)
  expect([...failed.live]).toEqual([1, 2])
  expect(failed.add(shown('b', 'c'), resolve, known)).toBe(1)
  expect([...failed.live]).toEqual([2, 3])
  expect(failed.add([], resolve, known)).toBe(0)
  expect([...failed.live]).toEqual([])
  expect([...failed.seen]).toEqual([2, 4, 3])
  failed.clear()
  expect(failed.seen.size).toBe(0)
})

test('bodies that fail with ever new series do not fill the memory', () => {
  const failed = new FailedSeries()
  for (let i = 0; i < 3000; i++) failed.add(shown(`x${i}`), () => i + 10, known)
  expect(failed.seen.size).toBeLessThan(1100)
})
