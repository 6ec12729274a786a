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

/** A chunk outside the head's memory. */
export interface WholeChunk {
  readonly mint: number
  readonly maxt: number
  readonly encoding: number
  /** The sample count of two bytes included. */
  readonly data: Uint8Array
}

/** Puts a chunk into segments, in front of the chunk `older` (0 = none). Returns its address. */
export function putSealedChunk(
  store: HeadStore,
  { mint, maxt, encoding, data }: WholeChunk,
  flags: number,
  older: number,
  commit = 0,
): number {
  const { u16, u32, f64 } = store.memory
  const chunk = writeSegments(store, data.subarray(2))
  u32[(chunk + S.older) >>> 2] = older
  f64[(chunk + S.mint) >>> 3] = mint
  f64[(chunk + S.maxt) >>> 3] = maxt
  u16[(chunk + S.count) >>> 1] = (data[0]! << 8) | data[1]!
  u16[(chunk + S.bytes) >>> 1] = data.length - 2
  u32[(chunk + S.flags) >>> 2] = encoding | flags
  u32[(chunk + S.commit) >>> 2] = commit
  return chunk
}

/** Counts a chunk that a series has got. */
export function countChunk({ memory }: HeadStore): void {
  const at = (H.context + C.chunks) >>> 2
  memory.u32[at] = memory.u32[at]! + 1
}

export function freeChunk({ memory, arena }: HeadStore, chunk: number): void {
  const { u32 } = memory
  for (let segment = chunk; segment !== 0; ) {
    const next = u32[(segment + S.next) >>> 2]!
    arena.free(segment)
    segment = next
  }
}

/** A closed chunk with its sample count, as blocks and head chunk files store it. */
export function readSealedChunk(memory: HeadStore['memory'], chunk: number): Uint8Array {
  const { u16 } = memory
  return readStream(memory, chunk, u16[(chunk + S.count) >>> 1]!, u16[(chunk + S.bytes) >>> 1]!)
}

/** The open chunk of a series record, in the same form. */
export function readOpenChunk(memory: HeadStore['memory'], record: number): Uint8Array {
  const { u16, u32 } = memory
  const size = u16[(record + R.bits) >>> 1]!
  const isHistogram = (u16[(record + R.flags) >>> 1]! & FLAG_HISTOGRAM) !== 0
  const bytes = isHistogram ? size : (size + 7) >> 3
  const chunk = u32[(record + R.chunk) >>> 2]!
  return readStream(memory, chunk, u16[(record + R.count) >>> 1]!, bytes)
}

/** A chunk of `count` samples and `bytes` of stream. */
export function readStream(
  { u8, u32 }: HeadStore['memory'],
  chunk: number,
  count: number,
  bytes: number,
): Uint8Array {
  const data = new Uint8Array(bytes + 2)
  data[0] = count >> 8
  data[1] = count & 0xff
  let done = Math.min(bytes, FIRST_PAYLOAD_BYTES)
  data.set(u8.subarray(chunk + FIRST_PAYLOAD, chunk + FIRST_PAYLOAD + done), 2)
  for (let segment = chunk; done < bytes; ) {
    segment = u32[(segment + S.next) >>> 2]!
    const part = Math.min(bytes - done, NEXT_PAYLOAD_BYTES)
    data.set(u8.subarray(segment + NEXT_PAYLOAD, segment + NEXT_PAYLOAD + part), 2 + done)
    done += part
  }
  return data
}

function writeSegments({ memory, arena }: HeadStore, stream: Uint8Array): number {
  const { u8, u32 } = memory
  const first = arena.take()
  let done = Math.min(stream.length, FIRST_PAYLOAD_BYTES)
  u8.set(stream.subarray(0, done), first + FIRST_PAYLOAD)
  for (let segment = first; done < stream.length; ) {
    const next = arena.take()
    u32[(segment + S.next) >>> 2] = next
    const count = Math.min(stream.length - done, NEXT_PAYLOAD_BYTES)
    u8.set(stream.subarray(done, done + count), next + NEXT_PAYLOAD)
    done += count
    segment = next
  }
  return first
}

/** Gives up chunks that no series has taken. */
export function freeChains(store: HeadStore, newest: Iterable<number>): void {
  for (const first of newest) {
    for (let chunk = first; chunk !== 0; ) {
      const older = store.memory.u32[(chunk + S.older) >>> 2]!
      freeChunk(store, chunk)
      chunk = older
    }
  }
}
