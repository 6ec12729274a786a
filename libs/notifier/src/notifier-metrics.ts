import { CounterVec, Gauge, GaugeVec, type Registry, SummaryVec } from '@prom/metrics'
import type { Clock } from '@prom/runtime'

const LABELS = ['alertmanager']

/** The prometheus_notifications_* metrics. */
export class NotifierMetrics {
  readonly sent: CounterVec
  readonly errors: CounterVec
  readonly dropped: CounterVec
  readonly latency: SummaryVec
  readonly queueLength: GaugeVec

  constructor(
    registry: Registry,
    clock: Clock,
    facts: { readonly queueCapacity: number; readonly discovered: () => number },
  ) {
    this.latency = registry.register(
      new SummaryVec(
        {
          name: 'prometheus_notifications_latency_seconds',
          help: 'Latency quantiles for sending alert notifications.',
          labelNames: LABELS,
          quantiles: [0.5, 0.9, 0.99],
        },
        clock,
      ),
    )
    this.errors = registry.register(
      new CounterVec({
        name: 'prometheus_notifications_errors_total',
        help: 'Total number of sent alerts affected by errors.',
        labelNames: LABELS,
      }),
    )
    this.sent = registry.register(
      new CounterVec({
        name: 'prometheus_notifications_sent_total',
        help: 'Total number of alerts sent.',
        labelNames: LABELS,
      }),
    )
    this.dropped = registry.register(
      new CounterVec({
        name: 'prometheus_notifications_dropped_total',
        help: 'Total number of alerts dropped due to errors when sending to Alertmanager.',
        labelNames: LABELS,
      }),
    )
    this.queueLength = registry.register(
      new GaugeVec({
        name: 'prometheus_notifications_queue_length',
        help: 'The number of alert notifications in the queue.',
        labelNames: LABELS,
      }),
    )
    const capacity = registry.register(
      new Gauge({
        name: 'prometheus_notifications_queue_capacity',
        help: 'The capacity of the alert notifications queue.',
      }),
    )
    capacity.set(facts.queueCapacity)
    registry.register(
      new Gauge(
        {
          name: 'prometheus_notifications_alertmanagers_discovered',
          help: 'The number of alertmanagers discovered and active.',
        },
        facts.discovered,
      ),
    )
  }

  add(url: string): void {
    for (const vec of [this.sent, this.errors, this.dropped]) vec.of(url).inc(0)
    this.queueLength.of(url).set(0)
    this.latency.of(url)
  }

  remove(url: string): void {
    for (const vec of [this.sent, this.errors, this.dropped, this.queueLength, this.latency]) {
      vec.remove(url)
    }
  }
}
