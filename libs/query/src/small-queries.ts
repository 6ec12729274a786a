/** Queries so small that handing them to a thread would take longer than answering them. */
import { type Expr, parseExpr, selectorsOf, walk } from '@prom/promql-syntax'
import type { Clock } from '@prom/runtime'
import type { Querier } from '@prom/storage'
import type { QueryTask, ThreadAnswer } from './messages.ts'
import { QueryService, type QuerySource, type ServiceOptions } from './query-service.ts'

/** What the calling thread may be kept busy with. */
const TEXT_MAX = 1000
const STEPS_MAX = 1500
const SELECTORS_MAX = 8
/** Values held at once, by what the original counts. */
const VALUES_MAX = 4096
const MEMORY_MAX_BYTES = 4 << 20
/** A query that took longer so often in a row belongs into a thread; once may be the machine, or new code. */
const LONG_MS = 5
const LONG_TIMES = 5
/** How long a query that was too large is not tried again. */
const RETRY_AFTER_MS = 30_000
const REMEMBERED_MAX = 500

/** Their cost hardly depends on how many series there are. */
const COSTLY_FUNCTIONS: ReadonlySet<string> = new Set(['info', 'label_replace'])

export interface SmallQueriesDeps {
  /** Throws where a querier, or a selection of it, would be more than a little. */
  readonly source: QuerySource
  /** Whether all there is to read lies in `source`. */
  readonly isWhole: () => boolean
  readonly clock: Pick<Clock, 'monotonic'>
}

interface Known {
  readonly expr: Expr | undefined
  readonly hasSelectors: boolean
  /** Not tried before. */
  retryAtMs: number
  longTimes: number
}

/** Answers small queries in the calling thread; what is not small, or fails, is left to the threads. */
export class SmallQueries {
  readonly #engine: ServiceOptions['engine']
  readonly #deps: SmallQueriesDeps
  readonly #service: QueryService
  readonly #known = new Map<string, Known>()
  #current: Known | undefined

  /** The options of the threads; what they would refuse is refused by them. */
  constructor(options: ServiceOptions, deps: SmallQueriesDeps) {
    this.#engine = options.engine
    this.#deps = deps
    const samplesMax = Math.min(VALUES_MAX, options.samplesMax)
    const memoryMaxBytes = Math.min(MEMORY_MAX_BYTES, options.memoryMaxBytes || MEMORY_MAX_BYTES)
    const source = {
      querier: (mint: number, maxt: number) =>
        this.#current?.hasSelectors ? deps.source.querier(mint, maxt) : NOTHING,
    }
    const { clock } = deps
    this.#service = new QueryService(
      { ...options, samplesMax, memoryMaxBytes },
      { source, clock, stopReason: () => undefined },
    )
  }

  /** Undefined: a thread is to answer it. */
  serve(task: QueryTask): ThreadAnswer | undefined {
    const { clock, isWhole } = this.#deps
    const { query, isInstant, startMs, endMs, stepMs, output } = task
    if (query.length > TEXT_MAX || output !== 'json' || !isWhole()) return undefined
    if (!isInstant && (endMs - startMs) / stepMs >= STEPS_MAX) return undefined
    const known = this.#of(query)
    const startedMs = clock.monotonic()
    if (!known.expr || startedMs < known.retryAtMs) return undefined
    this.#current = known
    try {
      const answer = this.#service.serve(task, known.expr)
      const finishedMs = clock.monotonic()
      known.longTimes = finishedMs - startedMs > LONG_MS ? known.longTimes + 1 : 0
      if (known.longTimes >= LONG_TIMES) known.retryAtMs = finishedMs + RETRY_AFTER_MS
      return answer
    } catch {
      known.retryAtMs = startedMs + RETRY_AFTER_MS
      return undefined
    }
  }

  #of(query: string): Known {
    const known = this.#known.get(query)
    if (known) return known
    if (this.#known.size >= REMEMBERED_MAX) this.#known.clear()
    const expr = this.#parse(query)
    const hasSelectors = expr !== undefined && selectorsOf(expr).length > 0
    const made: Known = { expr, hasSelectors, retryAtMs: 0, longTimes: 0 }
    this.#known.set(query, made)
    return made
  }

  /** Undefined if the query is none, or costs much whatever it reads. */
  #parse(query: string): Expr | undefined {
    try {
      const expr = parseExpr(query, this.#engine.parse)
      if (selectorsOf(expr).length > SELECTORS_MAX) return undefined
      let isSmall = true
      walk(expr, (node) => {
        if (node.kind === 'subquery') isSmall = false
        if (node.kind === 'call' && COSTLY_FUNCTIONS.has(node.func.name)) isSmall = false
      })
      return isSmall ? expr : undefined
    } catch {
      return undefined
    }
  }
}

/** For queries that read nothing. */
const NOTHING: Querier = {
  warnings: [],
  select: () => {
    throw new Error('a query without selectors selects nothing')
  },
  labelNames: () => [],
  labelValues: () => [],
  close: () => {},
}
