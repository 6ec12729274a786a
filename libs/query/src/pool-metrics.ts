import { Counter, CounterVec, Gauge, type Registry, SummaryVec } from '@prom/metrics'
import type { Clock } from '@prom/runtime'
import type { QueryFacts } from './messages.ts'

const LIMITS: readonly string[] = ['memory', 'total-memory', 'samples', 'timeout']

/** The engine's metrics, under the original's names, and a few of the pool's own. */
export class PoolMetrics {
  readonly #durations: SummaryVec
  readonly #samples: Counter
  readonly logEnabled: Gauge
  readonly logFailures: Counter
  readonly rejected: Counter
  readonly replaced: Counter
  readonly canceled: Counter
  readonly delayed: Counter
  readonly #limitHits: CounterVec

  constructor(
    registry: Registry,
    clock: Clock,
    counts: {
      readonly running: () => number
      readonly concurrencyMax: number
      readonly threads: () => number
      readonly memoryBytes: () => number
      readonly memoryMaxBytes: number
    },
  ) {
    const current = new Gauge(
      {
        name: 'prometheus_engine_queries',
        help: 'The current number of queries being executed or waiting.',
      },
      counts.running,
    )
    const most = new Gauge({
      name: 'prometheus_engine_queries_concurrent_max',
      help: 'The max number of concurrent queries.',
    })
    most.set(counts.concurrencyMax)
    this.#durations = new SummaryVec(
      {
        name: 'prometheus_engine_query_duration_seconds',
        help: 'Query timings',
        labelNames: ['slice'],
        quantiles: [0.5, 0.9, 0.99],
      },
      clock,
    )
    for (const slice of ['inner_eval', 'prepare_time', 'queue_time', 'result_sort']) {
      this.#durations.of(slice)
    }
    this.#samples = new Counter({
      name: 'prometheus_engine_query_samples_total',
      help: 'The total number of samples loaded by all queries.',
    })
    this.logEnabled = new Gauge({
      name: 'prometheus_engine_query_log_enabled',
      help: 'State of the query log.',
    })
    this.logFailures = new Counter({
      name: 'prometheus_engine_query_log_failures_total',
      help: 'The number of query log failures.',
    })
    this.rejected = new Counter({
      name: 'prometheus_engine_queries_rejected_total',
      help: 'Queries refused because too many were waiting.',
    })
    this.replaced = new Counter({
      name: 'prometheus_engine_query_threads_replaced_total',
      help: 'Query threads ended because their query did not, or that failed.',
    })
    this.canceled = new Counter({
      name: 'prometheus_engine_queries_canceled_total',
      help: 'Queries ended through the API.',
    })
    this.delayed = new Counter({
      name: 'prometheus_engine_queries_delayed_total',
      help: 'How often queries had to wait because others held much memory.',
    })
    this.#limitHits = new CounterVec({
      name: 'prometheus_engine_query_limit_hits_total',
      help: 'Queries ended by a limit.',
      labelNames: ['limit'],
    })
    for (const limit of LIMITS) this.#limitHits.of(limit)
    const threads = new Gauge(
      { name: 'prometheus_engine_query_threads', help: 'Threads that evaluate queries.' },
      counts.threads,
    )
    const memory = new Gauge(
      {
        name: 'prometheus_engine_query_memory_bytes',
        help: 'Memory held by queries, answers not sent yet included.',
      },
      counts.memoryBytes,
    )
    const memoryMax = new Gauge({
      name: 'prometheus_engine_query_memory_max_bytes',
      help: 'The most that all queries may hold together. 0: no limit.',
    })
    memoryMax.set(counts.memoryMaxBytes)
    for (const metric of [
      threads,
      memory,
      memoryMax,
      this.canceled,
      this.delayed,
      this.#limitHits,
      current,
      most,
      this.#durations,
      this.#samples,
      this.logEnabled,
      this.logFailures,
      this.rejected,
      this.replaced,
    ]) {
      registry.register(metric)
    }
  }

  /** Counts a failure that is the work of a limit. */
  failed(err: Error): void {
    const { errorType, limit, code } = err as Error & {
      readonly errorType?: string
      readonly limit?: string
      readonly code?: string
    }
    if (errorType === 'timeout') this.#limitHits.of('timeout').inc()
    else if (code === 'ERR_WORKER_OUT_OF_MEMORY') this.#limitHits.of('memory').inc()
    else if (limit && LIMITS.includes(limit)) this.#limitHits.of(limit).inc()
  }

  queued(seconds: number): void {
    this.#durations.of('queue_time').observe(seconds)
  }

  done({ prepareSeconds, evalSeconds, samplesRead }: QueryFacts): void {
    this.#durations.of('prepare_time').observe(prepareSeconds)
    this.#durations.of('inner_eval').observe(evalSeconds)
    this.#samples.inc(samplesRead)
  }
}
