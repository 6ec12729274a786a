import { putVarint, unzigzag, varintBits, varintSize } from './varint'

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
    const refSize = varintSize(at, end)
    if (refSize == 0) return -1
    const refDelta = varintBits(at, refSize)
    at += refSize
    const timeSize = varintSize(at, end)
    if (timeSize == 0) return -1
    const timeDelta = varintBits(at, timeSize)
    at += timeSize
    if (at + 8 > end) return -1
    const value = load<u64>(at)
    at += 8
    const time = firstTime + unzigzag(timeDelta)
    if (time < limit) continue
    const ref = firstRef + <u64>unzigzag(refDelta)
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
