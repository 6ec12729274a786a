/** Posts bodies to one remote storage and says what became of them. */
import type { HttpClient } from '@prom/http'
import type { Clock } from '@prom/runtime'
import type { RowCounts } from './batch.ts'
import type { WritePlan } from './write-plan.ts'

const ERROR_BODY_MAX = 1024

/** What a version 2 receiver says it has written; zeros if it says nothing. */
export interface Written extends RowCounts {
  readonly isConfirmed: boolean
}

export class WriteError extends Error {
  readonly isRecoverable: boolean
  /** 0: by our own back-off. */
  readonly retryAfterMs: number
  readonly written: Written | undefined

  constructor(
    message: string,
    facts: {
      readonly isRecoverable: boolean
      readonly retryAfterMs?: number
      readonly written?: Written
    },
  ) {
    super(message)
    this.isRecoverable = facts.isRecoverable
    this.retryAfterMs = facts.retryAfterMs ?? 0
    this.written = facts.written
  }
}

export class WriteClient {
  readonly #plan: WritePlan
  readonly #http: HttpClient
  readonly #clock: Clock

  constructor(plan: WritePlan, http: HttpClient, clock: Clock) {
    this.#plan = plan
    this.#http = http
    this.#clock = clock
  }

  /** Throws WriteError. `attempt` counts from 0. */
  async post(
    body: Uint8Array,
    attempt: number,
    signal: AbortSignal,
    isVersion2 = this.#plan.isVersion2,
  ): Promise<Written> {
    const { url, timeoutMs, headers, queue } = this.#plan
    const all: Record<string, string> = {
      ...Object.fromEntries(headers),
      'Content-Encoding': 'snappy',
      'Content-Type': isVersion2
        ? 'application/x-protobuf;proto=io.prometheus.write.v2.Request'
        : 'application/x-protobuf',
      'X-Prometheus-Remote-Write-Version': isVersion2 ? '2.0.0' : '0.1.0',
      ...(attempt > 0 && { 'Retry-Attempt': String(attempt) }),
    }
    const answer = await this.#http
      .request({ method: 'POST', url, headers: all, body, timeoutMs, signal })
      .catch((err: Error) => {
        throw new WriteError(err.message, { isRecoverable: !signal.aborted })
      })
    const written = readWritten(answer.headers)
    if (answer.status >= 200 && answer.status < 300) return written
    const text = Buffer.from(answer.body.subarray(0, ERROR_BODY_MAX)).toString()
    const is429 = answer.status === 429 && queue.retryOnHttp429
    throw new WriteError(`server returned HTTP status ${describeStatus(answer.status)}: ${text}`, {
      isRecoverable: answer.status >= 500 || is429,
      retryAfterMs: retryAfter(answer.headers['retry-after'] ?? '', this.#clock.now()),
      written,
    })
  }

  close(): Promise<void> {
    return this.#http.close()
  }
}

function readWritten(headers: Readonly<Record<string, string>>): Written {
  const read = (what: string) => headers[`x-prometheus-remote-write-${what}-written`]
  const texts = [read('samples'), read('histograms'), read('exemplars')]
  const [samples = 0, histograms = 0, exemplars = 0] = texts.map((text) => Number(text ?? 0) || 0)
  return { samples, histograms, exemplars, isConfirmed: texts.some((text) => text !== undefined) }
}

/** Seconds or an HTTP date; 0 for anything else. */
export function retryAfter(text: string, nowMs: number): number {
  if (/^\d+$/.test(text)) return Number(text) * 1000
  const atMs = Date.parse(text)
  return Number.isNaN(atMs) ? 0 : Math.max(0, atMs - nowMs)
}

const TEXTS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
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

function describeStatus(status: number): string {
  const text = TEXTS[status]
  return text === undefined ? String(status) : `${status} ${text}`
}
