import type { HeadChunk } from './head-chunk-files.ts'
import type { HeadStore } from './head-store.ts'
import {
  C,
  FIRST_PAYLOAD,
  FIRST_PAYLOAD_BYTES,
  H,
  NEXT_PAYLOAD,
  NEXT_PAYLOAD_BYTES,
  R,
  S,
} from './layout.ts'

/** Gives a series sealed chunks, ascending in time and after all it has. For replay: everything is visible. */
export function attachChunks(store: HeadStore, record: number, chunks: readonly HeadChunk[]): void {
  const { u16, u32, f64 } = store.memory
  const sealed = (record + R.sealed) >>> 2
  const context = H.context
  for (const { mint, maxt, encoding, data } of chunks) {
    const chunk = writeSegments(store, data.subarray(2))
    u32[(chunk + S.older) >>> 2] = u32[sealed]!
    f64[(chunk + S.mint) >>> 3] = mint
    f64[(chunk + S.maxt) >>> 3] = maxt
    u16[(chunk + S.count) >>> 1] = (data[0]! << 8) | data[1]!
    u16[(chunk + S.bytes) >>> 1] = data.length - 2
    u32[(chunk + S.flags) >>> 2] = encoding
    u32[sealed] = chunk
    u32[(context + C.chunks) >>> 2] = u32[(context + C.chunks) >>> 2]! + 1
    if (mint < f64[(context + C.minTime) >>> 3]!) f64[(context + C.minTime) >>> 3] = mint
    if (maxt > f64[(context + C.maxTime) >>> 3]!) f64[(context + C.maxTime) >>> 3] = maxt
  }
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
