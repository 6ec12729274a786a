/**
 * Head chunk files of the original (`chunks_head`): spec/storage-formats.md section 10.
 *
 *   file:  01 30 BC 91 | 01 | 00 00 00
 *   chunk: u64 seriesRef | i64 mint | i64 maxt | u8 encoding (bit 7 = out of order) | uvarint length | data | u32 crc
 *
 * They are read at start, so that what the log has lost is not lost; new ones are not written.
 */
import { crc32c, Reader } from '@prom/bytes'
import type { HostFiles, Logger } from '@prom/runtime'
import { StorageError } from '../errors.ts'

const MAGIC = 0x0130bc91
const HEADER_BYTES = 8
const CHUNK_HEADER_BYTES_MAX = 34
const OUT_OF_ORDER_BIT = 0x80

export interface HeadChunk {
  readonly mint: number
  readonly maxt: number
  readonly encoding: number
  /** The sample count of two bytes included. */
  readonly data: Uint8Array
}

export interface HeadChunkFiles {
  /** In-order chunks by log ref of their series, ascending in time. */
  readonly chunks: Map<number, HeadChunk[]>
  readonly maxRef: number
  /** Files and the newest time in each. */
  readonly files: { readonly number: number; readonly maxt: number }[]
  /** What was wrong with the file that, with all newer ones, was given up. */
  readonly damage: string | undefined
}

/**
 * Reads all files of the folder. A damaged chunk gives up its file and all newer ones, which are deleted: their
 * samples are in the log. Throws StorageError on a gap between the files or on a file of another kind.
 */
export function readHeadChunkFiles(dir: string, files: HostFiles, log: Logger): HeadChunkFiles {
  const chunks = new Map<number, HeadChunk[]>()
  const read: { number: number; maxt: number }[] = []
  const numbers = listFiles(dir, files)
  let maxRef = 0
  let damage: string | undefined
  for (const [i, number] of numbers.entries()) {
    const bytes = files.readSync(pathOf(dir, number))
    const isLast = i === numbers.length - 1
    if (bytes.length < HEADER_BYTES || new Reader(bytes).u32() !== MAGIC) {
      const isUnused = bytes.length < 4 || new Reader(bytes).u32() === 0
      if (isLast && isUnused) {
        files.removeSync(pathOf(dir, number))
        break
      }
      throw new StorageError(
        `opening storage failed: invalid magic number ${new Reader(bytes).u32().toString(16)}`,
      )
    }
    const found: { ref: number; chunk: HeadChunk }[] = []
    damage = readFile(bytes, (ref, chunk) => found.push({ ref, chunk }))
    if (damage === undefined) damage = fileInto(chunks, found)
    if (damage !== undefined) {
      log.error('Loading on-disk chunks failed', { err: damage })
      for (const later of numbers.slice(i)) files.removeSync(pathOf(dir, later))
      break
    }
    for (const { ref } of found) if (ref > maxRef) maxRef = ref
    read.push({ number, maxt: Math.max(-Infinity, ...found.map(({ chunk }) => chunk.maxt)) })
  }
  return { chunks, maxRef, files: read, damage }
}

/** Deletes the oldest files as far as all they hold is before `mint`; never the newest file. */
export function truncateHeadChunkFiles(
  dir: string,
  known: HeadChunkFiles,
  mint: number,
  files: HostFiles,
): void {
  while (known.files.length > 1 && known.files[0]!.maxt < mint) {
    files.removeSync(pathOf(dir, known.files[0]!.number))
    known.files.shift()
  }
}

function listFiles(dir: string, files: HostFiles): number[] {
  if (!files.statSync(dir)) return []
  const numbers = files
    .listSync(dir)
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b)
  for (let i = 1; i < numbers.length; i++) {
    if (numbers[i] !== numbers[i - 1]! + 1) {
      throw new StorageError(
        `opening storage failed: found unsequential head chunk files ${numbers[i - 1]} and ${numbers[i]}`,
      )
    }
  }
  return numbers
}

function pathOf(dir: string, number: number): string {
  return `${dir}/${String(number).padStart(6, '0')}`
}

/** Undefined, or what is wrong. */
function readFile(
  bytes: Uint8Array,
  onChunk: (ref: number, chunk: HeadChunk) => void,
): string | undefined {
  let at = HEADER_BYTES
  while (bytes.length - at >= CHUNK_HEADER_BYTES_MAX) {
    const reader = new Reader(bytes, at)
    const ref = reader.u64()
    const mint = reader.i64()
    const maxt = reader.i64()
    if (ref === 0 && mint === 0 && maxt === 0) break
    const flags = reader.u8()
    const length = reader.uvarint32()
    const data = reader.raw(length)
    const end = reader.offset
    const crc = reader.u32()
    if (reader.failed) return `head chunk at ${at}: not enough bytes`
    if (crc32c(bytes.subarray(at, end)) !== crc) return `head chunk at ${at}: checksum mismatch`
    const encoding = flags & ~OUT_OF_ORDER_BIT
    if (encoding < 1 || encoding > 3) return `head chunk at ${at}: invalid chunk encoding`
    if ((flags & OUT_OF_ORDER_BIT) === 0) onChunk(ref, { mint, maxt, encoding, data: data.slice() })
    at = reader.offset
  }
  for (let i = at; i < bytes.length; i++) {
    if (bytes[i] !== 0) return `head chunk at ${at}: not enough bytes`
  }
  return undefined
}

function fileInto(
  chunks: Map<number, HeadChunk[]>,
  found: readonly { readonly ref: number; readonly chunk: HeadChunk }[],
): string | undefined {
  for (const { ref, chunk } of found) {
    const list = chunks.get(ref)
    if (!list) chunks.set(ref, [chunk])
    else if (list.at(-1)!.maxt >= chunk.mint)
      return `out of sequence head chunk for series ref ${ref}`
    else list.push(chunk)
  }
  return undefined
}
