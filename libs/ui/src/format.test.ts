import { humanAgo, humanDuration, parseDuration, printDuration, printSeries } from './format.ts'

test('durations print the way they are typed, weeks and years only when exact', () => {
  for (const text of ['0s', '1ms', '1s500ms', '14s', '1h30m', '90d', '2w', '1y']) {
    expect(printDuration(parseDuration(text) as number)).toBe(text)
  }
  expect(parseDuration('0')).toBe(0)
  for (const text of ['', '5', '1.5h', '1m1h', 'soon']) expect(parseDuration(text)).toBeUndefined()
})

test('ages are for people', () => {
  expect(humanDuration(432_302_123)).toBe('5d 5m 2.123s')
  expect(humanDuration(0.25)).toBe('0.25ms')
  expect(humanAgo(0, 5)).toBe('never')
  expect(humanAgo(1000, 63_900)).toBe('1m 2s ago')
})

test('series print as PromQL would select them', () => {
  expect(printSeries({ __name__: 'up', job: 'a"b\\c\nd' })).toBe('up{job="a\\"b\\\\c\\nd"}')
  expect(printSeries({ __name__: 'a.b', 'c d': 'x' })).toBe('{"a.b", "c d"="x"}')
  expect(printSeries({})).toBe('{}')
  expect(printSeries({ __name__: 'up' })).toBe('up')
})
