import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runUnitTests } from './unit-test.ts'
import { parseUnitTestFile } from './unit-test-file.ts'

const folder = join(__dirname, 'testdata')
const read = (file: string) => readFileSync(join(folder, file), 'utf8')

function parsed(text: string) {
  const result = parseUnitTestFile(text, 'test.yml')
  if ('error' in result) throw new Error(result.error)
  return result.file
}

const rules = [{ file: 'rules.yml', text: read('rules.yml') }]

test('tests pass and differ in the words of the original', async () => {
  const results = await runUnitTests(parsed(read('test.yml')), rules)
  expect(results.map(({ name, errors }) => [name, errors.length])).toEqual([
    ['passes', 0],
    ['differs', 8],
    ['unnamed#2', 1],
    ['unnamed#3', 1],
    ['nameless', 1],
  ])
  // One text per problem, a blank line behind each.
  const shown = results.flatMap(({ errors }) => errors.map((error) => `${error}\n\n`)).join('')
  expect(shown.trimEnd()).toBe(read('test.expected.txt').trimEnd())
})

test('only wanted tests run', async () => {
  const file = parsed(read('test.yml'))
  const names = async (...run: string[]) =>
    (await runUnitTests(file, rules, { run })).map(({ name }) => name)
  expect(await names('^pass')).toEqual(['passes'])
  expect(await names('diff', 'nameless')).toEqual(['differs', 'nameless'])
  await expect(names('(')).rejects.toThrow('missing closing )')
})

test('a rule file with errors fails every test, a failing rule ends its test', async () => {
  const bad = [{ file: 'bad.yml', text: 'groups: [{name: g, rules: [{record: a, expr: "x("}]}]' }]
  const file = parsed('tests: [{name: a}]')
  const [result] = await runUnitTests(file, bad)
  expect(result?.errors).toEqual([
    'bad.yml: 1:46: group "g", rule 1, "a": could not parse expression: 1:3: parse error: unclosed left parenthesis',
  ])
  const same = [
    { file: 's.yml', text: 'groups: [{name: g, rules: [{record: q, expr: x, labels: {a: c}}]}]' },
  ]
  const two = parsed(
    `tests: [{input_series: [{series: 'x{a="1"}', values: 1}, {series: 'x{a="2"}', values: 1}]}]`,
  )
  const [failed] = await runUnitTests(two, same)
  expect(failed?.errors).toEqual([
    '    rule: q, time: 0s, err: vector contains metrics with the same labelset after applying rule labels',
  ])
})

test('fuzzy comparison forgives the last bit and no more', async () => {
  const text = (isFuzzy: boolean, value: string) => `
fuzzy_compare: ${isFuzzy}
tests: [{promql_expr_test: [{expr: 0.1 + 0.2, exp_samples: [{value: ${value}}]}]}]
`
  const f = async (isFuzzy: boolean, value: string, errors: number) => {
    const [result] = await runUnitTests(parsed(text(isFuzzy, value)), [])
    expect(result?.errors).toHaveLength(errors)
  }
  await f(false, '0.30000000000000004', 0)
  await f(false, '0.3', 1)
  await f(true, '0.3', 0)
  await f(true, '0.2999999999999999', 1)
})

test('a start timestamp moves the whole test', async () => {
  const file = parsed(`
tests:
- start_timestamp: 2025-01-01T00:00:00Z
  input_series: [{series: x, values: 1 2 3}]
  promql_expr_test:
  - {expr: 'x + 0 * time()', eval_time: 1m, exp_samples: [{value: 2}]}
  - {expr: time(), eval_time: 1m, exp_samples: [{value: 1735689660}]}
`)
  const [result] = await runUnitTests(file, [])
  expect(result?.errors).toEqual([])
})

test('the file is checked strictly', () => {
  const f = (text: string, error: string) =>
    expect(parseUnitTestFile(text, 't.yml')).toEqual({ error: expect.stringContaining(error) })
  f('group_eval_order: [a, a]', 'group name repeated in evaluation order: a')
  f('foo: 1', 'field foo not found in type main.unitTestFile')
  f('tests: [{promql_expr_test: [{eval_time: x}]}]', 'not a valid duration string: "x"')
})
