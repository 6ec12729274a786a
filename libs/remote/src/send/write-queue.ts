/** One remote storage being written to: follows the log, spreads rows over shards, sends, retries, counts. */

import { fromPlainClient, type HttpClient, type HttpClientConfig } from '@prom/http'
import { Labels } from '@prom/labels'
import { fromPlainRules } from '@prom/relabel'
import type { Clock, HostFiles, Logger } from '@prom/runtime'
import type { HistogramRow } from '@prom/tsdb'
import { createCloudClient } from './auth/cloud-client.ts'
import {
  ROW_EXEMPLAR,
  ROW_FLOAT,
  ROW_FLOAT_HISTOGRAM,
  ROW_HISTOGRAM,
  type RowExtra,
} from './batch.ts'

import { BatchSender } from './batch-sender.ts'
import { desiredShards } from './desired-shards.ts'
import type { ScrapedMetadata } from './encode-metadata.ts'
import { Ewma } from './ewma.ts'
import { QueueNumbers } from './queue-metrics.ts'
import { DROPPED, type SentSeries, SentSeriesTable } from './sent-series.ts'
import { Shard } from './shard.ts'
import type { SampleRecord } from './wal-records.ts'
import { type ExemplarRow, type RowSink, WalWatcher } from './wal-watcher.ts'
import { WriteClient } from './write-client.ts'
import type { WritePlan } from './write-plan.ts'

const SHARD_UPDATE_MS = 10_000
const EWMA_WEIGHT = 0.2
const CUSTOM_SCHEMA = -53

export interface WriteQueueDeps {
  readonly clock: Clock
  readonly files: HostFiles
  readonly env: Readonly<Record<string, string | undefined>>
  readonly log: Logger
  readonly createClient: (config: HttpClientConfig) => HttpClient
  /** Folder of the log. */
  readonly walDir: string
  readonly flushDeadlineMs: number
}

interface RunningShards {
  readonly shards: readonly Shard[]
  readonly done: Promise<unknown>
}

export class WriteQueue implements RowSink {
  readonly plan: WritePlan
  readonly numbers: QueueNumbers
  readonly #deps: WriteQueueDeps
  readonly #log: Logger
  readonly #client: WriteClient
  readonly #series: SentSeriesTable
  readonly #watcher: WalWatcher
  /** Ends waiting for space and reading on. */
  readonly #stopReading = new AbortController()
  readonly #sender: BatchSender
  readonly #in = new Ewma(EWMA_WEIGHT, SHARD_UPDATE_MS)
  readonly #out = new Ewma(EWMA_WEIGHT, SHARD_UPDATE_MS)
  readonly #outSeconds = new Ewma(EWMA_WEIGHT, SHARD_UPDATE_MS)
  readonly #dropped = new Ewma(EWMA_WEIGHT, SHARD_UPDATE_MS)
  #running: RunningShards
  readonly #watching: Promise<void>
  readonly #adapting: Promise<void>
  #resharding: Promise<void> | undefined
  #highestInMs = 0

  constructor(plan: WritePlan, deps: WriteQueueDeps) {
    this.plan = plan
    this.#deps = deps
    this.numbers = new QueueNumbers(plan.name, plan.shownUrl)
    this.#log = deps.log.with({ component: 'remote', remote_name: plan.name, url: plan.shownUrl })
    const http = deps.createClient(fromPlainClient(plan.http))
    this.#client = new WriteClient(plan, createCloudClient(http, plan.cloud, deps), deps.clock)
    this.#sender = new BatchSender(plan, {
      clock: deps.clock,
      log: this.#log,
      client: this.#client,
      numbers: this.numbers,
      onDone: (rows, seconds) => {
        this.#out.add(rows)
        this.#outSeconds.add(seconds)
      },
    })
    this.#series = new SentSeriesTable({
      externalLabels: Labels.from(pairs(plan.externalLabels)),
      rules: fromPlainRules(plan.rules),
      isVersion2: plan.isVersion2,
    })
    const { numbers } = this
    const { queue } = plan
    numbers.shardsMin = queue.minShards
    numbers.shardsMax = queue.maxShards
    numbers.shardsDesired = queue.minShards
    numbers.shardCapacity = queue.capacity
    numbers.maxSamplesPerSend = queue.maxSamplesPerSend
    this.#running = this.#startShards(queue.minShards)
    this.#watcher = new WalWatcher(deps.walDir, {
      ...deps,
      log: this.#log,
      numbers,
      series: this.#series,
      sink: this,
      takesExemplars: plan.sendExemplars,
      takesHistograms: plan.sendNativeHistograms || plan.isVersion2,
    })
    this.#watching = this.#watcher.run(this.#stopReading.signal)
    this.#adapting = this.#adaptShards(this.#stopReading.signal)
  }

  /** Sends what the log holds by now, for at most the flush deadline; what is left then is dropped and counted. */
  async stop(): Promise<void> {
    const { clock, flushDeadlineMs } = this.#deps
    this.#log.info('Stopping remote storage...')
    const flushed = new AbortController()
    const deadline = clock.sleep(flushDeadlineMs, flushed.signal).then(() => {
      if (flushed.signal.aborted) return
      this.#stopReading.abort()
      this.#sender.abort()
    })
    this.#watcher.drain()
    await this.#watching
    this.#stopReading.abort()
    await this.#adapting
    await this.#stopShards()
    flushed.abort()
    await deadline
    await this.#client.close()
    this.#log.info('Remote storage stopped.')
  }

  sendMetadata(rows: readonly ScrapedMetadata[]): Promise<void> {
    return this.#sender.sendMetadata(rows)
  }

  async samples(record: SampleRecord, startMs: number): Promise<void> {
    const { refs, times, words, count } = record
    let unknown = 0
    let dropped = 0
    let tooOld = 0
    const oldest = this.#oldestMs()
    this.#in.add(count)
    for (let i = 0; i < count; i++) {
      const time = times[i] as number
      if (time <= startMs) continue
      const ref = refs[i] as number
      const series = this.#series.get(ref)
      if (series === undefined) unknown++
      else if (series === DROPPED) dropped++
      else if (time < oldest) tooOld++
      else {
        if (time > this.#highestInMs) this.#highestInMs = time
        const low = words[i * 2] as number
        const high = words[i * 2 + 1] as number
        this.numbers.samplesPending++
        if (!this.#offer(ref, series, ROW_FLOAT, time, low, high, undefined)) {
          await this.#offerWaiting(ref, series, ROW_FLOAT, time, low, high, undefined)
        }
      }
    }
    this.#countDropped('samples', { unknown, dropped, tooOld })
  }

  async histograms(rows: readonly HistogramRow[]): Promise<void> {
    const counts = { unknown: 0, dropped: 0, tooOld: 0 }
    const oldest = this.#oldestMs()
    let custom = 0
    this.#in.add(rows.length)
    for (const { walRef, timeMs, histogram, kind } of rows) {
      const series = this.#series.get(walRef)
      if (series === undefined) counts.unknown++
      else if (series === DROPPED) counts.dropped++
      else if (timeMs < oldest) counts.tooOld++
      else if (!this.plan.isVersion2 && histogram?.schema === CUSTOM_SCHEMA) custom++
      else {
        if (timeMs > this.#highestInMs) this.#highestInMs = timeMs
        const row = kind === 'float' ? ROW_FLOAT_HISTOGRAM : ROW_HISTOGRAM
        this.numbers.histogramsPending++
        await this.#offerWaiting(walRef, series, row, timeMs, 0, 0, { histogram })
      }
    }
    this.#countDropped('histograms', counts)
    this.numbers.drop('histograms', 'nhcb_in_remote_write_v1', custom)
  }

  async exemplars(rows: readonly ExemplarRow[]): Promise<void> {
    const counts = { unknown: 0, dropped: 0, tooOld: 0 }
    const oldest = this.#oldestMs()
    for (const { ref, timeMs, low, high, labels } of rows) {
      const series = this.#series.get(ref)
      if (series === undefined) counts.unknown++
      else if (series === DROPPED) counts.dropped++
      else if (timeMs < oldest) counts.tooOld++
      else {
        this.numbers.exemplarsPending++
        await this.#offerWaiting(ref, series, ROW_EXEMPLAR, timeMs, low, high, { exemplar: labels })
      }
    }
    this.#countDropped('exemplars', counts)
  }

  #offer(
    ref: number,
    series: SentSeries,
    kind: number,
    timeMs: number,
    low: number,
    high: number,
    extra: RowExtra | undefined,
  ): boolean {
    const { shards } = this.#running
    const shard = shards[ref % shards.length] as Shard
    return !this.#resharding && shard.offer(series, kind, timeMs, low, high, extra)
  }

  /** As `#offer`, waiting while the shard is full or the shards are being replaced. */
  async #offerWaiting(
    ref: number,
    series: SentSeries,
    kind: number,
    timeMs: number,
    low: number,
    high: number,
    extra: RowExtra | undefined,
  ): Promise<void> {
    const { signal } = this.#stopReading
    while (!this.#offer(ref, series, kind, timeMs, low, high, extra)) {
      if (signal.aborted) return
      if (this.#resharding) await this.#resharding
      else {
        this.numbers.enqueueRetries++
        const { shards } = this.#running
        await (shards[ref % shards.length] as Shard).space(signal)
      }
    }
  }

  #countDropped(
    kind: 'samples' | 'exemplars' | 'histograms',
    counts: { readonly unknown: number; readonly dropped: number; readonly tooOld: number },
  ): void {
    this.#dropped.add(counts.unknown + counts.dropped + counts.tooOld)
    this.numbers.drop(kind, 'unintentionally_dropped_series', counts.unknown)
    this.numbers.drop(kind, 'dropped_series', counts.dropped)
    this.numbers.drop(kind, 'too_old', counts.tooOld)
  }

  #oldestMs(): number {
    const { sampleAgeLimit } = this.plan.queue
    return sampleAgeLimit === 0 ? -Infinity : this.#deps.clock.now() - sampleAgeLimit
  }

  #startShards(count: number): RunningShards {
    const { queue } = this.plan
    const shards = Array.from({ length: count }, () => new Shard(queue, this.#deps.clock))
    this.numbers.shards = count
    const done = Promise.all(
      shards.map((shard) => {
        const encoder = this.#sender.createEncoder()
        return shard.run((batch) => this.#sender.send(batch, encoder), this.#sender.signal)
      }),
    )
    return { shards, done }
  }

  /** Lets the shards send what they hold, then ends them. */
  async #stopShards(): Promise<void> {
    const { shards, done } = this.#running
    for (const shard of shards) shard.close()
    await done
    for (const shard of shards) {
      for (const batch of shard.left()) this.#sender.giveUp(batch.counts(), 'context canceled')
    }
    this.numbers.shards = 0
  }

  async #adaptShards(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps
    const { queue } = this.plan
    while (!signal.aborted) {
      await clock.sleep(SHARD_UPDATE_MS, signal)
      if (signal.aborted) return
      for (const rate of [this.#in, this.#out, this.#outSeconds, this.#dropped]) rate.tick()
      const running = this.#running.shards.length
      const { shards, desired } = desiredShards({
        shards: running,
        ...queue,
        inRate: this.#in.rate,
        outRate: this.#out.rate,
        droppedRate: this.#dropped.rate,
        sendSeconds: this.#outSeconds.rate,
        delaySeconds: Math.max(0, this.#highestInMs - this.numbers.highestSentMs) / 1000,
      })
      this.numbers.shardsDesired = desired
      if (shards === running) continue
      // A storage that takes nothing would only get more connections to refuse.
      if (clock.now() - this.#sender.lastSentMs > 2 * queue.batchSendDeadline) continue
      this.#log.info('Remote storage resharding', { from: running, to: shards })
      this.#resharding = this.#replaceShards(shards)
      await this.#resharding
      this.#resharding = undefined
    }
  }

  async #replaceShards(count: number): Promise<void> {
    const { shards, done } = this.#running
    for (const shard of shards) shard.close()
    await done
    if (!this.#sender.signal.aborted) this.#running = this.#startShards(count)
  }
}

function* pairs(flat: readonly string[]): IterableIterator<[string, string]> {
  for (let i = 0; i < flat.length; i += 2) yield [flat[i] as string, flat[i + 1] as string]
}
