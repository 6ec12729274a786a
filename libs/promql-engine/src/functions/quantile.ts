import { printFloat } from '@prom/model'
import type { TextRange } from '@prom/promql-syntax'
import type { Notes } from '../notes.ts'

/** The `q`-quantile of `values`, interpolated between ranks; NaN counts as the smallest. Sorts its argument. */
export function quantileOf(q: number, values: Float64Array): number {
  const count = values.length
  if (count === 0 || Number.isNaN(q)) return Number.NaN
  if (q < 0) return Number.NEGATIVE_INFINITY
  if (q > 1) return Number.POSITIVE_INFINITY
  sortNanFirst(values)
  const rank = q * (count - 1)
  const lower = Math.max(0, Math.floor(rank))
  const upper = Math.min(count - 1, lower + 1)
  const weight = rank - Math.floor(rank)
  return (values[lower] as number) * (1 - weight) + (values[upper] as number) * weight
}

/** Ascending, NaN first (typed arrays sort it last). */
function sortNanFirst(values: Float64Array): void {
  values.sort()
  let nans = 0
  while (nans < values.length && Number.isNaN(values[values.length - 1 - nans])) nans++
  if (nans === 0) return
  values.copyWithin(nans, 0, values.length - nans)
  values.fill(Number.NaN, 0, nans)
}

/** Warns about a quantile outside 0..1 or NaN. */
export function checkQuantile(q: number, notes: Notes, at: TextRange): void {
  if (q >= 0 && q <= 1) return
  notes.warn(`quantile value should be between 0 and 1, got ${printFloat(q)}`, at)
}
