/** Files of `promtool test rules`. */
import { parseTime, quoteGo } from '@prom/model'
import {
  bool,
  duration,
  field,
  float,
  type Infer,
  list,
  map,
  parsed,
  string,
  struct,
} from '@prom/yaml'

const alert = struct('main.alert', {
  labels: field('exp_labels', map(string)),
  annotations: field('exp_annotations', map(string)),
})

const alertCase = struct('main.alertTestCase', {
  evalTime: field('eval_time', duration),
  alertName: field('alertname', string),
  expected: field('exp_alerts', list(alert)),
})

const sample = struct('main.sample', {
  labels: field('labels', string),
  value: field('value', float),
  histogram: field('histogram', string),
})

const exprCase = struct('main.promqlTestCase', {
  expr: field('expr', string),
  evalTime: field('eval_time', duration),
  expected: field('exp_samples', list(sample)),
})

const series = struct('main.series', {
  series: field('series', string),
  values: field('values', string),
})

/** Milliseconds; 0 unless the test says when it starts. */
const startTimestamp = parsed<number>({
  typeName: 'main.testStartTimestamp',
  zero: 0,
  parse(text) {
    const time = parseTime(text)
    return time === undefined
      ? { error: `cannot parse ${quoteGo(text)} to a valid timestamp` }
      : { value: time }
  },
  print: String,
})

const testGroup = struct('main.testGroup', {
  /** 0: the file's evaluation interval. */
  interval: field('interval', duration),
  inputSeries: field('input_series', list(series)),
  alertCases: field('alert_rule_test', list(alertCase)),
  exprCases: field('promql_expr_test', list(exprCase)),
  externalLabels: field('external_labels', map(string)),
  externalUrl: field('external_url', string),
  name: field('name', string),
  startTimestamp: field('start_timestamp', startTimestamp),
})

export const unitTestFile = struct('main.unitTestFile', {
  ruleFiles: field('rule_files', list(string)),
  evaluationInterval: field('evaluation_interval', duration),
  groupEvalOrder: field('group_eval_order', list(string)),
  tests: field('tests', list(testGroup)),
  fuzzyCompare: field('fuzzy_compare', bool),
})

export type UnitTestFile = Infer<typeof unitTestFile>
export type UnitTest = Infer<typeof testGroup>
export type AlertCase = Infer<typeof alertCase>
export type ExprCase = Infer<typeof exprCase>
export type ExpectedSample = Infer<typeof sample>
