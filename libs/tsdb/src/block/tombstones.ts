/**
 * tombstones of a block: spec/storage-formats.md section 7.
 *
 *   01 30 BA 30 | 01 | { uvarint seriesRef, varint mint, varint maxt }* | u32 crc over the stones
 */
import { crc32c, Reader, Writer } from '@prom/bytes'
import type { HostFiles } from '@prom/runtime'
import { StorageError } from '../errors.ts'

const MAGIC = 0x0130ba30
const HEADER_BYTES = 5

/** Closed ranges of deleted time, ascending and apart: [mint, maxt, mint, maxt, ...]. */
export type Intervals = readonly number[]

/** Series ref to its deleted ranges. */
export type Stones = Map<number, Intervals>

/** Throws StorageError if the file is damaged. No file is no stones. */
export function readTombstones(files: HostFiles, blockDir: string): Stones {
  const path = `${blockDir}/tombstones`
  const stones: Stones = new Map()
  if (!files.statSync(path)) return stones
  const bytes = files.readSync(path)
  if (bytes.length < HEADER_BYTES + 4) throw new StorageError('tombstones header: invalid size')
  const reader = new Reader(bytes, 0, bytes.length - 4)
  if (reader.u32() !== MAGIC) throw new StorageError(`invalid magic number`)
  if (reader.u8() !== 1) throw new StorageError('invalid tombstone format')
  const crc = new Reader(bytes, bytes.length - 4).u32()
  if (crc32c(bytes.subarray(HEADER_BYTES, bytes.length - 4)) !== crc) {
    throw new StorageError('checksum did not match')
  }
  while (reader.left > 0) {
    const ref = reader.uvarint()
    const mint = reader.varint()
    const maxt = reader.varint()
    if (reader.failed) throw new StorageError('read tombstones: invalid size')
    stones.set(ref, addInterval(stones.get(ref) ?? [], mint, maxt))
  }
  return stones
}

/** Returns the number of ranges written. */
export function writeTombstones(files: HostFiles, blockDir: string, stones: Stones): number {
  const writer = new Writer(64)
  writer.u32(MAGIC)
  writer.u8(1)
  let count = 0
  for (const [ref, intervals] of stones) {
    for (let i = 0; i < intervals.length; i += 2) {
      writer.uvarint(ref)
      writer.varint(intervals[i]!)
      writer.varint(intervals[i + 1]!)
      count++
    }
  }
  writer.u32(crc32c(writer.bytes().subarray(HEADER_BYTES)))
  files.replaceSync(`${blockDir}/tombstones`, writer.bytes())
  return count
}

/** With one more range; ranges that touch or are 1 ms apart become one. */
export function addInterval(intervals: Intervals, mint: number, maxt: number): Intervals {
  const merged: number[] = []
  let low = mint
  let high = maxt
  let isPlaced = false
  for (let i = 0; i < intervals.length; i += 2) {
    const from = intervals[i]!
    const to = intervals[i + 1]!
    if (to < low - 1) merged.push(from, to)
    else if (from > high + 1) {
      if (!isPlaced) merged.push(low, high)
      isPlaced = true
      merged.push(from, to)
    } else {
      low = Math.min(low, from)
      high = Math.max(high, to)
    }
  }
  if (!isPlaced) merged.push(low, high)
  return merged
}

export function isDeleted(intervals: Intervals, timeMs: number): boolean {
  for (let i = 0; i < intervals.length; i += 2) {
    if (timeMs < intervals[i]!) return false
    if (timeMs <= intervals[i + 1]!) return true
  }
  return false
}
