/** Sends batches to one remote storage until they are taken or refused for good, and counts what became of them. */
import { compressSnappy } from '@prom/compress'
import type { Clock, Logger } from '@prom/runtime'
import type { Batch, RowCounts } from './batch.ts'
import { encodeMetadata, type ScrapedMetadata } from './encode-metadata.ts'
import { type WriteEncoder, WriteEncoder1, WriteEncoder2 } from './encode-write.ts'
import type { QueueNumbers } from './queue-metrics.ts'
import { type WriteClient, WriteError, type Written } from './write-client.ts'
import type { WritePlan } from './write-plan.ts'

export interface BatchSenderDeps {
  readonly clock: Clock
  readonly log: Logger
  readonly client: WriteClient
  readonly numbers: QueueNumbers
  /** Told how many rows went through and how long it took. */
  readonly onDone: (rows: number, seconds: number) => void
}

export class BatchSender {
  readonly plan: WritePlan
  readonly numbers: QueueNumbers
  readonly #deps: BatchSenderDeps
  readonly #log: Logger
  readonly #client: WriteClient
  readonly #stopSending = new AbortController()
  /** When a request last ended, taken or refused. */
  lastSentMs = 0

  constructor(plan: WritePlan, deps: BatchSenderDeps) {
    this.plan = plan
    this.numbers = deps.numbers
    this.#deps = deps
    this.#log = deps.log
    this.#client = deps.client
  }

  /** Aborts when sending ends. */
  get signal(): AbortSignal {
    return this.#stopSending.signal
  }

  /** Gives up what is under way. */
  abort(): void {
    this.#stopSending.abort()
  }

  /** One per shard: it keeps the memory of its last request. */
  createEncoder(): WriteEncoder {
    return this.plan.isVersion2 ? new WriteEncoder2() : new WriteEncoder1()
  }

  /** Version 1 tells what metrics are in requests of their own. */
  async sendMetadata(rows: readonly ScrapedMetadata[]): Promise<void> {
    const { metadata } = this.plan
    for (let from = 0; from < rows.length; from += metadata.maxSamplesPerSend) {
      const part = rows.slice(from, from + metadata.maxSamplesPerSend)
      const body = compressSnappy(encodeMetadata(part))
      try {
        await this.#post(body, false, () => {
          this.numbers.metadataRetried += part.length
          return body
        })
        this.numbers.metadataTotal += part.length
        this.numbers.metadataBytes += body.length
      } catch (err) {
        this.numbers.metadataFailed += part.length
        this.#log.error('non-recoverable error while sending metadata', { count: part.length, err })
      }
    }
  }

  /** Resolves when the batch is done with, one way or the other. */
  async send(batch: Batch, encoder: WriteEncoder): Promise<void> {
    const { clock } = this.#deps
    const taken = batch.counts()
    let counts = taken
    const begin = clock.monotonic()
    const make = (isRetry: boolean): Uint8Array | undefined => {
      const { sampleAgeLimit } = this.plan.queue
      if (sampleAgeLimit > 0) {
        this.#dropOld(batch.dropOlder(clock.now() - sampleAgeLimit))
        if (batch.count === 0) return undefined
        if (isRetry) counts = batch.counts()
      }
      return compressSnappy(encoder.encode(batch))
    }
    try {
      const first = make(false)
      counts = batch.counts()
      if (first) {
        const written = await this.#post(first, this.plan.isVersion2, () => {
          this.#retried(counts)
          return this.plan.queue.sampleAgeLimit > 0 ? make(true) : first
        })
        this.#sent(batch, counts, written, first.length)
      }
    } catch (err) {
      this.#failed(counts, err as Error)
    } finally {
      this.#pendingLess(taken)
      const rows = taken.samples + taken.histograms + taken.exemplars
      this.#deps.onDone(rows, (clock.monotonic() - begin) / 1000)
      this.lastSentMs = clock.now()
    }
  }

  /** Posts until it is taken, refused for good, or sending ends; `onRetry` may give a smaller body, or none. */
  async #post(
    first: Uint8Array,
    isVersion2: boolean,
    onRetry: () => Uint8Array | undefined,
  ): Promise<Written | undefined> {
    const { clock } = this.#deps
    const { minBackoff, maxBackoff } = this.plan.queue
    const { signal } = this.#stopSending
    let body: Uint8Array | undefined = first
    let backoff = minBackoff
    for (let attempt = 0; ; attempt++) {
      if (signal.aborted) throw new WriteError('context canceled', { isRecoverable: false })
      const begin = clock.monotonic()
      try {
        const written = await this.#client.post(body, attempt, signal, isVersion2)
        this.numbers.sendDuration.observe((clock.monotonic() - begin) / 1000)
        return written
      } catch (err) {
        if (!(err instanceof WriteError) || !err.isRecoverable) throw err
        this.numbers.sendDuration.observe((clock.monotonic() - begin) / 1000)
        body = onRetry()
        if (!body) return undefined
        const wait = err.retryAfterMs > 0 ? err.retryAfterMs : backoff
        this.#log.warn('Failed to send batch, retrying', { err: err.message })
        await clock.sleep(wait, signal)
        backoff = Math.min(wait * 2, maxBackoff)
      }
    }
  }

  #sent(batch: Batch, counts: RowCounts, written: Written | undefined, bytes: number): void {
    const { numbers } = this
    if (!written) return
    numbers.bytes += bytes
    const hasNone = written.samples + written.histograms + written.exemplars === 0
    if (this.plan.isVersion2 && (!written.isConfirmed || hasNone)) {
      throw new WriteError(
        `sent v2 request with ${counts.samples} samples, ${counts.histograms} histograms and ${counts.exemplars} exemplars; got 2xx, but PRW 2.0 response header statistics indicate ${written.samples} samples, ${written.histograms} histograms and ${written.exemplars} exemplars were accepted; assumining failure e.g. the target only supports PRW 1.0 prometheus.WriteRequest, but does not check the Content-Type header correctly`,
        { isRecoverable: false },
      )
    }
    const done = this.plan.isVersion2 ? written : counts
    this.#count(counts, done)
    numbers.highestSentMs = Math.max(numbers.highestSentMs, batch.highestMs())
  }

  #failed(counts: RowCounts, err: Error): void {
    const written = err instanceof WriteError && this.plan.isVersion2 ? err.written : undefined
    const done = written?.isConfirmed ? written : { samples: 0, histograms: 0, exemplars: 0 }
    this.#log.error('non-recoverable error', {
      failedSampleCount: Math.max(0, counts.samples - done.samples),
      failedHistogramCount: Math.max(0, counts.histograms - done.histograms),
      failedExemplarCount: Math.max(0, counts.exemplars - done.exemplars),
      err: err.message,
    })
    this.#count(counts, done)
  }

  /** Counts rows that are not sent any more. */
  giveUp(counts: RowCounts, reason: string): void {
    this.#failed(counts, new WriteError(reason, { isRecoverable: false }))
    this.#pendingLess(counts)
  }

  /** `done` of `counts` were stored; the rest was refused. */
  #count(counts: RowCounts, done: RowCounts): void {
    const { numbers } = this
    numbers.samplesTotal += counts.samples
    numbers.histogramsTotal += counts.histograms
    numbers.exemplarsTotal += counts.exemplars
    numbers.samplesFailed += Math.max(0, counts.samples - done.samples)
    numbers.histogramsFailed += Math.max(0, counts.histograms - done.histograms)
    numbers.exemplarsFailed += Math.max(0, counts.exemplars - done.exemplars)
  }

  #retried(counts: RowCounts): void {
    this.numbers.samplesRetried += counts.samples
    this.numbers.histogramsRetried += counts.histograms
    this.numbers.exemplarsRetried += counts.exemplars
  }

  #dropOld(counts: RowCounts): void {
    this.numbers.drop('samples', 'too_old', counts.samples)
    this.numbers.drop('histograms', 'too_old', counts.histograms)
    this.numbers.drop('exemplars', 'too_old', counts.exemplars)
  }

  #pendingLess(counts: RowCounts): void {
    this.numbers.samplesPending -= counts.samples
    this.numbers.histogramsPending -= counts.histograms
    this.numbers.exemplarsPending -= counts.exemplars
  }
}
