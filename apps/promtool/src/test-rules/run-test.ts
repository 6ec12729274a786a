/** Runs one test: its input goes in minute by minute, rules are evaluated, alerts and expressions are compared. */
import { Labels } from '@prom/labels'
import { Registry } from '@prom/metrics'
import { printDuration, printGoDuration, quoteGo } from '@prom/model'
import {
  buildGroup,
  type RuleGroup,
  type RuleGroupConfig,
  RuleMetrics,
  type RuleRows,
} from '@prom/rules'
import { lineOf } from '@prom/yaml'
import type { Context } from '../context.ts'
import { type FiringAlert, pairAlerts, printAlerts, sameAlerts } from './alert-list.ts'
import { dumpSamples } from './dump-samples.ts'
import { InputSeries } from './input-series.ts'
import { expectedSamples, pairSamples, printSamples, sameSamples } from './sample-list.ts'
import { printSideBySide } from './side-by-side.ts'
import { samplesOf, TestQueries, type TestQueryOptions } from './test-queries.ts'
import { TestStorage } from './test-storage.ts'
import type { AlertCase, UnitTest } from './unit-test-file.ts'

export interface RunTestOptions extends TestQueryOptions {
  readonly isFuzzy: boolean
  /** Groups in the order they are evaluated in. */
  readonly groups: readonly { readonly file: string; readonly group: RuleGroupConfig }[]
  readonly isDebugging: boolean
  /** Failures show both sides beside each other, on a terminal in colours. */
  readonly isDiff: boolean
  readonly isColored: boolean
  /** For messages: the name, or `unnamed#0`. */
  readonly name: string
}

export interface TestFailure {
  /** As the original prints it. */
  readonly text: string
  /** Of the expectation, or else of the test, in its file. */
  readonly line: number
}

/** Every failed expectation. */
export async function runTest(
  test: UnitTest,
  options: RunTestOptions,
  context: Context,
): Promise<readonly TestFailure[]> {
  const inTest = (text: string): TestFailure => ({ text, line: lineOf(test) })
  const unnamed = test.alertCases.find(({ alertName }) => alertName === '')
  if (unnamed) {
    const where = test.name === '' ? '' : ` (in TestGroup ${test.name})`
    const text = `an item under alert_rule_test misses required attribute alertname at eval_time ${printDuration(unnamed.evalTime)}${where}`
    return [{ text, line: lineOf(unnamed) }]
  }
  const storage = new TestStorage()
  let input: InputSeries
  try {
    input = new InputSeries(test, test.interval || options.evaluationIntervalMs, storage)
  } catch (err) {
    return [inTest((err as Error).message)]
  }
  const queries = new TestQueries(storage, options)
  const groups = buildGroups(test, options, { storage, queries }, context)
  const { clock, stderr } = context.host
  const startedMs = clock.monotonic()
  if (options.isDebugging) stderr.write(`DEBUG: Starting test ${options.name}\n`)
  const errors = await evaluate(test, { groups, input, options })
  if (errors.isEnded) return errors.failures
  if (options.isDebugging) {
    const took = printGoDuration(Math.round((clock.monotonic() - startedMs) * 1e6))
    stderr.write(dumpSamples(test, storage, lastEvalTime(test)))
    stderr.write(`DEBUG: Test ${options.name} finished, took ${took}\n`)
  }
  return [...errors.failures, ...checkExpressions(test, queries, options)]
}

interface Running {
  readonly groups: readonly RuleGroup[]
  readonly input: InputSeries
  readonly options: RunTestOptions
}

/** An error of a rule ends the test; a failed expectation does not. */
async function evaluate(
  test: UnitTest,
  { groups, input, options }: Running,
): Promise<{ readonly failures: readonly TestFailure[]; readonly isEnded: boolean }> {
  const failures: TestFailure[] = []
  const { evaluationIntervalMs } = options
  const cases = [...test.alertCases].sort((a, b) => a.evalTime - b.evalTime)
  const endMs = lastEvalTime(test)
  let next = 0
  for (let sinceMs = 0; sinceMs <= endMs; sinceMs += evaluationIntervalMs) {
    const atMs = test.startTimestamp + sinceMs
    input.writeUntil(atMs)
    const before = failures.length
    for (const group of groups) {
      await group.evaluate(atMs)
      for (const { name, error } of group.failures()) {
        const text = `    rule: ${name}, time: ${printGoDuration(sinceMs * 1e6)}, err: ${error}`
        failures.push({ text, line: lineOf(test) })
      }
    }
    if (failures.length > before) return { failures, isEnded: true }
    for (; next < cases.length && cases[next]!.evalTime < sinceMs + evaluationIntervalMs; next++) {
      failures.push(...checkAlerts(cases[next]!, groups, test.name, options))
    }
  }
  // Compat: samples behind the last evaluation are not there for expressions either.
  return { failures, isEnded: false }
}

export const lastEvalTime = ({ alertCases, exprCases }: UnitTest): number =>
  Math.max(0, ...alertCases.map((test) => test.evalTime), ...exprCases.map((test) => test.evalTime))

function checkAlerts(
  alertCase: AlertCase,
  groups: readonly RuleGroup[],
  testName: string,
  { isDiff, isColored }: RunTestOptions,
): TestFailure[] {
  const { alertName, evalTime, expected } = alertCase
  const line = lineOf(alertCase)
  const got: FiringAlert[] = groups.flatMap((group) =>
    group.status().rules.flatMap((rule) => {
      if (rule.type !== 'alerting' || rule.name !== alertName) return []
      return rule.alerts.filter(({ state }) => state === 'firing')
    }),
  )
  const want: FiringAlert[] = expected.map(({ labels, annotations }) => ({
    labels: Labels.from([...labels, ['alertname', alertName]]),
    annotations: Labels.from(annotations),
  }))
  if (sameAlerts(want, got)) return []
  const name = testName === '' ? '' : `    name: ${testName},\n`
  if (isDiff) {
    const shown = printSideBySide(pairAlerts(want, got), isColored)
    const text = `${name}    alertname: ${alertName}, time: ${printDuration(evalTime)}, \n${shown}`
    return [{ text, line }]
  }
  const text = `${name}    alertname: ${alertName}, time: ${printDuration(evalTime)}, \n        exp:${printAlerts(want)}, \n        got:${printAlerts(got)}`
  return [{ text, line }]
}

function checkExpressions(
  test: UnitTest,
  queries: TestQueries,
  { isFuzzy, isDiff, isColored }: RunTestOptions,
): TestFailure[] {
  return test.exprCases.flatMap((exprCase) => {
    const { expr, evalTime, expected } = exprCase
    const failed = (text: string): TestFailure[] => [{ text, line: lineOf(exprCase) }]
    const head = `    expr: ${quoteGo(expr)}, time: ${printDuration(evalTime)},`
    try {
      const got = samplesOf(queries.instant(expr, test.startTimestamp + evalTime).value)
      const want = expectedSamples(expected)
      if (sameSamples(want, got, isFuzzy)) return []
      if (isDiff) return failed(`${head}\n${printSideBySide(pairSamples(want, got), isColored)}`)
      return failed(
        `${head}\n        exp: ${printSamples(want)}\n        got: ${printSamples(got)}`,
      )
    } catch (err) {
      return failed(`${head} err: ${(err as Error).message}`)
    }
  })
}

function buildGroups(
  test: UnitTest,
  { groups, evaluationIntervalMs }: RunTestOptions,
  { storage, queries }: { readonly storage: TestStorage; readonly queries: TestQueries },
  { host }: Context,
): RuleGroup[] {
  const silent = { debug() {}, info() {}, warn() {}, error() {}, with: () => silent }
  const deps = {
    clock: host.clock,
    log: silent,
    queries,
    appender: { append: async (rows: RuleRows) => appendRows(rows, storage) },
    alerts: { send: () => {} },
    metrics: new RuleMetrics(new Registry(), host.clock),
    resendDelayMs: 60_000,
    restore: { forGracePeriodMs: 0, outageToleranceMs: 0 },
  }
  const update = {
    evaluationIntervalMs: test.interval || evaluationIntervalMs,
    queryOffsetMs: 0,
    externalLabels: test.externalLabels,
    externalUrl: test.externalUrl,
  }
  return groups.map(({ file, group }) =>
    buildGroup(file, group, update, { needsRestore: false }, deps),
  )
}

function appendRows(rows: RuleRows, storage: TestStorage) {
  let appended = 0
  let outOfOrder = 0
  rows.labels.forEach((flat, i) => {
    const sample = rows.isStale[i] === 1 ? 'stale' : (rows.histograms?.[i] ?? rows.values[i]!)
    const isTaken = storage.series(Labels.fromSortedFlat(flat)).append(rows.times[i]!, sample)
    if (isTaken) appended++
    else outOfOrder++
  })
  return { appended, outOfOrder, duplicates: 0, outOfBounds: 0, tooOld: 0 }
}
