/** Histogram chunks, encodings 2 (integer) and 3 (float): spec/storage-formats.md 4.4 and 4.5. */
import type { CounterResetHint, FloatHistogram, Histogram } from '@prom/histogram'
import { putVarbit, putVarbitUnsigned, takeVarbit, takeVarbitUnsigned } from './bit-codes.ts'
import { BitReader, BitWriter } from './bit-stream.ts'
import {
  bucketCount,
  EMPTY_LAYOUT,
  type HistogramLayout,
  layoutOf,
  putLayout,
  takeLayout,
} from './histogram-layout.ts'
import { StartTimes } from './start-times.ts'
import { XorValue } from './xor-value.ts'

export const ENCODING_HISTOGRAM = 2
export const ENCODING_FLOAT_HISTOGRAM = 3
/** As 2 and 3, with start times: read, never written. */
export const ENCODING_HISTOGRAM_ST = 5
export const ENCODING_FLOAT_HISTOGRAM_ST = 6
export const STALE_HIGH = 0x7ff00000
export const STALE_LOW = 2

/** First two bits of the flags byte. */
export const FLAG_RESET = 0x80
export const FLAG_NOT_RESET = 0x40
export const FLAG_UNKNOWN = 0
export const FLAG_GAUGE = 0xc0

export type AnyHistogram = Histogram | FloatHistogram

/** A sample; no histogram means a stale marker. */
export interface HistogramSample {
  readonly timeMs: number
  readonly histogram: AnyHistogram | undefined
  /** 0 = none. */
  readonly startMs: number
}

/** A number stream whose first differences change little: value, then change, then change of change. */
class DeltaStream {
  value = 0
  delta = 0

  put(bits: BitWriter, value: number, sample: number): void {
    const delta = value - this.value
    putVarbit(bits, sample === 1 ? delta : delta - this.delta)
    this.delta = delta
    this.value = value
  }

  take(bits: BitReader, sample: number): number {
    this.delta = sample === 1 ? takeVarbit(bits) : this.delta + takeVarbit(bits)
    this.value += this.delta
    return this.value
  }
}

const float = new Float64Array(1)
const words = new Uint32Array(float.buffer)

/** Writes one chunk. All samples have the layout of the first one; the caller sees to that. */
export class HistogramEncoder {
  readonly encoding: 2 | 3
  readonly layout: HistogramLayout
  readonly flags: number
  readonly #bits = new BitWriter(256)
  readonly #time = new DeltaStream()
  readonly #count = new DeltaStream()
  readonly #zeroCount = new DeltaStream()
  readonly #buckets: DeltaStream[] = []
  /** Sum; for float histograms also count, zero count and every bucket. */
  readonly #floats: XorValue[] = []
  count = 0

  /** `first` decides encoding and layout; undefined starts a chunk of stale markers. */
  constructor(encoding: 2 | 3, first: AnyHistogram | undefined, flags: number) {
    this.encoding = encoding
    this.layout = first ? layoutOf(first) : EMPTY_LAYOUT
    this.flags = flags
    this.#bits.put(0, 16)
    this.#bits.put(flags, 8)
    putLayout(this.#bits, this.layout)
    const buckets = bucketCount(this.layout.positiveSpans) + bucketCount(this.layout.negativeSpans)
    const floats = encoding === ENCODING_FLOAT_HISTOGRAM ? 3 + buckets : 1
    for (let i = 0; i < floats; i++) this.#floats.push(XorValue.writer())
    if (encoding === ENCODING_HISTOGRAM) {
      for (let i = 0; i < buckets; i++) this.#buckets.push(new DeltaStream())
    }
  }

  get sizeBytes(): number {
    return (this.#bits.length + 7) >> 3
  }

  append(timeMs: number, histogram: AnyHistogram | undefined): void {
    const bits = this.#bits
    const isFirst = this.count === 0
    if (isFirst) {
      putVarbit(bits, timeMs)
      this.#time.value = timeMs
    } else this.#time.put(bits, timeMs, this.count)
    if (this.encoding === ENCODING_HISTOGRAM) this.#putIntegers(histogram as Histogram | undefined)
    else this.#putFloats(histogram as FloatHistogram | undefined)
    this.count++
  }

  /** The chunk so far, not copied: valid until the next append. */
  bytes(): Uint8Array {
    const bytes = this.#bits.bytes()
    bytes[0] = this.count >> 8
    bytes[1] = this.count & 0xff
    return bytes
  }

  #putIntegers(histogram: Histogram | undefined): void {
    const bits = this.#bits
    if (this.count === 0) {
      putVarbitUnsigned(bits, histogram?.count ?? 0)
      putVarbitUnsigned(bits, histogram?.zeroCount ?? 0)
      this.#count.value = histogram?.count ?? 0
      this.#zeroCount.value = histogram?.zeroCount ?? 0
    } else if (histogram) {
      this.#count.put(bits, histogram.count, this.count)
      this.#zeroCount.put(bits, histogram.zeroCount, this.count)
    } else {
      putVarbit(bits, 0)
      putVarbit(bits, 0)
    }
    this.#putXor(0, histogram?.sum)
    if (!histogram) return
    const deltas = [...histogram.positiveDeltas, ...histogram.negativeDeltas]
    this.#buckets.forEach((stream, i) => {
      if (this.count === 0) {
        putVarbit(bits, deltas[i]!)
        stream.value = deltas[i]!
      } else stream.put(bits, deltas[i]!, this.count)
    })
  }

  #putFloats(histogram: FloatHistogram | undefined): void {
    this.#putXor(0, histogram?.count ?? 0)
    this.#putXor(1, histogram?.zeroCount ?? 0)
    this.#putXor(2, histogram?.sum)
    if (!histogram) return
    const counts = [...histogram.positiveBuckets, ...histogram.negativeBuckets]
    for (let i = 0; i < counts.length; i++) this.#putXor(3 + i, counts[i]!)
  }

  /** The next value of stream `index`; undefined is the stale marker. */
  #putXor(index: number, value: number | undefined): void {
    const stream = this.#floats[index] as XorValue
    let high = STALE_HIGH
    let low = STALE_LOW
    if (value !== undefined) {
      float[0] = value
      high = words[1]!
      low = words[0]!
    }
    if (this.count === 0) {
      this.#bits.putWide(high, low, 64)
      stream.start(high, low)
    } else stream.put(this.#bits, high, low)
  }
}

/**
 * Decodes a histogram chunk, its two bytes of sample count included. Undefined if the bytes are damaged. Hints are
 * as a reader of the original sees them: unknown for the first sample, not reset for the others, or gauge.
 */
export function decodeHistograms(
  encoding: number,
  chunk: Uint8Array,
): HistogramSample[] | undefined {
  if (chunk.length < 3) return undefined
  const hasStarts = encoding >= ENCODING_HISTOGRAM_ST
  // With start times, the flags are the highest bits of the count and their byte says when start times change.
  const count = ((chunk[0]! << 8) | chunk[1]!) & (hasStarts ? 0x3fff : 0xffff)
  const flags = chunk[hasStarts ? 0 : 2]! & 0xc0
  const starts = new StartTimes(hasStarts ? chunk[2]! : 0)
  const bits = new BitReader(chunk, 3)
  const layout = takeLayout(bits)
  if (bits.failed) return undefined
  const isInteger = encoding === ENCODING_HISTOGRAM || encoding === ENCODING_HISTOGRAM_ST
  const decode = isInteger ? decodeIntegers : decodeFloats
  const samples = decode(bits, count, layout, (index) => hintOf(flags, index), starts)
  return bits.failed ? undefined : samples
}

function hintOf(flags: number, index: number): CounterResetHint {
  if (flags === FLAG_GAUGE) return 'gauge'
  return index === 0 ? 'unknown' : 'not_reset'
}

function decodeIntegers(
  bits: BitReader,
  count: number,
  layout: HistogramLayout,
  hint: (index: number) => CounterResetHint,
  starts: StartTimes,
): HistogramSample[] {
  const samples: HistogramSample[] = []
  const positive = bucketCount(layout.positiveSpans)
  const buckets = positive + bucketCount(layout.negativeSpans)
  const time = new DeltaStream()
  const counts = new DeltaStream()
  const zeroCounts = new DeltaStream()
  const deltas = Array.from({ length: buckets }, () => new DeltaStream())
  const sum = XorValue.reader()
  for (let i = 0; i < count && !bits.failed; i++) {
    const timeBefore = time.value
    if (i === 0) {
      time.value = takeVarbit(bits)
      counts.value = takeVarbitUnsigned(bits)
      zeroCounts.value = takeVarbitUnsigned(bits)
      const high = bits.take(32)
      sum.start(high, bits.take(32))
    } else {
      time.take(bits, i)
      counts.take(bits, i)
      zeroCounts.take(bits, i)
      sum.take(bits)
    }
    if (isStale(sum)) {
      starts.take(bits, i, time.value, timeBefore)
      samples.push({ timeMs: time.value, histogram: undefined, startMs: starts.startMs })
      continue
    }
    for (const stream of deltas) {
      if (i === 0) stream.value = takeVarbit(bits)
      else stream.take(bits, i)
    }
    starts.take(bits, i, time.value, timeBefore)
    const values = deltas.map(({ value }) => value)
    samples.push({
      timeMs: time.value,
      startMs: starts.startMs,
      histogram: {
        kind: 'int',
        counterResetHint: hint(i),
        ...layout,
        count: counts.value,
        zeroCount: zeroCounts.value,
        sum: floatOf(sum),
        positiveDeltas: values.slice(0, positive),
        negativeDeltas: values.slice(positive),
      },
    })
  }
  return samples
}

function decodeFloats(
  bits: BitReader,
  count: number,
  layout: HistogramLayout,
  hint: (index: number) => CounterResetHint,
  starts: StartTimes,
): HistogramSample[] {
  const samples: HistogramSample[] = []
  const positive = bucketCount(layout.positiveSpans)
  const buckets = positive + bucketCount(layout.negativeSpans)
  const time = new DeltaStream()
  const streams = Array.from({ length: 3 + buckets }, () => XorValue.reader())
  const takeNext = (stream: XorValue, isFirst: boolean) => {
    if (isFirst) {
      const high = bits.take(32)
      stream.start(high, bits.take(32))
    } else stream.take(bits)
  }
  for (let i = 0; i < count && !bits.failed; i++) {
    const timeBefore = time.value
    if (i === 0) time.value = takeVarbit(bits)
    else time.take(bits, i)
    for (let k = 0; k < 3; k++) takeNext(streams[k]!, i === 0)
    if (isStale(streams[2]!)) {
      starts.take(bits, i, time.value, timeBefore)
      samples.push({ timeMs: time.value, histogram: undefined, startMs: starts.startMs })
      continue
    }
    for (let k = 3; k < streams.length; k++) takeNext(streams[k]!, i === 0)
    starts.take(bits, i, time.value, timeBefore)
    const values = streams.map(floatOf)
    samples.push({
      timeMs: time.value,
      startMs: starts.startMs,
      histogram: {
        kind: 'float',
        counterResetHint: hint(i),
        ...layout,
        count: values[0]!,
        zeroCount: values[1]!,
        sum: values[2]!,
        positiveBuckets: values.slice(3, 3 + positive),
        negativeBuckets: values.slice(3 + positive),
      },
    })
  }
  return samples
}

function isStale({ high, low }: XorValue): boolean {
  return high === STALE_HIGH && low === STALE_LOW
}

function floatOf({ high, low }: XorValue): number {
  words[0] = low
  words[1] = high
  return float[0]!
}
