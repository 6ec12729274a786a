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
  let left: u32 = load<u16>(chunk, S_BYTES)
  let at = target + 25
  let length: u32 = left + 2
  while (length >= 0x80) {
    store<u8>(at++, <u8>(length | 0x80))
    length >>= 7
  }
  store<u8>(at++, <u8>length)
  store<u16>(at, bswap<u16>(load<u16>(chunk, S_COUNT)))
  at += 2
  let segment = chunk
  let offset: usize = FIRST_PAYLOAD
  while (left > 0) {
    const room: u32 = <u32>(SEGMENT - offset)
    const part: u32 = left < room ? left : room
    memory.copy(at, segment + offset, part)
    at += part
    left -= part
    if (left == 0) break
    segment = load<u32>(segment, S_NEXT)
    offset = NEXT_PAYLOAD
  }
  store<u32>(at, bswap<u32>(crc32c(target, <u32>(at - target), 0)))
  return <u32>(at + 4 - target)
}
