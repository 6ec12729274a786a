import { crc32c } from './crc32c'
import { FIRST_PAYLOAD, NEXT_PAYLOAD, S_BYTES, S_COUNT, S_FLAGS, S_MAXT, S_MINT, S_NEXT, SEGMENT } from './head-layout'

/**
 * Writes a closed chunk of the head to `target` as head chunk files have it, and returns the bytes written (at most
 * 40 more than the stream has):
 *
 *   u64 ref | i64 mint | i64 maxt | u8 encoding | uvarint length | u16 samples, stream | u32 crc of all before
 *
 * `flags` is put over the encoding (0x80 = out of order).
 */
export function writeHeadChunk(target: usize, chunk: usize, ref: f64, flags: u32): u32 {
  store<u64>(target, bswap<u64>(<u64>ref))
  store<u64>(target, bswap<u64>(<u64>(<i64>load<f64>(chunk, S_MINT))), 8)
  store<u64>(target, bswap<u64>(<u64>(<i64>load<f64>(chunk, S_MAXT))), 16)
  store<u8>(target, <u8>((load<u32>(chunk, S_FLAGS) & 0x7f) | flags), 24)
  const at = writeData(target + 25, chunk, load<u16>(chunk, S_COUNT), load<u16>(chunk, S_BYTES))
  store<u32>(at, bswap<u32>(crc32c(target, <u32>(at - target), 0)))
  return <u32>(at + 4 - target)
}

/**
 * Writes a chunk of the head, closed or open, with the `bytes` of its stream, as chunk files of blocks have it, and
 * returns the bytes written (at most 15 more than the stream has):
 *
 *   uvarint length | u8 encoding | u16 samples, stream | u32 crc of encoding and data
 */
export function writeBlockChunk(target: usize, chunk: usize, count: u32, bytes: u32): u32 {
  // The encoding goes between length and data: the length is as wide here as there.
  const width: u32 = bytes + 2 < 0x80 ? 1 : bytes + 2 < 0x4000 ? 2 : 3
  const end = writeData(target + 1, chunk, count, bytes)
  let length: u32 = bytes + 2
  let at = target
  while (length >= 0x80) {
    store<u8>(at++, <u8>(length | 0x80))
    length >>= 7
  }
  store<u8>(at, <u8>length)
  const body = target + width
  store<u8>(body, <u8>(load<u32>(chunk, S_FLAGS) & 0x7f))
  store<u32>(end, bswap<u32>(crc32c(body, <u32>(end - body), 0)))
  return <u32>(end + 4 - target)
}

/** Writes length, sample count and stream; returns the address behind them. */
function writeData(target: usize, chunk: usize, count: u32, bytes: u32): usize {
  let left = bytes
  let at = target
  let length: u32 = left + 2
  while (length >= 0x80) {
    store<u8>(at++, <u8>(length | 0x80))
    length >>= 7
  }
  store<u8>(at++, <u8>length)
  store<u16>(at, bswap<u16>(<u16>count))
  at += 2
  let segment = chunk
  let offset: usize = FIRST_PAYLOAD
  while (left > 0) {
    const room: u32 = <u32>(SEGMENT - offset)
    const part: u32 = left < room ? left : room
    copy(at, segment + offset, part)
    at += part
    left -= part
    if (left == 0) break
    segment = load<u32>(segment, S_NEXT)
    offset = NEXT_PAYLOAD
  }
  return at
}

/** At most 60 bytes: a call of the engine's copy, atomic on shared memory, costs more. */
// @ts-ignore: decorator
@inline
function copy(to: usize, from: usize, count: u32): void {
  let i: u32 = 0
  for (; i + 8 <= count; i += 8) store<u64>(to + i, load<u64>(from + i))
  for (; i < count; i++) store<u8>(to + i, load<u8>(from + i))
}
