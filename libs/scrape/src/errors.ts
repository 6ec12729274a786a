import type { Labels } from '@prom/labels'

/** A series that a body showed before it failed. */
export interface ShownSeries {
  readonly labels: Labels
  /** Its sample carries no time of its own, so it gets stale markers. */
  readonly isTracked: boolean
}

interface ScrapeErrorFacts {
  /** Which limit was hit, for its counter. */
  readonly limit?: 'samples' | 'body' | 'buckets'
  /** Samples read until then, and those left after relabelling. */
  readonly scraped?: number
  readonly kept?: number
  readonly shown?: readonly ShownSeries[]
  /** How many of them are new to the target, where that is known. */
  readonly added?: number
  readonly cause?: unknown
}

/** A scrape failed; `message` is what the target shows as its last error, as the original words it. */
export class ScrapeError extends Error {
  readonly limit: 'samples' | 'body' | 'buckets' | undefined
  readonly scraped: number
  readonly kept: number
  /** Undefined: nobody has looked. */
  readonly shown: readonly ShownSeries[] | undefined
  readonly added: number | undefined

  constructor(message: string, facts: ScrapeErrorFacts = {}) {
    super(message, { cause: facts.cause })
    this.limit = facts.limit
    this.scraped = facts.scraped ?? 0
    this.kept = facts.kept ?? 0
    this.shown = facts.shown
    this.added = facts.added
  }
}
