import { parseSequence, parseSeriesLine } from './index.ts'

const values = (text: string) =>
  parseSequence(text).map((item) => (item.kind === 'float' ? item.value : item.kind))

test('sequences expand as the test language says', () => {
  const f = (text: string, expected: (number | string)[]) => expect(values(text)).toEqual(expected)
  f('1 -2.5 1e3 .5 Inf -Inf NaN', [1, -2.5, 1000, 0.5, Infinity, -Infinity, Number.NaN])
  f('1+2x3', [1, 3, 5, 7])
  f('-1-2x2', [-1, -3, -5])
  f('1e-2+1e-2x1', [0.01, 0.02])
  f('5x2 _ _x2 stale stalex1', [5, 5, 5, 'none', 'none', 'none', 'stale', 'stale', 'stale'])
  f('0x2', [0, 0, 0])
  f('1m30s', [90])
  f('{{count:1}} {{}}x1', ['histogram', 'histogram', 'histogram'])
})

test('histogram sequences add the step', () => {
  const items = parseSequence(
    '{{schema:0 count:4 sum:4 buckets:[1 2 1]}}+{{sum:2 count:1 buckets:[1] offset:1}}x1',
  )
  expect(items[1]?.histogram).toMatchObject({ count: 5, sum: 6, positiveBuckets: [1, 3, 1] })
})

test('label sets have plain and quoted names', () => {
  const f = (text: string, expected: string) =>
    expect(parseSeriesLine(text).labels.toString()).toBe(expected)
  f('up 1', '{__name__="up"}')
  f(`a:b{x="1", y='2',} 1`, '{__name__="a:b", x="1", y="2"}')
  f('{"a.b", "c d"="x"} 1', '{__name__="a.b", "c d"="x"}')
  f('{x=""} 1', '{}')
})

test('bad lines say what is wrong', () => {
  expect(() => parseSeriesLine('up{a="b" 1')).toThrow('unclosed label set')
  expect(() => parseSequence('1+1')).toThrow('bad value "1+1"')
  expect(() => parseSequence('1x99999999')).toThrow('more than 1000000 samples')
  expect(() => parseSequence('{{nope:1}}')).toThrow('bad histogram key "nope"')
})
