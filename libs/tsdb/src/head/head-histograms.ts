import {
  type AnyHistogram,
  adapt,
  decodeHistograms,
  encodingOf,
  firstFlags,
  fitHistogram,
  flagsAfterFull,
  HistogramEncoder,
} from '@prom/chunks'
import {
  ROW_DUPLICATE,
  ROW_OUT_OF_BOUNDS,
  ROW_OUT_OF_ORDER,
  ROW_REFUSED,
  ROW_STORED,
  ROW_UNKNOWN_SERIES,
} from '../contract.ts'
import type { HeadStore } from './head-store.ts'
import {
  C,
  FIRST_PAYLOAD,
  FIRST_PAYLOAD_BYTES,
  FLAG_HISTOGRAM,
  H,
  NEXT_PAYLOAD,
  NEXT_PAYLOAD_BYTES,
  R,
  S,
} from './layout.ts'
import { areSameHistograms } from './same-histograms.ts'

const TARGET_BYTES = 1024
const BYTES_TO_JUDGE = TARGET_BYTES / 4
const SAMPLES_MIN = 10
/** Lengths of chunks are 16 bits in the head; far beyond what a full chunk has. */
const BYTES_MAX = 48 << 10

interface OpenChunk {
  chunk: number
  encoder: HistogramEncoder
  segments: number[]
  /** Bytes of the stream that are in the segments and will not change. */
  written: number
  startMs: number
  nextAt: number
  isJudged: boolean
  last: AnyHistogram | undefined
}

/**
 * Histogram chunks of the head, writer's side. The encoder of an open chunk is an object here; its bytes lie in the
 * same segments as those of floats, so that readers find them alike.
 */
export class HeadHistograms {
  readonly #store: HeadStore
  /** By ref; an entry counts only while its chunk is still the open one of the record. */
  readonly #open = new Map<number, OpenChunk>()

  constructor(store: HeadStore) {
    this.#store = store
  }

  /** The kind of the series' newest sample, if that is a histogram. */
  kindOf(ref: number): 'int' | 'float' | undefined {
    const open = this.#openOf(ref, this.#store.series.record(ref))
    return open && (open.encoder.encoding === 2 ? 'int' : 'float')
  }

  lastOf(ref: number): AnyHistogram | undefined {
    return this.#openOf(ref, this.#store.series.record(ref))?.last
  }

  /**
   * Appends a histogram, or a stale marker where there is none, as part of batch `commit`. Returns a ROW_* status.
   */
  append(
    ref: number,
    timeMs: number,
    histogram: AnyHistogram | undefined,
    commit: number,
    appendableMin: number,
  ): number {
    const { u32, f64 } = this.#store.memory
    const record = this.#store.series.record(ref)
    if (record === 0) return ROW_UNKNOWN_SERIES
    if (timeMs < appendableMin) return ROW_OUT_OF_BOUNDS
    const last = f64[(record + R.lastTime) >>> 3]!
    const open = this.#openOf(ref, record)
    if (u32[(record + R.chunk) >>> 2] !== 0) {
      if (timeMs < last) return ROW_OUT_OF_ORDER
      if (timeMs === last) {
        return open && areSameHistograms(open.last, histogram) ? ROW_STORED : ROW_DUPLICATE
      }
    } else {
      const sealed = u32[(record + R.sealed) >>> 2]!
      if (sealed !== 0 && timeMs <= f64[(sealed + S.maxt) >>> 3]!) return ROW_OUT_OF_ORDER
    }
    return this.#put(ref, record, open, timeMs, histogram, commit) ? ROW_STORED : ROW_REFUSED
  }

  /** Ends the open histogram chunk of a record, so that floats can follow. */
  seal(ref: number): void {
    const { u16, u32, f64 } = this.#store.memory
    const record = this.#store.series.record(ref)
    const chunk = u32[(record + R.chunk) >>> 2]!
    const flags = (record + R.flags) >>> 1
    if ((u16[flags]! & FLAG_HISTOGRAM) === 0) return
    u16[flags] = u16[flags]! & ~FLAG_HISTOGRAM
    this.#open.delete(ref)
    if (chunk === 0) return
    f64[(chunk + S.maxt) >>> 3] = f64[(record + R.lastTime) >>> 3]!
    u16[(chunk + S.count) >>> 1] = u16[(record + R.count) >>> 1]!
    u16[(chunk + S.bytes) >>> 1] = u16[(record + R.bits) >>> 1]!
    u32[(chunk + S.commit) >>> 2] = u32[(record + R.commit) >>> 2]!
    u16[(chunk + S.countBefore) >>> 1] = u16[(record + R.countBefore) >>> 1]!
    u32[(record + R.sealed) >>> 2] = chunk
    u32[(record + R.chunk) >>> 2] = 0
    u16[(record + R.count) >>> 1] = 0
  }

  /** Forgets encoders whose chunk or series is gone; to be called after a truncation. */
  sweep(): void {
    for (const ref of [...this.#open.keys()]) {
      if (!this.#openOf(ref, this.#store.series.record(ref))) this.#open.delete(ref)
    }
  }

  #openOf(ref: number, record: number): OpenChunk | undefined {
    const open = this.#open.get(ref)
    return open && record !== 0 && this.#store.memory.u32[(record + R.chunk) >>> 2] === open.chunk
      ? open
      : undefined
  }

  #put(
    ref: number,
    record: number,
    open: OpenChunk | undefined,
    timeMs: number,
    histogram: AnyHistogram | undefined,
    commit: number,
  ): boolean {
    const { kernels, memory, series } = this.#store
    const encoding = histogram ? encodingOf(histogram) : (open?.encoder.encoding ?? 2)
    if (!open || open.encoder.encoding !== encoding) {
      const hasChunks =
        memory.u32[(record + R.chunk) >>> 2] !== 0 || memory.u32[(record + R.sealed) >>> 2] !== 0
      if (open || (memory.u16[(record + R.flags) >>> 1]! & FLAG_HISTOGRAM) !== 0) this.seal(ref)
      else kernels.exports.headSeal(H.context, series.record(ref))
      const isGauge = histogram?.counterResetHint === 'gauge'
      const flags = !histogram || (hasChunks && !isGauge) ? 0 : firstFlags(histogram)
      return this.#start(ref, record, timeMs, histogram, encoding, flags, commit)
    }
    const fit = fitHistogram(open.encoder.layout, open.encoder.flags, open.last, histogram)
    const isFull = this.#isFull(open, timeMs, memory.f64[(record + R.lastTime) >>> 3]!)
    if (fit.kind === 'cut' || isFull) {
      const flags = flagsAfterFull(fit, open.encoder.flags)
      this.seal(ref)
      return this.#start(ref, record, timeMs, histogram, encoding, flags, commit)
    }
    this.#noteCommit(record, commit)
    if (fit.kind === 'recode') this.#recode(record, open, fit.layout)
    open.encoder.append(timeMs, fit.histogram)
    open.last = fit.histogram
    this.#publish(record, open, timeMs)
    return true
  }

  #isFull(open: OpenChunk, timeMs: number, lastMs: number): boolean {
    const { encoder, startMs } = open
    const bytes = encoder.sizeBytes
    if (bytes >= BYTES_MAX) return true
    if (bytes >= BYTES_TO_JUDGE && !open.isJudged) {
      open.isJudged = true
      const width = open.nextAt - startMs
      const n = width / ((lastMs - startMs + 1) * (TARGET_BYTES / bytes))
      if (n > 1) open.nextAt = startMs + Math.trunc(width / Math.floor(n))
    }
    const isDue = timeMs >= open.nextAt || bytes >= TARGET_BYTES * 2
    return isDue && (encoder.count >= SAMPLES_MIN || timeMs >= this.#windowEnd(startMs))
  }

  #windowEnd(startMs: number): number {
    const range = this.#store.memory.f64[(H.context + C.range) >>> 3]!
    return Math.trunc(startMs / range) * range + range
  }

  #start(
    ref: number,
    record: number,
    timeMs: number,
    histogram: AnyHistogram | undefined,
    encoding: 2 | 3,
    flags: number,
    commit: number,
  ): boolean {
    const encoder = new HistogramEncoder(encoding, histogram, flags)
    encoder.append(timeMs, histogram)
    if (encoder.sizeBytes > BYTES_MAX) return false
    const { u16, u32, f64 } = this.#store.memory
    const chunk = this.#store.arena.take()
    u32[(chunk + S.older) >>> 2] = u32[(record + R.sealed) >>> 2]!
    f64[(chunk + S.mint) >>> 3] = timeMs
    u32[(chunk + S.flags) >>> 2] = encoding
    u32[(record + R.chunk) >>> 2] = chunk
    u16[(record + R.flags) >>> 1] = u16[(record + R.flags) >>> 1]! | FLAG_HISTOGRAM
    const before = u32[(record + R.commit) >>> 2]!
    if (before !== commit) u16[(record + R.commitBefore) >>> 1] = before
    u32[(record + R.commit) >>> 2] = commit
    u16[(record + R.countBefore) >>> 1] = 0
    const chunks = (H.context + C.chunks) >>> 2
    u32[chunks] = u32[chunks]! + 1
    const nextAt = this.#windowEnd(timeMs)
    const open: OpenChunk = {
      chunk,
      encoder,
      segments: [chunk],
      written: 0,
      startMs: timeMs,
      nextAt,
      isJudged: false,
      last: histogram,
    }
    this.#open.set(ref, open)
    this.#publish(record, open, timeMs)
    return true
  }

  #noteCommit(record: number, commit: number): void {
    const { u16, u32 } = this.#store.memory
    const before = u32[(record + R.commit) >>> 2]!
    if (before === commit) return
    u16[(record + R.commitBefore) >>> 1] = before
    u32[(record + R.commit) >>> 2] = commit
    u16[(record + R.countBefore) >>> 1] = u16[(record + R.count) >>> 1]!
  }

  /** Writes the chunk anew with more buckets, in other segments: a reader may still be at the old ones. */
  #recode(record: number, open: OpenChunk, layout: HistogramEncoder['layout']): void {
    const { arena, memory, retired } = this.#store
    const { u32, f64 } = memory
    const samples = decodeHistograms(open.encoder.encoding, open.encoder.bytes()) ?? []
    const first = { ...(open.last as AnyHistogram), ...layout }
    const encoder = new HistogramEncoder(open.encoder.encoding, first, open.encoder.flags)
    for (const { timeMs, histogram } of samples) {
      encoder.append(timeMs, histogram && adapt(histogram, layout))
    }
    const old = open.segments
    const chunk = arena.take()
    for (const field of [S.older, S.flags])
      u32[(chunk + field) >>> 2] = u32[(open.chunk + field) >>> 2]!
    f64[(chunk + S.mint) >>> 3] = f64[(open.chunk + S.mint) >>> 3]!
    open.chunk = chunk
    open.encoder = encoder
    open.segments = [chunk]
    open.written = 0
    this.#writeStream(open)
    u32[(record + R.chunk) >>> 2] = chunk
    retired.add(() => {
      for (const segment of old) arena.free(segment)
    })
  }

  #publish(record: number, open: OpenChunk, timeMs: number): void {
    const { u16, u32, f64 } = this.#store.memory
    this.#writeStream(open)
    u32[(record + R.tail) >>> 2] = open.segments.at(-1)!
    u16[(record + R.count) >>> 1] = open.encoder.count
    u16[(record + R.bits) >>> 1] = open.encoder.sizeBytes - 2
    f64[(record + R.lastTime) >>> 3] = timeMs
    const context = H.context
    if (timeMs > f64[(context + C.maxTime) >>> 3]!) f64[(context + C.maxTime) >>> 3] = timeMs
    if (timeMs < f64[(context + C.minTime) >>> 3]!) f64[(context + C.minTime) >>> 3] = timeMs
  }

  /** Brings the segments up to the encoder's bytes; the last byte is written again, it may have got bits. */
  #writeStream(open: OpenChunk): void {
    const { u8, u32 } = this.#store.memory
    const stream = open.encoder.bytes().subarray(2)
    for (let at = open.written; at < stream.length; at++) {
      const index =
        at < FIRST_PAYLOAD_BYTES
          ? 0
          : 1 + Math.floor((at - FIRST_PAYLOAD_BYTES) / NEXT_PAYLOAD_BYTES)
      if (index === open.segments.length) {
        const segment = this.#store.arena.take()
        u32[(open.segments[index - 1]! + S.next) >>> 2] = segment
        open.segments.push(segment)
      }
      const offset =
        index === 0
          ? FIRST_PAYLOAD + at
          : NEXT_PAYLOAD + ((at - FIRST_PAYLOAD_BYTES) % NEXT_PAYLOAD_BYTES)
      u8[open.segments[index]! + offset] = stream[at]!
    }
    open.written = Math.max(0, stream.length - 1)
  }
}
