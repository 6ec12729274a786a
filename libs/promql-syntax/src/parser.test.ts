import { formatExpr, ParseError, parseExpr, printExpr } from './index.ts'

const all = { experimentalFunctions: true, extendedRangeSelectors: true, fillModifiers: true }

function message(text: string, options = {}): string {
  try {
    parseExpr(text, options)
  } catch (err) {
    if (err instanceof ParseError) return err.message.replace(' parse error:', '')
    throw err
  }
  return 'no error'
}

describe('errors have the text and place of the original', () => {
  const cases: [string, string][] = [
    ['', 'unknown position: no expression found in input'],
    ['# c', '1:1: no expression found in input'],
    ['1+', '1:3: unexpected end of input'],
    ['.', `1:1: unexpected character: '.'`],
    ['*1', '1:1: unexpected <op:*>'],
    ['(1))', `1:5: unexpected right parenthesis ')'`],
    ['((1)', '1:5: unclosed left parenthesis'],
    ['rate(foo[5m', '1:12: unclosed left parenthesis'],
    ['1 and 1', '1:1: set operator "and" not allowed in binary scalar expression'],
    ['1 ==1', '1:3: comparisons between scalars must use BOOL modifier'],
    [
      '-"s"',
      '1:1: unary expression only allowed on expressions of type scalar or instant vector, got "string"',
    ],
    [
      '1 offset 1d',
      '1:1: offset modifier must be preceded by an instant vector selector or range vector selector or a subquery',
    ],
    ['foo offset 1s offset 2s', '1:1: offset may not be set multiple times'],
    ['foo @ 1 @ 2', '1:1: @ <timestamp> may not be set multiple times'],
    ['foo @ NaN', '1:1: timestamp out of bounds for @ modifier: NaN'],
    ['a - on(b) ignoring(c) d', '1:11: unexpected <ignoring>'],
    ['foo == on(bar) 10', '1:1: vector matching only allowed between instant vectors'],
    ['foo + group_left(baz) bar', '1:7: unexpected <group_left>'],
    ['foo and on(bar) group_left(baz) bar', '1:1: no grouping allowed for "and" operation'],
    ['a + on(i) group_left(j,i) b', '1:3: label "i" must not occur in ON and GROUP clause at once'],
    ['foo + bool bar', '1:5: bool modifier can only be used on comparison operators'],
    ['some{', '1:6: unexpected end of input inside braces'],
    ['}', `1:1: unexpected character: '}'`],
    ['foo{{', `1:5: unexpected left brace '{'`],
    ['m{a=b}', '1:5: unexpected identifier "b" in label matching, expected string'],
    ['m{a:b="b"}', `1:4: unexpected character inside braces: ':'`],
    ['foo{gibberish}', '1:14: unexpected "}" in label matching, expected label matching operator'],
    ['foo{,}', '1:5: unexpected "," in label matching, expected identifier or "}"'],
    ['foo{a="b" c="d"}', '1:11: unexpected identifier "c" in label matching, expected "," or "}"'],
    ['foo{__name__="bar"}', '1:1: metric name must not be set twice: "foo" or "bar"'],
    ['{x!~".+"}', '1:1: vector selector must contain at least one non-empty matcher'],
    ['foo[5mm]', '1:5: bad number or duration syntax: "5mm"'],
    ['foo[5m1]', '1:5: bad number or duration syntax: "5m1"'],
    ['foo[5y1hs]', '1:5: unknown unit "hs" in duration "5y1hs"'],
    ['foo[5m1h]', '1:5: not a valid duration string: "5m1h"'],
    ['foo[-1]', '1:5: duration must be greater than 0'],
    ['foo["5m"]', `1:5: unexpected character in duration expression: '"'`],
    [
      'foo[]',
      '1:5: unexpected "]" in subquery or range selector, expected number, duration, step(), or range()',
    ],
    ['foo[5s x 5s]', `1:8: unexpected character: 'x', expected ':'`],
    ['foo[5m:1m', '1:10: unclosed left bracket'],
    ['foo[', '1:5: unexpected end of input in duration expression'],
    ['foo[:5m]', '1:5: unexpected colon before duration in duration expression'],
    [
      'm[5m] offset',
      '1:13: unexpected end of input in offset, expected number, duration, step(), or range()',
    ],
    ['m OFFSET 1m[5m]', '1:12: no offset modifiers allowed before range'],
    ['m @ start() [5m]', '1:13: no @ modifiers allowed before range'],
    ['m[5m] @', '1:8: unexpected end of input in @, expected timestamp'],
    ['(foo + bar)[5m]', '1:12: ranges only allowed for vector selectors'],
    ['x[5m][5m:]', '1:1: subquery is only allowed on instant vector, got matrix instead'],
    ['foo[5m/0]', '1:8: division by zero'],
    ['sum by ("foo)(m{})', '1:9: unterminated quoted string'],
    ['sum without(==)(m)', '1:13: unexpected <op:==> in grouping opts, expected label'],
    ['sum by ("")(m)', '1:9: invalid label name for grouping: ""'],
    ['sum m by (t)', '1:5: unexpected identifier "m"'],
    ['sum (m) by t', '1:12: unexpected identifier "t" in grouping opts, expected "("'],
    ['sum () by (t)', '1:1: no arguments for aggregate expression provided'],
    ['sum (m) without (t) by (t)', '1:21: unexpected <by>'],
    [
      'topk(m)',
      '1:1: wrong number of arguments for aggregate expression provided, expected 2, got 1',
    ],
    ['topk(m,)', '1:7: trailing commas not allowed in function call args'],
    ['topk(m, o)', '1:6: expected type scalar in aggregation parameter, got instant vector'],
    ['sum(x[5m])', '1:5: expected type instant vector in aggregation expression, got range vector'],
    [
      'limitk(1, x)',
      '1:1: limitk() is experimental and must be enabled with --enable-feature=promql-experimental-functions',
    ],
    ['hour(a,b,c)', '1:1: expected at most 1 argument(s) in call to "hour", got 3'],
    ['label_join(a)', '1:1: expected at least 3 argument(s) in call to "label_join", got 1'],
    ['rate(m)', '1:6: expected type range vector in call to function "rate", got instant vector'],
    ['nope()', '1:1: unknown function with name "nope"'],
    ['info(x)', '1:1: function "info" is not enabled'],
    ['"a" + 1', '1:1: binary expression must contain only scalar and instant vector types'],
    ['0deadbeef', '1:1: bad number or duration syntax: "0de"'],
    ['100..4', '1:1: bad number or duration syntax: "100.."'],
    ['1__0', '1:1: bad number or duration syntax: "1__"'],
    ['1e999', '1:1: error parsing number: strconv.ParseFloat: parsing "1e999": value out of range'],
    [`'a\\qb'`, `1:1: unknown escape sequence U+0071 'q'`],
    ['foo\n + é', `2:4: unexpected character: 'é'`],
    ['foo ! bar', `1:5: unexpected character after '!': ' '`],
    ['foo[5m] anchored', '1:1: anchored modifier is experimental and not enabled'],
    ['foo + fill(0) bar', '1:7: binop fill modifiers are experimental and not enabled'],
  ]
  test.each(cases)('%s', (text, expected) => expect(message(text)).toBe(expected))
})

describe('errors of experimental features', () => {
  const cases: [string, string][] = [
    [
      'info(x, target_info{a="b"})',
      '1:9: expected label selectors only, got vector selector instead',
    ],
    ['info(x, {a="b"} == 1)', '1:9: expected label selectors only'],
    ['x[5m] anchored smoothed', '1:1: anchored and smoothed modifiers cannot be used together'],
    ['x[5m:] anchored', '1:1: anchored modifier is not supported for subqueries'],
    ['(x) anchored', '1:1: anchored modifier not implemented'],
    ['foo + fill(0) 1', '1:1: filling in missing series only allowed between instant vectors'],
    ['foo and fill(0) bar', '1:1: filling in missing series not allowed for set operators'],
  ]
  test.each(cases)('%s', (text, expected) => expect(message(text, all)).toBe(expected))
})

describe('printing is canonical', () => {
  const cases: [string, string][] = [
    ['1e3', '1000'],
    ['0.1e-7', '0.00000001'],
    ['0x_1F + 0755', '31 + 493'],
    ['- - 1', '1'],
    ['-1^2', '-1 ^ 2'],
    ['- 1m + 1500ms', '-1m + 1s500ms'],
    ['foo[3600]', 'foo[1h]'],
    ['foo[1y1d]', 'foo[366d]'],
    ['foo[36h] offset 90', 'foo[1d12h] offset 1m30s'],
    ['foo{}', 'foo'],
    ['{"foo.bar", "a b"="c"}', '{"a b"="c",__name__="foo.bar"}'],
    ['foo[5m:] offset -5m @ 1', 'foo[5m:] @ 1.000 offset -5m'],
    ['sum by () (x)', 'sum(x)'],
    ['sum(x) without ()', 'sum without () (x)'],
    ['topk by (a) (5, x)', 'topk by (a) (5, x)'],
    ['a + on(b) group_left() c and ignoring() d', 'a + on (b) group_left () c and d'],
    ['a == bool on(x) b', 'a == bool on (x) b'],
    ['foo[5m*(2+3)] offset -(2*3m)', 'foo[5m * (2 + 3)] offset -(2 * 3m)'],
    ['foo[+5m]', 'foo[5m]'],
    ['foo[step()] offset max_of(step(),5s)', 'foo[step()] offset max_of(step(), 5s)'],
    ['rate(x[5m] @ end() anchored)', 'rate(x[5m] anchored @ end())'],
    ['a + fill_left(1) fill_right(1) b', 'a + fill (1) b'],
    ['by', 'by'],
    ['sum + sum{a="b"}', 'sum + sum{a="b"}'],
    [`'it"s' # comment`, `"it\\"s"`],
    ['2^3^2', '2 ^ 3 ^ 2'],
    ['a or b and c', 'a or b and c'],
    ['INF', '+Inf'],
  ]
  test.each(cases)('%s', (text, expected) => {
    const printed = printExpr(parseExpr(text, all))
    expect(printed).toBe(expected)
    expect(printExpr(parseExpr(printed, all))).toBe(expected)
  })
})

test('precedence and associativity shape the tree', () => {
  const shape = (text: string): string => {
    const expr = parseExpr(text)
    const go = (node: typeof expr): string => {
      if (node.kind === 'binary') return `(${go(node.lhs)} ${node.op} ${go(node.rhs)})`
      return node.kind === 'unary' ? `${node.op}${go(node.expr)}` : printExpr(node)
    }
    return go(expr)
  }
  expect(shape('a + b * c ^ d ^ e')).toBe('(a + (b * (c ^ (d ^ e))))')
  expect(shape('-a ^ b * c')).toBe('(-(a ^ b) * c)')
  expect(shape('a or b and c unless d')).toBe('(a or ((b and c) unless d))')
  expect(shape('a - b - c > d + e')).toBe('(((a - b) - c) > (d + e))')
})

test('long expressions are formatted over lines', () => {
  const text =
    'histogram_quantile(0.9, sum by(le, job)(rate(http_request_duration_seconds_bucket{instance!="x"}[5m]))) > 0.5 and on(job) up'
  expect(formatExpr(parseExpr(text))).toBe(`    histogram_quantile(
      0.9,
      sum by (le, job) (rate(http_request_duration_seconds_bucket{instance!="x"}[5m]))
    )
  >
    0.5
and on (job)
  up`)
})

test('hostile input ends in an error, not in a crash', () => {
  expect(message('('.repeat(100_000))).toContain('nested more than')
  expect(message(`${'-'.repeat(100_000)}1`)).toContain('nested more than')
  expect(message(`${'1 + '.repeat(100_000)}1`)).toContain('nested too deeply')
  expect(message(`{a="${'x'.repeat(2 << 20)}"}`)).toContain('query is longer than')
})
