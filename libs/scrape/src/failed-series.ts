import type { ExpositionParser } from '@prom/exposition'
import type { Labels } from '@prom/labels'
import { ScrapeError, type ShownSeries } from './errors.ts'

/** Of a body that fails, no more series than these are remembered. */
const SHOWN_MAX = 100_000
/** What failed bodies showed is forgotten once it is this much more than twice the last good one. */
const SEEN_SPARE = 1000

export interface WalkOptions {
  readonly samplesMax: number
  readonly honorTimestamps: boolean
  readonly trackTimestampsStaleness: boolean
  labels(exposed: readonly string[]): Labels | undefined
}

/** Goes through a body that has failed from its start to its first error; says that error and what came before. */
export function explainFailure(
  parser: ExpositionParser,
  options: WalkOptions,
  failure: Error,
): ScrapeError {
  const { samplesMax, honorTimestamps, trackTimestampsStaleness } = options
  const isOverLimit = failure instanceof ScrapeError && failure.limit === 'samples'
  const shown: ShownSeries[] = []
  let scraped = 0
  let kept = 0
  let cause = failure
  try {
    for (let entry = parser.next(); entry !== 'end'; entry = parser.next()) {
      if (entry !== 'series') continue
      scraped++
      const labels = options.labels(parser.labels())
      if (labels === undefined) continue
      kept++
      if (isOverLimit && kept > samplesMax) break
      const isTracked = parser.timeMs === undefined || !honorTimestamps || trackTimestampsStaleness
      if (shown.length < SHOWN_MAX) shown.push({ labels, isTracked })
    }
  } catch (err) {
    cause = err as Error
  }
  if (isOverLimit) {
    const { limit = 'samples', message } = failure
    const counts = { scraped: failure.scraped, kept: failure.kept }
    return new ScrapeError(message, { ...counts, limit, shown, cause: failure })
  }
  return new ScrapeError(cause.message, { scraped, kept, shown, cause })
}

/**
 * The series of the bodies that failed since the last good one. Compat: what a failed body showed before its error
 * gets its stale marker with the next scrape that does not have it, though none of its samples was stored; and a
 * series that it has from the scrape before gets none yet.
 */
export class FailedSeries {
  #live = new Set<number>()
  readonly #seen = new Set<number>()

  /** Shown by the last body, without a marker so far. */
  get live(): ReadonlySet<number> {
    return this.#live
  }

  /** Shown by any of them: not new when they come again. */
  get seen(): ReadonlySet<number> {
    return this.#seen
  }

  /** Takes over one more; returns how many of its series are new. `known` are those of the last good body. */
  add(
    shown: readonly ShownSeries[],
    resolve: (labels: Labels) => number,
    known: () => ReadonlySet<number>,
  ): number {
    this.#live = new Set()
    if (shown.length === 0) return 0
    const before = known()
    let added = 0
    for (const { labels, isTracked } of shown) {
      const ref = resolve(labels)
      if (isTracked) this.#live.add(ref)
      if (before.has(ref) || this.#seen.has(ref)) continue
      this.#seen.add(ref)
      added++
    }
    if (this.#seen.size > before.size * 2 + SEEN_SPARE) this.#seen.clear()
    return added
  }

  clear(): void {
    if (this.#live.size > 0) this.#live = new Set()
    this.#seen.clear()
  }
}
