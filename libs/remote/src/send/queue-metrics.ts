/** What a queue counts, and how the families of all queues are called. tidy: table */
import { Histogram, type MetricFamily, type MetricPoint, type MetricType } from '@prom/metrics'

/** Counters and gauges of one queue; the collector reads them. */
export class QueueNumbers {
  readonly labels: readonly string[]
  readonly consumer: string
  samplesTotal = 0
  exemplarsTotal = 0
  histogramsTotal = 0
  metadataTotal = 0
  samplesFailed = 0
  exemplarsFailed = 0
  histogramsFailed = 0
  metadataFailed = 0
  samplesRetried = 0
  exemplarsRetried = 0
  histogramsRetried = 0
  metadataRetried = 0
  samplesPending = 0
  exemplarsPending = 0
  histogramsPending = 0
  enqueueRetries = 0
  bytes = 0
  metadataBytes = 0
  highestSentMs = 0
  shards = 0
  shardsMin = 0
  shardsMax = 0
  shardsDesired = 0
  shardCapacity = 0
  maxSamplesPerSend = 0
  readonly dropped = {
    samples: new Map<string, number>(),
    exemplars: new Map<string, number>(),
    histograms: new Map<string, number>(),
  }
  currentSegment = 0
  decodeFailures = 0
  readonly recordsRead = new Map<string, number>()
  readonly sendDuration = new Histogram({
    name: 'prometheus_remote_storage_sent_batch_duration_seconds',
    help: 'Duration of send calls to the remote storage.',
    bounds: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60, 120, 300],
  })

  constructor(name: string, url: string) {
    this.labels = ['remote_name', name, 'url', url]
    this.consumer = name
  }

  drop(kind: 'samples' | 'exemplars' | 'histograms', reason: string, count: number): void {
    if (count === 0) return
    const counts = this.dropped[kind]
    counts.set(reason, (counts.get(reason) ?? 0) + count)
  }

  countRecord(type: string): void {
    this.recordsRead.set(type, (this.recordsRead.get(type) ?? 0) + 1)
  }
}

const DROPPED = (what: string) =>
  `Total number of ${what} which were dropped after being read from the WAL before being sent via remote write, either via relabelling, due to being too old or unintentionally because of an unknown reference ID.`
const FAILED = (what: string) =>
  `Total number of ${what} which failed on send to remote storage, non-recoverable errors.`
const RETRIED = (what: string) =>
  `Total number of ${what} which failed on send to remote storage but were retried because the send error was recoverable.`
const PENDING = (what: string) =>
  `The number of ${what} pending in the queues shards to be sent to the remote storage.`
const SENT = (what: string) => `Total number of ${what} sent to remote storage.`

const P = 'prometheus_remote_storage_'

type Row = readonly [name: string, help: string, type: MetricType, (n: QueueNumbers) => number]

const FAMILIES: readonly Row[] = [
  [`${P}samples_total`, SENT('samples'), 'counter', (n) => n.samplesTotal],
  [`${P}exemplars_total`, SENT('exemplars'), 'counter', (n) => n.exemplarsTotal],
  [`${P}histograms_total`, SENT('histograms'), 'counter', (n) => n.histogramsTotal],
  [`${P}metadata_total`, SENT('metadata entries'), 'counter', (n) => n.metadataTotal],
  [`${P}samples_failed_total`, FAILED('samples'), 'counter', (n) => n.samplesFailed],
  [`${P}exemplars_failed_total`, FAILED('exemplars'), 'counter', (n) => n.exemplarsFailed],
  [`${P}histograms_failed_total`, FAILED('histograms'), 'counter', (n) => n.histogramsFailed],
  [`${P}metadata_failed_total`, FAILED('metadata entries'), 'counter', (n) => n.metadataFailed],
  [`${P}samples_retried_total`, RETRIED('samples'), 'counter', (n) => n.samplesRetried],
  [`${P}exemplars_retried_total`, RETRIED('exemplars'), 'counter', (n) => n.exemplarsRetried],
  [`${P}histograms_retried_total`, RETRIED('histograms'), 'counter', (n) => n.histogramsRetried],
  [`${P}metadata_retried_total`, RETRIED('metadata entries'), 'counter', (n) => n.metadataRetried],
  [`${P}samples_pending`, PENDING('samples'), 'gauge', (n) => n.samplesPending],
  [`${P}exemplars_pending`, PENDING('exemplars'), 'gauge', (n) => n.exemplarsPending],
  [`${P}histograms_pending`, PENDING('histograms'), 'gauge', (n) => n.histogramsPending],
  [
    `${P}enqueue_retries_total`,
    'Total number of times enqueue has failed because a shards queue was full.',
    'counter',
    (n) => n.enqueueRetries,
  ],
  [
    `${P}bytes_total`,
    'The total number of bytes of data (not metadata) sent by the queue after compression. Note that when exemplars over remote write is enabled the exemplars included in a remote write request count towards this metric.',
    'counter',
    (n) => n.bytes,
  ],
  [
    `${P}metadata_bytes_total`,
    'The total number of bytes of metadata sent by the queue after compression.',
    'counter',
    (n) => n.metadataBytes,
  ],
  [
    `${P}queue_highest_sent_timestamp_seconds`,
    'Timestamp from a WAL sample, the highest timestamp successfully sent by this queue, in seconds since epoch. Initialized to 0 when no data has been sent yet.',
    'gauge',
    (n) => Math.floor(n.highestSentMs / 1000),
  ],
  [
    `${P}shards`,
    'The number of shards used for parallel sending to the remote storage.',
    'gauge',
    (n) => n.shards,
  ],
  [
    `${P}shards_min`,
    'The minimum number of shards that the queue is allowed to run.',
    'gauge',
    (n) => n.shardsMin,
  ],
  [
    `${P}shards_max`,
    'The maximum number of shards that the queue is allowed to run.',
    'gauge',
    (n) => n.shardsMax,
  ],
  [
    `${P}shards_desired`,
    'The number of shards that the queues shard calculation wants to run based on the rate of samples in vs. samples out.',
    'gauge',
    (n) => n.shardsDesired,
  ],
  [
    `${P}shard_capacity`,
    'The capacity of each shard of the queue used for parallel sending to the remote storage.',
    'gauge',
    (n) => n.shardCapacity,
  ],
  [
    `${P}max_samples_per_send`,
    'The maximum number of samples to be sent, in a single request, to the remote storage. Note that, when sending of exemplars over remote write is enabled, exemplars count towards this limt.',
    'gauge',
    (n) => n.maxSamplesPerSend,
  ],
]

const WATCHER: readonly Row[] = [
  [
    'prometheus_wal_watcher_current_segment',
    'Current segment the WAL watcher is reading records from.',
    'gauge',
    (n) => n.currentSegment,
  ],
  [
    'prometheus_wal_watcher_record_decode_failures_total',
    'Number of records read by the WAL watcher that resulted in an error when decoding.',
    'counter',
    (n) => n.decodeFailures,
  ],
  [
    'prometheus_wal_watcher_samples_sent_pre_tailing_total',
    'Number of sample records read by the WAL watcher and sent to remote write during replay of existing WAL.',
    'counter',
    () => 0,
  ],
  [
    'prometheus_wal_watcher_notifications_skipped_total',
    'The number of WAL write notifications that the Watcher has skipped due to already being in a WAL read routine.',
    'counter',
    () => 0,
  ],
]

/** The families of all queues. */
export function collectQueues(queues: readonly QueueNumbers[]): MetricFamily[] {
  const families: MetricFamily[] = []
  const add = (name: string, help: string, type: MetricType, points: MetricPoint[]) => {
    if (points.length > 0) families.push({ name, help, type, points })
  }
  for (const [name, help, type, read] of FAMILIES) {
    add(
      name,
      help,
      type,
      queues.map((n) => ({ labels: n.labels, value: read(n) })),
    )
  }
  for (const [name, help, type, read] of WATCHER) {
    add(
      name,
      help,
      type,
      queues.map((n) => ({ labels: ['consumer', n.consumer], value: read(n) })),
    )
  }
  for (const kind of ['samples', 'exemplars', 'histograms'] as const) {
    const points = queues.flatMap(({ labels, dropped }) =>
      [...dropped[kind]].map(([reason, value]) => ({
        labels: ['reason', reason, ...labels],
        value,
      })),
    )
    add(`${P}${kind}_dropped_total`, DROPPED(kind), 'counter', points)
  }
  add(
    'prometheus_wal_watcher_records_read_total',
    'Number of records read by the WAL watcher from the WAL.',
    'counter',
    queues.flatMap(({ consumer, recordsRead }) =>
      [...recordsRead].map(([type, value]) => ({
        labels: ['consumer', consumer, 'type', type],
        value,
      })),
    ),
  )
  const durations = queues.flatMap(({ labels, sendDuration }) =>
    sendDuration
      .collect()
      .flatMap((family) => family.points.map((point) => ({ ...point, labels }))),
  )
  const about = queues[0]?.sendDuration.collect()[0]
  if (about) add(about.name, about.help ?? '', 'histogram', durations)
  return families
}
