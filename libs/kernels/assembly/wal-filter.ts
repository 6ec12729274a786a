/**
 * Copies a samples record (type 2) without the samples before `mint` to `target`, which has room for `length` bytes
 * and 20 more. Returns the bytes written, 0 if no sample is left, -1 if the record is damaged.
 */
export function filterSamples(record: usize, length: u32, mint: f64, target: usize): i32 {
  if (length < 17) return length <= 1 ? 0 : -1
  const firstRef = bswap<u64>(load<u64>(record + 1))
  const firstTime = <i64>bswap<u64>(load<u64>(record + 9))
  const limit = <i64>mint
  const end = record + length
  let at = record + 17
  let to = target
  let keptRef: u64 = 0
  let keptTime: i64 = 0
  while (at < end) {
    let refDelta: u64 = 0
    let timeDelta: u64 = 0
    for (let part = 0; part < 2; part++) {
      let result: u64 = 0
      let shift: u64 = 0
      let byte: u32
      do {
        if (at >= end || shift > 63) return -1
        byte = load<u8>(at++)
        result |= (<u64>(byte & 0x7f)) << shift
        shift += 7
      } while (byte & 0x80)
      if (part == 0) refDelta = result
      else timeDelta = result
    }
    if (at + 8 > end) return -1
    const value = load<u64>(at)
    at += 8
    const time = firstTime + <i64>((timeDelta >> 1) ^ (0 - (timeDelta & 1)))
    if (time < limit) continue
    const ref = firstRef + ((refDelta >> 1) ^ (0 - (refDelta & 1)))
    if (to == target) {
      store<u8>(to, 2)
      store<u64>(to + 1, bswap<u64>(ref))
      store<u64>(to + 9, bswap<u64>(<u64>time))
      to += 17
      keptRef = ref
      keptTime = time
    }
    to = putVarint(to, <i64>(ref - keptRef))
    to = putVarint(to, time - keptTime)
    store<u64>(to, value)
    to += 8
  }
  return <i32>(to - target)
}

// @ts-ignore: decorator
@inline
function putVarint(at: usize, value: i64): usize {
  let rest: u64 = (<u64>value << 1) ^ <u64>(value >> 63)
  while (rest >= 0x80) {
    store<u8>(at++, <u8>(rest | 0x80))
    rest >>= 7
  }
  store<u8>(at++, <u8>rest)
  return at
}
