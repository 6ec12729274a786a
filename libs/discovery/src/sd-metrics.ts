import { Counter, CounterVec, Gauge, GaugeVec, type Registry, SummaryVec } from '@prom/metrics'
import type { Clock } from '@prom/runtime'
import { WorkQueueMetrics } from './kubernetes/work-queue.ts'

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
    labelNames: ['mechanism'],
  })
  readonly refreshSeconds: SummaryVec
  readonly linodeFailures = new Counter({
    name: 'prometheus_sd_linode_failures_total',
    help: 'Number of Linode service discovery refresh failures.',
  })
  readonly azureFailures = new Counter({
    name: 'prometheus_sd_azure_failures_total',
    help: 'Number of Azure service discovery refresh failures.',
  })
  readonly azureCacheHits = new Counter({
    name: 'prometheus_sd_azure_cache_hit_total',
    help: 'Number of cache hit during refresh.',
  })
  readonly nomadFailures = new Counter({
    name: 'prometheus_sd_nomad_failures_total',
    help: 'Number of nomad service discovery refresh failures.',
  })
  readonly consulFailures = new Counter({
    name: 'prometheus_sd_consul_rpc_failures_total',
    help: 'The number of Consul RPC call failures.',
  })
  readonly kumaFailures = new Counter({
    name: 'prometheus_sd_kuma_fetch_failures_total',
    help: 'The number of Kuma MADS fetch call failures.',
  })
  readonly kumaSkipped = new Counter({
    name: 'prometheus_sd_kuma_fetch_skipped_updates_total',
    help: 'The number of Kuma MADS fetch calls that result in no updates to the targets.',
  })
  readonly kubernetesEvents = new CounterVec({
    name: 'prometheus_sd_kubernetes_events_total',
    help: 'The number of Kubernetes events handled.',
    labelNames: ['role', 'event'],
  })
  readonly kubernetesFailures = new Counter({
    name: 'prometheus_sd_kubernetes_failures_total',
    help: 'The number of failed WATCH/LIST requests.',
  })
  readonly kubernetesRequests = new CounterVec({
    name: 'prometheus_sd_kubernetes_http_request_total',
    help: 'Total number of HTTP requests to the Kubernetes API by status code.',
    labelNames: ['status_code'],
  })
  readonly kubernetesRequestSeconds: SummaryVec
  readonly zookeeperFailures = new Counter({
    name: 'prometheus_treecache_zookeeper_failures_total',
    help: 'The total number of ZooKeeper failures.',
  })
  readonly zookeeperWatchers = new Gauge({
    name: 'prometheus_treecache_watcher_goroutines',
    help: 'The current number of watcher goroutines.',
  })
  readonly fileReadErrors = new Counter({
    name: 'prometheus_sd_file_read_errors_total',
    help: 'The number of File-SD read errors.',
  })
  readonly fileWatchErrors = new Counter({
    name: 'prometheus_sd_file_watcher_errors_total',
    help: 'The number of File-SD errors caused by filesystem watch failures.',
  })
  readonly fileTimes = new GaugeVec({
    name: 'prometheus_sd_file_mtime_seconds',
    help: 'Timestamp (mtime) of files read by FileSD. Timestamp is set at read time.',
    labelNames: ['filename'],
  })
  readonly fileScanSeconds: SummaryVec
  readonly kubernetesQueues: WorkQueueMetrics
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
    this.refreshSeconds = new SummaryVec(
      {
        name: 'prometheus_sd_refresh_duration_seconds',
        help: 'The duration of a refresh in seconds for the given SD mechanism.',
        labelNames: ['mechanism'],
        quantiles: [0.5, 0.9, 0.99],
      },
      clock,
    )
    this.kubernetesRequestSeconds = new SummaryVec(
      {
        name: 'prometheus_sd_kubernetes_http_request_duration_seconds',
        help: 'Summary of latencies for HTTP requests to the Kubernetes API by endpoint.',
        labelNames: ['endpoint'],
        quantiles: [],
      },
      clock,
    )
    this.kubernetesQueues = new WorkQueueMetrics(registry, clock)
    for (const role of ['endpoints', 'endpointslice', 'ingress', 'node', 'pod', 'service']) {
      for (const event of ['add', 'delete', 'update']) this.kubernetesEvents.of(role, event)
    }
    for (const metric of [
      this.discoveredTargets,
      this.failedConfigs,
      this.received,
      this.delayed,
      this.sent,
      this.refreshFailures,
      this.refreshSeconds,
      this.linodeFailures,
      this.azureFailures,
      this.azureCacheHits,
      this.nomadFailures,
      this.consulFailures,
      this.kumaFailures,
      this.kumaSkipped,
      this.kubernetesEvents,
      this.kubernetesFailures,
      this.kubernetesRequests,
      this.kubernetesRequestSeconds,
      this.zookeeperFailures,
      this.zookeeperWatchers,
      this.fileReadErrors,
      this.fileWatchErrors,
      this.fileScanSeconds,
      this.fileTimes,
      this.httpFailures,
      this.dnsLookups,
      this.dnsFailures,
    ]) {
      registry.register(metric)
    }
  }
}
