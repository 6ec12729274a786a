import type { AnyHistogram } from '@prom/chunks'

/** Field by field, floats by bits; two stale markers are the same. */
export function areSameHistograms(
  a: AnyHistogram | undefined,
  b: AnyHistogram | undefined,
): boolean {
  if (!a || !b) return a === b
  if (a.kind !== b.kind) return false
  return (
    a.schema === b.schema &&
    a.count === b.count &&
    a.zeroCount === b.zeroCount &&
    a.zeroThreshold === b.zeroThreshold &&
    Object.is(a.sum, b.sum) &&
    areSame(a.customValues, b.customValues) &&
    areSame(spans(a.positiveSpans), spans(b.positiveSpans)) &&
    areSame(spans(a.negativeSpans), spans(b.negativeSpans)) &&
    areSame(sides(a)[0], sides(b)[0]) &&
    areSame(sides(a)[1], sides(b)[1])
  )
}

function spans(list: AnyHistogram['positiveSpans']): number[] {
  return list.flatMap(({ offset, length }) => [offset, length])
}

function sides(h: AnyHistogram): readonly [readonly number[], readonly number[]] {
  return h.kind === 'int'
    ? [h.positiveDeltas, h.negativeDeltas]
    : [h.positiveBuckets, h.negativeBuckets]
}

function areSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => Object.is(value, b[i]))
}
