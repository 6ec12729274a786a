/** All remote storages being written to. A plain object; it does not know whether it has a thread to itself. */
import type { HttpClient, HttpClientConfig } from '@prom/http'
import type { MetricFamily } from '@prom/metrics'
import type { Clock, HostFiles, Logger } from '@prom/runtime'
import type { ScrapedMetadata } from './encode-metadata.ts'
import { collectQueues } from './queue-metrics.ts'
import type { WritePlan } from './write-plan.ts'
import { WriteQueue } from './write-queue.ts'

export interface WriteStorageDeps {
  readonly clock: Clock
  readonly files: HostFiles
  readonly env: Readonly<Record<string, string | undefined>>
  readonly log: Logger
  readonly createClient: (config: HttpClientConfig) => HttpClient
}

/** Where the log lies, and how long a queue may take to send the rest of it. */
export interface WriteOptions {
  readonly walDir: string
  readonly flushDeadlineMs: number
}

/** The sending thread, seen from main. */
export interface RemoteWrite {
  /** Queues whose plan stays go on; others end or begin. */
  apply(plans: readonly WritePlan[], options: WriteOptions): Promise<void>
  /** For queues of version 1 whose interval has passed; `names` as in their plans. */
  sendMetadata(names: readonly string[], rows: readonly ScrapedMetadata[]): Promise<void>
  metrics(): Promise<readonly MetricFamily[]>
  /** The lowest of the queues' newest sent times in milliseconds; Infinity without queues. */
  lowestSentMs(): Promise<number>
  /** Sends the rest of the log, at most for the flush deadline. */
  close(): Promise<void>
}

export class WriteStorage implements RemoteWrite {
  readonly #deps: WriteStorageDeps
  #queues: WriteQueue[] = []
  #isClosed = false

  constructor(deps: WriteStorageDeps) {
    this.#deps = deps
  }

  async apply(plans: readonly WritePlan[], options: WriteOptions): Promise<void> {
    if (this.#isClosed) return
    const before = new Map(this.#queues.map((queue) => [queue.plan.key, queue]))
    const kept = plans.map((plan) => before.get(plan.key))
    const keys = new Set(plans.map(({ key }) => key))
    const ended = this.#queues.filter(({ plan }) => !keys.has(plan.key))
    // The old ones first: what one has not sent by its deadline the new one does not send again.
    await Promise.all(ended.map((queue) => queue.stop()))
    this.#queues = plans.map(
      (plan, i) => kept[i] ?? new WriteQueue(plan, { ...this.#deps, ...options }),
    )
  }

  async sendMetadata(names: readonly string[], rows: readonly ScrapedMetadata[]): Promise<void> {
    const wanted = new Set(names)
    const queues = this.#queues.filter(({ plan }) => wanted.has(plan.name))
    await Promise.all(queues.map((queue) => queue.sendMetadata(rows)))
  }

  async metrics(): Promise<readonly MetricFamily[]> {
    return collectQueues(this.#queues.map(({ numbers }) => numbers))
  }

  async lowestSentMs(): Promise<number> {
    return Math.min(Infinity, ...this.#queues.map(({ numbers }) => numbers.highestSentMs))
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all(this.#queues.map((queue) => queue.stop()))
    this.#queues = []
  }
}
