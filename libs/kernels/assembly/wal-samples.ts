import { unzigzag, varintBits, varintSize } from './varint'

/**
 * Decodes a samples record (type 2) into columns: refs looked up in `table` (0 = unknown), times, raw values.
 * `from` is the offset to go on at (0 starts). At most `max` samples per call; the offset reached goes to `nextAt`.
 * Returns the samples decoded, or -1 if the record is damaged.
 *
 * The table: `pages` u32 addresses of pages of 1024 u32 head refs, 0 = no such page.
 */
export function walSamples(
  record: usize, length: u32, from: u32, table: usize, pages: u32, refs: usize, times: usize, values: usize,
  max: u32, nextAt: usize,
): i32 {
  if (length <= 1) {
    store<u32>(nextAt, length)
    return 0
  }
  if (length < 17) return -1
  const firstRef = bswap<u64>(load<u64>(record + 1))
  const firstTime = <i64>bswap<u64>(load<u64>(record + 9))
  const end = record + length
  let at = record + (from == 0 ? 17 : from)
  let count: u32 = 0
  while (at < end && count < max) {
    const refSize = varintSize(at, end)
    if (refSize == 0) return -1
    const refDelta = varintBits(at, refSize)
    at += refSize
    const timeSize = varintSize(at, end)
    if (timeSize == 0) return -1
    const timeDelta = varintBits(at, timeSize)
    at += timeSize
    if (at + 8 > end) return -1
    const ref = firstRef + <u64>unzigzag(refDelta)
    store<u32>(refs + (count << 2), ref > 0xffffffff ? 0 : lookup(table, pages, <u32>ref))
    store<f64>(times + (count << 3), <f64>(firstTime + unzigzag(timeDelta)))
    store<u64>(values + (count << 3), bswap<u64>(load<u64>(at)))
    at += 8
    count++
  }
  store<u32>(nextAt, <u32>(at - record))
  return <i32>count
}

// @ts-ignore: decorator
@inline
function lookup(table: usize, pages: u32, ref: u32): u32 {
  const index = ref >> 10
  if (index >= pages) return 0
  const page: usize = load<u32>(table + ((<usize>index) << 2))
  return page == 0 ? 0 : load<u32>(page + ((<usize>(ref & 1023)) << 2))
}
