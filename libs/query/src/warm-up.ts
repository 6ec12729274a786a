/**
 * Runs what dashboards are made of over a little of the head, before the first one asks: code that has not run yet takes
 * five times longer. Nothing of it is seen or kept but the compiled code.
 */
import { Matcher } from '@prom/labels'
import type { Clock } from '@prom/runtime'
import type { Querier } from '@prom/storage'
import type { QueryTask } from './messages.ts'
import { QueryService, type QuerySource, type ServiceOptions } from './query-service.ts'

export interface WarmUpDeps {
  /** Reads little at a time and refuses the rest; called once there is something to read. */
  readonly open: () => QuerySource
  /** What the head holds by now. */
  readonly facts: () => { readonly series: number; readonly maxTimeMs: number }
  readonly clock: Pick<Clock, 'monotonic'>
}

/** `done`: ask no more; `more`: ask again at once; `nothing`: there is nothing to run over yet. */
export type WarmUpState = 'done' | 'more' | 'nothing'

/** What all of it may take, and how long a query that arrives meanwhile waits at most (but for one expression). */
const TOTAL_MS = 200
const SLICE_MS = 10
const ROUNDS = 8
const RANGE_MS = 900_000
const STEP_MS = 15_000
/** How many names are looked at, and the sizes of metrics that are used. */
const NAMES_MAX = 400
const SERIES_MIN = 2

export class WarmUp {
  readonly #options: ServiceOptions
  readonly #deps: WarmUpDeps
  #service: QueryService | undefined
  #expressions: string[] = []
  #next = 0
  #tookMs = 0

  constructor(options: ServiceOptions, deps: WarmUpDeps) {
    this.#options = options
    this.#deps = deps
  }

  /** Goes on for some milliseconds. Never throws. */
  step(): WarmUpState {
    const { clock } = this.#deps
    const started = clock.monotonic()
    const tookMs = () => clock.monotonic() - started
    if (!this.#service && !this.#begin()) return 'nothing'
    const end = this.#expressions.length * ROUNDS
    while (this.#next < end && tookMs() < SLICE_MS) {
      this.#run(this.#expressions[this.#next++ % this.#expressions.length] as string)
    }
    this.#tookMs += tookMs()
    if (this.#next < end && this.#tookMs < TOTAL_MS) return 'more'
    this.#service = undefined
    this.#expressions = []
    return 'done'
  }

  #begin(): boolean {
    const { open, clock, facts } = this.#deps
    const { series, maxTimeMs } = facts()
    if (series === 0) return false
    const source = open()
    try {
      const querier = source.querier(maxTimeMs - RANGE_MS, maxTimeMs)
      try {
        this.#expressions = writeExpressions(querier, maxTimeMs)
      } finally {
        querier.close()
      }
    } catch {
      return false // The writer is at work, or not all of it is in the head.
    }
    if (this.#expressions.length === 0) return false
    this.#service = new QueryService(this.#options, { source, clock, stopReason: () => undefined })
    return true
  }

  #run(query: string): void {
    const { maxTimeMs } = this.#deps.facts()
    const task: QueryTask = {
      kind: 'query',
      query,
      isInstant: false,
      startMs: maxTimeMs - RANGE_MS / 2,
      endMs: maxTimeMs,
      stepMs: STEP_MS,
      timeoutMs: 1000,
      lookbackMs: 0,
      subqueryStepMs: 60_000,
      limit: 0,
      stats: undefined,
      explain: undefined,
      queueSeconds: 0,
      isStreamed: false,
      output: 'json',
    }
    try {
      this.#service?.serve(task)
    } catch {
      // Left to the first query.
    }
  }
}

/** Panels over metrics that are there: counters, gauges and histograms of a few series each. */
function writeExpressions(querier: Querier, atMs: number): string[] {
  const hints = { mint: atMs - RANGE_MS, maxt: atMs }
  const names = querier.labelValues('__name__', [], hints)
  const stride = Math.max(1, Math.ceil(names.length / NAMES_MAX))
  const found: { counter?: Metric; gauge?: Metric; bucket?: Metric } = {}
  for (let i = 0; i < names.length; i += stride) {
    const name = names[i] as string
    const kind = kindOf(name)
    if (found[kind]) continue
    const metric = look(querier, name, hints)
    if (metric) found[kind] = metric
    if (found.counter && found.gauge && found.bucket) break
  }
  const { counter = found.gauge, gauge = found.counter, bucket } = found
  if (!counter || !gauge) return []
  const rate = `rate(${counter.selector}[5m])`
  const [by, ofGauge] = [`by (${counter.label})`, `by (${gauge.label})`]
  return [
    `sum(${rate})`,
    `sum ${by} (${rate})`,
    `${gauge.selector}`,
    `topk(5, sum ${by} (${rate}))`,
    ...(bucket
      ? [`histogram_quantile(0.9, sum by (le) (rate(${bucket.selector}[5m])))`]
      : [`avg ${by} (increase(${counter.selector}[5m]))`]),
    `sum(${rate}) / sum(increase(${counter.selector}[5m]))`,
    `max ${ofGauge} (${gauge.selector})`,
    `count(${gauge.selector})`,
    `avg_over_time(${gauge.selector}[10m])`,
  ]
}

interface Metric {
  readonly selector: string
  readonly label: string
}

function kindOf(name: string): 'counter' | 'gauge' | 'bucket' {
  if (name.endsWith('_bucket')) return 'bucket'
  return name.endsWith('_total') || name.endsWith('_count') ? 'counter' : 'gauge'
}

/** A metric of a few series with a label to group by; undefined if it is too large or too small. */
function look(
  querier: Querier,
  name: string,
  hints: { readonly mint: number; readonly maxt: number },
): Metric | undefined {
  if (!/^[a-zA-Z_:][\w:]*$/.test(name)) return undefined
  try {
    const set = querier.select([new Matcher('=', '__name__', name)], hints)
    if (set.length < SERIES_MIN) return undefined
    const labels = set.labels(0).flat()
    for (let i = 0; i < labels.length; i += 2) {
      const label = labels[i] as string
      if (label === '__name__' || label === 'le' || !/^[a-zA-Z_]\w*$/.test(label)) continue
      return { selector: name, label }
    }
  } catch {
    // Too large.
  }
  return undefined
}
