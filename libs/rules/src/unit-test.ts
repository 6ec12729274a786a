/** `promtool test rules`: runs rules over made-up series and compares alerts and expressions. */
import { Labels } from '@prom/labels'
import { Registry } from '@prom/metrics'
import { parseTime, printDuration, printGoDuration, quoteGo } from '@prom/model'
import { type ParseOptions, parseSequence, parseSeriesName } from '@prom/promql-syntax'
import { SearchRegex } from '@prom/regex'
import type { Clock, Logger } from '@prom/runtime'
import { buildGroup } from './build-group.ts'
import { parseRuleFile, type RuleGroupConfig } from './rule-file.ts'
import type { RuleGroup } from './rule-group.ts'
import { RuleMetrics } from './rule-metrics.ts'
import type { AlertTest, PromqlTest, UnitTestFile, UnitTestGroup } from './unit-test-file.ts'
import {
  indent,
  printAlerts,
  printSamples,
  printTestHistogram,
  type ShownAlert,
  type ShownSample,
} from './unit-test-print.ts'
import { UnitTestStorage } from './unit-test-storage.ts'

export interface UnitTestOptions {
  /** `--run`: only tests whose name one of these RE2 patterns matches. */
  readonly run?: readonly string[]
  readonly promql?: ParseOptions
  readonly ignoreUnknownFields?: boolean
}

export interface UnitTestResult {
  /** `unnamed#N` for a test without one. */
  readonly name: string
  /** Texts as promtool prints them. */
  readonly errors: readonly string[]
}

const DEFAULT_INTERVAL_MS = 60_000
const EVALUATIONS_MAX = 10_000_000

interface LoadedRules {
  readonly files: readonly { readonly file: string; readonly groups: readonly RuleGroupConfig[] }[]
  readonly errors: readonly string[]
}

/**
 * Runs the tests of a file over the rule files that its globs name. Throws RegexError for a wrong `run` pattern;
 * everything else is an error of a test.
 */
export async function runUnitTests(
  file: UnitTestFile,
  ruleFiles: readonly { readonly file: string; readonly text: string }[],
  options: UnitTestOptions = {},
): Promise<UnitTestResult[]> {
  const patterns = (options.run ?? []).map((pattern) => SearchRegex.compile(pattern))
  const rules = loadRules(ruleFiles, options)
  const results: UnitTestResult[] = []
  for (const [index, group] of file.tests.entries()) {
    const isWanted = patterns.length === 0 || patterns.some((regex) => regex.test(group.name))
    if (!isWanted) continue
    const name = group.name === '' ? `unnamed#${index}` : group.name
    results.push({ name, errors: await runTest(file, group, rules, options) })
  }
  return results
}

function loadRules(
  ruleFiles: readonly { readonly file: string; readonly text: string }[],
  options: UnitTestOptions,
): LoadedRules {
  const files: { file: string; groups: readonly RuleGroupConfig[] }[] = []
  for (const { file, text } of ruleFiles) {
    const parsed = parseRuleFile(text, file, options)
    if ('errors' in parsed) {
      return { files: [], errors: parsed.errors.map((error) => `${file}: ${error.text}`) }
    }
    files.push({ file, groups: parsed.file.groups })
  }
  return { files, errors: [] }
}

async function runTest(
  file: UnitTestFile,
  test: UnitTestGroup,
  rules: LoadedRules,
  options: UnitTestOptions,
): Promise<readonly string[]> {
  const evaluationIntervalMs = file.evaluationIntervalMs || DEFAULT_INTERVAL_MS
  const startMs = test.startTimestamp === '' ? 0 : parseTime(test.startTimestamp)
  if (startMs === undefined) {
    return [`cannot parse ${quoteGo(test.startTimestamp)} to a valid timestamp`]
  }
  let storage: UnitTestStorage
  try {
    const intervalMs = test.intervalMs || evaluationIntervalMs
    const promql = options.promql ?? {}
    const facts = { startMs, intervalMs, evaluationIntervalMs, promql }
    storage = new UnitTestStorage(test.inputSeries, facts)
  } catch (err) {
    return [(err as Error).message]
  }
  if (rules.errors.length > 0) return rules.errors
  const nameless = test.alertTests.find(({ alertname }) => alertname === '')
  if (nameless) {
    const where = test.name === '' ? '' : ` (in TestGroup ${test.name})`
    return [
      `an item under alert_rule_test misses required attribute alertname at eval_time ${printDuration(nameless.evalTimeMs)}${where}`,
    ]
  }
  const groups = orderedGroups(file, test, rules, storage, evaluationIntervalMs)
  const errors: string[] = []
  const times = { startMs, evaluationIntervalMs }
  const isEvaluated = await evaluateAll(test, groups, storage, times, errors)
  if (!isEvaluated) return errors
  for (const promqlTest of test.promqlTests) {
    const error = checkExpression(promqlTest, storage, startMs, file.fuzzyCompare)
    if (error !== undefined) errors.push(error)
  }
  return errors
}

function orderedGroups(
  file: UnitTestFile,
  test: UnitTestGroup,
  rules: LoadedRules,
  storage: UnitTestStorage,
  evaluationIntervalMs: number,
): RuleGroup[] {
  const metrics = new RuleMetrics(new Registry(), STILL)
  const deps = {
    clock: STILL,
    log: SILENT,
    queries: storage,
    appender: storage,
    alerts: { send: () => {} },
    metrics,
    resendDelayMs: 0,
    restore: { outageToleranceMs: 0, forGracePeriodMs: 0 },
  }
  const update = {
    evaluationIntervalMs: test.intervalMs || evaluationIntervalMs,
    queryOffsetMs: 0,
    externalLabels: test.externalLabels,
    externalUrl: test.externalUrl,
  }
  const order = new Map(file.groupEvalOrder.map((name, index) => [name, index]))
  return rules.files
    .flatMap(({ file: path, groups }) =>
      // Restored from the start: the ALERTS series are there from the first evaluation.
      groups.map((group) => buildGroup(path, group, update, { needsRestore: false }, deps)),
    )
    .sort((a, b) => (order.get(a.spec.name) ?? 0) - (order.get(b.spec.name) ?? 0))
}

/** Evaluates rules up to the last time of a test, comparing alerts on the way; false once a rule failed. */
async function evaluateAll(
  test: UnitTestGroup,
  groups: readonly RuleGroup[],
  storage: UnitTestStorage,
  times: { readonly startMs: number; readonly evaluationIntervalMs: number },
  errors: string[],
): Promise<boolean> {
  const all = [...test.alertTests, ...test.promqlTests]
  const lastMs = Math.max(0, ...all.map(({ evalTimeMs }) => evalTimeMs))
  const step = times.evaluationIntervalMs
  if (lastMs / step > EVALUATIONS_MAX) {
    errors.push(`more than ${EVALUATIONS_MAX} evaluations until ${printDuration(lastMs)}`)
    return false
  }
  const pending = [...test.alertTests].sort((a, b) => a.evalTimeMs - b.evalTimeMs)
  for (let sinceMs = 0; sinceMs <= lastMs; sinceMs += step) {
    const atMs = times.startMs + sinceMs
    storage.loadUntil(atMs)
    const failures: string[] = []
    for (const group of groups) {
      await group.evaluate(atMs)
      for (const { name, lastError } of group.status().rules) {
        if (lastError === '') continue
        failures.push(`    rule: ${name}, time: ${printGoDuration(sinceMs)}, err: ${lastError}`)
      }
    }
    errors.push(...failures)
    if (failures.length > 0) return false
    while (pending[0] && pending[0].evalTimeMs < sinceMs + step) {
      const error = checkAlerts(pending.shift() as AlertTest, groups, test.name)
      if (error !== undefined) errors.push(error)
    }
  }
  return true
}

function checkAlerts(
  test: AlertTest,
  groups: readonly RuleGroup[],
  testName: string,
): string | undefined {
  const found: ShownAlert[] = groups.flatMap((group) =>
    group.status().rules.flatMap((rule) => {
      if (rule.type !== 'alerting' || rule.name !== test.alertname) return []
      return rule.alerts.filter(({ state }) => state === 'firing')
    }),
  )
  const expected: ShownAlert[] = test.expected.map(({ labels, annotations }) => ({
    labels: Labels.from([...labels, ['alertname', test.alertname]]),
    annotations: Labels.from(annotations),
  }))
  found.sort(byLabels)
  expected.sort(byLabels)
  const isEqual =
    found.length === expected.length &&
    found.every((alert, i) => byLabels(alert, expected[i] as ShownAlert) === 0)
  if (isEqual) return undefined
  const name = testName === '' ? '' : `    name: ${testName},\n`
  const by = '            '
  const exp = indent(printAlerts(expected), by)
  const got = indent(printAlerts(found), by)
  const time = printDuration(test.evalTimeMs)
  return `${name}    alertname: ${test.alertname}, time: ${time}, \n        exp:${exp}, \n        got:${got}`
}

function byLabels(a: ShownAlert, b: ShownAlert): number {
  return a.labels.compare(b.labels) || a.annotations.compare(b.annotations)
}

function checkExpression(
  test: PromqlTest,
  storage: UnitTestStorage,
  startMs: number,
  isFuzzy: boolean,
): string | undefined {
  const head = `    expr: ${quoteGo(test.expr)}, time: ${printDuration(test.evalTimeMs)},`
  let found: ShownSample[]
  let expected: ShownSample[]
  try {
    found = storage.query(test.expr, startMs + test.evalTimeMs).map((sample) => ({
      ...sample,
      histogram: sample.histogram ? printTestHistogram(sample.histogram) : '',
    }))
    expected = test.expected.map(expectedSample)
  } catch (err) {
    return `${head} err: ${(err as Error).message}`
  }
  found.sort((a, b) => a.labels.compare(b.labels))
  expected.sort((a, b) => a.labels.compare(b.labels))
  const isEqual =
    found.length === expected.length &&
    found.every((sample, i) => isSame(sample, expected[i] as ShownSample, isFuzzy))
  if (isEqual) return undefined
  return `${head}\n        exp: ${printSamples(expected)}\n        got: ${printSamples(found)}`
}

function expectedSample(sample: {
  readonly labels: string
  readonly value: number
  readonly histogram: string
}): ShownSample {
  try {
    const labels = sample.labels === '' ? Labels.from({}) : parseSeriesName(sample.labels).labels
    if (sample.histogram === '') return { labels, value: sample.value, histogram: '' }
    const items = parseSequence(sample.histogram)
    const [item] = items
    if (items.length !== 1) throw new Error(`expected 1 value, got ${items.length}`)
    if (!item?.histogram) throw new Error(`expected histogram, got ${item?.value}`)
    return { labels, value: 0, histogram: printTestHistogram(item.histogram) }
  } catch (err) {
    throw new Error(`labels ${quoteGo(sample.labels)}: ${(err as Error).message}`)
  }
}

function isSame(a: ShownSample, b: ShownSample, isFuzzy: boolean): boolean {
  if (!a.labels.equals(b.labels) || a.histogram !== b.histogram) return false
  if (a.histogram !== '') return true
  if (a.value === b.value || (Number.isNaN(a.value) && Number.isNaN(b.value))) return true
  return isFuzzy && (nextUp(a.value) === b.value || nextUp(b.value) === a.value)
}

/** The next larger double. */
function nextUp(value: number): number {
  if (!Number.isFinite(value)) return value
  const bits = new BigInt64Array(1)
  const floats = new Float64Array(bits.buffer)
  floats[0] = value
  if (value === 0) return Number.MIN_VALUE
  bits[0] = (bits[0] as bigint) + (value > 0 ? 1n : -1n)
  return floats[0]
}

/** Tests have their own time; nothing waits. */
const STILL: Clock = {
  now: () => 0,
  monotonic: () => 0,
  sleep: async () => {},
  sleepUntil: async () => {},
}

const SILENT: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  with: () => SILENT,
}
