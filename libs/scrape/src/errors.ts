interface ScrapeErrorFacts {
  /** Which limit was hit, for its counter. */
  readonly limit?: 'samples' | 'body' | 'buckets'
  /** Samples read until then, and those left after relabelling. */
  readonly scraped?: number
  readonly kept?: number
  readonly cause?: unknown
}

/** A scrape failed; `message` is what the target shows as its last error, as the original words it. */
export class ScrapeError extends Error {
  readonly limit: 'samples' | 'body' | 'buckets' | undefined
  readonly scraped: number
  readonly kept: number

  constructor(message: string, facts: ScrapeErrorFacts = {}) {
    super(message, { cause: facts.cause })
    this.limit = facts.limit
    this.scraped = facts.scraped ?? 0
    this.kept = facts.kept ?? 0
  }
}
