// biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates of the format
// tidy: table. Unit tests of rules.
import type { Input } from './input.ts'

const RULES = `groups:
- name: first
  rules:
  - {record: 'm:sum', expr: sum without (a) (m)}
  - alert: High
    expr: m > 3
    for: 2m
    labels: {severity: 'page', value: 'v{{ $value }}'}
    annotations: {text: '{{ $labels.a }} at {{ $value | humanize }} {{ $externalLabels.region }} {{ externalURL }}'}
- name: second
  interval: 2m
  rules:
  - {record: 'm:double', expr: 2 * m:sum}
  - {alert: Gone, expr: absent(n), keep_firing_for: 3m}
`
const unit = (tests: string, head = ''): Input => ({
  argv: ['test', 'rules', 't.yml'],
  files: { 'r.yml': RULES, 't.yml': `rule_files: [r.yml]\n${head}tests:\n${tests}` },
})
const series = (values: string, expr = 'm', at = '2m') =>
  unit(
    `- input_series: [{series: 'm{a="b"}', values: ${JSON.stringify(values)}}]\n  promql_expr_test: [{expr: ${JSON.stringify(expr)}, eval_time: ${at}, exp_samples: []}]\n`,
  )
const sample = (exprText: string, samples: string) =>
  unit(
    `- input_series:\n  - {series: 'm{a="b"}', values: '1+1x10'}\n  - {series: 'm{a="c"}', values: '5x10'}\n  promql_expr_test: [{expr: ${JSON.stringify(exprText)}, eval_time: 4m, exp_samples: ${samples}}]\n`,
  )
const alerts = (cases: string, more = '') =>
  unit(
    `- name: alerts\n  input_series: [{series: 'm{a="b"}', values: '1+1x10'}]\n${more}  alert_rule_test:\n${cases}`,
  )

export const UNIT_TESTS: readonly Input[] = [
  ...[
    '1',
    '1 2 3',
    '1x3',
    '1+2x3',
    '10-2x3',
    '-1-1x3',
    '1+0x2 5',
    '_ 2 3',
    '_x2 7',
    '1 _ 3',
    '1 stale 3',
    'stale',
    'NaN',
    'Inf -Inf +Inf',
    '1e3 1.5 .5',
    '0x10',
    '1+',
    '1x',
    'x',
    '1 2,3',
    '1+1x-1',
    '1 2 a',
    '1_000',
    '',
    '{{schema:0 count:3 sum:4 buckets:[1 2]}}',
    '{{schema:1 sum:-0.3 count:3.1 z_bucket:7.1 z_bucket_w:0.05 buckets:[5.1 10 7] offset:-3 n_buckets:[4.1 5] n_offset:-5}}',
    '{{count:1}}x3',
    '{{count:1 sum:1}}+{{count:1 sum:2}}x3',
    '{{counter_reset_hint:gauge buckets:[1]}}',
    '{{schema:-53 custom_values:[1 2] buckets:[1 2 3] count:6}}',
    '{{nope:1}}',
    '{{count}}',
    '{{count:1 count:2}}',
    '{{count:1',
    '{{}}',
  ].map((values) => series(values)),
  series('1+1x10', 'rate(m[2m])', '5m'),
  series('1+1x10', 'm offset 1m', '5m'),
  series('1+1x10', 'm', '30s'),
  series('1+1x10', 'm', '1h'),
  series('1+1x10', 'm +', '1m'),
  series('1+1x10', 'm[5m]', '1m'),
  series('1+1x10', '"x"', '1m'),
  series('1+1x10', 'm / 0', '1m'),
  series('1+1x10', 'm', 'x'),
  sample('m', '[{labels: \'m{a="b"}\', value: 5}, {labels: \'m{a="c"}\', value: 5}]'),
  sample('m', '[{labels: \'m{a="c"}\', value: 5}, {labels: \'m{a="b"}\', value: 5}]'),
  sample('m', '[{labels: \'m{a="b"}\', value: 5}]'),
  sample('m:sum', '[{labels: "m:sum", value: 10}]'),
  sample('m:double', '[{labels: "m:double", value: 20}]'),
  sample('sum(m)', '[{value: 10}]'),
  sample('sum(m)', '[{labels: "{}", value: 10.0000001}]'),
  sample('m{', '[]'),
  sample('m', '[{labels: "m{", value: 1}]'),
  sample('m', '[{labels: "m", value: x}]'),
  sample('m', '[{label: "m", value: 1}]'),
  sample('m', '[{labels: "m", value: 1, histogram: "{{count:1}}"}]'),
  sample('m', '[{labels: "m", histogram: "nope"}]'),
  sample(
    'ALERTS{alertname="High"}',
    '[{labels: \'ALERTS{alertname="High",alertstate="pending",a="b",severity="page",value="v5"}\', value: 1}]',
  ),
  sample('count(ALERTS_FOR_STATE)', '[{value: 3}]'),
  alerts('  - {eval_time: 1m, alertname: High}\n'),
  alerts('  - {eval_time: 3m, alertname: High, exp_alerts: [{}]}\n'),
  alerts(
    '  - {eval_time: 5m, alertname: High, exp_alerts: [{exp_labels: {a: b, severity: page, value: v6}, exp_annotations: {text: "b at 6  "}}]}\n',
  ),
  alerts(
    '  - {eval_time: 6m, alertname: High, exp_alerts: [{exp_labels: {a: c, severity: page, value: v7}}]}\n',
    '  external_labels: {region: eu}\n  external_url: http://x/y\n',
  ),
  alerts('  - {eval_time: 0s, alertname: Gone, exp_alerts: [{}]}\n'),
  alerts('  - {eval_time: 1m, alertname: Nope, exp_alerts: []}\n'),
  alerts('  - {eval_time: 1m}\n'),
  alerts('  - {alertname: High}\n'),
  alerts('  - {eval_time: 1m, alertname: High, exp_alert: []}\n'),
  alerts('  - {eval_time: 1m, alertname: [High]}\n'),
  unit(
    '- interval: 30s\n  input_series: [{series: m, values: "1+1x20"}]\n  promql_expr_test: [{expr: m, eval_time: 90s, exp_samples: [{labels: m, value: 4}]}]\n',
  ),
  unit('- interval: x\n'),
  unit('- input_series: [{series: "m{a=b}", values: "1"}]\n'),
  unit('- input_series: [{series: "", values: "1"}]\n'),
  unit('- input_series: [{values: "1"}]\n'),
  unit(
    '- input_series: [{series: m, values: "1"}, {series: m, values: "2"}]\n  promql_expr_test: [{expr: m, eval_time: 0, exp_samples: []}]\n',
  ),
  unit('- {}\n- {}\n', 'evaluation_interval: 30s\n'),
  unit('- {}\n', 'group_eval_order: [second, first]\n'),
  unit('- {}\n', 'group_eval_order: [nope]\n'),
  unit('- {}\n', 'fuzzy_compare: true\n'),
  unit('- {}\n', 'nope: 1\n'),
  unit('null\n'),
  unit('- null\n'),
  unit('- {name: a}\n- {name: a}\n'),
  { argv: ['test', 'rules', 't.yml'], files: { 't.yml': '' } },
  { argv: ['test', 'rules', 't.yml'], files: { 't.yml': 'rule_files: [no*.yml]\n' } },
  {
    argv: ['test', 'rules', 't.yml'],
    files: {
      't.yml': 'rule_files: [r.yml]\n',
      'r.yml': 'groups: [{name: g, rules: [{expr: up}]}]\n',
    },
  },
  {
    argv: ['test', 'rules', '--run=b', 't.yml'],
    files: { 't.yml': 'tests:\n- {name: a, alert_rule_test: [{eval_time: 1m}]}\n- {name: b}\n' },
  },
  {
    argv: ['test', 'rules', '--ignore-unknown-fields', 't.yml'],
    files: { 't.yml': 'x: y\ntests: []\n' },
  },
]
