/** Storage and queries of one unit test: its input series come in as the test's time goes on. */
import type { FloatHistogram } from '@prom/histogram'
import { Labels } from '@prom/labels'
import { type EngineOptions, runQuery, type VectorSample } from '@prom/promql-engine'
import { type ParseOptions, parseSeriesLine, type SequenceItem } from '@prom/promql-syntax'
import type { VectorAnswer } from '@prom/query'
import { MemoryStorage } from '@prom/storage'
import type { RuleAppendOutcome, RuleRows } from './contract.ts'
import { RuleError } from './rule.ts'

const SAMPLES_MAX = 10_000_000
const LOOKBACK_MS = 300_000

export interface TestStorageOptions {
  readonly startMs: number
  /** Between samples of the input series. */
  readonly intervalMs: number
  readonly evaluationIntervalMs: number
  readonly promql: ParseOptions
}

interface Input {
  readonly labels: Labels
  readonly items: readonly SequenceItem[]
  next: number
}

export class UnitTestStorage {
  readonly #options: TestStorageOptions
  readonly #engine: EngineOptions
  readonly #storage = new MemoryStorage()
  readonly #inputs: readonly Input[]

  /** Throws an Error for a series that makes no sense. */
  constructor(
    series: readonly { readonly series: string; readonly values: string }[],
    options: TestStorageOptions,
  ) {
    this.#options = options
    this.#engine = {
      lookbackMs: LOOKBACK_MS,
      subqueryStepMs: options.evaluationIntervalMs,
      parse: options.promql,
      features: {},
    }
    this.#inputs = series.map(({ series: name, values }) => {
      return { ...parseSeriesLine(`${name} ${values}`), next: 0 }
    })
  }

  /** Makes the samples up to `timeMs` visible. */
  loadUntil(timeMs: number): void {
    const { startMs, intervalMs } = this.#options
    const appender = this.#storage.appender()
    for (const input of this.#inputs) {
      for (; input.next < input.items.length; input.next++) {
        const atMs = startMs + input.next * intervalMs
        if (atMs > timeMs) break
        const { kind, value, histogram } = input.items[input.next] as SequenceItem
        if (kind === 'float') appender.append(0, input.labels, atMs, value)
        else if (kind === 'stale') appender.appendStale(0, input.labels, atMs)
        else if (kind === 'histogram') {
          appender.appendHistogram(0, input.labels, atMs, histogram as FloatHistogram)
        }
      }
    }
    appender.commit()
  }

  /** The samples of an instant query; a scalar is one without labels. Throws ParseError, RuleError or EvaluationError. */
  query(query: string, timeMs: number): readonly VectorSample[] {
    const { value } = runQuery(
      {
        query,
        isInstant: true,
        range: { startMs: timeMs, endMs: timeMs, stepMs: 0 },
        limits: { samplesMax: SAMPLES_MAX },
        openQuerier: (mint, maxt) => this.#storage.querier(mint, maxt),
      },
      this.#engine,
    )
    if (value.type === 'vector') return value.samples
    if (value.type !== 'scalar') throw new RuleError('rule result is not a vector or scalar')
    return [{ labels: Labels.from({}), value: value.value, histogram: undefined }]
  }

  async vector(query: string, timeMs: number): Promise<VectorAnswer> {
    const samples = this.query(query, timeMs)
    const hasHistograms = samples.some(({ histogram }) => histogram !== undefined)
    return {
      labels: samples.map(({ labels }) => labels.flat()),
      values: Float64Array.from(samples, ({ value }) => value),
      histograms: hasHistograms ? samples.map(({ histogram }) => histogram) : undefined,
      isScalar: false,
      warnings: [],
      infos: [],
    }
  }

  async append(rows: RuleRows): Promise<RuleAppendOutcome> {
    const appender = this.#storage.appender()
    rows.labels.forEach((flat, row) => {
      const labels = Labels.fromSortedFlat(flat)
      const timeMs = rows.times[row] as number
      const histogram = rows.histograms?.[row]
      if (rows.isStale[row] === 1) appender.appendStale(0, labels, timeMs)
      else if (histogram) appender.appendHistogram(0, labels, timeMs, histogram)
      else appender.append(0, labels, timeMs, rows.values[row] as number)
    })
    const { samples } = appender.commit()
    return { appended: samples, outOfOrder: 0, duplicates: 0, outOfBounds: 0, tooOld: 0 }
  }
}
