const POLYNOMIAL = 0x82f63b78
/** Eight tables of 256 entries: table k is the checksum of a byte followed by k zero bytes. */
const table = makeTables()

/** CRC-32C (Castagnoli) as all files of the data directory use it. `before` continues an earlier checksum. */
export function crc32c(bytes: Uint8Array, before = 0): number {
  const tables = table
  const length = bytes.length
  let crc = ~before
  let i = 0
  for (; i + 8 <= length; i += 8) {
    crc =
      tables[0x700 | ((crc ^ bytes[i]!) & 0xff)]! ^
      tables[0x600 | (((crc >>> 8) ^ bytes[i + 1]!) & 0xff)]! ^
      tables[0x500 | (((crc >>> 16) ^ bytes[i + 2]!) & 0xff)]! ^
      tables[0x400 | ((crc >>> 24) ^ bytes[i + 3]!)]! ^
      tables[0x300 | bytes[i + 4]!]! ^
      tables[0x200 | bytes[i + 5]!]! ^
      tables[0x100 | bytes[i + 6]!]! ^
      tables[bytes[i + 7]!]!
  }
  for (; i < length; i++) crc = tables[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8)
  return ~crc >>> 0
}

function makeTables(): Int32Array {
  const made = new Int32Array(8 * 256)
  for (let i = 0; i < 256; i++) {
    let value = i
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1
    made[i] = value
  }
  for (let i = 256; i < made.length; i++) {
    const before = made[i - 256]!
    made[i] = made[before & 0xff]! ^ (before >>> 8)
  }
  return made
}
