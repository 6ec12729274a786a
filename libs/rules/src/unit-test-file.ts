/** Files of `promtool test rules`. */
import {
  bool,
  duration,
  field,
  float,
  type Infer,
  list,
  loadYaml,
  map,
  string,
  struct,
} from '@prom/yaml'

const inputSeries = struct('main.series', {
  series: field('series', string),
  values: field('values', string),
})

const expectedAlert = struct('main.alert', {
  labels: field('exp_labels', map(string)),
  annotations: field('exp_annotations', map(string)),
})

const alertTest = struct('main.alertTestCase', {
  evalTimeMs: field('eval_time', duration),
  alertname: field('alertname', string),
  expected: field('exp_alerts', list(expectedAlert)),
})

const expectedSample = struct('main.sample', {
  labels: field('labels', string),
  value: field('value', float),
  histogram: field('histogram', string),
})

const promqlTest = struct('main.promqlTestCase', {
  expr: field('expr', string),
  evalTimeMs: field('eval_time', duration),
  expected: field('exp_samples', list(expectedSample)),
})

const testGroup = struct('main.testGroup', {
  /** 0: the file's evaluation interval. */
  intervalMs: field('interval', duration),
  inputSeries: field('input_series', list(inputSeries)),
  alertTests: field('alert_rule_test', list(alertTest)),
  promqlTests: field('promql_expr_test', list(promqlTest)),
  externalLabels: field('external_labels', map(string)),
  externalUrl: field('external_url', string),
  name: field('name', string),
  /** Unix seconds or RFC 3339; '' is 1970. */
  startTimestamp: field('start_timestamp', string),
})

const unitTestFile = struct('main.unitTestFile', {
  /** Globs, relative to the file. */
  ruleFiles: field('rule_files', list(string)),
  /** 0: one minute. */
  evaluationIntervalMs: field('evaluation_interval', duration),
  groupEvalOrder: field('group_eval_order', list(string)),
  tests: field('tests', list(testGroup)),
  fuzzyCompare: field('fuzzy_compare', bool),
})

export type UnitTestFile = Infer<typeof unitTestFile>
export type UnitTestGroup = Infer<typeof testGroup>
export type AlertTest = Infer<typeof alertTest>
export type PromqlTest = Infer<typeof promqlTest>

/** Reads a test file; `name` is for messages of the caller. */
export function parseUnitTestFile(
  text: string,
  name: string,
): { readonly file: UnitTestFile } | { readonly error: string } {
  const loaded = loadYaml(text, unitTestFile, name)
  if ('errors' in loaded) return { error: loaded.message }
  const seen = new Set<string>()
  for (const group of loaded.value.groupEvalOrder) {
    if (seen.has(group)) return { error: `group name repeated in evaluation order: ${group}` }
    seen.add(group)
  }
  return { file: loaded.value }
}
