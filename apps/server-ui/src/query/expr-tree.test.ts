import {
  describe as describeExpr,
  type ExprNode,
  partsOf,
  printExpr,
  titleOf,
} from './expr-tree.ts'

const selector = (name: string, more: object = {}): ExprNode => ({
  type: 'vectorSelector',
  name,
  matchers: [{ name: '__name__', type: '=', value: name }],
  offset: 0,
  timestamp: null,
  startOrEnd: null,
  ...more,
})
const rate: ExprNode = {
  type: 'call',
  func: { name: 'rate', argTypes: ['matrix'], returnType: 'vector', variadic: 0 },
  args: [{ ...selector('http_total'), type: 'matrixSelector', range: 300_000 }],
}
const sum: ExprNode = {
  type: 'aggregation',
  op: 'sum',
  expr: rate,
  param: null,
  grouping: ['job', 'code'],
  without: false,
}
const ratio: ExprNode = {
  type: 'binaryExpr',
  op: '/',
  bool: false,
  lhs: sum,
  rhs: selector('limits', { offset: 90_000 }),
  matching: { card: 'many-to-one', labels: ['job'], on: true, include: ['tier'] },
}

test('an expression is printed so that it can be asked for again', () => {
  expect(printExpr(ratio)).toBe(
    'sum by (job, code) (rate(http_total[5m])) / on (job) group_left (tier) limits offset 1m30s',
  )
  expect(
    printExpr({
      ...selector('a.b'),
      matchers: [
        { name: '__name__', type: '=', value: 'a.b' },
        { name: 'x y', type: '=~', value: '"$&"' },
      ],
    }),
  ).toBe('{"a.b", "x y"=~"\\"$&\\""}')
})

test('a title shows one level, and parts are in the order they are written', () => {
  expect(titleOf(ratio)).toBe('… / on (job) group_left (tier) …')
  expect(titleOf(sum)).toBe('sum by (job, code) (…)')
  expect(partsOf(ratio).map(titleOf)).toEqual(['sum by (job, code) (…)', 'limits offset 1m30s'])
})

test('words say how sides find each other', () => {
  expect(describeExpr(ratio)).toEqual([
    'Computes left / right for each pair of series.',
    'Partners agree in job.',
    'Many on the left may share one on the right, and take its tier.',
  ])
  expect(describeExpr(sum)[1]).toBe(
    'One result for each combination of job and code; other labels are dropped.',
  )
})

test('dots in the text itself are no parts', () => {
  const dots = (name: string) =>
    selector(name, {
      matchers: [
        { name: '__name__', type: '=', value: name },
        { name: 'a', type: '=', value: '…' },
      ],
    })
  expect(printExpr({ ...ratio, op: '+', lhs: dots('x'), rhs: dots('y'), matching: null })).toBe(
    'x{a="…"} + y{a="…"}',
  )
})

test('what is behind a feature flag is kept: anchored ranges, fill, computed durations', () => {
  const step = { type: 'durationExpr', op: 'step', lhs: null, rhs: null, wrapped: false }
  const two = { type: 'numberLiteral', val: '2', duration: false }
  const rangeExpr = { type: 'durationExpr', op: '*', lhs: step, rhs: two, wrapped: false }
  const range = { ...selector('x'), type: 'matrixSelector', range: 0, rangeExpr, anchored: true }
  expect(printExpr(range)).toBe('x[step() * 2] anchored')
  const matching = { card: 'one-to-one', labels: [], on: false, include: [] }
  const filled = { ...matching, fillValues: { lhs: 0, rhs: 1 } }
  const sides = { lhs: selector('x'), rhs: selector('y') }
  expect(printExpr({ ...ratio, op: '+', ...sides, matching: filled })).toBe(
    'x + fill_left (0) fill_right (1) y',
  )
})
