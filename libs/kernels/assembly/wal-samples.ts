/**
 * Decodes a samples record (type 2) into columns: refs looked up in `table` (0 = unknown), times, raw values.
 * `from` is the offset to go on at (0 starts). At most `max` samples per call; the offset reached goes to `nextAt`.
 * Returns the samples decoded, or -1 if the record is damaged.
 *
 * The table: 2^log2 entries of u32 log ref, u32 head ref; log ref 0 = empty.
 */
export function walSamples(
  record: usize, length: u32, from: u32, table: usize, log2: u32, refs: usize, times: usize, values: usize,
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
    let value: u64 = 0
    let time: u64 = 0
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
      if (part == 0) value = result
      else time = result
    }
    if (at + 8 > end) return -1
    const ref = firstRef + ((value >> 1) ^ (0 - (value & 1)))
    store<u32>(refs + (count << 2), ref > 0xffffffff ? 0 : lookup(table, log2, <u32>ref))
    store<f64>(times + (count << 3), <f64>(firstTime + <i64>((time >> 1) ^ (0 - (time & 1)))))
    store<u64>(values + (count << 3), bswap<u64>(load<u64>(at)))
    at += 8
    count++
  }
  store<u32>(nextAt, <u32>(at - record))
  return <i32>count
}

// @ts-ignore: decorator
@inline
function lookup(table: usize, log2: u32, ref: u32): u32 {
  const mask: u32 = ((<u32>1) << log2) - 1
  let i = (ref * 0x9e3779b1) >> (32 - log2)
  while (true) {
    const entry = table + ((<usize>i) << 3)
    const key = load<u32>(entry)
    if (key == ref) return load<u32>(entry, 4)
    if (key == 0) return 0
    i = (i + 1) & mask
  }
}
