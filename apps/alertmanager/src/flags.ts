// tidy: table
/** The command line, with the original's words. */
import { logFlags, versionFlag, webFlags } from '@prom/daemon'
import {
  defineProgram,
  flag,
  float,
  goDuration,
  integer,
  listFlag,
  switchFlag,
  text,
} from '@prom/flags'

export const program = defineProgram({
  name: 'alertmanager',
  help: '',
  showsNegation: true,
  flags: {
    configFile: flag('config.file', text, {
      help: 'Alertmanager configuration file name.',
      default: 'alertmanager.yml',
    }),
    storagePath: flag('storage.path', text, {
      help: 'Base path for data storage.',
      default: 'data/',
    }),
    retentionMs: flag('data.retention', goDuration, {
      help: 'How long to keep data for.',
      default: '120h',
    }),
    maintenanceIntervalMs: flag('data.maintenance-interval', goDuration, {
      help: 'Interval between garbage collection and snapshotting to disk of the silences and the notification logs.',
      default: '15m',
    }),
    silencesMax: flag('silences.max-silences', integer, {
      help: 'Maximum number of silences, including expired silences. If negative or zero, no limit is set.',
      default: '0',
    }),
    silenceSizeMaxBytes: flag('silences.max-silence-size-bytes', integer, {
      help: 'Maximum silence size in bytes. If negative or zero, no limit is set.',
      default: '0',
    }),
    logSilences: switchFlag('log.silences', {
      help: 'Enable logging silences. If it is enabled, the status change of silence will be logged',
    }),
    alertGcIntervalMs: flag('alerts.gc-interval', goDuration, {
      help: 'Interval between alert GC.',
      default: '30m',
    }),
    alertsPerNameMax: flag('alerts.per-alertname-limit', integer, {
      help: 'Maximum number of alerts per alertname. If negative or zero, no limit is set.',
      default: '0',
    }),
    dispatchMaintenanceIntervalMs: flag('dispatch.maintenance-interval', goDuration, {
      help: 'Interval between maintenance of aggregation groups in the dispatcher.',
      default: '30s',
    }),
    dispatchStartDelayMs: flag('dispatch.start-delay', goDuration, {
      help: 'Minimum amount of time to wait before dispatching alerts. This option should be synced with value of --rules.alert.resend-delay on Prometheus.',
      default: '0s',
    }),
    ...webFlags(':9093'),
    externalUrl: flag('web.external-url', text, {
      help: 'The URL under which Alertmanager is externally reachable (for example, if Alertmanager is served via a reverse proxy). Used for generating relative and absolute links back to Alertmanager itself. If the URL has a path portion, it will be used to prefix all HTTP endpoints served by Alertmanager. If omitted, relevant URL components will be derived automatically.',
    }),
    routePrefix: flag('web.route-prefix', text, {
      help: 'Prefix for the internal routes of web endpoints. Defaults to path of --web.external-url.',
    }),
    getConcurrency: flag('web.get-concurrency', integer, {
      help: 'Maximum number of GET requests processed concurrently. If negative or zero, the limit is GOMAXPROC or 8, whichever is larger.',
      default: '0',
    }),
    webTimeoutMs: flag('web.timeout', goDuration, {
      help: 'Timeout for HTTP requests. If negative or zero, no timeout is set.',
      default: '0',
    }),
    memoryLimitRatio: flag('auto-gomemlimit.ratio', float, {
      help: 'The ratio of reserved GOMEMLIMIT memory to the detected maximum container or system memory. The value must be greater than 0 and less than or equal to 1.',
      default: '0.9',
    }),
    clusterListenAddress: flag('cluster.listen-address', text, {
      help: 'Listen address for cluster. Set to empty string to disable HA mode.',
      default: '0.0.0.0:9094',
    }),
    clusterAdvertiseAddress: flag('cluster.advertise-address', text, {
      help: 'Explicit address to advertise in cluster.',
    }),
    clusterPeerName: flag('cluster.peer-name', text, {
      help: 'Explicit name of the peer, rather than generating a random one',
      default: '',
    }),
    clusterPeers: listFlag('cluster.peer', text, {
      help: 'Initial peers (may be repeated).',
    }),
    clusterPeerTimeoutMs: flag('cluster.peer-timeout', goDuration, {
      help: 'Time to wait between peers to send notifications.',
      default: '15s',
    }),
    clusterPeersResolveTimeoutMs: flag('cluster.peers-resolve-timeout', goDuration, {
      help: 'Time to resolve peers.',
      default: '15s',
    }),
    clusterGossipIntervalMs: flag('cluster.gossip-interval', goDuration, {
      help: 'Interval between sending gossip messages. By lowering this value (more frequent) gossip messages are propagated across the cluster more quickly at the expense of increased bandwidth.',
      default: '200ms',
    }),
    clusterPushPullIntervalMs: flag('cluster.pushpull-interval', goDuration, {
      help: 'Interval for gossip state syncs. Setting this interval lower (more frequent) will increase convergence speeds across larger clusters at the expense of increased bandwidth usage.',
      default: '1m0s',
    }),
    clusterTcpTimeoutMs: flag('cluster.tcp-timeout', goDuration, {
      help: 'Timeout for establishing a stream connection with a remote node for a full state sync, and for stream read and write operations.',
      default: '10s',
    }),
    clusterProbeTimeoutMs: flag('cluster.probe-timeout', goDuration, {
      help: 'Timeout to wait for an ack from a probed node before assuming it is unhealthy. This should be set to 99-percentile of RTT (round-trip time) on your network.',
      default: '500ms',
    }),
    clusterProbeIntervalMs: flag('cluster.probe-interval', goDuration, {
      help: 'Interval between random node probes. Setting this lower (more frequent) will cause the cluster to detect failed nodes more quickly at the expense of increased bandwidth usage.',
      default: '1s',
    }),
    clusterSettleTimeoutMs: flag('cluster.settle-timeout', goDuration, {
      help: 'Maximum time to wait for cluster connections to settle before evaluating notifications.',
      default: '1m0s',
    }),
    clusterReconnectIntervalMs: flag('cluster.reconnect-interval', goDuration, {
      help: 'Interval between attempting to reconnect to lost peers.',
      default: '10s',
    }),
    clusterReconnectTimeoutMs: flag('cluster.reconnect-timeout', goDuration, {
      help: 'Length of time to attempt to reconnect to a lost peer.',
      default: '6h0m0s',
    }),
    clusterTlsConfig: flag('cluster.tls-config', text, {
      help: '[EXPERIMENTAL] Path to config yaml file that can enable mutual TLS within the gossip protocol.',
      default: '',
    }),
    clusterAllowPublic: switchFlag('cluster.allow-insecure-public-advertise-address-discovery', {
      help: '[EXPERIMENTAL] Allow alertmanager to discover and listen on a public IP address.',
    }),
    clusterLabel: flag('cluster.label', text, {
      help: 'The cluster label is an optional string to include on each packet and stream. It uniquely identifies the cluster and prevents cross-communication issues when sending gossip messages.',
      default: '',
    }),
    historyMax: flag('history.max-events', integer, {
      help: 'Maximum number of events of each kind (alerts, notifications, silences) that are kept in memory for /api/v2/history. If negative or zero, none are kept.',
      default: '1000',
    }),
    receiverTest: switchFlag('web.enable-receiver-test', {
      help: 'Let requests to /api/v2/receivers/test really send a notification. Without it they only show what would be sent.',
    }),
    features: flag('enable-feature', text, {
      help: 'Comma-separated experimental features to enable. Valid options: alert-names-in-metrics, receiver-name-in-metrics, group-key-in-metrics, classic-mode, utf8-strict-mode, auto-gomemlimit, event-recorder',
      default: '',
    }),
    ...logFlags,
    version: versionFlag,
  },
})
