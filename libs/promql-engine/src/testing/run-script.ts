import { printHistogram } from '@prom/histogram'
import { printFloat } from '@prom/model'
import { MemoryStorage } from '@prom/storage'
import { type EngineOptions, runQuery } from '../engine.ts'
import type { MatrixSeries, QueryResult, VectorSample } from '../result.ts'
import { agrees, almostEqual } from './compare.ts'
import { type Expectations, parseExpectations, type TextExpectation } from './expectations.ts'
import { load } from './load.ts'
import { type EvalCommand, parseScript } from './script.ts'

/** One eval that did not give what it should. */
export interface ScriptFailure {
  readonly line: number
  readonly query: string
  readonly reason: string
}

/** The engine as the cases of the test language assume it. */
export const SCRIPT_OPTIONS: EngineOptions = {
  lookbackMs: 300_000,
  subqueryStepMs: 60_000,
  parse: { experimentalFunctions: true, extendedRangeSelectors: true, fillModifiers: true },
  features: { delayedNameRemoval: true },
}

/** Runs a file of the test language; returns how many evals there were and which failed. */
export function runScript(
  text: string,
  options: EngineOptions = SCRIPT_OPTIONS,
): { readonly evals: number; readonly failures: readonly ScriptFailure[] } {
  const storage = new MemoryStorage()
  const failures: ScriptFailure[] = []
  let evals = 0
  for (const command of parseScript(text)) {
    if (command.kind === 'clear') storage.clear()
    else if (command.kind === 'load') load(command, storage)
    else {
      evals++
      const reason = runEval(command, storage, options)
      if (reason) failures.push({ line: command.line, query: command.query, reason })
    }
  }
  return { evals, failures }
}

function runEval(
  command: EvalCommand,
  storage: MemoryStorage,
  options: EngineOptions,
): string | undefined {
  const expected = parseExpectations(command)
  const ran = execute(command, storage, options)
  const failExpected = expected.texts.find(({ kind }) => kind === 'fail')
  if ('error' in ran) {
    if (!failExpected) return `failed: ${ran.error}`
    return matchesText(failExpected, ran.error) ? undefined : `other error: ${ran.error}`
  }
  if (failExpected) return `did not fail${failExpected.exact ? `: ${failExpected.exact}` : ''}`
  return (
    checkNotes(expected.texts, ran) ??
    checkValue(command, expected, ran) ??
    checkAsRange(command, expected, storage, options)
  )
}

function execute(
  { query, startMs, endMs, stepMs, isInstant }: EvalCommand,
  storage: MemoryStorage,
  options: EngineOptions,
): QueryResult | { readonly error: string } {
  try {
    return runQuery(
      {
        query,
        isInstant,
        range: { startMs, endMs, stepMs },
        limits: { samplesMax: 1_000_000 },
        openQuerier: (mint, maxt) => storage.querier(mint, maxt),
      },
      options,
    )
  } catch (err) {
    return { error: (err as Error).message }
  }
}

function matchesText({ exact, pattern }: TextExpectation, text: string): boolean {
  if (exact !== undefined) return text === exact
  return pattern === undefined || pattern.test(text)
}

function checkNotes(
  texts: readonly TextExpectation[],
  { warnings, infos }: QueryResult,
): string | undefined {
  for (const [kind, notes] of [
    ['warn', warnings],
    ['info', infos],
  ] as const) {
    if (texts.some((text) => text.kind === `no_${kind}`) && notes.length > 0) {
      return `unexpected ${kind}: ${notes.join('; ')}`
    }
    const wanted = texts.filter((text) => text.kind === kind)
    if (wanted.length === 0) continue
    const missing = wanted.find((text) => !notes.some((note) => matchesText(text, note)))
    if (missing)
      return `no ${kind} like ${missing.exact ?? missing.pattern}; has: ${notes.join('; ')}`
    const extra = notes.find((note) => !wanted.some((text) => matchesText(text, note)))
    if (extra) return `another ${kind}: ${extra}`
  }
  return undefined
}

function checkValue(
  command: EvalCommand,
  expected: Expectations,
  { value }: QueryResult,
): string | undefined {
  if (expected.string !== undefined) {
    const is = value.type === 'string' && value.value === expected.string
    return is ? undefined : `not the string ${expected.string}`
  }
  if (expected.scalar !== undefined) {
    if (value.type !== 'scalar') return `a ${value.type}, not a scalar`
    return almostEqual(value.value, expected.scalar) ? undefined : `is ${value.value}`
  }
  if (value.type === 'vector') return checkVector(expected, value.samples)
  if (value.type !== 'matrix') return `is a ${value.type}`
  const startMs = expected.rangeVector?.startMs ?? command.startMs
  const stepMs = expected.rangeVector?.stepMs ?? command.stepMs
  return checkMatrix(expected, value.series, startMs, stepMs)
}

function show({
  value,
  histogram,
}: {
  value: number
  histogram: VectorSample['histogram']
}): string {
  return histogram ? printHistogram(histogram, (number) => printFloat(number)) : printFloat(value)
}

function checkVector(expected: Expectations, samples: readonly VectorSample[]): string | undefined {
  const { series, isOrdered } = expected
  const byKey = new Map(series.map((one, position) => [one.key, { one, position }]))
  for (const [position, sample] of samples.entries()) {
    const found = byKey.get(sample.labels.key())
    if (!found) return `unexpected ${sample.labels} = ${show(sample)}`
    const item = found.one.items[0]
    if (!item || !agrees(item, sample.value, sample.histogram)) {
      return `${sample.labels} is ${show(sample)}`
    }
    if (isOrdered && found.position !== position) return `${sample.labels} is at ${position}`
    byKey.delete(sample.labels.key())
  }
  const [missing] = byKey.values()
  return missing && `missing ${missing.one.shown}`
}

function checkMatrix(
  expected: Expectations,
  actual: readonly MatrixSeries[],
  startMs: number,
  stepMs: number,
): string | undefined {
  const byKey = new Map(expected.series.map((one) => [one.key, one]))
  for (const [i, series] of actual.entries()) {
    const before = actual[i - 1]
    if (before && before.labels.compare(series.labels) >= 0) return 'series are not sorted'
    const one = byKey.get(series.labels.key())
    if (!one) return `unexpected ${series.labels}`
    byKey.delete(series.labels.key())
    const points = new Map(
      Array.from(series.times, (time, k) => [
        time,
        { value: series.values[k] as number, histogram: series.histograms?.[k] },
      ]),
    )
    for (const [k, item] of one.items.entries()) {
      const time = startMs + k * stepMs
      const point = points.get(time)
      points.delete(time)
      if (item.kind === 'none') {
        if (point) return `${series.labels} has ${show(point)} at ${time}`
      } else if (!point) return `${series.labels} has nothing at ${time}`
      else if (!agrees(item, point.value, point.histogram)) {
        return `${series.labels} is ${show(point)} at ${time}`
      }
    }
    const [extra] = points
    if (extra) return `${series.labels} also has ${show(extra[1])} at ${extra[0]}`
  }
  const missing = [...byKey.values()].find(({ items }) => items.some(({ kind }) => kind !== 'none'))
  return missing && `missing ${missing.shown}`
}

/** An instant query gives the same in the middle of a range query. */
function checkAsRange(
  command: EvalCommand,
  expected: Expectations,
  storage: MemoryStorage,
  options: EngineOptions,
): string | undefined {
  if (!command.isInstant || expected.rangeVector || expected.string !== undefined) return undefined
  if (/\b(?:start|end|range|step)\(\)/i.test(command.query)) return undefined
  const startMs = command.startMs - 60_000
  const endMs = command.startMs + 60_000
  const range = { ...command, isInstant: false, startMs, endMs, stepMs: 60_000 }
  const ran = execute(range, storage, options)
  if ('error' in ran) return `as a range query: ${ran.error}`
  if (ran.value.type !== 'matrix') return `as a range query: a ${ran.value.type}`
  const samples = ran.value.series.flatMap((series) => {
    const at = series.times.indexOf(command.startMs)
    if (at < 0) return []
    return [
      {
        labels: series.labels,
        value: series.values[at] as number,
        histogram: series.histograms?.[at],
      },
    ]
  })
  if (expected.scalar !== undefined) {
    const [only] = samples
    return only && almostEqual(only.value, expected.scalar) ? undefined : 'differs as a range query'
  }
  const reason = checkVector({ ...expected, isOrdered: false }, samples)
  return reason && `as a range query: ${reason}`
}
