import { Reader, Writer } from '@prom/bytes'
import type { AnyHistogram } from '@prom/chunks'
import { encodeSamples, type LooseSample } from '../compact/recode.ts'
import { decodeHistogram, encodeHistogram } from '../wal/histogram-record.ts'
import type { HeadStore } from './head-store.ts'
import {
  H,
  L,
  LATE_ROW_BYTES,
  LATE_ROWS_MAX,
  R,
  RECORD_BYTES,
  RECORDS,
  S,
  SLOT_MASK,
} from './layout.ts'
import { freeChunk, putSealedChunk } from './sealed-chunk.ts'

const ROWS_AT_FIRST = 4
const KINDS = ['float', 'int', 'float histogram'] as const

/** An out-of-order sample. Without `kind` it is a float; with it a histogram, or a stale marker if there is none. */
export interface LateSample {
  readonly timeMs: number
  readonly high: number
  readonly low: number
  readonly kind?: 'int' | 'float' | undefined
  readonly histogram?: AnyHistogram | undefined
}

/** Told before the first sample goes into a new set of rows: the chunks the full rows have become, oldest first. */
export type OnLateCut = (ref: number, chunks: readonly number[]) => void

/**
 * Out-of-order samples of the head, writer's side: up to 32 sorted rows per series, then chunks. Memory that readers
 * may still look at is given back by `retire`.
 */
export class LateSamples {
  readonly #store: HeadStore
  readonly #words = new Uint32Array(2)
  readonly #scratch = new Writer(512)
  #garbage: { at: number; size: number }[] = []

  constructor(store: HeadStore) {
    this.#store = store
  }

  get isEmpty(): boolean {
    return this.#store.memory.u32[H.lateSeries >>> 2] === 0
  }

  has(ref: number): boolean {
    return this.#store.memory.u32[this.#slotAt(ref)] !== 0
  }

  /** False if the rows hold a sample at this time already. Readers see it from batch `commit` on. */
  insert(ref: number, sample: LateSample, commit: number, onCut: OnLateCut): boolean {
    const { u32, i32 } = this.#store.memory
    let piece = u32[this.#slotAt(ref)]!
    // Rows that compaction has closed are announced by nothing: until their block is known they come from the log.
    if (piece === 0) onCut(ref, [])
    else if (u32[piece >>> 2] === LATE_ROWS_MAX) onCut(ref, this.seal(ref))
    piece = u32[this.#slotAt(ref)]!
    const row = piece === 0 ? 0 : this.#find(piece, sample.timeMs)
    if (row < 0) return false
    const kind = sample.kind === undefined ? 0 : sample.kind === 'int' ? 1 : 2
    this.#words[0] = sample.low
    this.#words[1] = sample.high
    if (sample.kind !== undefined) this.#putHistogram(sample.kind, sample.histogram)
    Atomics.add(i32, H.sequence >>> 2, 1)
    try {
      this.#putRow(this.#roomFor(ref), row, sample.timeMs, kind, commit)
    } finally {
      Atomics.add(i32, H.sequence >>> 2, 1)
    }
    return true
  }

  /** Makes chunks of the rows of a series; returns their addresses, oldest first. */
  seal(ref: number): number[] {
    const { u32, i32 } = this.#store.memory
    const piece = u32[this.#slotAt(ref)]!
    const rows = piece === 0 ? [] : this.#rows(piece)
    if (rows.length === 0) return []
    const commit = rows.reduce(
      (newest, row) => (((row.commit - newest) | 0) > 0 ? row.commit : newest),
      rows[0]!.commit,
    )
    const chunks: number[] = []
    let newest = u32[(piece + L.sealed) >>> 2]!
    for (const chunk of encodeSamples(rows)) {
      newest = putSealedChunk(this.#store, chunk, 0, newest, commit)
      chunks.push(newest)
    }
    this.#dropPayloads(piece)
    Atomics.add(i32, H.sequence >>> 2, 1)
    u32[(piece + L.sealed) >>> 2] = newest
    u32[piece >>> 2] = 0
    Atomics.add(i32, H.sequence >>> 2, 1)
    return chunks
  }

  /** Takes over a chain of chunks, `newest` first: for replay. */
  attach(ref: number, newest: number): void {
    const { u32, f64 } = this.#store.memory
    const piece = this.#roomFor(ref)
    let oldest = newest
    for (let chunk = newest; chunk !== 0; chunk = u32[(chunk + S.older) >>> 2]!) {
      this.#noteTime(f64[(chunk + S.mint) >>> 3]!)
      this.#noteTime(f64[(chunk + S.maxt) >>> 3]!)
      oldest = chunk
    }
    u32[(oldest + S.older) >>> 2] = u32[(piece + L.sealed) >>> 2]!
    u32[(piece + L.sealed) >>> 2] = newest
  }

  /** Forgets the rows of a series: for replay, where a marker says that they are in a chunk. */
  clearRows(ref: number): void {
    const piece = this.#store.memory.u32[this.#slotAt(ref)]!
    if (piece === 0) return
    this.#dropPayloads(piece)
    this.#store.memory.u32[piece >>> 2] = 0
  }

  /** Refs of all series with out-of-order samples. */
  refs(): number[] {
    const { u32 } = this.#store.memory
    const refs: number[] = []
    if (this.isEmpty) return refs
    const table = this.#store.regions.late.address >>> 2
    const slots = u32[H.slots >>> 2]!
    for (let slot = 1; slot < slots; slot++) {
      if (u32[table + slot] !== 0) refs.push(u32[(RECORDS + slot * RECORD_BYTES + R.ref) >>> 2]!)
    }
    return refs
  }

  /** Closed chunks of a series, newest first. */
  chunksOf(ref: number): number[] {
    const { u32 } = this.#store.memory
    const piece = u32[this.#slotAt(ref)]!
    const chunks: number[] = []
    if (piece === 0) return chunks
    for (let at = u32[(piece + L.sealed) >>> 2]!; at !== 0; at = u32[(at + S.older) >>> 2]!) {
      chunks.push(at)
    }
    return chunks
  }

  /** Drops closed chunks whose samples all came up to batch `commit`; series that have nothing left are forgotten. */
  drop(commit: number): void {
    const { u32, i32, f64 } = this.#store.memory
    const dropped: number[] = []
    f64[H.lateMinTime >>> 3] = Infinity
    f64[H.lateMaxTime >>> 3] = -Infinity
    Atomics.add(i32, H.sequence >>> 2, 1)
    for (const ref of this.refs()) {
      const at = this.#slotAt(ref)
      const piece = u32[at]!
      let newer = piece + L.sealed
      for (let chunk = u32[newer >>> 2]!; chunk !== 0; chunk = u32[(chunk + S.older) >>> 2]!) {
        if (((u32[(chunk + S.commit) >>> 2]! - commit) | 0) <= 0) {
          u32[newer >>> 2] = u32[(chunk + S.older) >>> 2]!
          dropped.push(chunk)
          continue
        }
        newer = chunk + S.older
        this.#noteTime(f64[(chunk + S.mint) >>> 3]!)
        this.#noteTime(f64[(chunk + S.maxt) >>> 3]!)
      }
      for (let i = 0; i < u32[piece >>> 2]!; i++) {
        this.#noteTime(f64[((piece + L.times) >>> 3) + i]!)
      }
      if (u32[piece >>> 2] !== 0 || u32[(piece + L.sealed) >>> 2] !== 0) continue
      u32[at] = 0
      u32[H.lateSeries >>> 2] = u32[H.lateSeries >>> 2]! - 1
      this.#garbage.push({ at: piece, size: sizeOfLate(u32[(piece + L.capacity) >>> 2]!) })
    }
    Atomics.add(i32, H.sequence >>> 2, 1)
    const store = this.#store
    if (dropped.length > 0) {
      store.retired.add(() => {
        for (const chunk of dropped) freeChunk(store, chunk)
      })
    }
    this.retire()
  }

  /** Gives back what was replaced since the last call, once no reader can look at it; to be called per batch. */
  retire(): void {
    if (this.#garbage.length === 0) return
    const garbage = this.#garbage
    this.#garbage = []
    const { retired, heap } = this.#store
    retired.add(() => {
      for (const { at, size } of garbage) heap.free(at, size)
    })
  }

  /** Index of the table entry of a series, in words. */
  #slotAt(ref: number): number {
    return (this.#store.regions.late.address >>> 2) + (ref & SLOT_MASK)
  }

  /** Where a time belongs among the rows; -1 if it is there. */
  #find(piece: number, timeMs: number): number {
    const { u32, f64 } = this.#store.memory
    const times = (piece + L.times) >>> 3
    let row = u32[piece >>> 2]!
    while (row > 0 && f64[times + row - 1]! > timeMs) row--
    return row > 0 && f64[times + row - 1] === timeMs ? -1 : row
  }

  /** The series' piece, with room for one more row. */
  #roomFor(ref: number): number {
    const { u32, u8 } = this.#store.memory
    const at = this.#slotAt(ref)
    const piece = u32[at]!
    const rows = piece === 0 ? 0 : u32[piece >>> 2]!
    const capacity = piece === 0 ? 0 : u32[(piece + L.capacity) >>> 2]!
    if (piece !== 0 && rows < capacity) return piece
    const wider = Math.max(ROWS_AT_FIRST, capacity * 2)
    const to = this.#store.heap.allocate(sizeOfLate(wider))
    u32[to >>> 2] = rows
    u32[(to + L.capacity) >>> 2] = wider
    if (piece === 0) u32[H.lateSeries >>> 2] = u32[H.lateSeries >>> 2]! + 1
    else {
      u32[(to + L.sealed) >>> 2] = u32[(piece + L.sealed) >>> 2]!
      const columns: [number, number, number][] = [
        [valuesOf(piece, 0), valuesOf(to, 0), rows * 8],
        [valuesOf(piece, capacity), valuesOf(to, wider), rows * 8],
        [commitsOf(piece, capacity), commitsOf(to, wider), rows * 4],
        [kindsOf(piece, capacity), kindsOf(to, wider), rows],
      ]
      for (const [from, target, bytes] of columns) u8.copyWithin(target, from, from + bytes)
      this.#garbage.push({ at: piece, size: sizeOfLate(capacity) })
    }
    u32[at] = to
    return to
  }

  #putRow(piece: number, row: number, timeMs: number, kind: number, commit: number): void {
    const { u32, u8, f64 } = this.#store.memory
    const rows = u32[piece >>> 2]!
    const capacity = u32[(piece + L.capacity) >>> 2]!
    const values = valuesOf(piece, capacity)
    const commits = commitsOf(piece, capacity)
    const kinds = kindsOf(piece, capacity)
    for (const [at, width] of [
      [piece + L.times, 8],
      [values, 8],
      [commits, 4],
      [kinds, 1],
    ] as const) {
      u8.copyWithin(at + (row + 1) * width, at + row * width, at + rows * width)
    }
    f64[((piece + L.times) >>> 3) + row] = timeMs
    u32[(values >>> 2) + row * 2] = this.#words[0]!
    u32[(values >>> 2) + row * 2 + 1] = this.#words[1]!
    u32[(commits >>> 2) + row] = commit
    u8[kinds + row] = kind
    u32[piece >>> 2] = rows + 1
    this.#noteTime(timeMs)
  }

  #noteTime(timeMs: number): void {
    const { f64 } = this.#store.memory
    if (timeMs < f64[H.lateMinTime >>> 3]!) f64[H.lateMinTime >>> 3] = timeMs
    if (timeMs > f64[H.lateMaxTime >>> 3]!) f64[H.lateMaxTime >>> 3] = timeMs
  }

  #putHistogram(kind: 'int' | 'float', histogram: AnyHistogram | undefined): void {
    const writer = this.#scratch
    writer.clear()
    encodeHistogram(writer, kind, histogram)
    const at = this.#store.heap.allocate(writer.length)
    this.#store.memory.u8.set(writer.bytes(), at)
    this.#words[0] = at
    this.#words[1] = writer.length
  }

  #dropPayloads(piece: number): void {
    const { u32, u8 } = this.#store.memory
    const capacity = u32[(piece + L.capacity) >>> 2]!
    for (let row = 0; row < u32[piece >>> 2]!; row++) {
      if (u8[kindsOf(piece, capacity) + row] === 0) continue
      const value = (valuesOf(piece, capacity) >>> 2) + row * 2
      this.#garbage.push({ at: u32[value]!, size: u32[value + 1]! })
    }
  }

  #rows(piece: number): (LooseSample & { readonly commit: number })[] {
    const { memory } = this.#store
    return readLateRows(memory, piece, memory.u8)
  }
}

/** The rows of a piece, or of a copy of it, ascending in time; histograms are read from `payloads`. */
export function readLateRows(
  { u8, u32, f64 }: Pick<HeadStore['memory'], 'u8' | 'u32' | 'f64'>,
  piece: number,
  payloads: Uint8Array,
): (LooseSample & { readonly commit: number })[] {
  const capacity = u32[(piece + L.capacity) >>> 2]!
  const rows: (LooseSample & { readonly commit: number })[] = []
  for (let row = 0; row < Math.min(u32[piece >>> 2]!, capacity); row++) {
    const timeMs = f64[((piece + L.times) >>> 3) + row]!
    const value = (valuesOf(piece, capacity) >>> 2) + row * 2
    const [low, high] = [u32[value]!, u32[value + 1]!]
    const commit = u32[(commitsOf(piece, capacity) >>> 2) + row]!
    const kind = KINDS[u8[kindsOf(piece, capacity) + row]!]
    if (kind === 'float') {
      rows.push({ timeMs, high, low, histogram: undefined, encoding: 1, commit })
      continue
    }
    const bytes = payloads.slice(low, low + high)
    const histogram = decodeHistogram(new Reader(bytes), kind === 'int' ? 'int' : 'float')
    const encoding = kind === 'int' ? 2 : 3
    rows.push({ timeMs, high: 0, low: 0, histogram, encoding, commit })
  }
  return rows
}

/** Bytes of a piece. */
export function sizeOfLate(capacity: number): number {
  return L.times + capacity * LATE_ROW_BYTES
}

function valuesOf(piece: number, capacity: number): number {
  return piece + L.times + capacity * 8
}

function commitsOf(piece: number, capacity: number): number {
  return piece + L.times + capacity * 16
}

function kindsOf(piece: number, capacity: number): number {
  return piece + L.times + capacity * 20
}
