import type { FloatHistogram, Histogram } from '@prom/histogram'
import type { Labels } from '@prom/labels'
import { STALE_HIGH, STALE_LOW } from '@prom/model'
import { type AppendCounts, AppendError, type Appender, type Exemplar } from '@prom/storage'
import type { ExemplarEntry } from '../exemplars/exemplar-writer.ts'
import type { HistogramEntry } from '../head/head-writer.ts'
import { validateHistogram } from '../head/validate-histogram.ts'
import { zeroHistogram } from '../head/zero-histogram.ts'
import type { AgentHead } from './agent-head.ts'

/** Rows of a batch for a log-only storage. */
export class AgentAppender implements Appender {
  readonly #head: AgentHead
  readonly #refs: number[] = []
  readonly #times: number[] = []
  /** Value bits, low word first. */
  readonly #bits: number[] = []
  readonly #histograms: HistogramEntry[] = []
  readonly #exemplars: ExemplarEntry[] = []
  readonly #float = new Float64Array(1)
  readonly #words = new Uint32Array(this.#float.buffer)

  constructor(head: AgentHead) {
    this.#head = head
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
    const known = this.#admit(ref, labels, timeMs)
    this.#histograms.push({ ref: known, timeMs, histogram })
    return known
  }

  appendStart(
    ref: number,
    labels: Labels,
    startMs: number,
    histogram: Histogram | FloatHistogram | undefined,
  ): number {
    const known = this.#head.isLive(ref) ? ref : this.#head.resolve(labels)
    if (!this.#head.isInOrder(known, startMs)) return known
    if (histogram) return this.appendHistogram(known, labels, startMs, zeroHistogram(histogram))
    return this.append(known, labels, startMs, 0)
  }

  appendExemplar(ref: number, labels: Labels, { timeMs, ...exemplar }: Exemplar): void {
    const known = this.#head.isLive(ref) ? ref : this.#head.find(labels)
    const at = timeMs ?? this.#times.at(-1) ?? 0
    if (known !== 0) this.#exemplars.push({ ref: known, exemplar: { ...exemplar, timeMs: at } })
  }

  setMetadata(): void {}

  commit(): AppendCounts {
    const { batch } = this.#head
    const count = this.#refs.length
    batch.reserve(count)
    const words = new Uint32Array(batch.values.buffer, batch.values.byteOffset, count * 2)
    for (let i = 0; i < count; i++) {
      batch.refs[i] = this.#refs[i]!
      batch.times[i] = this.#times[i]!
      words[i * 2] = this.#bits[i * 2]!
      words[i * 2 + 1] = this.#bits[i * 2 + 1]!
    }
    const counts = this.#head.commit(count, undefined, this.#histograms, this.#exemplars)
    this.rollback()
    return counts
  }

  rollback(): void {
    for (const list of [this.#refs, this.#times, this.#bits]) list.length = 0
    this.#histograms.length = 0
    this.#exemplars.length = 0
  }

  #add(ref: number, labels: Labels, timeMs: number, high: number, low: number): number {
    const known = this.#admit(ref, labels, timeMs)
    this.#refs.push(known)
    this.#times.push(timeMs)
    this.#bits.push(low, high)
    return known
  }

  #admit(ref: number, labels: Labels, timeMs: number): number {
    const known = this.#head.isLive(ref) ? ref : this.#head.resolve(labels)
    if (!this.#head.isInOrder(known, timeMs)) {
      this.#head.totals.outOfOrder++
      throw new AppendError('out of order sample', 'out of order sample')
    }
    return known
  }
}
