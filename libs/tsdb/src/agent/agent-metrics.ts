// tidy: table
import type { MetricFamily, MetricType } from '@prom/metrics'
import type { LogWriter } from '../wal/log-writer.ts'
import type { AgentTotals } from './agent-head.ts'

export interface AgentNumbers {
  readonly series: number
  readonly deletedSeries: number
  readonly totals: AgentTotals
  readonly newestMs: number
  readonly cleanStart: number
  readonly replaySeconds: number
  readonly corruptions: number
  readonly truncations: number
  readonly truncateSeconds: number
  readonly checkpoints: number
  readonly checkpointsFailed: number
  readonly log: LogWriter
  readonly walBytes: number
}

/** The prometheus_agent_* families, and those of the log: names and helps are the original's. */
export function collectAgent(n: AgentNumbers): MetricFamily[] {
  const families: MetricFamily[] = []
  const add = (
    name: string,
    help: string,
    type: MetricType,
    value: number,
    labels: string[] = [],
  ) => families.push({ name, help, type, points: [{ labels, value }] })
  const a = 'prometheus_agent_'
  const w = 'prometheus_tsdb_wal_'
  add(
    `${a}active_series`,
    'Number of active series being tracked by the WAL storage',
    'gauge',
    n.series,
  )
  add(
    `${a}deleted_series`,
    'Number of series pending deletion from the WAL',
    'gauge',
    n.deletedSeries,
  )
  const samples = 'Total number of samples appended to the storage'
  families.push({
    name: `${a}samples_appended_total`,
    help: samples,
    type: 'counter',
    points: [
      { labels: ['type', 'float'], value: n.totals.samples },
      { labels: ['type', 'histogram'], value: n.totals.histograms },
    ],
  })
  const exemplars = 'Total number of exemplars appended to the storage'
  add(`${a}exemplars_appended_total`, exemplars, 'counter', n.totals.exemplars)
  const late = 'Total number of out of order samples ingestion failed attempts.'
  add(`${a}out_of_order_samples_total`, late, 'counter', n.totals.outOfOrder)
  const clean =
    '-1: lockfile is disabled. 0: a lockfile from a previous execution was replaced. 1: lockfile creation was clean'
  add(`${a}clean_start`, clean, 'gauge', n.cleanStart)
  add(`${a}corruptions_total`, 'Total number of WAL corruptions.', 'counter', n.corruptions)
  const replay = 'Time taken to replay the data on disk.'
  add(`${a}data_replay_duration_seconds`, replay, 'gauge', n.replaySeconds)
  families.push({
    name: `${a}truncate_duration_seconds`,
    help: 'Duration of WAL truncation.',
    type: 'summary',
    points: [
      { labels: [], value: { count: n.truncations, sum: n.truncateSeconds, quantiles: [] } },
    ],
  })
  const created = 'Total number of checkpoint creations attempted.'
  add(`${a}checkpoint_creations_total`, created, 'counter', n.checkpoints)
  const failed = 'Total number of checkpoint creations that failed.'
  add(`${a}checkpoint_creations_failed_total`, failed, 'counter', n.checkpointsFailed)
  const deleted = 'Total number of checkpoint deletions attempted.'
  add(`${a}checkpoint_deletions_total`, deleted, 'counter', n.checkpoints)
  const undeleted = 'Total number of checkpoint deletions that failed.'
  add(`${a}checkpoint_deletions_failed_total`, undeleted, 'counter', 0)
  const { log } = n
  const pages = 'Total number of completed pages.'
  add(`${w}completed_pages_total`, pages, 'counter', log.counts.completedPages)
  add(`${w}page_flushes_total`, 'Total number of page flushes.', 'counter', log.counts.pageFlushes)
  const segment = 'Write log segment index that TSDB is currently writing to.'
  add(`${w}segment_current`, segment, 'gauge', log.segment)
  const size = 'Size of the write log directory.'
  add(`${w}storage_size_bytes`, size, 'gauge', n.walBytes)
  const writes = 'Total number of write log writes that failed.'
  add(`${w}writes_failed_total`, writes, 'counter', log.counts.writesFailed)
  const truncated = 'Total number of write log truncations attempted.'
  add(`${w}truncations_total`, truncated, 'counter', n.truncations)
  const untruncated = 'Total number of write log truncations that failed.'
  add(`${w}truncations_failed_total`, untruncated, 'counter', n.checkpointsFailed)
  const highest =
    'Highest timestamp that has come into the remote storage via the Appender interface, in seconds since epoch. Initialized to 0 when no data has been received yet.'
  const newest = Number.isFinite(n.newestMs) ? Math.floor(n.newestMs / 1000) : 0
  add('prometheus_remote_storage_highest_timestamp_in_seconds', highest, 'gauge', newest)
  return families
}
