import type { VectorSelector } from '@prom/promql-syntax'
import type { Querier } from '@prom/storage'
import type { Limits } from './limits.ts'
import type { Notes } from './notes.ts'

/** Feature flags that change evaluation. */
export interface EngineFeatures {
  readonly delayedNameRemoval?: boolean
  readonly typeAndUnitLabels?: boolean
  readonly useStartTimestamps?: boolean
}

/** Facts of one running query, shared by all operators. */
export interface QueryContext {
  readonly querier: Querier
  readonly notes: Notes
  readonly limits: Limits
  readonly features: EngineFeatures
  readonly lookbackMs: number
  /** Step of subqueries without one. */
  readonly subqueryStepMs: number
  /** The query as asked: what start(), end(), range() and step() say. */
  readonly startMs: number
  readonly endMs: number
  readonly stepMs: number
  readonly isInstant: boolean
  /** Selectors whose histograms need sure counter reset hints. */
  readonly statsSelectors: ReadonlySet<VectorSelector>
}

/** The moments an expression is evaluated at: the query's own, or those of a subquery around it. */
export interface Frame {
  readonly context: QueryContext
  readonly times: Float64Array
  readonly stepMs: number
  /** The steps are those of the query, not of a subquery. */
  readonly isOuter: boolean
}

/** Steps from `startMs` up to `endMs`, both included if they lie on the grid. */
export function makeFrame(
  context: QueryContext,
  startMs: number,
  endMs: number,
  stepMs: number,
  isOuter = true,
): Frame {
  // Whatever is evaluated, there is at least a sample per step.
  const count = endMs < startMs ? 0 : stepMs > 0 ? Math.floor((endMs - startMs) / stepMs) + 1 : 1
  context.limits.refuseIfOver(count)
  context.limits.holdBytes(count * 8)
  const times = new Float64Array(count)
  for (let i = 0; i < count; i++) times[i] = startMs + i * stepMs
  return { context, times, stepMs, isOuter }
}
