import { runPromtool } from '../testing/run-promtool.ts'

const RULES = `groups:
- name: g
  rules:
  - {record: base, expr: sum(up)}
  - {record: 'base:double', expr: 2 * base}
  - {alert: Seen, expr: base:double > 1}
  - {alert: Unseen, expr: up == 0}
  - {record: unread, expr: up}
`
const run = (tests: string, ...flags: string[]) =>
  runPromtool(['test', 'rules', ...flags, 't.yml'], {
    'r.yml': RULES,
    't.yml': `rule_files: [r.yml]\ntests:\n${tests}`,
  })

test('a rule is tested if a test names it, or reads it through others', async () => {
  const { stdout } = await run(
    '- alert_rule_test: [{eval_time: 1m, alertname: Seen}]\n',
    '--coverage',
  )
  expect(stdout).toBe(
    '  SUCCESS\n\n' +
      '  COVERAGE: 3 of 5 rules tested (60%)\n' +
      '    not tested: r.yml:7: group "g", rule "Unseen"\n' +
      '    not tested: r.yml:8: group "g", rule "unread"\n',
  )
})

test('a diff shows both sides beside each other', async () => {
  const { stderr } = await run(
    `- input_series: [{series: 'up{a="b"}', values: '0x5'}]
  alert_rule_test: [{eval_time: 1m, alertname: Unseen, exp_alerts: [{exp_labels: {a: c}}]}]
  promql_expr_test: [{expr: base, eval_time: 1m, exp_samples: [{labels: base, value: 1}]}]
`,
    '--diff',
  )
  expect(stderr).toBe(
    [
      '  FAILED:',
      '    alertname: Unseen, time: 1m, ',
      '        exp                     got',
      '        Labels:                 Labels:',
      '          a: "c"              |   a: "b"',
      '          alertname: "Unseen"     alertname: "Unseen"',
      '        Annotations:            Annotations:',
      '    expr: "base", time: 1m,',
      '        exp                       got',
      '        {__name__="base"} 1E+00 | {__name__="base"} 0E+00',
      '',
    ].join('\n'),
  )
})

test('rules without input are not evaluated, those that need none are', async () => {
  const rules = `groups:
- name: g
  rules:
  - {record: none, expr: 'sum(rate(nothing[5m])) / 2 > 1 or nope'}
  - {record: one, expr: absent(nothing)}
  - {record: two, expr: vector(1) or nothing}
  - {record: three, expr: 'count(late) or absent(late)'}
`
  const tests = `rule_files: [r.yml]
tests:
- input_series: [{series: late, values: '_ _ 5 5'}]
  promql_expr_test:
  - {expr: '{__name__=~"none|one|two|three"}', eval_time: 1m, exp_samples: [{labels: one, value: 1}, {labels: two, value: 1}, {labels: three, value: 1}]}
  - {expr: 'sum(late)', eval_time: 3m, exp_samples: [{value: 5}]}
  - {expr: 'three', eval_time: 3m, exp_samples: [{labels: three, value: 1}]}
`
  const files = { 'r.yml': rules, 't.yml': tests }
  const { exitCode, stderr } = await runPromtool(['test', 'rules', 't.yml'], files)
  expect([exitCode, stderr]).toEqual([0, ''])
})
