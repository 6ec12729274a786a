import { runPromtool } from '../testing/run-promtool.ts'

const RULES = `groups:
- name: g
  labels: {grp: one}
  rules:
  - record: job:up:sum
    expr: sum by (job) (up)
  - alert: Down
    expr: up == 0
    for: 2m
    labels: {severity: page}
    annotations: {summary: "{{ $labels.instance }} of {{ $externalLabels.dc }} down {{ $value }}"}
`

const INPUT = `  input_series:
  - series: 'up{job="a", instance="x"}'
    values: '1 1 0x5'
  - series: 'up{job="a", instance="y"}'
    values: '1x10'
`

const run = (test: string, ...argv: string[]) =>
  runPromtool(['test', 'rules', ...argv, 't.yml'], {
    'rules.yml': RULES,
    't.yml': `rule_files: [rules.yml]\nevaluation_interval: 1m\ntests:\n${test}`,
  })

const passed = { exitCode: 0, stdout: '  SUCCESS\n\n', stderr: '' }

test('alerts and expressions that are as expected pass', async () => {
  const outcome = await run(`- name: first
  external_labels: {dc: eu}
${INPUT}
  alert_rule_test:
  - eval_time: 3m
    alertname: Down
  - eval_time: 5m30s
    alertname: Down
    exp_alerts:
    - exp_labels: {severity: page, instance: x, job: a, grp: one}
      exp_annotations: {summary: x of eu down 0}
  promql_expr_test:
  - expr: job:up:sum
    eval_time: 3m
    exp_samples: [{labels: 'job:up:sum{job="a", grp="one"}', value: 1}]
  - expr: ALERTS{alertstate="firing"}
    eval_time: 4m
    exp_samples: [{labels: 'ALERTS{alertname="Down", alertstate="firing", grp="one", instance="x", job="a", severity="page"}', value: 1}]
  - {expr: 1 + 1, eval_time: 1m, exp_samples: [{value: 2}]}
`)
  expect(outcome).toEqual(passed)
})

test('what is not as expected is shown as expected and got', async () => {
  const { exitCode, stderr } = await run(`- name: tt
${INPUT}
  alert_rule_test:
  - {eval_time: 5m, alertname: Down}
  promql_expr_test:
  - {expr: job:up:sum, eval_time: 3m}
  - {expr: up + 1, eval_time: 1m, exp_samples: [{labels: '{job="b"}', value: 2e100}]}
  - {expr: up +, eval_time: 1m}
  - {expr: nope, eval_time: 1m, exp_samples: [{labels: '{job="b"', value: 1}]}
  - {expr: '"x"', eval_time: 1m}
`)
  expect(exitCode).toBe(1)
  expect(stderr).toBe(`  FAILED:
    name: tt,
    alertname: Down, time: 5m, 
        exp:[], 
        got:[
            0:
              Labels:{alertname="Down", grp="one", instance="x", job="a", severity="page"}
              Annotations:{summary="x of  down 0"}
            ]
    expr: "job:up:sum", time: 3m,
        exp: nil
        got: {__name__="job:up:sum", grp="one", job="a"} 1E+00
    expr: "up + 1", time: 1m,
        exp: {job="b"} 2E+100
        got: {instance="x", job="a"} 2E+00, {instance="y", job="a"} 2E+00
    expr: "up +", time: 1m, err: 1:5: parse error: unexpected end of input
    expr: "nope", time: 1m, err: labels "{job=\\"b\\"": 1:9: parse error: unexpected end of input inside braces
    expr: "\\"x\\"", time: 1m, err: rule result is not a vector or scalar
`)
})

test('a test that cannot be run says why', async () => {
  const f = async (test: string, error: string) =>
    expect(await run(test)).toMatchObject({ exitCode: 1, stderr: `  FAILED:\n${error}\n` })
  await f(
    '- alert_rule_test: [{eval_time: 5m}]\n',
    'an item under alert_rule_test misses required attribute alertname at eval_time 5m',
  )
  await f(
    '- {name: n, alert_rule_test: [{eval_time: 5m}]}\n',
    'an item under alert_rule_test misses required attribute alertname at eval_time 5m (in TestGroup n)',
  )
  await f(
    "- input_series: [{series: 'up{', values: 1}]\n",
    "2:5: parse error: unexpected character inside braces: '1'",
  )
  await f(
    '- input_series: [{series: up, values: a b}]\n',
    '2:4: parse error: unexpected identifier "a" in series values, expected number or "stale"',
  )
  await f(
    '- nome: x\n',
    'yaml: unmarshal errors:\n  line 4: field nome not found in type main.testGroup',
  )
})

test('a rule file that two patterns name is read once', async () => {
  const outcome = await runPromtool(['test', 'rules', 't.yml'], {
    'rules.yml': RULES,
    't.yml': `rule_files: ["ru*.yml", rules.yml]
tests:
-${INPUT.slice(1)}  promql_expr_test:
  - expr: job:up:sum
    eval_time: 1m
    exp_samples: [{labels: 'job:up:sum{grp="one", job="a"}', value: 2}]
`,
  })
  expect(outcome).toEqual(passed)
})

test('histograms and neighbouring floats are compared', async () => {
  const outcome = await run(`- input_series:
  - {series: h, values: '{{schema:1 sum:-0.3 count:3.1 z_bucket:7.1 buckets:[5.1 10 7]}}'}
  promql_expr_test:
  - {expr: h, eval_time: 0, exp_samples: [{labels: h, histogram: '{{schema:1 sum:-0.3 count:3.1 z_bucket:7.1 buckets:[5.1 10 7]}}'}]}
`)
  expect(outcome).toEqual(passed)
  const sum = '- promql_expr_test: [{expr: 0.1 + 0.2, eval_time: 0, exp_samples: [{value: 0.3}]}]\n'
  expect(await run(sum)).toMatchObject({ exitCode: 1 })
  expect(await run(`${sum}fuzzy_compare: true\n`)).toEqual(passed)
})

test('tests are chosen by name, results go to a JUnit file', async () => {
  const both = "- {name: good}\n- {name: bad one, promql_expr_test: [{expr: '1', eval_time: 0}]}\n"
  expect(await run(both, '--run=^goo')).toEqual(passed)
  expect(await run(both)).toMatchObject({ exitCode: 1 })
  expect(await run(both, '--run=(')).toMatchObject({ exitCode: 1 })
})

test('--debug dumps the samples', async () => {
  const { stderr } = await run(
    '- {name: d, input_series: [{series: up, values: 1 2 stale}], promql_expr_test: [{expr: up, eval_time: 1m, exp_samples: [{labels: up, value: 2}]}]}\n',
    '--debug',
  )
  expect(stderr.replace(/took .*/, 'took T')).toBe(
    'DEBUG: Starting test d\nDEBUG: Dump of all data (input_series and rules) at 1m1s:\n{__name__="job:up:sum", grp="one"} =>\n2 @[60000]\n{__name__="up"} =>\n2 @[60000]\nDEBUG: Test d finished, took T\n',
  )
})
