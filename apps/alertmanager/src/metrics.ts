/** The metrics of the program itself: alerts, and what is configured. */
import { type AlertMarks, type AlertStore, isResolvedAt, type NotifyMetrics } from '@prom/alerting'
import { CounterVec, Gauge, type Registry } from '@prom/metrics'
import { INTEGRATION_NAMES } from '@prom/receivers'
import type { Clock } from '@prom/runtime'
import type { AlertingPart } from './alerting-part.ts'

export interface AlertMetrics {
  readonly received: CounterVec
  readonly invalid: CounterVec
}

export function addAlertMetrics(
  metrics: Registry,
  deps: {
    readonly store: AlertStore
    readonly marks: AlertMarks
    readonly clock: Pick<Clock, 'now'>
    readonly limited: CounterVec
    readonly perAlertnameMax: number
  },
): AlertMetrics {
  const received = metrics.register(
    new CounterVec({
      name: 'alertmanager_alerts_received_total',
      help: 'The total number of received alerts.',
      labelNames: ['status', 'version'],
    }),
  )
  received.of('firing', 'v2')
  received.of('resolved', 'v2')
  const invalid = metrics.register(
    new CounterVec({
      name: 'alertmanager_alerts_invalid_total',
      help: 'The total number of received alerts that were invalid.',
      labelNames: ['version'],
    }),
  )
  invalid.of('v2')
  metrics.register(
    new Gauge(
      {
        name: 'alertmanager_alerts_per_alert_limit',
        help: 'Current limit on number of alerts per alert name',
      },
      () => deps.perAlertnameMax,
    ),
  )
  metrics.register({
    collect: () => {
      const counts = { active: 0, suppressed: 0, unprocessed: 0 }
      const nowMs = deps.clock.now()
      for (const alert of deps.store.all()) {
        if (!isResolvedAt(alert, nowMs)) counts[deps.marks.state(alert.fingerprint)]++
      }
      return [
        {
          name: 'alertmanager_alerts',
          help: 'How many alerts by state.',
          type: 'gauge',
          points: Object.entries(counts).map(([state, value]) => ({
            labels: ['state', state],
            value,
          })),
        },
      ]
    },
  })
  metrics.register({
    collect: () => [
      {
        name: 'alertmanager_alerts_subscriber_channel_writes_total',
        help: 'Number of times alerts were written to subscriber channels',
        type: 'counter',
        points: ['dispatcher', 'inhibitor'].map((subscriber) => ({
          labels: ['subscriber', subscriber],
          value: deps.store.reports,
        })),
      },
    ],
  })
  return { received, invalid }
}

/** Counts of what the configuration names; `hash` is set by whoever loads it. */
export function addConfigMetrics(metrics: Registry, alerting: AlertingPart): { hash: Gauge } {
  const gauge = (name: string, help: string, read: () => number) =>
    metrics.register(new Gauge({ name, help }, () => (alerting.isLoaded ? read() : 0)))
  gauge(
    'alertmanager_receivers',
    'Number of configured receivers.',
    () => alerting.active.integrations.size,
  )
  gauge('alertmanager_integrations', 'Number of configured integrations.', () =>
    [...alerting.active.integrations.values()].reduce((sum, list) => sum + list.length, 0),
  )
  gauge(
    'alertmanager_inhibition_rules',
    'Number of configured inhibition rules.',
    () => alerting.active.config.inhibitRules.length,
  )
  const hash = metrics.register(
    new Gauge({
      name: 'alertmanager_config_hash',
      help: 'Hash of the currently loaded alertmanager configuration. Note that this is not a cryptographically strong hash.',
    }),
  )
  return { hash }
}

export function presetNotifyMetrics(metrics: NotifyMetrics): void {
  for (const name of INTEGRATION_NAMES) metrics.preset(name, '')
}
