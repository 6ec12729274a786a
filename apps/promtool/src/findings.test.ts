import { runPromtool } from './testing/run-promtool.ts'

const BAD = `groups:
- name: g
  rules:
  - {record: a, expr: 'up +'}
  - {record: b, expr: ')'}
`

test('findings as JSON have file, line and column, all of a file at once', async () => {
  const { exitCode, stdout, stderr } = await runPromtool(
    ['check', '--format=json', 'rules', 'r.yml'],
    { 'r.yml': BAD },
  )
  expect([exitCode, stderr]).toEqual([1, ''])
  expect(JSON.parse(stdout)).toEqual({
    success: false,
    findings: [
      {
        file: 'r.yml',
        line: 4,
        column: 23,
        severity: 'error',
        message:
          'group "g", rule 1, "a": could not parse expression: 1:5: parse error: unexpected end of input',
      },
      expect.objectContaining({ line: 5, column: 23 }),
    ],
  })
})

test('findings as annotations name the line, several of one YAML error apart', async () => {
  const f = async (text: string, ...lines: string[]) => {
    const { stdout } = await runPromtool(['check', '--format=github', 'config', 'p.yml'], {
      'p.yml': text,
    })
    expect(stdout.split('\n').slice(0, -1)).toEqual(lines)
  }
  await f('global: {}\n')
  await f(
    'a: 1\nb: 2\n',
    '::error file=p.yml,line=1::field a not found in type config.plain',
    '::error file=p.yml,line=2::field b not found in type config.plain',
  )
  await f(
    'rule_files: [no.yml]\n',
    '::error file=p.yml,line=1::"no.yml" does not point to an existing file (line 1)',
  )
})

test('lint is a warning, and the exit code is that of the text form', async () => {
  const rules = 'groups: [{name: g, rules: [{record: a, expr: up}, {record: a, expr: up}]}]\n'
  const argv = ['check', '--format=github', 'rules', '--lint-fatal', 'r.yml']
  const { exitCode, stdout } = await runPromtool(argv, { 'r.yml': rules })
  expect([exitCode, stdout]).toEqual([
    3,
    expect.stringMatching(/^::warning file=r.yml,line=1::lint error 1/),
  ])
})

test('failures of unit tests name the line of the expectation, those of a rule file that file', async () => {
  const rules = 'groups: [{name: g, rules: [{alert: A, expr: up == 0}]}]\n'
  const tests = `rule_files: [r.yml]
tests:
- interval: 1m
  input_series:
  - {series: up, values: 1x5}
  alert_rule_test:
  - eval_time: 1m
    alertname: A
    exp_alerts: [{}]
  promql_expr_test:
  - {expr: up, eval_time: 1m, exp_samples: [{labels: up, value: 1}]}
  - {expr: up, eval_time: 1m, exp_samples: [{labels: up, value: 2}]}
- input_series: [{series: '{', values: 1}]
`
  const argv = ['test', '--format=github', 'rules', 't.yml']
  const failed = await runPromtool(argv, { 'r.yml': rules, 't.yml': tests })
  const lines = failed.stdout.split('\n').slice(0, -1)
  expect(lines.map((line) => line.replace(/::(?!error).*/, ''))).toEqual([
    '::error file=t.yml,line=7',
    '::error file=t.yml,line=12',
    '::error file=t.yml,line=13',
  ])
  const broken = await runPromtool(argv, { 'r.yml': BAD, 't.yml': tests })
  expect(broken.stdout).toContain('::error file=r.yml,line=4,col=23::group "g", rule 1')
})
