/** Queries of a test, evaluated in place. */
import { EMPTY_LABELS } from '@prom/labels'
import { EvaluationError, type QueryResult, runQuery, type VectorSample } from '@prom/promql-engine'
import { ParseError, type ParseOptions } from '@prom/promql-syntax'
import { QueryError, type VectorAnswer } from '@prom/query'
import type { CompiledQueries } from './compiled-queries.ts'
import type { TestStorage } from './test-storage.ts'

const LOOKBACK_MS = 300_000
/** As the original's tests. */
const SAMPLES_MAX = 10_000

export interface TestQueryOptions {
  readonly parse: ParseOptions
  /** Shared by the tests of a run. */
  readonly compiled: CompiledQueries
  readonly hasDelayedNameRemoval: boolean
  readonly evaluationIntervalMs: number
}

export class TestQueries {
  readonly #storage: TestStorage
  readonly #options: TestQueryOptions

  constructor(storage: TestStorage, options: TestQueryOptions) {
    this.#storage = storage
    this.#options = options
  }

  /** Throws ParseError or EvaluationError. */
  instant(query: string, atMs: number): QueryResult {
    const { parse, compiled, hasDelayedNameRemoval, evaluationIntervalMs } = this.#options
    const { expr, hasNoInput } = compiled.get(query, this.#storage)
    if (hasNoInput) {
      const stats = { totalQueryableSamples: 0, samplesRead: 0, peakSamples: 0, peakBytes: 0 }
      return {
        value: { type: 'vector', timeMs: atMs, samples: [] },
        warnings: [],
        infos: [],
        stats,
      }
    }
    return runQuery(
      {
        query,
        expr,
        range: { startMs: atMs, endMs: atMs, stepMs: 0 },
        isInstant: true,
        limits: { samplesMax: SAMPLES_MAX },
        openQuerier: (mint, maxt) => this.#storage.querier(mint, maxt),
      },
      {
        lookbackMs: LOOKBACK_MS,
        subqueryStepMs: evaluationIntervalMs,
        parse,
        features: { delayedNameRemoval: hasDelayedNameRemoval },
      },
    )
  }

  /** For rules; rejects with QueryError. */
  async vector(query: string, atMs: number): Promise<VectorAnswer> {
    try {
      const { value, warnings, infos } = this.instant(query, atMs)
      const samples = samplesOf(value)
      return {
        labels: samples.map(({ labels }) => labels.flat()),
        values: Float64Array.from(samples, (sample) => sample.value),
        histograms: samples.map(({ histogram }) => histogram),
        isScalar: value.type === 'scalar',
        warnings,
        infos,
      }
    } catch (err) {
      if (err instanceof EvaluationError || err instanceof ParseError) {
        throw new QueryError('execution', err.message)
      }
      throw err
    }
  }
}

/** The samples of a vector; a scalar is one without labels. */
export function samplesOf(value: QueryResult['value']): readonly TestResult[] {
  if (value.type === 'vector') return value.samples
  if (value.type === 'scalar') {
    return [{ labels: EMPTY_LABELS, value: value.value, histogram: undefined }]
  }
  throw new QueryError('execution', 'rule result is not a vector or scalar')
}

export type TestResult = Pick<VectorSample, 'labels' | 'value' | 'histogram'>
