import { Counter, CounterVec, GaugeVec, type Registry, SummaryVec } from '@prom/metrics'
import type { Clock } from '@prom/runtime'

/** What discovery counts, under the original's names; one for all managers of a program. */
export class SdMetrics {
  readonly discoveredTargets = new GaugeVec({
    name: 'prometheus_sd_discovered_targets',
    help: 'Current number of discovered targets.',
    labelNames: ['name', 'config'],
  })
  readonly failedConfigs = new GaugeVec({
    name: 'prometheus_sd_failed_configs',
    help: 'Current number of service discovery configurations that failed to load.',
    labelNames: ['name'],
  })
  readonly received = new CounterVec({
    name: 'prometheus_sd_received_updates_total',
    help: 'Total number of update events received from the SD providers.',
    labelNames: ['name'],
  })
  readonly delayed = new CounterVec({
    name: 'prometheus_sd_updates_delayed_total',
    help: "Total number of update events that couldn't be sent immediately.",
    labelNames: ['name'],
  })
  readonly sent = new CounterVec({
    name: 'prometheus_sd_updates_total',
    help: 'Total number of update events sent to the SD consumers.',
    labelNames: ['name'],
  })
  readonly refreshFailures = new CounterVec({
    name: 'prometheus_sd_refresh_failures_total',
    help: 'Number of refresh failures for the given SD mechanism.',
    labelNames: ['mechanism', 'config'],
  })
  readonly fileReadErrors = new Counter({
    name: 'prometheus_sd_file_read_errors_total',
    help: 'The number of File-SD read errors.',
  })
  readonly fileWatchErrors = new Counter({
    name: 'prometheus_sd_file_watcher_errors_total',
    help: 'The number of File-SD errors caused by filesystem watch failures.',
  })
  readonly fileScanSeconds: SummaryVec
  readonly httpFailures = new Counter({
    name: 'prometheus_sd_http_failures_total',
    help: 'Number of HTTP service discovery refresh failures.',
  })
  readonly dnsLookups = new Counter({
    name: 'prometheus_sd_dns_lookups_total',
    help: 'The number of DNS-SD lookups.',
  })
  readonly dnsFailures = new Counter({
    name: 'prometheus_sd_dns_lookup_failures_total',
    help: 'The number of DNS-SD lookup failures.',
  })

  constructor(registry: Registry, clock: Clock) {
    this.fileScanSeconds = new SummaryVec(
      {
        name: 'prometheus_sd_file_scan_duration_seconds',
        help: 'The duration of the File-SD scan in seconds.',
        labelNames: [],
        quantiles: [0.5, 0.9, 0.99],
      },
      clock,
    )
    this.fileScanSeconds.of()
    for (const metric of [
      this.discoveredTargets,
      this.failedConfigs,
      this.received,
      this.delayed,
      this.sent,
      this.refreshFailures,
      this.fileReadErrors,
      this.fileWatchErrors,
      this.fileScanSeconds,
      this.httpFailures,
      this.dnsLookups,
      this.dnsFailures,
    ]) {
      registry.register(metric)
    }
  }
}
