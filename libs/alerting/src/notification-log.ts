/** What was last sent for each group and integration, so that nobody is told the same twice. */
import { Counter, Gauge, Histogram, type Registry } from '@prom/metrics'
import type { ReceiverData } from '@prom/receivers'
import type { Clock, Logger } from '@prom/runtime'
import { DurationSummary } from './duration-summary.ts'
import { GOSSIP_BYTES_MAX } from './silences.ts'
import type { StateFile } from './state-file.ts'
import { decodeLogEntries, encodeLogEntry, type Stored } from './state-format.ts'
import { joinMessages, loadState, maintainState, saveState } from './stored-state.ts'

export interface LogReceiver {
  readonly groupName: string
  readonly integration: string
  readonly index: number
}

export interface LogEntry {
  readonly groupKey: string
  readonly receiver: LogReceiver
  readonly atMs: number
  /** Hashes of the alerts that fired, and of those that were resolved. */
  readonly firing: ReadonlySet<bigint>
  readonly resolved: ReadonlySet<bigint>
  readonly receiverData: ReceiverData
}

export interface NotificationLogDeps {
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Registry
  readonly file?: StateFile
}

export class NotificationLog {
  readonly #retentionMs: number
  readonly #deps: NotificationLogDeps
  readonly #entries = new Map<string, Stored<LogEntry>>()
  readonly #metrics: ReturnType<typeof createMetrics>
  #broadcast: (message: Uint8Array) => void = () => {}

  constructor(retentionMs: number, deps: NotificationLogDeps) {
    this.#retentionMs = retentionMs
    this.#deps = deps
    this.#metrics = createMetrics(deps.metrics)
  }

  get size(): number {
    return this.#entries.size
  }

  onChange(broadcast: (message: Uint8Array) => void): void {
    this.#broadcast = broadcast
  }

  /** Reads the state file. Throws if it is no such file; a last message cut short is dropped. */
  load(): void {
    const format = { title: 'Notification log', decode: decodeLogEntries }
    const isWhole = loadState(this.#deps, format, (stored) =>
      this.#entries.set(keyOf(stored.value), stored),
    )
    if (!isWhole) this.snapshot()
  }

  get(groupKey: string, receiver: LogReceiver): LogEntry | undefined {
    this.#metrics.queries.inc()
    return this.#entries.get(keyOf({ groupKey, receiver }))?.value
  }

  /** Remembers what was sent, for the retention time or `expiryMs`, whichever is shorter. */
  record(entry: LogEntry, expiryMs: number): void {
    const keepMs = expiryMs > 0 ? Math.min(this.#retentionMs, expiryMs) : this.#retentionMs
    const known = this.#entries.get(keyOf(entry))
    // Another instance may have recorded a newer one meanwhile; two of one millisecond are ours.
    if (known && known.value.atMs > entry.atMs) return
    const stored = { value: entry, expiresAtMs: entry.atMs + keepMs }
    const message = encodeLogEntry(stored)
    this.#entries.set(keyOf(entry), stored)
    this.#broadcast(message)
    this.#append(message)
  }

  merge(messages: Uint8Array): number {
    const { items, tornBytes } = decodeLogEntries(messages)
    if (tornBytes > 0) throw new Error('unexpected EOF')
    const atMs = this.#deps.clock.now()
    let merged = 0
    for (const stored of items) {
      if (stored.expiresAtMs <= atMs) continue
      const key = keyOf(stored.value)
      const known = this.#entries.get(key)
      if (known && known.value.atMs >= stored.value.atMs) continue
      this.#entries.set(key, stored)
      const message = encodeLogEntry(stored)
      this.#append(message)
      if (message.length <= GOSSIP_BYTES_MAX) {
        this.#broadcast(message)
        this.#metrics.propagated.inc()
      }
      merged++
    }
    return merged
  }

  encodeAll(): Uint8Array {
    return joinMessages([...this.#entries.values()].map(encodeLogEntry))
  }

  collectGarbage(): number {
    const startedMs = this.#deps.clock.monotonic()
    const atMs = this.#deps.clock.now()
    let dropped = 0
    for (const [key, { expiresAtMs }] of this.#entries) {
      if (expiresAtMs > atMs) continue
      this.#entries.delete(key)
      dropped++
    }
    this.#metrics.gcDuration.observeMs(this.#deps.clock.monotonic() - startedMs)
    return dropped
  }

  snapshot(): void {
    saveState(this.#deps, () => this.encodeAll(), this.#metrics)
  }

  maintain(): void {
    const work = () => {
      this.collectGarbage()
      this.snapshot()
    }
    maintainState('nflog', work, { log: this.#deps.log, metrics: this.#metrics })
  }

  /** A full disk must not stop notifications: the entry is in memory and in the next snapshot. */
  #append(message: Uint8Array): void {
    try {
      this.#deps.file?.append(message, false)
    } catch (err) {
      this.#deps.log.error('Appending to the notification log failed', { err })
    }
  }
}

function keyOf({ groupKey, receiver }: Pick<LogEntry, 'groupKey' | 'receiver'>): string {
  return `${groupKey}:${receiver.groupName}/${receiver.integration}/${receiver.index}`
}

function createMetrics(metrics: Registry) {
  const counter = (name: string, help: string) => metrics.register(new Counter({ name, help }))
  counter(
    'alertmanager_nflog_query_errors_total',
    'Number notification log received queries that failed.',
  )
  return {
    gcDuration: new DurationSummary(
      {
        name: 'alertmanager_nflog_gc_duration_seconds',
        help: 'Duration of the last notification log garbage collection cycle.',
      },
      metrics,
    ),
    snapshotDuration: new DurationSummary(
      {
        name: 'alertmanager_nflog_snapshot_duration_seconds',
        help: 'Duration of the last notification log snapshot.',
      },
      metrics,
    ),
    snapshotSize: metrics.register(
      new Gauge({
        name: 'alertmanager_nflog_snapshot_size_bytes',
        help: 'Size of the last notification log snapshot in bytes.',
      }),
    ),
    queries: counter(
      'alertmanager_nflog_queries_total',
      'Number of notification log queries were received.',
    ),
    queryDuration: metrics.register(
      new Histogram({
        name: 'alertmanager_nflog_query_duration_seconds',
        help: 'Duration of notification log query evaluation.',
        bounds: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      }),
    ),
    propagated: counter(
      'alertmanager_nflog_gossip_messages_propagated_total',
      'Number of received gossip messages that have been further gossiped.',
    ),
    maintenance: counter(
      'alertmanager_nflog_maintenance_total',
      'How many maintenances were executed for the notification log.',
    ),
    maintenanceErrors: counter(
      'alertmanager_nflog_maintenance_errors_total',
      'How many maintenances were executed for the notification log that failed.',
    ),
  }
}
