// Varints of the log: LEB128, zigzag where signed. Reading looks at eight bytes at once, so up to eight bytes behind
// the end of a record are read (and not used): records must not lie at the very end of the memory.

/** Bytes of the varint at `at`; 0 if it does not end before `end`, or is longer than ten bytes. */
// @ts-ignore: decorator
@inline
export function varintSize(at: usize, end: usize): u32 {
  const ends = ~load<u64>(at) & 0x8080808080808080
  const size: u32 = ends == 0 ? longVarintSize(at, end) : (<u32>ctz<u64>(ends) >> 3) + 1
  return at + size > end ? 0 : size
}

/** The value of the varint of `size` bytes at `at`, as it is written. */
// @ts-ignore: decorator
@inline
export function varintBits(at: usize, size: u32): u64 {
  if (size > 8) return longVarintBits(at, size)
  const x = load<u64>(at) & ((<u64>-1) >> <u64>(64 - (size << 3))) & 0x7f7f7f7f7f7f7f7f
  // Groups of 7 bits: pairs, then fours, then all eight of them move together.
  const pairs = (x & 0x007f007f007f007f) | ((x & 0x7f007f007f007f00) >> 1)
  const fours = (pairs & 0x00003fff00003fff) | ((pairs & 0x3fff00003fff0000) >> 2)
  return (fours & 0x000000000fffffff) | ((fours & 0x0fffffff00000000) >> 4)
}

/** The signed value that `bits` mean. */
// @ts-ignore: decorator
@inline
export function unzigzag(bits: u64): i64 {
  return <i64>((bits >> 1) ^ (0 - (bits & 1)))
}

/** Writes a signed varint; returns the address behind it. */
// @ts-ignore: decorator
@inline
export function putVarint(at: usize, value: i64): usize {
  let rest: u64 = (<u64>value << 1) ^ <u64>(value >> 63)
  while (rest >= 0x80) {
    store<u8>(at++, <u8>(rest | 0x80))
    rest >>= 7
  }
  store<u8>(at++, <u8>rest)
  return at
}

function longVarintSize(at: usize, end: usize): u32 {
  for (let size: u32 = 1; size <= 10 && at + size <= end; size++) {
    if ((load<u8>(at + size - 1) & 0x80) == 0) return size
  }
  return 0
}

function longVarintBits(at: usize, size: u32): u64 {
  let result: u64 = 0
  for (let i: u32 = 0; i < size; i++) result |= (<u64>(load<u8>(at + i) & 0x7f)) << <u64>(i * 7)
  return result
}
