/** Whether a histogram fits a chunk, and how: spec/storage-formats.md 4.7. */
import type { FloatHistogram, Histogram } from '@prom/histogram'
import {
  type AnyHistogram,
  ENCODING_FLOAT_HISTOGRAM,
  ENCODING_HISTOGRAM,
  FLAG_GAUGE,
  FLAG_NOT_RESET,
  FLAG_RESET,
  FLAG_UNKNOWN,
} from './histogram-chunk.ts'
import {
  absoluteBuckets,
  bucketIndices,
  CUSTOM_SCHEMA,
  deltaBuckets,
  type HistogramLayout,
  spansOf,
} from './histogram-layout.ts'

export type Fit =
  /** Append `histogram`, which may have got empty buckets to have the chunk's layout. */
  | { readonly kind: 'append'; readonly histogram: AnyHistogram | undefined }
  /** Write all samples of the chunk anew with `layout`, then append. */
  | { readonly kind: 'recode'; readonly histogram: AnyHistogram; readonly layout: HistogramLayout }
  /** Start a chunk with these flags. */
  | { readonly kind: 'cut'; readonly flags: number }

export function encodingOf(histogram: AnyHistogram): 2 | 3 {
  return histogram.kind === 'int' ? ENCODING_HISTOGRAM : ENCODING_FLOAT_HISTOGRAM
}

/** Flags of the first chunk of a series. */
export function firstFlags({ counterResetHint }: AnyHistogram): number {
  if (counterResetHint === 'gauge') return FLAG_GAUGE
  return counterResetHint === 'reset' ? FLAG_RESET : FLAG_UNKNOWN
}

/**
 * `last` is the newest sample of the chunk (undefined: a stale marker), of the same kind as `next`. `chunkFlags` are
 * the chunk's. No `next` is a stale marker.
 */
export function fitHistogram(
  layout: HistogramLayout,
  chunkFlags: number,
  last: AnyHistogram | undefined,
  next: AnyHistogram | undefined,
): Fit {
  if (!next) return { kind: 'append', histogram: undefined }
  const isGauge = next.counterResetHint === 'gauge'
  if (isGauge !== (chunkFlags === FLAG_GAUGE)) return { kind: 'cut', flags: firstFlags(next) }
  if (!isGauge && next.counterResetHint === 'reset') return { kind: 'cut', flags: FLAG_RESET }
  const unknown = isGauge ? FLAG_GAUGE : FLAG_UNKNOWN
  const reset = isGauge ? FLAG_GAUGE : FLAG_RESET
  if (!last) return { kind: 'cut', flags: unknown }
  if (!isGauge && next.count < last.count) return { kind: 'cut', flags: FLAG_RESET }
  if (next.schema !== layout.schema || next.zeroThreshold !== layout.zeroThreshold) {
    return { kind: 'cut', flags: unknown }
  }
  if (next.schema === CUSTOM_SCHEMA && !areEqual(next.customValues, layout.customValues)) {
    return { kind: 'cut', flags: reset }
  }
  if (!isGauge && next.zeroCount < last.zeroCount) return { kind: 'cut', flags: FLAG_RESET }

  const positive = fitSide(
    layout.positiveSpans,
    next.positiveSpans,
    sides(last)[0],
    sides(next)[0],
    isGauge,
  )
  const negative = fitSide(
    layout.negativeSpans,
    next.negativeSpans,
    sides(last)[1],
    sides(next)[1],
    isGauge,
  )
  if (!positive || !negative) return { kind: 'cut', flags: FLAG_RESET }
  const wide: HistogramLayout = {
    ...layout,
    positiveSpans: positive.spans,
    negativeSpans: negative.spans,
  }
  const histogram = widen(next, wide, positive.counts, negative.counts)
  return positive.isWider || negative.isWider
    ? { kind: 'recode', histogram, layout: wide }
    : { kind: 'append', histogram }
}

/** Flags of a chunk cut because it is full, when the samples would have fitted. */
export function flagsAfterFull(fit: Fit, chunkFlags: number): number {
  if (fit.kind === 'cut') return fit.flags
  return chunkFlags === FLAG_GAUGE ? FLAG_GAUGE : FLAG_NOT_RESET
}

/** A histogram with more (empty) buckets: those of `layout`, which has all of its own. */
export function adapt(histogram: AnyHistogram, layout: HistogramLayout): AnyHistogram {
  const [positive, negative] = sides(histogram)
  const place = (
    from: HistogramLayout['positiveSpans'],
    to: HistogramLayout['positiveSpans'],
    counts: readonly number[],
  ) => {
    const known = new Map(bucketIndices(from).map((index, i) => [index, counts[i]!]))
    return bucketIndices(to).map((index) => known.get(index) ?? 0)
  }
  return widen(
    histogram,
    layout,
    place(histogram.positiveSpans, layout.positiveSpans, positive),
    place(histogram.negativeSpans, layout.negativeSpans, negative),
  )
}

interface SideFit {
  readonly spans: HistogramLayout['positiveSpans']
  readonly counts: readonly number[]
  readonly isWider: boolean
}

/** Undefined: a bucket went down or away, the counter was reset. */
function fitSide(
  chunkSpans: HistogramLayout['positiveSpans'],
  nextSpans: HistogramLayout['positiveSpans'],
  last: readonly number[],
  next: readonly number[],
  isGauge: boolean,
): SideFit | undefined {
  const old = bucketIndices(chunkSpans)
  const fresh = bucketIndices(nextSpans)
  const all: number[] = []
  const counts: number[] = []
  let isWider = false
  for (let i = 0, k = 0; i < old.length || k < fresh.length; ) {
    if (k === fresh.length || (i < old.length && old[i]! < fresh[k]!)) {
      if (!isGauge && last[i] !== 0) return undefined
      all.push(old[i++]!)
      counts.push(0)
    } else if (i === old.length || fresh[k]! < old[i]!) {
      isWider = true
      all.push(fresh[k]!)
      counts.push(next[k++]!)
    } else {
      if (!isGauge && next[k]! < last[i]!) return undefined
      all.push(old[i++]!)
      counts.push(next[k++]!)
    }
  }
  return { spans: isWider ? spansOf(all) : chunkSpans, counts, isWider }
}

/** Absolute counts, positive and negative side. */
function sides(histogram: AnyHistogram): readonly [readonly number[], readonly number[]] {
  return histogram.kind === 'int'
    ? [absoluteBuckets(histogram.positiveDeltas), absoluteBuckets(histogram.negativeDeltas)]
    : [histogram.positiveBuckets, histogram.negativeBuckets]
}

function widen(
  histogram: AnyHistogram,
  { positiveSpans, negativeSpans }: HistogramLayout,
  positive: readonly number[],
  negative: readonly number[],
): AnyHistogram {
  return histogram.kind === 'int'
    ? ({
        ...histogram,
        positiveSpans,
        negativeSpans,
        positiveDeltas: deltaBuckets(positive),
        negativeDeltas: deltaBuckets(negative),
      } satisfies Histogram)
    : ({
        ...histogram,
        positiveSpans,
        negativeSpans,
        positiveBuckets: positive,
        negativeBuckets: negative,
      } satisfies FloatHistogram)
}

function areEqual(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => Object.is(value, b[i]))
}
