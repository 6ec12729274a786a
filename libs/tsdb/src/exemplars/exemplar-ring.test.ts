import { Labels, Matcher } from '@prom/labels'
import { ExemplarRing } from './exemplar-ring.ts'

const series = (name: string) => Labels.from({ __name__: name })
const exemplar = (timeMs: number, value = 1, trace = 'x') => ({
  labels: Labels.from({ trace }),
  value,
  timeMs,
})
const any = [[new Matcher('!=', '__name__', '')]]

/** Name and times per series. */
function dump(ring: ExemplarRing, mint = -Infinity, maxt = Infinity): string {
  return ring
    .select(any, mint, maxt)
    .map(({ labels, exemplars }) => {
      const times = exemplars.map(({ timeMs }) => timeMs)
      return `${labels.get('__name__')}: ${times.join(' ')}`
    })
    .join(', ')
}

test('the newest exemplars stay, each with its series, in order of labels and time', () => {
  const ring = new ExemplarRing(4)
  for (const [name, time] of [
    ['b', 1],
    ['a', 2],
    ['b', 3],
  ] as const) {
    expect(ring.add(series(name), exemplar(time))).toBe('stored')
  }
  expect(dump(ring)).toBe('a: 2, b: 1 3')
  expect(ring.oldestTimeMs).toBe(1)
  for (const time of [4, 5]) ring.add(series('b'), exemplar(time))
  expect(dump(ring)).toBe('a: 2, b: 3 4 5')
  ring.add(series('c'), exemplar(6))
  expect(dump(ring)).toBe('b: 3 4 5, c: 6')
  expect(ring.seriesCount).toBe(2)
  expect(ring.count).toBe(4)
  expect(ring.oldestTimeMs).toBe(3)
  expect(dump(ring, 4, 5)).toBe('b: 4 5')
})

test('what is equal to the newest of a series is passed over, what is older is out of order', () => {
  const ring = new ExemplarRing(10)
  const f = (given: ReturnType<typeof exemplar>, outcome: string) =>
    expect(ring.add(series('a'), given)).toBe(outcome)
  f(exemplar(5, 2), 'stored')
  f(exemplar(5, 2), 'duplicate')
  f(exemplar(4, 9), 'out of order')
  f(exemplar(5, 1), 'out of order')
  f(exemplar(5, 3), 'stored')
  f(exemplar(6, 1), 'stored')
  f(exemplar(7, 1, 'y'.repeat(123)), 'stored')
  f(exemplar(8, 1, 'y'.repeat(124)), 'labels too long')
  f(exemplar(8, 1, '\u{1f600}'.repeat(123)), 'stored') // Runes count, not bytes.
  expect(ring.totals).toEqual({ appended: 5, outOfOrder: 2 })
})

test('a new size keeps the newest, none keeps nothing and takes nothing', () => {
  const ring = new ExemplarRing(5)
  for (let time = 1; time <= 7; time++) ring.add(series(time % 2 ? 'odd' : 'even'), exemplar(time))
  ring.resize(3)
  expect(dump(ring)).toBe('even: 6, odd: 5 7')
  ring.resize(8)
  ring.add(series('odd'), exemplar(9))
  expect(dump(ring)).toBe('even: 6, odd: 5 7 9')
  ring.resize(0)
  expect(ring.add(series('odd'), exemplar(10))).toBe('duplicate')
  expect(dump(ring)).toBe('')
})
