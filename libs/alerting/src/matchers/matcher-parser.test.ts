import { MatcherParser } from './matcher-parser.ts'
import { printMatcher, printMatchers, sortMatchers } from './print-matcher.ts'

const read = (mode: 'fallback' | 'classic' | 'utf8', input: string): string => {
  try {
    return printMatcher(new MatcherParser(mode).parseOne(input, 'test'))
  } catch (err) {
    return `error: ${(err as Error).message}`
  }
}

/** input, strict, classic, both */
const CASES: readonly (readonly [string, string, string, string?])[] = [
  ['foo=bar', 'foo="bar"', 'foo="bar"'],
  ['  foo = bar  ', 'foo="bar"', 'foo="bar"'],
  ['foo=bar baz', 'error: 8:11: unexpected baz: expected a comma or close brace', 'foo="bar baz"'],
  ['foo=', 'error: end of input: expected label value', 'foo=""'],
  [
    '{foo=bar',
    'error: unexpected open or close brace: {foo=bar',
    'error: bad matcher format: {foo=bar',
    'error: unexpected open or close brace: {foo=bar',
  ],
  ['a=b=c', 'error: 3:4: unexpected =: expected a comma or close brace', 'a="b=c"'],
  ["foo='x'", "error: 4:5: ': invalid input: expected label value", 'foo="\'x\'"'],
  ['foo=a~b', 'error: 5:6: ~: invalid input: expected a comma or close brace', 'foo="a~b"'],
  ['foo="a\\tb"', 'foo="a\tb"', 'foo="a\\\\tb"'],
  ['foo="\\u00e9"', 'foo="é"', 'foo="\\\\u00e9"'],
  [
    '"foo bar"=baz',
    '"foo bar"="baz"',
    'error: bad matcher format: "foo bar"=baz',
    '"foo bar"="baz"',
  ],
  ['foo🙂=bar', 'foo🙂="bar"', 'error: bad matcher format: foo🙂=bar', 'foo🙂="bar"'],
  ['1foo=x', '1foo="x"', 'error: bad matcher format: 1foo=x', '1foo="x"'],
  ['', 'error: no matchers', 'error: bad matcher format: '],
  ['foo=bar,', 'foo="bar"', 'foo="bar,"'],
  [
    'foo=bar,,',
    'error: 8:9: unexpected ,: expected a matcher or close brace after comma',
    'foo="bar,,"',
  ],
  ['foo=bar,bar=baz', 'error: expected 1 matcher, found 2', 'foo="bar,bar=baz"'],
  [
    ',foo=bar',
    'error: 0:1: unexpected ,: expected label name',
    'error: bad matcher format: ,foo=bar',
  ],
  [
    'foo',
    "error: end of input: expected an operator such as '=', '!=', '=~' or '!~'",
    'error: bad matcher format: foo',
  ],
  [
    'foo="bar',
    'error: 4:8: "bar: missing end ": expected label value',
    'error: matcher value contains unescaped double quote: "bar',
  ],
  [
    'foo=bar"',
    'error: 7:8: ": missing end ": expected a comma or close brace',
    'error: matcher value contains unescaped double quote: bar"',
  ],
  [
    '"foo"="\\xff"',
    'error: 6:12: "\\xff": invalid input',
    'error: bad matcher format: "foo"="\\xff"',
  ],
  [
    'foo!bar',
    "error: 3:4: !: expected one of '=~': expected an operator such as '=', '!=', '=~' or '!~'",
    'error: bad matcher format: foo!bar',
  ],
  [
    'foo!',
    "error: 3:4: unexpected end of input, expected one of '=~': expected an operator such as '=', '!=', '=~' or '!~'",
    'error: bad matcher format: foo!',
  ],
  ['!=bar', 'error: 0:2: unexpected !=: expected label name', 'error: bad matcher format: !=bar'],
  ['foo==bar', 'error: 4:5: unexpected =: expected label value', 'foo="=bar"'],
  ['foo="a\nb"', 'error: 4:9: "a\nb": invalid input', 'foo="a\\nb"'],
  ['"foo=bar', 'error: 0:8: "foo=bar: missing end "', 'error: bad matcher format: "foo=bar'],
  [
    'foo="bar"baz',
    'error: 9:12: unexpected baz: expected a comma or close brace',
    'error: matcher value contains unescaped double quote: "bar"baz',
  ],
  [
    '"fo\\zo"=bar',
    'error: 0:7: "fo\\zo": invalid input',
    'error: bad matcher format: "fo\\zo"=bar',
  ],
  ['foo = "a\\"b"', 'foo="a\\"b"', 'foo="a\\"b"'],
  [
    '!',
    "error: 0:1: unexpected end of input, expected one of '=~'",
    'error: bad matcher format: !',
  ],
  ['~', 'error: 0:1: ~: invalid input', 'error: bad matcher format: ~'],
  ['foo=\\', 'error: 4:5: \\: invalid input: expected label value', 'foo="\\\\"'],
]

test.each(CASES)('reads %j as the original does in every mode', (...row) => {
  const [input, strict, classic, both] = row as [string, string, string, string?]
  expect(read('utf8', input)).toBe(strict)
  expect(read('classic', input)).toBe(classic)
  expect(read('fallback', input)).toBe(both ?? classic)
})

test('reads lists with and without braces', () => {
  const list = (mode: 'fallback' | 'classic' | 'utf8', input: string) =>
    printMatchers(new MatcherParser(mode).parseList(input, 'test'))
  for (const mode of ['fallback', 'classic', 'utf8'] as const) {
    expect(list(mode, '{a="1", b=~"x,y"}')).toBe('{a="1",b=~"x,y"}')
    expect(list(mode, 'a="1",b!="2"')).toBe('{a="1",b!="2"}')
    expect(list(mode, '{}')).toBe('{}')
    expect(list(mode, '')).toBe('{}')
  }
  expect(() => list('utf8', 'foo=bar}')).toThrow('7:8: }: expected opening brace')
})

test('warns when the classic reading is used although the UTF-8 parser refuses or differs', () => {
  const warnings: unknown[] = []
  const log = {
    debug: () => {},
    info: () => {},
    error: () => {},
    warn: (message: string, fields?: object) => void warnings.push([message.slice(0, 24), fields]),
    with: () => log,
  }
  const parser = new MatcherParser('fallback', log)
  parser.parseOne('foo=bar baz', 'api')
  parser.parseOne('foo="a\\tb"', 'api')
  parser.parseOne('foo=bar', 'api')
  expect(warnings).toEqual([
    [
      'Alertmanager is moving to',
      {
        input: 'foo=bar baz',
        origin: 'api',
        err: '8:11: unexpected baz: expected a comma or close brace',
        suggestion: 'foo="bar baz"',
      },
    ].map((x) => (typeof x === 'string' ? x.slice(0, 24) : x)),
    ['Matchers input has disag', { input: 'foo="a\\tb"', origin: 'api' }],
  ])
})

test('sorts matchers by name, value and type', () => {
  const parser = new MatcherParser('fallback')
  const matchers = parser.parseList('b=1,a=~2,a!=2,a=1', 'test')
  expect(printMatchers(sortMatchers(matchers))).toBe('{a="1",a!="2",a=~"2",b="1"}')
})
