import type { HttpClient } from '@prom/http'
import type { PoolOptions, TargetPlan } from '../contract.ts'
import { ScrapeError } from '../errors.ts'
import { plainRequest, scrapeHeaders } from '../scrape-request.ts'
import {
  Connection,
  type ConnectionDeps,
  type PlainAnswer,
  type PlainRequest,
} from './connection.ts'
import type { DirectGunzip } from './gunzip.ts'
import { type PlacedBody, placeBody, type ScrapeBody, unpackBody } from './scrape-body.ts'

const BODY_MAX = 512 << 20

/** What came of a fetch: a body, good until the call it is handed to returns, or why there is none. */
export type ScrapeOutcome =
  | { readonly body: ScrapeBody; readonly error?: undefined }
  | { readonly body?: undefined; readonly error: ScrapeError }

/** Must not throw. */
export type OnOutcome = (outcome: ScrapeOutcome) => void

/** Gets one target's body, again and again; one fetch at a time. */
export interface Fetcher {
  /** Calls `onOutcome` once, maybe before it returns. */
  fetch(onOutcome: OnOutcome): void
  /** Ends a fetch under way with an error. */
  cancel(): void
  close(): void
}

export interface FetcherDeps extends ConnectionDeps {
  readonly version: string
  readonly gunzip: DirectGunzip
  /** The client of the target's pool, for everything beyond plain HTTP; throws if its settings are bad. */
  readonly client: () => HttpClient
}

export function createFetcher(
  target: TargetPlan,
  options: PoolOptions,
  deps: FetcherDeps,
): Fetcher {
  const isPlain = target.url.startsWith('http://') && options.isPlainHttp
  return isPlain
    ? new PlainFetcher(target, options, deps)
    : new ClientFetcher(target, options, deps)
}

/** Plain HTTP: one kept connection, bodies read in place. */
class PlainFetcher implements Fetcher {
  readonly #target: TargetPlan
  readonly #options: PoolOptions
  readonly #deps: FetcherDeps
  readonly #connection: Connection
  readonly #request: PlainRequest
  #onOutcome: OnOutcome = () => {}
  #client: ClientFetcher | undefined
  #unpackedBytes = 0

  constructor(target: TargetPlan, options: PoolOptions, deps: FetcherDeps) {
    this.#target = target
    this.#options = options
    this.#deps = deps
    this.#connection = new Connection(deps)
    this.#request = plainRequest(target, options, deps.version)
  }

  fetch(onOutcome: OnOutcome): void {
    this.#onOutcome = onOutcome
    this.#connection.get(this.#request, this.#onAnswer)
  }

  cancel(): void {
    this.#connection.cancel()
    this.#client?.cancel()
  }

  close(): void {
    this.#connection.close()
  }

  readonly #onAnswer = (answer: PlainAnswer | undefined, error: unknown): void => {
    if (!answer) {
      this.#onOutcome({ error: toScrapeError(error) })
      return
    }
    const { status, contentType, bodyAddress: address, bodyLength: length } = answer
    const { contentEncoding } = answer
    const isPacked = contentEncoding === 'gzip' || contentEncoding === 'zstd'
    if (status === 200 && !isPacked) {
      this.#onOutcome({ body: { address, length, contentType } })
    } else if (isRedirect(status) && answer.location !== undefined) {
      // Redirects are followed by the general client.
      this.#client ??= new ClientFetcher(this.#target, this.#options, this.#deps)
      this.#client.fetch(this.#onOutcome)
    } else if (status !== 200) this.#onOutcome({ error: statusError(answer.statusText) })
    else this.#unpack(answer)
  }

  #unpack({ contentEncoding, contentType, bodyAddress, bodyLength }: PlainAnswer): void {
    const { memory, gunzip } = this.#deps
    const packed = memory.bytes.subarray(bodyAddress, bodyAddress + bodyLength)
    const bodyMax = this.#options.bodySizeMax
    const sizeHint = this.#unpackedBytes + 1024
    const options = { encoding: contentEncoding, contentType, bodyMax, sizeHint }
    let body: PlacedBody
    try {
      body = unpackBody(memory, gunzip, packed, options)
    } catch (err) {
      this.#onOutcome({ error: toScrapeError(err) })
      return
    }
    this.#unpackedBytes = body.length
    try {
      this.#onOutcome({ body })
    } finally {
      memory.release(body.slot)
    }
  }
}

/** TLS, authentication, proxies, redirects: by the general HTTP client. */
class ClientFetcher implements Fetcher {
  readonly #target: TargetPlan
  readonly #options: PoolOptions
  readonly #deps: FetcherDeps
  #stop: AbortController | undefined
  #unpackedBytes = 0

  constructor(target: TargetPlan, options: PoolOptions, deps: FetcherDeps) {
    this.#target = target
    this.#options = options
    this.#deps = deps
  }

  fetch(onOutcome: OnOutcome): void {
    const stop = new AbortController()
    this.#stop = stop
    void this.#get(stop.signal).then(
      (body) => {
        this.#stop = undefined
        try {
          onOutcome({ body })
        } finally {
          this.#deps.memory.release(body.slot)
        }
      },
      (err) => {
        this.#stop = undefined
        onOutcome({ error: toScrapeError(err) })
      },
    )
  }

  cancel(): void {
    this.#stop?.abort()
  }

  close(): void {}

  async #get(signal: AbortSignal): Promise<PlacedBody> {
    const { url, timeoutMs } = this.#target
    const { bodySizeMax } = this.#options
    const { memory, version } = this.#deps
    const answer = await this.#deps
      .client()
      .request({
        method: 'GET',
        url,
        headers: scrapeHeaders(this.#options, timeoutMs, version),
        timeoutMs,
        signal,
        bodyLimitBytes: bodySizeMax > 0 ? bodySizeMax : BODY_MAX,
      })
      .catch((err: Error) => {
        if (err.name === 'HttpLimitError') {
          throw new ScrapeError('body size limit exceeded', { limit: 'body', cause: err })
        }
        throw new ScrapeError(err.message, { cause: err })
      })
    if (answer.status !== 200) throw statusError(withReason(answer.status))
    const encoding = answer.headers['content-encoding'] ?? ''
    const contentType = answer.headers['content-type']
    if (encoding === 'gzip' && !isGzip(answer.body)) {
      return placeBody(memory, answer.body, contentType)
    }
    const options = {
      encoding,
      contentType,
      bodyMax: bodySizeMax,
      sizeHint: this.#unpackedBytes + 1024,
    }
    const body = unpackBody(memory, this.#deps.gunzip, answer.body, options)
    this.#unpackedBytes = body.length
    return body
  }
}

const toScrapeError = (err: unknown) =>
  err instanceof ScrapeError ? err : new ScrapeError((err as Error).message)

const isRedirect = (status: number) => [301, 302, 303, 307, 308].includes(status)

const isGzip = (bytes: Uint8Array) => bytes[0] === 0x1f && bytes[1] === 0x8b

function statusError(statusText: string): ScrapeError {
  return new ScrapeError(`server returned HTTP status ${statusText}`)
}

function withReason(status: number): string {
  return `${status} ${REASONS[status] ?? ''}`.trim()
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  408: 'Request Timeout',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
}
