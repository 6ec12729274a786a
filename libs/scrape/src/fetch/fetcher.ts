import type { HttpClient } from '@prom/http'
import type { PoolOptions, TargetPlan } from '../contract.ts'
import { ScrapeError } from '../errors.ts'
import { plainRequest, scrapeHeaders } from '../scrape-request.ts'
import { Connection, type ConnectionDeps, type PlainRequest } from './connection.ts'
import { placeBody, type ScrapeBody, unpack } from './scrape-body.ts'

const BODY_MAX = 512 << 20

/** Gets one target's body, again and again. */
export interface Fetcher {
  /** The body, in kernel memory; its slot is the caller's to release. Rejects with ScrapeError. */
  fetch(signal: AbortSignal): Promise<ScrapeBody>
  close(): void
}

export interface FetcherDeps extends ConnectionDeps {
  readonly version: string
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
  #client: ClientFetcher | undefined
  #unpackedBytes = 0

  constructor(target: TargetPlan, options: PoolOptions, deps: FetcherDeps) {
    this.#target = target
    this.#options = options
    this.#deps = deps
    this.#connection = new Connection(deps)
    this.#request = plainRequest(target, options, deps.version)
  }

  async fetch(signal: AbortSignal): Promise<ScrapeBody> {
    const { memory } = this.#deps
    const response = await this.#connection.get(this.#request, signal)
    const { slot, status, statusText, contentType } = response
    let isHandedOver = false
    try {
      if (isRedirect(status) && response.location !== undefined) return await this.#follow(signal)
      if (status !== 200) throw statusError(statusText)
      const { bodyAddress: address, bodyLength: length } = response
      const { contentEncoding } = response
      if (contentEncoding !== 'gzip' && contentEncoding !== 'zstd') {
        isHandedOver = true
        return { slot, address, length, contentType }
      }
      const packed = memory.bytes.subarray(address, address + length)
      const { bodySizeMax } = this.#options
      const bytes = unpack(contentEncoding, packed, bodySizeMax, this.#unpackedBytes + 1024)
      this.#unpackedBytes = bytes.length
      return placeBody(memory, bytes, contentType)
    } finally {
      if (!isHandedOver) memory.release(slot)
    }
  }

  close(): void {
    this.#connection.close()
  }

  /** Redirects are followed by the general client. */
  #follow(signal: AbortSignal): Promise<ScrapeBody> {
    this.#client ??= new ClientFetcher(this.#target, this.#options, this.#deps)
    return this.#client.fetch(signal)
  }
}

/** TLS, authentication, proxies, redirects: by the general HTTP client. */
class ClientFetcher implements Fetcher {
  readonly #target: TargetPlan
  readonly #options: PoolOptions
  readonly #deps: FetcherDeps
  #unpackedBytes = 0

  constructor(target: TargetPlan, options: PoolOptions, deps: FetcherDeps) {
    this.#target = target
    this.#options = options
    this.#deps = deps
  }

  async fetch(signal: AbortSignal): Promise<ScrapeBody> {
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
    const isUnpacked = encoding === 'gzip' && !isGzip(answer.body)
    const bytes = isUnpacked
      ? answer.body
      : unpack(encoding, answer.body, bodySizeMax, this.#unpackedBytes + 1024)
    this.#unpackedBytes = bytes.length
    return placeBody(memory, bytes, answer.headers['content-type'])
  }

  close(): void {}
}

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
