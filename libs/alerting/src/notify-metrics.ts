/** Counts of notifications, per integration and, if asked for, per receiver. */
import { CounterVec, HistogramVec, type Registry } from '@prom/metrics'
import type { FailureReason } from '@prom/receivers'

export type SuppressionReason =
  | 'inhibition'
  | 'active_time_interval'
  | 'mute_time_interval'
  | 'silence'

const PRESET_REASONS: readonly FailureReason[] = [
  'clientError',
  'contextCanceled',
  'contextDeadlineExceeded',
  'other',
  'serverError',
]

export class NotifyMetrics {
  readonly #hasReceiver: boolean
  readonly #notifications: CounterVec
  readonly #failed: CounterVec
  readonly #requests: CounterVec
  readonly #requestsFailed: CounterVec
  readonly #latency: HistogramVec
  readonly #suppressed: CounterVec

  /** `hasReceiver` adds the label receiver_name (feature receiver-name-in-metrics). */
  constructor(metrics: Registry, hasReceiver: boolean) {
    this.#hasReceiver = hasReceiver
    const labelNames = hasReceiver ? ['integration', 'receiver_name'] : ['integration']
    const counter = (name: string, help: string, names = labelNames) =>
      metrics.register(new CounterVec({ name, help, labelNames: names }))
    this.#notifications = counter(
      'alertmanager_notifications_total',
      'The total number of attempted notifications.',
    )
    this.#failed = counter(
      'alertmanager_notifications_failed_total',
      'The total number of failed notifications.',
      [...labelNames, 'reason'],
    )
    this.#requests = counter(
      'alertmanager_notification_requests_total',
      'The total number of attempted notification requests.',
    )
    this.#requestsFailed = counter(
      'alertmanager_notification_requests_failed_total',
      'The total number of failed notification requests.',
    )
    this.#latency = metrics.register(
      new HistogramVec({
        name: 'alertmanager_notification_latency_seconds',
        help: 'The latency of notifications in seconds.',
        labelNames,
        bounds: [1, 5, 10, 15, 20],
      }),
    )
    this.#suppressed = counter(
      'alertmanager_notifications_suppressed_total',
      'The total number of notifications suppressed for being silenced, inhibited, outside of active time intervals or within muted time intervals.',
      ['reason'],
    )
  }

  of(integration: string, receiver: string) {
    const values = this.#hasReceiver ? [integration, receiver] : [integration]
    return {
      notifications: this.#notifications.of(...values),
      requests: this.#requests.of(...values),
      requestsFailed: this.#requestsFailed.of(...values),
      latency: this.#latency.of(...values),
      failed: (reason: FailureReason) => this.#failed.of(...values, reason).inc(),
    }
  }

  /** Makes the series of an integration appear with zeros. */
  preset(integration: string, receiver: string): void {
    this.of(integration, receiver)
    const values = this.#hasReceiver ? [integration, receiver] : [integration]
    for (const reason of PRESET_REASONS) this.#failed.of(...values, reason)
  }

  suppressed(reason: SuppressionReason, _receiver: string, count: number): void {
    if (count > 0) this.#suppressed.of(reason).inc(count)
  }
}
