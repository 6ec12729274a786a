import { hashLine } from './exposition'

// A remote-write 1.0 request into columns. The control block, input first, u32 unless said otherwise:
//
//   0 body      4 its end   8 table    12 slots of the table less one (slots are a power of two)
//   16 refs     20 times    24 values  28 rows at most
//   32 misses   36 misses at most
//   40 f64 latest time      48 seed, 16 bytes
//   64 rows     68 misses
//
// Table entry, 16 bytes: u64 hash of the Label messages as sent, u32 ref (0 = free), u32 0.
// Miss, 24 bytes: u64 hash, u32 start and end of the Label messages, u32 first row, u32 rows; its rows have ref 0.

const ENTRY: usize = 16
const MISS: usize = 24
/** Integers a double holds exactly. */
const EXACT: i64 = 9007199254740992

/**
 * Returns 1, or 0 for what is better read elsewhere: broken, with histograms or exemplars, fields in an unusual order,
 * later than the latest time, or too large for the columns.
 */
export function readWriteRequest(control: usize): u32 {
  const end: usize = load<u32>(control, 4)
  const table: usize = load<u32>(control, 8)
  const mask = load<u32>(control, 12)
  const refs: usize = load<u32>(control, 16)
  const times: usize = load<u32>(control, 20)
  const values: usize = load<u32>(control, 24)
  const rowsMax = load<u32>(control, 28)
  const misses: usize = load<u32>(control, 32)
  const missesMax = load<u32>(control, 36)
  const timeMax = load<f64>(control, 40)
  const seed = control + 48
  let at: usize = load<u32>(control)
  let rows: u32 = 0
  let missCount: u32 = 0

  while (at < end) {
    const key = <u32>load<u8>(at++)
    if (key != 0x0a && key != 0x1a) return 0
    // Lengths below 2^28; all that is larger is not plain.
    let length: u32 = 0
    let shift: u32 = 0
    let byte: u32 = 0x80
    for (; byte & 0x80; shift += 7) {
      if (at >= end || shift > 21) return 0
      byte = load<u8>(at++)
      length |= (byte & 0x7f) << shift
    }
    const seriesEnd = at + length
    if (seriesEnd > end) return 0
    if (key == 0x1a) {
      at = seriesEnd
      continue
    }
    const start = at
    while (at < seriesEnd && <u32>load<u8>(at) == 0x0a) {
      at++
      length = 0
      byte = 0x80
      for (shift = 0; byte & 0x80; shift += 7) {
        if (at >= seriesEnd || shift > 21) return 0
        byte = load<u8>(at++)
        length |= (byte & 0x7f) << shift
      }
      at += length
      if (at > seriesEnd) return 0
    }
    if (at == seriesEnd) return 0 // No samples: nobody sends that.
    const hash = hashLine(start, at - start, seed)
    let ref: u32 = 0
    for (let slot = <u32>hash & mask; ; slot = (slot + 1) & mask) {
      const entry = table + <usize>slot * ENTRY
      const found = load<u32>(entry, 8)
      if (found == 0) break
      if (load<u64>(entry) == hash) {
        ref = found
        break
      }
    }
    const labelsEnd = at
    const firstRow = rows
    while (at < seriesEnd) {
      if (<u32>load<u8>(at) != 0x12 || at + 2 > seriesEnd || rows >= rowsMax) return 0
      length = load<u8>(at, 1)
      at += 2
      const sampleEnd = at + length
      if (length > 0x7f || sampleEnd > seriesEnd) return 0
      let value: u64 = 0
      let time: i64 = 0
      while (at < sampleEnd) {
        const field = <u32>load<u8>(at++)
        if (field == 0x09) {
          if (at + 8 > sampleEnd) return 0
          value = load<u64>(at)
          at += 8
        } else if (field == 0x10) {
          time = 0
          byte = 0x80
          for (shift = 0; byte & 0x80; shift += 7) {
            if (at >= sampleEnd || shift > 63) return 0
            byte = load<u8>(at++)
            if (shift == 63 && byte > 1) return 0
            time |= (<i64>(byte & 0x7f)) << <i64>shift
          }
        } else return 0
      }
      if (time > EXACT || time < -EXACT || <f64>time > timeMax) return 0
      store<u32>(refs + (<usize>rows << 2), ref)
      store<f64>(times + (<usize>rows << 3), <f64>time)
      store<u64>(values + (<usize>rows << 3), value)
      rows++
    }
    if (ref == 0) {
      if (missCount >= missesMax) return 0
      const miss = misses + <usize>missCount * MISS
      store<u64>(miss, hash)
      store<u32>(miss, <u32>start, 8)
      store<u32>(miss, <u32>labelsEnd, 12)
      store<u32>(miss, firstRow, 16)
      store<u32>(miss, rows - firstRow, 20)
      missCount++
    }
  }
  store<u32>(control, rows, 64)
  store<u32>(control, missCount, 68)
  return 1
}
