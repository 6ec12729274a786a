/** A scrape failed; `message` is what the target shows as its last error, as the original words it. */
export class ScrapeError extends Error {
  /** Which limit was hit, for its counter. */
  readonly limit: 'samples' | 'body' | 'buckets' | undefined

  constructor(message: string, options: { limit?: 'samples' | 'body' | 'buckets'; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.limit = options.limit
  }
}
