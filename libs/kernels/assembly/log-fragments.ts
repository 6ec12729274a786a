import { crc32c } from './crc32c'

const PAGE: u32 = 32768
const HEADER: u32 = 7

/**
 * Cuts a record of a log into fragments, as its pages have them, at `target`: u8 type and `flags`, u16 length, u32 crc
 * of the data, data; the rest of a page that has no room for a header is zero. `position` is that of `target` in the
 * segment. Returns the bytes written; how many fragments goes to `countAt`.
 */
export function logFragments(source: usize, length: u32, flags: u32, target: usize, position: u32, countAt: usize): u32 {
  let at = target
  let left = length
  let from = source
  let count: u32 = 0
  do {
    let room = PAGE - ((position + <u32>(at - target)) & (PAGE - 1))
    if (room < HEADER) {
      memory.fill(at, 0, room)
      at += room
      room = PAGE
    }
    const size = min<u32>(left, room - HEADER)
    left -= size
    // Full, first, middle, last.
    const type: u32 = count == 0 ? (left == 0 ? 1 : 2) : left == 0 ? 4 : 3
    store<u8>(at, <u8>(type | flags))
    store<u8>(at, <u8>(size >> 8), 1)
    store<u8>(at, <u8>size, 2)
    store<u32>(at, bswap<u32>(crc32c(from, size, 0)), 3)
    memory.copy(at + HEADER, from, size)
    at += HEADER + size
    from += size
    count++
  } while (left > 0)
  store<u32>(countAt, count)
  return <u32>(at - target)
}
