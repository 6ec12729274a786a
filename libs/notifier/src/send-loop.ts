import type { HttpClient } from '@prom/http'
import { type Clock, type Logger, Queue } from '@prom/runtime'
import type { NotifierMetrics } from './notifier-metrics.ts'

export interface SendLoopDeps {
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: NotifierMetrics
  readonly client: HttpClient
}

export interface SendLoopOptions {
  readonly url: string
  readonly timeoutMs: number
  readonly queueCapacity: number
  readonly batchSize: number
  /** Whether what is queued is still sent when the server stops. */
  readonly isDraining: boolean
}

const ANSWER_LIMIT_BYTES = 1024 * 1024

/** One Alertmanager: its queue of encoded alerts, and the loop that posts them. */
export class SendLoop {
  readonly url: string
  readonly #options: SendLoopOptions
  readonly #deps: SendLoopDeps
  readonly #queue: Queue<string>

  constructor(options: SendLoopOptions, deps: SendLoopDeps) {
    this.url = options.url
    this.#options = options
    this.#deps = deps
    this.#queue = new Queue(options.queueCapacity, { dropOldest: true })
    deps.metrics.add(options.url)
  }

  /** Queues alerts; the oldest ones go when there are too many. */
  push(alerts: readonly string[]): void {
    const { queueCapacity } = this.#options
    const tooMany = Math.max(0, alerts.length - queueCapacity)
    if (tooMany > 0) {
      this.#drop(tooMany, 'Alert batch larger than queue capacity, dropping alerts')
    }
    let lost = 0
    for (let i = tooMany; i < alerts.length; i++) lost += this.#queue.push(alerts[i] as string)
    if (lost > 0) this.#drop(lost, 'Alert notification queue full, dropping alerts')
    this.#showLength()
  }

  #drop(count: number, message: string): void {
    this.#deps.metrics.dropped.of(this.url).inc(count)
    this.#deps.log.warn(message, { alertmanager: this.url, num_dropped: count })
  }

  #showLength(): void {
    this.#deps.metrics.queueLength.of(this.url).set(this.#queue.length)
  }

  /**
   * Posts until `signal` aborts, then what is left if it is to be drained. `cut` aborts requests at once: the
   * Alertmanager is no longer wanted.
   */
  async run(signal: AbortSignal, cut: AbortSignal): Promise<void> {
    const { batchSize, isDraining } = this.#options
    while (!signal.aborted) {
      const batch = await this.#queue.take(batchSize, signal)
      this.#showLength()
      if (batch.length > 0) await this.#post(batch, cut)
    }
    if (isDraining && !cut.aborted && this.#queue.length > 0) {
      const facts = { alertmanager: this.url, queued: this.#queue.length }
      this.#deps.log.info('Draining remaining notifications...', facts)
      while (this.#queue.length > 0) {
        const batch = await this.#queue.take(batchSize, signal)
        await this.#post(batch, cut)
      }
      this.#deps.log.info('Remaining notifications drained', { alertmanager: this.url })
    }
    const left = this.#queue.drain().length
    if (left > 0) {
      this.#drop(left, 'Alertmanager removed or server stopped, dropping queued alerts')
    }
  }

  async #post(batch: readonly string[], cut: AbortSignal): Promise<void> {
    const { clock, log, metrics, client } = this.#deps
    const start = clock.monotonic()
    try {
      const answer = await client.request({
        method: 'POST',
        url: this.url,
        headers: { 'content-type': 'application/json' },
        body: `[${batch.join(',')}]`,
        timeoutMs: this.#options.timeoutMs,
        signal: cut,
        bodyLimitBytes: ANSWER_LIMIT_BYTES,
      })
      if (answer.status < 200 || answer.status > 299) {
        throw new Error(
          `bad response status ${answer.status} ${statusText(answer.status)}`.trimEnd(),
        )
      }
    } catch (err) {
      metrics.errors.of(this.url).inc(batch.length)
      metrics.dropped.of(this.url).inc(batch.length)
      const facts = { alertmanager: this.url, count: batch.length, err: (err as Error).message }
      log.error('Error sending alerts', facts)
    }
    metrics.latency.of(this.url).observe((clock.monotonic() - start) / 1000)
    metrics.sent.of(this.url).inc(batch.length)
  }
}

function statusText(status: number): string {
  return STATUS_TEXTS[status] ?? ''
}

const STATUS_TEXTS: Readonly<Record<number, string>> = {
  301: 'Moved Permanently',
  302: 'Found',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Request Entity Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Entity',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
}
