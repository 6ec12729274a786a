/** What is counted about silences, under the names of the original. */
import { Counter, CounterVec, Gauge, Histogram, type Registry } from '@prom/metrics'
import { DurationSummary } from './duration-summary.ts'
import type { SilenceState } from './silence.ts'

export interface SilenceGauges {
  readonly count: (state: SilenceState) => number
  readonly size: () => number
  readonly changes: () => number
}

export function createSilenceMetrics(metrics: Registry, gauges: SilenceGauges) {
  const counter = (name: string, help: string) => metrics.register(new Counter({ name, help }))
  metrics.register({
    collect: () => [
      {
        name: 'alertmanager_silences',
        help: 'How many silences by state.',
        type: 'gauge' as const,
        points: (['active', 'expired', 'pending'] as const).map((state) => ({
          labels: ['state', state],
          value: gauges.count(state),
        })),
      },
    ],
  })
  const gauge = (name: string, help: string, read: () => number) =>
    metrics.register(new Gauge({ name, help }, read))
  gauge('alertmanager_silences_state_size', 'The number of silences in the state map.', gauges.size)
  gauge(
    'alertmanager_silences_matcher_index_size',
    'The number of entries in the matcher cache index.',
    gauges.size,
  )
  gauge(
    'alertmanager_silences_version_index_size',
    'The number of entries in the version index.',
    gauges.changes,
  )
  const compileErrors = metrics.register(
    new CounterVec({
      name: 'alertmanager_silences_matcher_compile_errors_total',
      help: 'How many silence matcher compilations failed.',
      labelNames: ['stage'],
    }),
  )
  compileErrors.of('index')
  compileErrors.of('load_snapshot')
  counter('alertmanager_silences_gc_errors_total', 'How many silence GC errors were encountered.')
  counter(
    'alertmanager_silences_query_errors_total',
    'How many silence received queries did not succeed.',
  )
  return {
    skipped: counter(
      'alertmanager_silences_query_silences_skipped_total',
      'How many silences were skipped during query evaluation using the version index.',
    ),
    compileErrors,
    gcDuration: new DurationSummary(
      {
        name: 'alertmanager_silences_gc_duration_seconds',
        help: 'Duration of the last silence garbage collection cycle.',
      },
      metrics,
    ),
    snapshotDuration: new DurationSummary(
      {
        name: 'alertmanager_silences_snapshot_duration_seconds',
        help: 'Duration of the last silence snapshot.',
      },
      metrics,
    ),
    snapshotSize: metrics.register(
      new Gauge({
        name: 'alertmanager_silences_snapshot_size_bytes',
        help: 'Size of the last silence snapshot in bytes.',
      }),
    ),
    queries: counter(
      'alertmanager_silences_queries_total',
      'How many silence queries were received.',
    ),
    queryDuration: metrics.register(
      new Histogram({
        name: 'alertmanager_silences_query_duration_seconds',
        help: 'Duration of silence query evaluation.',
        bounds: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      }),
    ),
    scanned: counter(
      'alertmanager_silences_query_silences_scanned_total',
      'How many silences were scanned during query evaluation.',
    ),
    propagated: counter(
      'alertmanager_silences_gossip_messages_propagated_total',
      'Number of received gossip messages that have been further gossiped.',
    ),
    maintenance: counter(
      'alertmanager_silences_maintenance_total',
      'How many maintenances were executed for silences.',
    ),
    maintenanceErrors: counter(
      'alertmanager_silences_maintenance_errors_total',
      'How many maintenances were executed for silences that failed.',
    ),
  }
}
