/** Remote write as a part: its thread starts with the first queue and ends last, after the rest of the log is sent. */
import type { MetricFamily } from '@prom/metrics'
import type { PrometheusConfig } from '@prom/prometheus-config'
import { planWrites, type RemoteWrite, type ScrapedMetadata, type WritePlan } from '@prom/remote'
import type { Clock, Logger, Part } from '@prom/runtime'
import type { IngestControl } from '@prom/scrape'

/** The sending role, wherever it runs. */
export interface RemoteWriteHandle {
  readonly remote: RemoteWrite
  terminate(): Promise<void>
}

export interface RemotePartDeps {
  readonly clock: Clock
  readonly log: Logger
  readonly ingest: Pick<IngestControl, 'metadata' | 'noteSent'>
  /** Storage is told what has been sent, so that it can let it go. */
  readonly isAgent: boolean
  readonly walDir: string
  readonly flushDeadlineMs: number
  readonly start: () => RemoteWriteHandle
}

const TICK_MS = 1000

export class RemotePart implements Part {
  readonly #deps: RemotePartDeps
  #handle: RemoteWriteHandle | undefined
  #plans: readonly WritePlan[] = []
  /** When metadata of a queue is due, by its name. */
  readonly #due = new Map<string, number>()

  constructor(deps: RemotePartDeps) {
    this.#deps = deps
  }

  /** Throws an Error for what is not available. */
  async apply(config: Pick<PrometheusConfig, 'remoteWrite' | 'global'>): Promise<void> {
    const { walDir, flushDeadlineMs, start, clock } = this.#deps
    const plans = planWrites(config.remoteWrite, config.global.externalLabels)
    if (plans.length === 0 && !this.#handle) return
    this.#handle ??= start()
    await this.#handle.remote.apply(plans, { walDir, flushDeadlineMs })
    this.#plans = plans
    const names = new Set(plans.map(({ name }) => name))
    for (const name of this.#due.keys()) if (!names.has(name)) this.#due.delete(name)
    for (const { name, metadata } of plans) {
      if (!this.#due.has(name)) this.#due.set(name, clock.monotonic() + metadata.sendInterval)
    }
  }

  async metrics(): Promise<readonly MetricFamily[]> {
    return (await this.#handle?.remote.metrics()) ?? []
  }

  async run(signal: AbortSignal, ready: () => void): Promise<void> {
    const { clock, log } = this.#deps
    ready()
    while (!signal.aborted) {
      await clock.sleep(TICK_MS, signal)
      if (signal.aborted) break
      this.#sendMetadata().catch((err: unknown) => {
        log.warn('Failed to send metadata', { component: 'remote', err })
      })
      this.#noteSent().catch(() => {}) // Storage is on its way up or down: the next tick tells it.
    }
    await this.#handle?.remote.close()
    await this.#handle?.terminate()
  }

  async #noteSent(): Promise<void> {
    const { isAgent, ingest } = this.#deps
    const sentMs = await (isAgent ? this.#handle?.remote.lowestSentMs() : undefined)
    if (sentMs !== undefined && Number.isFinite(sentMs)) await ingest.noteSent(sentMs)
  }

  async #sendMetadata(): Promise<void> {
    const { clock, ingest } = this.#deps
    const now = clock.monotonic()
    const due = this.#plans.filter(
      ({ name, metadata, isVersion2 }) =>
        metadata.send && !isVersion2 && now >= (this.#due.get(name) ?? Infinity),
    )
    if (due.length === 0) return
    for (const { name, metadata } of due) this.#due.set(name, now + metadata.sendInterval)
    const rows = new Map<string, ScrapedMetadata>()
    for (const { metric, type, help, unit } of await ingest.metadata()) {
      rows.set([metric, type, help, unit].join('\0'), { metric, type, help, unit })
    }
    if (rows.size === 0) return
    await this.#handle?.remote.sendMetadata(
      due.map(({ name }) => name),
      [...rows.values()],
    )
  }
}

const IN: Readonly<Record<string, readonly [source: string, type: string, help: string]>> = {
  prometheus_remote_storage_samples_in_total: [
    'prometheus_tsdb_head_samples_appended_total',
    'float',
    'Samples in to remote storage, compare to samples out for queue managers.',
  ],
  prometheus_remote_storage_histograms_in_total: [
    'prometheus_tsdb_head_samples_appended_total',
    'histogram',
    'HistogramSamples in to remote storage, compare to histograms out for queue managers.',
  ],
  prometheus_remote_storage_exemplars_in_total: [
    'prometheus_tsdb_exemplar_exemplars_appended_total',
    '',
    'Exemplars in to remote storage, compare to exemplars out for queue managers.',
  ],
}

const AGENT_IN: typeof IN = Object.fromEntries(
  Object.entries(IN).map(([name, [, type, help]]) => {
    const source = name.includes('exemplars') ? 'exemplars' : 'samples'
    return [name, [`prometheus_agent_${source}_appended_total`, type, help]]
  }),
)

/** What storage has taken in, in the words of remote storage; there with and without queues. */
export function collectRemoteIn(families: readonly MetricFamily[]): MetricFamily[] {
  const isAgent = families.some(({ name }) => name === 'prometheus_agent_active_series')
  const read = (name: string, type: string): number => {
    const points = families.find((family) => family.name === name)?.points ?? []
    const point = points.find(({ labels }) => type === '' || labels[1] === type)
    return typeof point?.value === 'number' ? point.value : 0
  }
  const all: MetricFamily[] = Object.entries(isAgent ? AGENT_IN : IN).map(
    ([name, [source, type, help]]) => ({
      ...{ name, help },
      type: 'counter',
      points: [{ labels: [], value: read(source, type) }],
    }),
  )
  const hasSamples = all.some(({ points }) => points[0]?.value !== 0)
  const highest = hasSamples ? Math.floor(read('prometheus_tsdb_head_max_time_seconds', '')) : 0
  const highestName = 'prometheus_remote_storage_highest_timestamp_in_seconds'
  const zero: readonly (readonly [string, string, 'gauge' | 'counter', number])[] = [
    [
      highestName,
      'Highest timestamp that has come into the remote storage via the Appender interface, in seconds since epoch. Initialized to 0 when no data has been received yet.',
      'gauge',
      highest,
    ],
    [
      'prometheus_remote_storage_string_interner_zero_reference_releases_total',
      'The number of times release has been called for strings that are not interned.',
      'counter',
      0,
    ],
  ]
  for (const [name, help, type, value] of zero) {
    if (isAgent && name === highestName) continue // An agent's storage tells it itself.
    all.push({ name, help, type, points: [{ labels: [], value }] })
  }
  return all
}
