import { CRC32C_TABLES } from './crc32c-tables'

/**
 * CRC-32C of `length` bytes at `at`, sixteen at a time. `before` continues an earlier checksum (0 starts one).
 */
export function crc32c(at: usize, length: u32, before: u32): u32 {
  let crc: u32 = ~before
  const end = at + length
  const tables = changetype<usize>(CRC32C_TABLES)
  while (at + 16 <= end) {
    const low = load<u64>(at) ^ <u64>crc
    const high = load<u64>(at, 8)
    crc = four(tables, 12, <u32>low) ^ four(tables, 8, <u32>(low >> 32)) ^ four(tables, 4, <u32>high) ^ four(tables, 0, <u32>(high >> 32))
    at += 16
  }
  while (at < end) {
    crc = load<u32>(tables + (((crc ^ <u32>load<u8>(at)) & 0xff) << 2)) ^ (crc >> 8)
    at++
  }
  return ~crc
}

/** What four bytes add that `after` bytes follow. */
// @ts-ignore: decorator
@inline
function four(tables: usize, after: usize, word: u32): u32 {
  const table = tables + (after << 10)
  return (
    load<u32>(table + ((word & 0xff) << 2), 3 << 10) ^
    load<u32>(table + (((word >> 8) & 0xff) << 2), 2 << 10) ^
    load<u32>(table + (((word >> 16) & 0xff) << 2), 1 << 10) ^
    load<u32>(table + ((word >> 24) << 2))
  )
}
