import { type FloatHistogram, isCounterReset } from '@prom/histogram'
import { childrenOf, type Expr, type VectorSelector } from '@prom/promql-syntax'

const STATS: ReadonlySet<string> = new Set(['histogram_count', 'histogram_sum', 'histogram_avg'])
const BUCKETS: ReadonlySet<string> = new Set([
  'histogram_quantile',
  'histogram_quantiles',
  'histogram_fraction',
])

/**
 * Selectors below histogram_count, histogram_sum and histogram_avg. Compat: for them the original reads no
 * buckets and finds out about every counter reset while it reads, which shows in warnings.
 */
export function findStatsSelectors(
  expr: Expr,
  isStats = false,
  found = new Set<VectorSelector>(),
): Set<VectorSelector> {
  let isBelow = isStats
  if (expr.kind === 'call') {
    if (STATS.has(expr.func.name)) isBelow = true
    else if (BUCKETS.has(expr.func.name)) isBelow = false
  }
  if (isStats && expr.kind === 'selector') found.add(expr)
  if (isStats && expr.kind === 'matrix') found.add(expr.selector)
  for (const child of childrenOf(expr)) findStatsSelectors(child, isBelow, found)
  return found
}

/** The histogram with its hint made sure by the one before. */
export function withKnownHint(
  histogram: FloatHistogram,
  previous: FloatHistogram | undefined,
): FloatHistogram {
  if (histogram.counterResetHint !== 'unknown' || !previous) return histogram
  const counterResetHint = isCounterReset(histogram, previous) ? 'reset' : 'not_reset'
  return { ...histogram, counterResetHint }
}
