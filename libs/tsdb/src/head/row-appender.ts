import type { FloatHistogram, Histogram } from '@prom/histogram'
import type { Labels } from '@prom/labels'
import { printFloat, STALE_HIGH, STALE_LOW } from '@prom/model'
import {
  type AppendCounts,
  AppendError,
  type Appender,
  type Exemplar,
  type MetricMetadata,
} from '@prom/storage'
import type { ExemplarEntry } from '../exemplars/exemplar-writer.ts'
import type { ColumnHeadWriter, HistogramEntry } from './head-writer.ts'
import { FLAG_HISTOGRAM, R } from './layout.ts'
import { areSameHistograms } from './same-histograms.ts'
import { validateHistogram } from './validate-histogram.ts'
import { zeroHistogram } from './zero-histogram.ts'

/** Rows of a batch, checked one by one against what is committed, and again as a whole at commit. */
export class RowAppender implements Appender {
  readonly #writer: ColumnHeadWriter
  readonly #appendableMin: number
  readonly #lateMin: number
  readonly #refs: number[] = []
  readonly #times: number[] = []
  /** Value bits, low word first. */
  readonly #bits: number[] = []
  readonly #histograms: HistogramEntry[] = []
  readonly #exemplars: ExemplarEntry[] = []
  readonly #float = new Float64Array(1)
  readonly #words = new Uint32Array(this.#float.buffer)

  constructor(writer: ColumnHeadWriter) {
    this.#writer = writer
    this.#appendableMin = writer.appendableMin
    this.#lateMin = writer.lateMin
  }

  append(ref: number, labels: Labels, timeMs: number, value: number): number {
    this.#float[0] = value
    return this.#add(ref, labels, timeMs, this.#words[1]!, this.#words[0]!)
  }

  appendStale(ref: number, labels: Labels, timeMs: number): number {
    return this.#add(ref, labels, timeMs, STALE_HIGH, STALE_LOW)
  }

  appendHistogram(
    ref: number,
    labels: Labels,
    timeMs: number,
    histogram: Histogram | FloatHistogram,
  ): number {
    validateHistogram(histogram)
    const known = this.#writer.isLive(ref) ? ref : this.#writer.resolve(labels)
    this.#checkHistogram(known, timeMs, histogram)
    this.#histograms.push({ ref: known, timeMs, histogram })
    return known
  }

  appendStart(
    ref: number,
    labels: Labels,
    startMs: number,
    histogram: Histogram | FloatHistogram | undefined,
  ): number {
    const known = this.#writer.isLive(ref) ? ref : this.#writer.resolve(labels)
    if (startMs < this.#appendableMin) return known
    const { store } = this.#writer
    const record = store.series.record(known)
    const isEmpty = store.memory.u32[(record + R.chunk) >>> 2] === 0
    if (!isEmpty && startMs <= store.memory.f64[(record + R.lastTime) >>> 3]!) return known
    if (histogram) return this.appendHistogram(known, labels, startMs, zeroHistogram(histogram))
    return this.append(known, labels, startMs, 0)
  }

  appendExemplar(ref: number, labels: Labels, exemplar: Exemplar): void {
    const { timeMs } = exemplar
    if (timeMs === undefined || this.#writer.exemplars.ring.capacity === 0) return
    const known = this.#writer.isLive(ref) ? ref : this.#writer.find(labels)
    const timed = { ...exemplar, timeMs }
    if (this.#writer.exemplars.check(known, timed)) {
      this.#exemplars.push({ ref: known, exemplar: timed })
    }
  }

  setMetadata(ref: number, labels: Labels, metadata: MetricMetadata): void {
    if (!this.#writer.metadata.isOn) return
    this.#writer.setMetadata(this.#writer.isLive(ref) ? ref : this.#writer.find(labels), metadata)
  }

  commit(): AppendCounts {
    const { batch } = this.#writer
    const count = this.#refs.length
    const sum = { samples: 0, outOfOrder: 0, duplicates: 0, outOfBounds: 0, tooOld: 0 }
    if (count === 0 && this.#histograms.length + this.#exemplars.length === 0) return sum
    batch.reserve(count)
    const words = new Uint32Array(batch.values.buffer, batch.values.byteOffset, count * 2)
    for (let i = 0; i < count; i++) {
      batch.refs[i] = this.#refs[i]!
      batch.times[i] = this.#times[i]!
      words[i * 2] = this.#bits[i * 2]!
      words[i * 2 + 1] = this.#bits[i * 2 + 1]!
    }
    const counts = this.#writer.commit(count, undefined, this.#histograms)
    if (this.#exemplars.length > 0) this.#writer.appendExemplars(this.#exemplars)
    this.rollback()
    return counts
  }

  rollback(): void {
    this.#refs.length = 0
    this.#times.length = 0
    this.#bits.length = 0
    this.#histograms.length = 0
    this.#exemplars.length = 0
  }

  #add(ref: number, labels: Labels, timeMs: number, high: number, low: number): number {
    const known = this.#writer.isLive(ref) ? ref : this.#writer.resolve(labels)
    this.#check(known, timeMs, high, low)
    this.#refs.push(known)
    this.#times.push(timeMs)
    this.#bits.push(low, high)
    return known
  }

  // The rules of spec/storage-formats.md section 14, with the texts a remote writer sees.
  #check(ref: number, timeMs: number, high: number, low: number): void {
    const { store } = this.#writer
    const { u32, u16, f64 } = store.memory
    if (timeMs < this.#appendableMin) {
      this.#checkLate(timeMs, 'out of bounds')
      return
    }
    const record = store.series.record(ref)
    if (u32[(record + R.chunk) >>> 2] === 0) return
    const last = f64[(record + R.lastTime) >>> 3]!
    if (timeMs > last) return
    if (timeMs < last) {
      this.#checkLate(timeMs, 'out of order sample')
      return
    }
    const lastLow = u32[(record + R.lastValue) >>> 2]!
    const lastHigh = u32[(record + R.lastValue + 4) >>> 2]!
    const isHistogram = (u16[(record + R.flags) >>> 1]! & FLAG_HISTOGRAM) !== 0
    if (!isHistogram && lastLow === low && lastHigh === high) return
    const text = 'duplicate sample for timestamp'
    if (timeMs === 0) throw new AppendError(text, text)
    const existing = isHistogram ? 'is a histogram' : this.#print(lastHigh, lastLow)
    const value = this.#print(high, low)
    throw new AppendError(
      text,
      `${text} ${timeMs}; overrides not allowed: existing ${existing}, new value ${value}`,
    )
  }

  #checkHistogram(ref: number, timeMs: number, histogram: Histogram | FloatHistogram): void {
    const { store, histograms } = this.#writer
    if (timeMs < this.#appendableMin) {
      this.#checkLate(timeMs, 'out of bounds')
      return
    }
    const record = store.series.record(ref)
    if (store.memory.u32[(record + R.chunk) >>> 2] === 0) return
    const last = store.memory.f64[(record + R.lastTime) >>> 3]!
    if (timeMs > last) return
    if (timeMs < last) {
      this.#checkLate(timeMs, 'out of order sample', true)
      return
    }
    if (areSameHistograms(histograms.lastOf(ref), histogram)) return
    const text = 'duplicate sample for timestamp'
    throw new AppendError(text, text)
  }

  /** Throws unless the sample is within the out-of-order window. */
  #checkLate(
    timeMs: number,
    refusal: 'out of bounds' | 'out of order sample',
    isHistogram = false,
  ): void {
    if (timeMs >= this.#lateMin) return
    const text = this.#lateMin === Infinity ? refusal : 'too old sample'
    const { totals } = this.#writer
    if (text === 'too old sample') totals.tooOld++
    else if (text === 'out of bounds') totals.outOfBounds++
    else {
      totals.outOfOrder++
      if (isHistogram) totals.histogramsOutOfOrder++
    }
    throw new AppendError(text, text)
  }

  #print(high: number, low: number): string {
    this.#words[0] = low
    this.#words[1] = high
    return printFloat(this.#float[0]!, 'g')
  }
}
