import { toFloatHistogram } from '@prom/chunks'
import type { SampleColumns } from '@prom/storage'
import { type Intervals, isDeleted } from '../block/tombstones.ts'
import type { LooseSample } from '../compact/recode.ts'
import type { HeadMemory } from '../head/head-memory.ts'
import { readLateRows, sizeOfLate } from '../head/late-samples.ts'
import { H, L, LATE_ROWS_MAX, planRegions, S, SLOT_MASK } from '../head/layout.ts'
import type { ChunkDecoder } from './chunk-decoder.ts'
import type { LaterBatches } from './later-batches.ts'
import { mergeColumns } from './merge-querier.ts'

/** The out-of-order samples of one series at one moment. */
export interface LateSeries {
  readonly chunks: readonly number[]
  readonly rows: readonly LooseSample[]
  /** Some chunk may have samples of batches after the moment. */
  readonly isMixed: boolean
}

/** Looks up out-of-order samples; made per selection, and only where the head has any. */
export class LateCapture {
  readonly #m: HeadMemory
  readonly #commit: number
  readonly #mint: number
  readonly #maxt: number
  readonly #table: number
  readonly #copy: Pick<HeadMemory, 'u8' | 'u32' | 'f64'>
  #isMixed = false
  /** Some series may show a later moment. */
  isBlurred = false

  constructor(memory: HeadMemory, commit: number, mint: number, maxt: number) {
    this.#m = memory
    this.#commit = commit
    this.#mint = mint
    this.#maxt = maxt
    this.#table = planRegions(memory.memory.buffer.byteLength).late.address >>> 2
    const bytes = new ArrayBuffer(Math.ceil(sizeOfLate(LATE_ROWS_MAX) / 8) * 8)
    this.#copy = {
      u8: new Uint8Array(bytes),
      u32: new Uint32Array(bytes),
      f64: new Float64Array(bytes),
    }
  }

  /** Undefined if the series has none in the range. */
  read(ref: number): LateSeries | undefined {
    const { i32, u32, u8 } = this.#m
    const at = this.#table + (ref & SLOT_MASK)
    for (;;) {
      const sequence = Atomics.load(i32, H.sequence >>> 2)
      if ((sequence & 1) !== 0) continue
      const piece = u32[at]!
      if (piece === 0) return undefined
      const capacity = Math.min(u32[(piece + L.capacity) >>> 2]!, LATE_ROWS_MAX)
      this.#copy.u8.set(u8.subarray(piece, piece + sizeOfLate(capacity)))
      this.#isMixed = false
      const chunks = this.#chunks(piece)
      if (Atomics.load(i32, H.sequence >>> 2) !== sequence) continue
      const rows = readLateRows(this.#copy, 0, u8).filter(
        ({ commit, timeMs }) =>
          ((commit - this.#commit) | 0) <= 0 && timeMs >= this.#mint && timeMs <= this.#maxt,
      )
      if (this.#isMixed) this.isBlurred = true
      return chunks.length + rows.length === 0
        ? undefined
        : { chunks, rows, isMixed: this.#isMixed }
    }
  }

  #chunks(piece: number): number[] {
    const { u32, f64 } = this.#m
    const chunks: number[] = []
    let at = u32[(piece + L.sealed) >>> 2]!
    for (; at !== 0; at = u32[(at + S.older) >>> 2]!) {
      if (f64[(at + S.mint) >>> 3]! > this.#maxt || f64[(at + S.maxt) >>> 3]! < this.#mint) continue
      if (((u32[(at + S.commit) >>> 2]! - this.#commit) | 0) > 0) this.#isMixed = true
      chunks.push(at)
    }
    return chunks
  }
}

/** Samples in order and out of order as one; at equal times the one in order wins. */
export function withLate(
  inOrder: SampleColumns,
  { chunks, rows }: LateSeries,
  decoder: ChunkDecoder,
  counts: Uint16Array,
  {
    mint,
    maxt,
    later,
  }: { readonly mint: number; readonly maxt: number; readonly later: LaterBatches | undefined },
  deleted: Intervals | undefined,
): SampleColumns {
  let merged = inOrder
  for (const chunk of chunks) {
    const count = counts[(chunk + S.count) >>> 1]!
    decoder.begin(count)
    decoder.addFromHead(chunk, 0, count)
    const columns = decoder.end(mint, maxt, deleted)
    merged = mergeColumns(merged, later ? withoutLater(columns, later) : columns)
  }
  const kept = rows.filter(({ timeMs }) => !deleted || !isDeleted(deleted, timeMs))
  return kept.length === 0 ? merged : mergeColumns(merged, columnsOf(kept))
}

function withoutLater(columns: SampleColumns, later: LaterBatches): SampleColumns {
  const { times, values, start, end, histograms } = columns
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2)
  const rows: LooseSample[] = []
  for (let i = start; i < end; i++) {
    if (later.has(times[i]!)) continue
    const histogram = histograms?.[i]
    const [low, high] = [words[i * 2]!, words[i * 2 + 1]!]
    rows.push({ timeMs: times[i]!, high, low, histogram, encoding: histogram ? 3 : 1 })
  }
  return columnsOf(rows)
}

function columnsOf(rows: readonly LooseSample[]): SampleColumns {
  const times = Float64Array.from(rows, ({ timeMs }) => timeMs)
  const values = new Float64Array(rows.length)
  const words = new Uint32Array(values.buffer)
  const isMixed = rows.some(({ encoding }) => encoding !== 1)
  rows.forEach(({ high, low, encoding, histogram }, i) => {
    const isStale = encoding !== 1 && !histogram
    words[i * 2] = isStale ? 2 : low
    words[i * 2 + 1] = isStale ? 0x7ff00000 : high
  })
  return {
    times,
    values,
    start: 0,
    end: rows.length,
    histograms: isMixed
      ? rows.map(({ histogram }) => histogram && toFloatHistogram(histogram))
      : undefined,
    startTimes: undefined,
  }
}
