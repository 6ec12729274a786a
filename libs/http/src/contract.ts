/** An outgoing request, as every client of ours makes it; made from an `http_config` by `createHttpClient`. */
export interface HttpRequest {
  readonly method: string
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  /** Larger answers fail with HttpLimitError; default 64 MiB. */
  readonly bodyLimitBytes?: number
}

export interface HttpAnswer {
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export interface HttpClient {
  /** Rejects with an Error whose message reads as Go's (`dial tcp 127.0.0.1:1: connect: connection refused`). */
  request(request: HttpRequest): Promise<HttpAnswer>
  close(): Promise<void>
}
