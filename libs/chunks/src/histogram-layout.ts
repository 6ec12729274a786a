/** The layout a histogram chunk has once, for all its samples: spec/storage-formats.md 4.4. */
import type { Histogram, Span } from '@prom/histogram'
import { putVarbit, putVarbitUnsigned, takeVarbit, takeVarbitUnsigned } from './bit-codes.ts'
import type { BitReader, BitWriter } from './bit-stream.ts'

export const CUSTOM_SCHEMA = -53
const BOUND_SCALE = 1000
const BOUND_MAX = 33554430
const BUCKETS_MAX = 1 << 20

export interface HistogramLayout {
  readonly schema: number
  readonly zeroThreshold: number
  readonly positiveSpans: readonly Span[]
  readonly negativeSpans: readonly Span[]
  readonly customValues: readonly number[]
}

export const EMPTY_LAYOUT: HistogramLayout = {
  schema: 0,
  zeroThreshold: 0,
  positiveSpans: [],
  negativeSpans: [],
  customValues: [],
}

const float = new Float64Array(1)
const words = new Uint32Array(float.buffer)

export function putFloat(bits: BitWriter, value: number): void {
  float[0] = value
  bits.putWide(words[1]!, words[0]!, 64)
}

export function takeFloat(bits: BitReader): number {
  const high = bits.take(32)
  words[0] = bits.take(32)
  words[1] = high
  return float[0]!
}

export function putLayout(bits: BitWriter, layout: HistogramLayout): void {
  putZeroThreshold(bits, layout.zeroThreshold)
  putVarbit(bits, layout.schema)
  putSpans(bits, layout.positiveSpans)
  putSpans(bits, layout.negativeSpans)
  if (layout.schema !== CUSTOM_SCHEMA) return
  putVarbitUnsigned(bits, layout.customValues.length)
  for (const bound of layout.customValues) {
    const scaled = bound * BOUND_SCALE
    if (Number.isInteger(scaled) && scaled >= 0 && scaled <= BOUND_MAX) {
      putVarbitUnsigned(bits, scaled + 1)
    } else {
      bits.put(0, 1)
      putFloat(bits, bound)
    }
  }
}

export function takeLayout(bits: BitReader): HistogramLayout {
  const zeroThreshold = takeZeroThreshold(bits)
  const schema = takeVarbit(bits)
  const positiveSpans = takeSpans(bits)
  const negativeSpans = takeSpans(bits)
  const customValues: number[] = []
  if (schema === CUSTOM_SCHEMA) {
    const count = takeVarbitUnsigned(bits)
    for (let i = 0; i < count && !bits.failed; i++) {
      const scaled = takeVarbitUnsigned(bits)
      customValues.push(scaled === 0 ? takeFloat(bits) : (scaled - 1) / BOUND_SCALE)
    }
  }
  return { schema, zeroThreshold, positiveSpans, negativeSpans, customValues }
}

export function bucketCount(spans: readonly Span[]): number {
  let count = 0
  for (const { length } of spans) count += length
  return count
}

/** Bucket index of each bucket, ascending. */
export function bucketIndices(spans: readonly Span[]): number[] {
  const indices: number[] = []
  let index = 0
  for (const { offset, length } of spans) {
    index += offset
    for (let i = 0; i < length; i++) indices.push(index++)
  }
  return indices
}

/** The spans of ascending bucket indices, without gaps inside a span. */
export function spansOf(indices: readonly number[]): Span[] {
  const spans: { offset: number; length: number }[] = []
  let next = 0
  for (const index of indices) {
    const last = spans.at(-1)
    if (last && index === next) last.length++
    else spans.push({ offset: index - next, length: 1 })
    next = index + 1
  }
  return spans
}

/** Absolute counts of delta-encoded buckets. */
export function absoluteBuckets(deltas: readonly number[]): number[] {
  let sum = 0
  return deltas.map((delta) => {
    sum += delta
    return sum
  })
}

export function deltaBuckets(counts: readonly number[]): number[] {
  return counts.map((count, i) => count - (counts[i - 1] ?? 0))
}

export function layoutOf(histogram: Pick<Histogram, keyof HistogramLayout>): HistogramLayout {
  const { schema, zeroThreshold, positiveSpans, negativeSpans, customValues } = histogram
  return { schema, zeroThreshold, positiveSpans, negativeSpans, customValues }
}

// 0 → 0; 1..254 → 2^(b-244); 255 → the float follows.
function putZeroThreshold(bits: BitWriter, threshold: number): void {
  if (threshold === 0) {
    bits.put(0, 8)
    return
  }
  const exponent = Math.log2(threshold)
  if (Number.isInteger(exponent) && exponent >= -243 && exponent <= 10) {
    bits.put(exponent + 244, 8)
    return
  }
  bits.put(255, 8)
  putFloat(bits, threshold)
}

function takeZeroThreshold(bits: BitReader): number {
  const code = bits.take(8)
  if (code === 0) return 0
  return code === 255 ? takeFloat(bits) : 2 ** (code - 244)
}

function putSpans(bits: BitWriter, spans: readonly Span[]): void {
  putVarbitUnsigned(bits, spans.length)
  for (const { offset, length } of spans) {
    putVarbitUnsigned(bits, length)
    putVarbit(bits, offset)
  }
}

function takeSpans(bits: BitReader): Span[] {
  const count = takeVarbitUnsigned(bits)
  const spans: Span[] = []
  let buckets = 0
  for (let i = 0; i < count && !bits.failed; i++) {
    const length = takeVarbitUnsigned(bits)
    spans.push({ length, offset: takeVarbit(bits) })
    buckets += length
    // Each bucket takes at least a bit per sample: more is damage, and must not cost memory.
    if (buckets > BUCKETS_MAX) bits.failed = true
  }
  return spans
}
