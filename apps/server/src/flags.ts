/**
 * The server's flags with the original's names, defaults and words. tidy: table
 */
import { logFlags, versionFlag } from '@prom/daemon'
import {
  byteSize,
  defineProgram,
  duration,
  type FlagOptions,
  flag,
  float,
  integer,
  type Kind,
  listFlag,
  oneOf,
  switchFlag,
  text,
  type Values,
} from '@prom/flags'

const PROTOBUF_MESSAGES = ['prometheus.WriteRequest', 'io.prometheus.write.v2.Request']

const protobufMessage: Kind<string> = {
  parse: (value) => {
    if (PROTOBUF_MESSAGES.includes(value)) return value
    throw new Error(
      `unknown remote write protobuf message ${value}, supported: ${PROTOBUF_MESSAGES.join(', ')}`,
    )
  },
}

const walType = oneOf('snappy', 'zstd')

function hidden<T>(name: string, kind: Kind<T>, byDefault: string) {
  return flag(name, kind, { help: '', isHidden: true, default: byDefault })
}

function hiddenSwitch(name: string, byDefault?: 'true') {
  const options: FlagOptions = {
    help: '',
    isHidden: true,
    ...(byDefault && { default: byDefault }),
  }
  return switchFlag(name, options)
}

const flags = {
  version: versionFlag,
  configFile: flag('config.file', text, {
    help: 'Prometheus configuration file path.',
    default: 'prometheus.yml',
  }),
  configAutoReloadInterval: flag('config.auto-reload-interval', duration, {
    help:
      'Specifies the interval for checking and automatically reloading the Prometheus ' +
      'configuration file upon detecting changes.',
    default: '30s',
  }),
  webListenAddress: listFlag('web.listen-address', text, {
    help: 'Address to listen on for API and telemetry. Can be repeated.',
    default: '0.0.0.0:9090',
  }),
  autoGomaxprocs: switchFlag('auto-gomaxprocs', {
    help: 'Automatically set GOMAXPROCS to match Linux container CPU quota',
    default: 'true',
  }),
  autoGomemlimit: switchFlag('auto-gomemlimit', {
    help: 'Automatically set GOMEMLIMIT to match Linux container or system memory limit',
    default: 'true',
  }),
  autoGomemlimitRatio: flag('auto-gomemlimit.ratio', float, {
    help:
      'The ratio of reserved GOMEMLIMIT memory to the detected maximum container or ' +
      'system memory',
    default: '0.9',
  }),
  webConfigFile: flag('web.config.file', text, {
    help: '[EXPERIMENTAL] Path to configuration file that can enable TLS or ' + 'authentication.',
    default: '',
  }),
  webReadTimeout: flag('web.read-timeout', duration, {
    help:
      'Maximum duration before timing out read of the request, and closing idle ' + 'connections.',
    default: '5m',
  }),
  webMaxConnections: flag('web.max-connections', integer, {
    help: 'Maximum number of simultaneous connections across all listeners.',
    default: '512',
  }),
  webMaxNotificationsSubscribers: flag('web.max-notifications-subscribers', integer, {
    help:
      'Limits the maximum number of subscribers that can concurrently receive live ' +
      'notifications. If the limit is reached, new subscription requests will be ' +
      'denied until existing connections close.',
    default: '16',
  }),
  webExternalUrl: flag('web.external-url', text, {
    help:
      'The URL under which Prometheus is externally reachable (for example, if ' +
      'Prometheus is served via a reverse proxy). Used for generating relative and ' +
      'absolute links back to Prometheus itself. If the URL has a path portion, it ' +
      'will be used to prefix all HTTP endpoints served by Prometheus. If omitted, ' +
      'relevant URL components will be derived automatically.',
    placeholder: '<URL>',
  }),
  webRoutePrefix: flag('web.route-prefix', text, {
    help:
      'Prefix for the internal routes of web endpoints. Defaults to path of ' +
      '--web.external-url.',
    placeholder: '<path>',
  }),
  webUserAssets: flag('web.user-assets', text, {
    help: 'Path to static asset directory, available at /user.',
    placeholder: '<path>',
  }),
  webEnableLifecycle: switchFlag('web.enable-lifecycle', {
    help: 'Enable shutdown and reload via HTTP request.',
  }),
  webEnableAdminApi: switchFlag('web.enable-admin-api', {
    help: 'Enable API endpoints for admin control actions.',
  }),
  webEnableRemoteWriteReceiver: switchFlag('web.enable-remote-write-receiver', {
    help: 'Enable API endpoint accepting remote write requests.',
  }),
  webRemoteWriteReceiverAcceptedProtobufMessages: listFlag(
    'web.remote-write-receiver.accepted-protobuf-messages',
    protobufMessage,
    {
      help:
        'List of the remote write protobuf messages to accept when receiving the remote ' +
        'writes. Supported values: prometheus.WriteRequest, ' +
        'io.prometheus.write.v2.Request',
      default: ['prometheus.WriteRequest', 'io.prometheus.write.v2.Request'],
    },
  ),
  webConsoleTemplates: flag('web.console.templates', text, {
    help: 'Path to the console template directory, available at /consoles.',
    default: 'consoles',
  }),
  webConsoleLibraries: flag('web.console.libraries', text, {
    help: 'Path to the console library directory.',
    default: 'console_libraries',
  }),
  webPageTitle: flag('web.page-title', text, {
    help: 'Document title of Prometheus instance.',
    default: 'Prometheus Time Series Collection and Processing Server',
  }),
  webCorsOrigin: flag('web.cors.origin', text, {
    help:
      'Regex for CORS origin. It is fully anchored. Example: ' +
      "'https?://(domain1|domain2)\\.com'",
    default: '.*',
  }),
  storageTsdbPath: flag('storage.tsdb.path', text, {
    help: 'Base path for metrics storage. Use with server mode only.',
    default: 'data/',
  }),
  storageTsdbRetentionTime: flag('storage.tsdb.retention.time', duration, {
    help:
      'How long to retain samples in storage. If neither this flag nor ' +
      '"storage.tsdb.retention.size" is set, the retention time defaults to 15d. ' +
      'Units Supported: y, w, d, h, m, s, ms. Use with server mode only.',
  }),
  storageTsdbRetentionSize: flag('storage.tsdb.retention.size', byteSize, {
    help:
      'Maximum number of bytes that can be stored for blocks. A unit is required, ' +
      'supported units: B, KB, MB, GB, TB, PB, EB. Ex: "512MB". Based on powers-of-2, ' +
      'so 1KB is 1024B. Use with server mode only.',
  }),
  storageTsdbNoLockfile: switchFlag('storage.tsdb.no-lockfile', {
    help: 'Do not create lockfile in data directory. Use with server mode only.',
  }),
  storageTsdbHeadChunksWriteQueueSize: flag('storage.tsdb.head-chunks-write-queue-size', integer, {
    help:
      'Size of the queue through which head chunks are written to the disk to be ' +
      'm-mapped, 0 disables the queue completely. Experimental. Use with server mode ' +
      'only.',
    default: '0',
  }),
  storageAgentPath: flag('storage.agent.path', text, {
    help: 'Base path for metrics storage. Use with agent mode only.',
    default: 'data-agent/',
  }),
  storageAgentWalCompression: switchFlag('storage.agent.wal-compression', {
    help:
      'Compress the agent WAL. If false, the --storage.agent.wal-compression-type ' +
      'flag is ignored. Use with agent mode only.',
    default: 'true',
  }),
  storageAgentRetentionMinTime: flag('storage.agent.retention.min-time', duration, {
    help:
      'Minimum age samples may be before being considered for deletion when the WAL ' +
      'is truncated Use with agent mode only.',
  }),
  storageAgentRetentionMaxTime: flag('storage.agent.retention.max-time', duration, {
    help:
      'Maximum age samples may be before being forcibly deleted when the WAL is ' +
      'truncated Use with agent mode only.',
  }),
  storageAgentNoLockfile: switchFlag('storage.agent.no-lockfile', {
    help: 'Do not create lockfile in data directory. Use with agent mode only.',
  }),
  storageRemoteFlushDeadline: flag('storage.remote.flush-deadline', duration, {
    help: 'How long to wait flushing sample on shutdown or config reload.',
    placeholder: '<duration>',
    default: '1m',
  }),
  storageRemoteReadSampleLimit: flag('storage.remote.read-sample-limit', integer, {
    help:
      'Maximum overall number of samples to return via the remote read interface, in ' +
      'a single query. 0 means no limit. This limit is ignored for streamed response ' +
      'types. Use with server mode only.',
    default: '5e7',
  }),
  storageRemoteReadConcurrentLimit: flag('storage.remote.read-concurrent-limit', integer, {
    help:
      'Maximum number of concurrent remote read calls. 0 means no limit. Use with ' +
      'server mode only.',
    default: '10',
  }),
  storageRemoteReadMaxBytesInFrame: flag('storage.remote.read-max-bytes-in-frame', integer, {
    help:
      'Maximum number of bytes in a single frame for streaming remote read response ' +
      'types before marshalling. Note that client might have limit on frame size as ' +
      'well. 1MB as recommended by protobuf by default. Use with server mode only.',
    default: '1048576',
  }),
  rulesAlertForOutageTolerance: flag('rules.alert.for-outage-tolerance', duration, {
    help:
      'Max time to tolerate prometheus outage for restoring "for" state of alert. Use ' +
      'with server mode only.',
    default: '1h',
  }),
  rulesAlertForGracePeriod: flag('rules.alert.for-grace-period', duration, {
    help:
      'Minimum duration between alert and restored "for" state. This is maintained ' +
      'only for alerts with configured "for" time greater than grace period. Use with ' +
      'server mode only.',
    default: '10m',
  }),
  rulesAlertResendDelay: flag('rules.alert.resend-delay', duration, {
    help:
      'Minimum amount of time to wait before resending an alert to Alertmanager. Use ' +
      'with server mode only.',
    default: '1m',
  }),
  rulesMaxConcurrentEvals: flag('rules.max-concurrent-evals', integer, {
    help:
      'Global concurrency limit for independent rules that can run concurrently. When ' +
      'set, "query.max-concurrency" may need to be adjusted accordingly. Use with ' +
      'server mode only.',
    default: '4',
  }),
  alertmanagerNotificationQueueCapacity: flag('alertmanager.notification-queue-capacity', integer, {
    help:
      'The capacity of the queue for pending Alertmanager notifications. Use with ' +
      'server mode only.',
    default: '10000',
  }),
  alertmanagerNotificationBatchSize: flag('alertmanager.notification-batch-size', integer, {
    help:
      'The maximum number of notifications per batch to send to the Alertmanager. Use ' +
      'with server mode only.',
    default: '256',
  }),
  alertmanagerDrainNotificationQueueOnShutdown: switchFlag(
    'alertmanager.drain-notification-queue-on-shutdown',
    {
      help:
        'Send any outstanding Alertmanager notifications when shutting down. If false, ' +
        'any outstanding Alertmanager notifications will be dropped when shutting down. ' +
        'Use with server mode only.',
      default: 'true',
    },
  ),
  queryLookbackDelta: flag('query.lookback-delta', duration, {
    help:
      'The maximum lookback duration for retrieving metrics during expression ' +
      'evaluations and federation. Use with server mode only.',
    default: '5m',
  }),
  queryTimeout: flag('query.timeout', duration, {
    help: 'Maximum time a query may take before being aborted. Use with server mode only.',
    default: '2m',
  }),
  queryMaxConcurrency: flag('query.max-concurrency', integer, {
    help: 'Maximum number of queries executed concurrently. Use with server mode only.',
    default: '20',
  }),
  queryMaxSamples: flag('query.max-samples', integer, {
    help:
      'Maximum number of samples a single query can load into memory. Note that ' +
      'queries will fail if they try to load more samples than this into memory, so ' +
      'this also limits the number of samples a query can return. Use with server ' +
      'mode only.',
    default: '50000000',
  }),
  queryMaxMemory: flag('query.max-memory', byteSize, {
    help:
      'Maximum memory that all queries together may hold, answers that are being sent ' +
      'included. Queries beyond it fail or wait. 0B means no limit. Defaults to a ' +
      'quarter of the memory of the machine. Use with server mode only.',
  }),
  queryMaxMemoryPerQuery: flag('query.max-memory-per-query', byteSize, {
    help:
      'Maximum memory that a single query may hold: series, labels, samples and ' +
      'output. 0B means no limit. Defaults to half of --query.max-memory. Use with ' +
      'server mode only.',
  }),
  queryForwardUrl: flag('query.forward-url', text, {
    help:
      'Query API of another engine, to which queries of the API and of rules are forwarded: ' +
      'the URL before /api/v1. Use with server mode only.',
    default: '',
  }),
  queryForwardHttpConfigFile: flag('query.forward-http-config-file', text, {
    help: 'HTTP client configuration file for --query.forward-url. Use with server mode only.',
    default: '',
  }),
  enableFeature: listFlag('enable-feature', text, {
    help:
      'Comma separated feature names to enable. Valid options: agent, ' +
      'auto-gomemlimit, exemplar-storage, expand-external-labels, ' +
      'memory-snapshot-on-shutdown, promql-per-step-stats, ' +
      'promql-experimental-functions, remote-write-receiver (DEPRECATED), ' +
      'extra-scrape-metrics, new-service-discovery-manager, auto-gomaxprocs, ' +
      'no-default-scrape-port, native-histograms, created-timestamp-zero-ingestion, ' +
      'concurrent-rule-eval. See ' +
      'https://prometheus.io/docs/prometheus/latest/feature_flags/ for more details.',
    default: '',
  }),
  agent: switchFlag('agent', {
    help: "Run Prometheus in 'Agent mode'.",
  }),
  ...logFlags,

  // Hidden in the original, or of a release after the reference.
  configAutoReload: hiddenSwitch('config.auto-reload'),
  gomemlimitRefreshInterval: hidden('auto-gomemlimit.refresh-interval', duration, '0s'),
  webLocalAssets: hidden('web.local-assets', text, ''),
  webEnableOtlpReceiver: hiddenSwitch('web.enable-otlp-receiver'),
  webSearchMaxLimit: hidden('web.search.max-limit', integer, '10000'),
  minBlockDuration: hidden('storage.tsdb.min-block-duration', duration, '2h'),
  maxBlockDuration: hidden('storage.tsdb.max-block-duration', duration, '0s'),
  maxBlockChunkSegmentSize: hidden('storage.tsdb.max-block-chunk-segment-size', byteSize, '0B'),
  walSegmentSize: hidden('storage.tsdb.wal-segment-size', byteSize, '0B'),
  allowOverlappingCompaction: hiddenSwitch('storage.tsdb.allow-overlapping-compaction', 'true'),
  walCompression: hiddenSwitch('storage.tsdb.wal-compression', 'true'),
  walCompressionType: hidden('storage.tsdb.wal-compression-type', walType, 'snappy'),
  samplesPerChunk: hidden('storage.tsdb.samples-per-chunk', integer, '120'),
  delayedCompactionMaxPercent: hidden('storage.tsdb.delayed-compaction.max-percent', integer, '10'),
  blockReloadInterval: hidden('storage.tsdb.block-reload-interval', duration, '1m'),
  delayCompactFile: hidden('storage.tsdb.delay-compact-file.path', text, ''),
  agentWalSegmentSize: hidden('storage.agent.wal-segment-size', byteSize, '0B'),
  agentWalCompressionType: hidden('storage.agent.wal-compression-type', walType, 'snappy'),
  agentWalTruncateFrequency: hidden('storage.agent.wal-truncate-frequency', duration, '0s'),
  agentCheckpointFromSeries: hiddenSwitch('storage.agent.checkpoint-from-in-memory-series'),
  agentCheckpointBatchSize: hidden('storage.agent.checkpoint-batch-size', integer, '1000'),
  scrapeAdjustTimestamps: hiddenSwitch('scrape.adjust-timestamps', 'true'),
  scrapeTimestampTolerance: hidden('scrape.timestamp-tolerance', duration, '2ms'),
  scrapeDiscoveryReloadInterval: hidden('scrape.discovery-reload-interval', duration, '5s'),
}

export const program = defineProgram({
  name: 'prometheus',
  help: 'The Prometheus monitoring server',
  errors: 'server',
  showsNegation: true,
  flags,
})

export type ServerFlags = Values<typeof flags>
