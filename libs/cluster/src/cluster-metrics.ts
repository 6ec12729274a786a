/** The metrics of the cluster, under the original's names. */
import { Counter, CounterVec, Gauge, HistogramVec, type Registry } from '@prom/metrics'

export interface ClusterGauges {
  readonly members: () => number
  readonly failed: () => number
  readonly queued: () => number
  readonly position: () => number
  readonly name: string
}

export function createClusterMetrics(metrics: Registry, gauges: ClusterGauges) {
  const counter = (name: string, help: string) => metrics.register(new Counter({ name, help }))
  const vec = (name: string, help: string, label: string) =>
    metrics.register(new CounterVec({ name, help, labelNames: [label] }))
  const gauge = (name: string, help: string, read: () => number) =>
    metrics.register(new Gauge({ name, help }, read))
  gauge(
    'alertmanager_cluster_members',
    'Number indicating current number of members in cluster.',
    gauges.members,
  )
  gauge(
    'alertmanager_cluster_failed_peers',
    'Number indicating the current number of failed peers in the cluster.',
    gauges.failed,
  )
  gauge(
    'alertmanager_cluster_messages_queued',
    'Number of cluster messages which are queued.',
    gauges.queued,
  )
  gauge(
    'alertmanager_peer_position',
    "Position the Alertmanager instance believes it's in. The position determines a peer's behavior in the cluster.",
    gauges.position,
  )
  gauge(
    'alertmanager_cluster_health_score',
    "Health score of the cluster. Lower values are better and zero means 'totally healthy'.",
    () => 0,
  )
  metrics.register({
    collect: () => [
      {
        name: 'alertmanager_cluster_peer_info',
        help: "A metric with a constant '1' value labeled by peer name.",
        type: 'gauge',
        points: [{ labels: ['peer', gauges.name], value: 1 }],
      },
    ],
  })
  const types = (family: CounterVec) => {
    family.of('full_state')
    family.of('update')
    return family
  }
  const updates = counter(
    'alertmanager_cluster_peers_update_total',
    'A counter of the number of peers that have updated metadata.',
  )
  return {
    updates,
    alive: vec(
      'alertmanager_cluster_alive_messages_total',
      'Total number of received alive messages.',
      'peer',
    ),
    joined: counter(
      'alertmanager_cluster_peers_joined_total',
      'A counter of the number of peers that have joined.',
    ),
    left: counter(
      'alertmanager_cluster_peers_left_total',
      'A counter of the number of peers that have left.',
    ),
    reconnections: counter(
      'alertmanager_cluster_reconnections_total',
      'A counter of the number of cluster peer reconnections.',
    ),
    reconnectionsFailed: counter(
      'alertmanager_cluster_reconnections_failed_total',
      'A counter of the number of failed cluster peer reconnection attempts.',
    ),
    refreshed: counter(
      'alertmanager_cluster_refresh_join_total',
      'A counter of the number of cluster peer joined via refresh.',
    ),
    refreshFailed: counter(
      'alertmanager_cluster_refresh_join_failed_total',
      'A counter of the number of failed cluster peer joined attempts via refresh.',
    ),
    conflicts: counter(
      'alertmanager_cluster_peer_name_conflicts_total',
      'Total number of times memberlist has noticed conflicting peer names',
    ),
    pruned: counter(
      'alertmanager_cluster_messages_pruned_total',
      'Total number of cluster messages pruned.',
    ),
    sent: types(
      vec(
        'alertmanager_cluster_messages_sent_total',
        'Total number of cluster messages sent.',
        'msg_type',
      ),
    ),
    sentBytes: types(
      vec(
        'alertmanager_cluster_messages_sent_size_total',
        'Total size of cluster messages sent.',
        'msg_type',
      ),
    ),
    received: types(
      vec(
        'alertmanager_cluster_messages_received_total',
        'Total number of cluster messages received.',
        'msg_type',
      ),
    ),
    receivedBytes: types(
      vec(
        'alertmanager_cluster_messages_received_size_total',
        'Total size of cluster messages received.',
        'msg_type',
      ),
    ),
    oversizedSent: vec(
      'alertmanager_oversized_gossip_message_sent_total',
      'Number of oversized gossip message sent.',
      'key',
    ),
    oversizedFailed: vec(
      'alertmanager_oversized_gossip_message_failure_total',
      'Number of oversized gossip message sends that failed.',
      'key',
    ),
    oversizedDropped: vec(
      'alertmanager_oversized_gossip_message_dropped_total',
      'Number of oversized gossip messages that were dropped due to a full message queue.',
      'key',
    ),
    oversizedSeconds: metrics.register(
      new HistogramVec({
        name: 'alertmanager_oversize_gossip_message_duration_seconds',
        help: 'Duration of oversized gossip message requests.',
        labelNames: ['key'],
        bounds: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      }),
    ),
    pings: metrics.register(
      new HistogramVec({
        name: 'alertmanager_cluster_pings_seconds',
        help: 'Histogram of latencies for ping messages.',
        labelNames: ['peer'],
        bounds: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5],
      }),
    ),
  }
}
