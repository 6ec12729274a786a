import { CRC32C_TABLES } from './crc32c-tables'

/**
 * CRC-32C of `length` bytes at `at`, eight at a time. `before` continues an earlier checksum (0 starts one).
 */
export function crc32c(at: usize, length: u32, before: u32): u32 {
  let crc: u32 = ~before
  const end = at + length
  const tables = changetype<usize>(CRC32C_TABLES)
  while (at + 8 <= end) {
    const low: u32 = load<u32>(at) ^ crc
    const high: u32 = load<u32>(at, 4)
    crc =
      load<u32>(tables + (((7 << 8) + (low & 0xff)) << 2)) ^
      load<u32>(tables + (((6 << 8) + ((low >> 8) & 0xff)) << 2)) ^
      load<u32>(tables + (((5 << 8) + ((low >> 16) & 0xff)) << 2)) ^
      load<u32>(tables + (((4 << 8) + (low >> 24)) << 2)) ^
      load<u32>(tables + (((3 << 8) + (high & 0xff)) << 2)) ^
      load<u32>(tables + (((2 << 8) + ((high >> 8) & 0xff)) << 2)) ^
      load<u32>(tables + (((1 << 8) + ((high >> 16) & 0xff)) << 2)) ^
      load<u32>(tables + ((high >> 24) << 2))
    at += 8
  }
  while (at < end) {
    crc = load<u32>(tables + (((crc ^ <u32>load<u8>(at)) & 0xff) << 2)) ^ (crc >> 8)
    at++
  }
  return ~crc
}
