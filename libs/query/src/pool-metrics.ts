import { Counter, Gauge, type Registry, SummaryVec } from '@prom/metrics'
import type { Clock } from '@prom/runtime'
import type { QueryFacts } from './messages.ts'

/** The engine's metrics, under the original's names, and a few of the pool's own. */
export class PoolMetrics {
  readonly #durations: SummaryVec
  readonly #samples: Counter
  readonly logEnabled: Gauge
  readonly logFailures: Counter
  readonly rejected: Counter
  readonly replaced: Counter

  constructor(
    registry: Registry,
    clock: Clock,
    counts: { readonly running: () => number; readonly concurrencyMax: number },
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
    for (const metric of [
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

  queued(seconds: number): void {
    this.#durations.of('queue_time').observe(seconds)
  }

  done({ prepareSeconds, evalSeconds, samplesRead }: QueryFacts): void {
    this.#durations.of('prepare_time').observe(prepareSeconds)
    this.#durations.of('inner_eval').observe(evalSeconds)
    this.#samples.inc(samplesRead)
  }
}
