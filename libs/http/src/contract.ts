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
  /** Asks over this Unix socket; the URL's host is only said in the header. */
  readonly socketPath?: string
  /**
   * Is given a successful body piece by piece as it comes; the answer's own is empty then and has no limit. For
   * answers that never end, with a `timeoutMs` of their own.
   */
  readonly onPiece?: (piece: Uint8Array) => void
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
