import type { MetricFamily } from '@prom/metrics'
import { negotiateFormat, writeText } from './index.ts'

const family = (about: Partial<MetricFamily>): MetricFamily => ({
  name: 'm',
  help: undefined,
  type: 'gauge',
  points: [],
  ...about,
})

test('lines read as client_golang writes them', () => {
  const f = (about: Partial<MetricFamily>, expected: string) =>
    expect(writeText([family(about)])).toBe(expected)
  const value = (number: number) => [{ labels: [], value: number }]
  f({ help: 'A \\ and\nB', points: value(1) }, '# HELP m A \\\\ and\\nB\n# TYPE m gauge\nm 1\n')
  f({ help: '', points: value(0) }, '# HELP m \n# TYPE m gauge\nm 0\n')
  f({ points: value(1e6) }, '# TYPE m gauge\nm 1e+06\n')
  f({ points: value(123456.5) }, '# TYPE m gauge\nm 123456.5\n')
  f({ points: value(Number.NaN) }, '# TYPE m gauge\nm NaN\n')
  f({ points: value(-Infinity) }, '# TYPE m gauge\nm -Inf\n')
  f(
    { type: 'counter', points: [{ labels: ['a', 'x"y\\z\n', 'b', ''], value: 2, timeMs: 1500 }] },
    '# TYPE m counter\nm{a="x\\"y\\\\z\\n",b=""} 2 1500\n',
  )
})

test('a histogram gets its +Inf bucket, and le stands last', () => {
  const value = { count: 5, sum: 2.5, buckets: [{ le: 0.1, count: 3 }] }
  const points = [{ labels: ['handler', '/', 'z', '1'], value }]
  expect(writeText([family({ type: 'histogram', points })])).toBe(
    [
      '# TYPE m histogram',
      'm_bucket{handler="/",z="1",le="0.1"} 3',
      'm_bucket{handler="/",z="1",le="+Inf"} 5',
      'm_sum{handler="/",z="1"} 2.5',
      'm_count{handler="/",z="1"} 5',
      '',
    ].join('\n'),
  )
})

test('a summary writes its quantiles, then sum and count', () => {
  const value = { count: 2, sum: 3, quantiles: [{ quantile: 0.9, value: Number.NaN }] }
  expect(writeText([family({ type: 'summary', points: [{ labels: [], value }] })])).toBe(
    '# TYPE m summary\nm{quantile="0.9"} NaN\nm_sum 3\nm_count 2\n',
  )
})

test('UTF-8 names are escaped, or quoted inside the braces', () => {
  const about = family({ name: 'http.x', help: 'H', points: [{ labels: ['a.b', 'c'], value: 1 }] })
  expect(writeText([about])).toBe('# HELP http_x H\n# TYPE http_x gauge\nhttp_x{a_b="c"} 1\n')
  expect(writeText([about], 'allow-utf-8')).toBe(
    '# HELP "http.x" H\n# TYPE "http.x" gauge\n{"http.x","a.b"="c"} 1\n',
  )
})

test('the Accept header chooses format and escaping', () => {
  const f = (accept: string | undefined, expected: string, ...offered: 'openmetrics'[]) =>
    expect(negotiateFormat(accept, offered).contentType).toBe(expected)
  const text = 'text/plain; version=0.0.4; charset=utf-8; escaping='
  const open = 'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6'
  f(undefined, `${text}underscores`)
  f(`${open},text/plain;version=0.0.4;q=0.3,*/*;q=0.2`, `${text}allow-utf-8`)
  f('text/plain;version=1.0.0;escaping=dots;q=0.6,*/*;q=0.2', `${text}dots`)
  f(
    open,
    'application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8',
    'openmetrics',
  )
  f('garbage;;;=,', `${text}underscores`)
})
