/**
 * Head chunk files (`chunks_head`): spec/storage-formats.md section 10.
 *
 *   file:  01 30 BC 91 | 01 | 00 00 00
 *   chunk: u64 seriesRef | i64 mint | i64 maxt | u8 encoding (bit 7 = out of order) | uvarint length | data | u32 crc
 *
 * A chunk's number is that of its file times 2^32, plus its offset there.
 */
import { crc32c, Reader } from '@prom/bytes'
import type { HostFiles, Logger } from '@prom/runtime'
import { decodeSamples, encodeSamples } from '../compact/recode.ts'
import { StorageError } from '../errors.ts'
import type { HeadStore } from './head-store.ts'
import { CHUNK_ON_DISK } from './layout.ts'
import { putSealedChunk, type WholeChunk } from './sealed-chunk.ts'

export const HEAD_CHUNK_MAGIC = 0x0130bc91
export const HEAD_CHUNK_HEADER_BYTES = 8
export const OUT_OF_ORDER_BIT = 0x80
const TWO_32 = 2 ** 32
/** Fewer bytes than this at the end of a file hold no chunk. */
const CHUNK_BYTES_MIN = 34

export interface HeadChunkFile {
  readonly number: number
  /** Newest in-order sample in it. */
  maxt: number
  /** Number of the last out-of-order chunk in it, 0 = none. */
  lastLate: number
}

/** What the files of a folder hold, in the head's memory but not yet part of a series. */
export interface HeadChunkFiles {
  /** By log ref, the series' newest chunk; older ones are linked to it. */
  readonly inOrder: Map<number, number>
  readonly late: Map<number, number>
  readonly maxRef: number
  /** Number of the last chunk. */
  readonly lastChunk: number
  readonly files: HeadChunkFile[]
  /** What was wrong with the file that, with all newer ones, was given up. */
  readonly damage: string | undefined
}

interface FileChunk extends WholeChunk {
  readonly ref: number
  readonly offset: number
  readonly isLate: boolean
}

/**
 * Reads all files of the folder. In-order chunks that end before `minValid` are in blocks and left out. A damaged
 * chunk gives up its file and all newer ones, which are deleted: their samples are in the log. Throws StorageError on
 * a gap between the files or on a file of another kind.
 */
export function readHeadChunkFiles(
  dir: string,
  store: HeadStore,
  minValid: number,
  files: HostFiles,
  log: Logger,
  /** Numbers of the out-of-order chunks to take; the others are in blocks. Undefined: all. */
  lateWanted?: ReadonlySet<number>,
): HeadChunkFiles {
  const inOrder = new Map<number, number>()
  const late = new Map<number, number>()
  const known: HeadChunkFile[] = []
  const newest = new Map<number, number>()
  const numbers = listHeadChunkFiles(dir, files)
  let maxRef = 0
  let lastChunk = 0
  let damage: string | undefined
  for (const [i, number] of numbers.entries()) {
    const bytes = files.readSync(pathOfHeadChunks(dir, number))
    if (!hasMagic(bytes, i === numbers.length - 1)) {
      files.removeSync(pathOfHeadChunks(dir, number))
      break
    }
    damage = forEachChunk(bytes, (chunk) => inSequence(newest, chunk))
    if (damage !== undefined) {
      log.error('Loading on-disk chunks failed', { err: damage })
      for (const later of numbers.slice(i)) files.removeSync(pathOfHeadChunks(dir, later))
      break
    }
    const file = { number, maxt: -Infinity, lastLate: 0 }
    known.push(file)
    forEachChunk(bytes, (chunk) => {
      const { ref, isLate, offset, maxt } = chunk
      lastChunk = number * TWO_32 + offset
      if (ref > maxRef) maxRef = ref
      if (isLate) file.lastLate = lastChunk
      else file.maxt = Math.max(file.maxt, maxt)
      if (isLate ? lateWanted?.has(lastChunk) === false : maxt < minValid) return undefined
      const chains = isLate ? late : inOrder
      // Chunks with start times are of later releases; in memory they have the plain encodings.
      const plain = chunk.encoding > 3 ? encodeSamples(decodeSamples(chunk)) : [chunk]
      for (const part of plain) {
        chains.set(ref, putSealedChunk(store, part, CHUNK_ON_DISK, chains.get(ref) ?? 0))
      }
      return undefined
    })
  }
  return { inOrder, late, maxRef, lastChunk, files: known, damage }
}

/** Numbers of the files, ascending. Throws StorageError on a gap. */
export function listHeadChunkFiles(dir: string, files: HostFiles): number[] {
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

export function pathOfHeadChunks(dir: string, number: number): string {
  return `${dir}/${String(number).padStart(6, '0')}`
}

/** False for a last file that was made but never written; throws for a file of another kind. */
function hasMagic(bytes: Uint8Array, isLast: boolean): boolean {
  const magic = bytes.length < 4 ? 0 : new Reader(bytes).u32()
  if (bytes.length >= HEAD_CHUNK_HEADER_BYTES && magic === HEAD_CHUNK_MAGIC) return true
  if (isLast && magic === 0) return false
  throw new StorageError(`opening storage failed: invalid magic number ${magic.toString(16)}`)
}

/** Undefined, or what is wrong; `visit` may say so too. */
function forEachChunk(
  bytes: Uint8Array,
  visit: (chunk: FileChunk) => string | undefined,
): string | undefined {
  let at = HEAD_CHUNK_HEADER_BYTES
  const reader = new Reader(bytes)
  while (bytes.length - at >= CHUNK_BYTES_MIN) {
    reader.offset = at
    const ref = reader.u64()
    const mint = reader.i64()
    const maxt = reader.i64()
    if (ref === 0 && mint === 0 && maxt === 0) break
    const flags = reader.u8()
    const data = reader.raw(reader.uvarint32())
    const end = reader.offset
    const crc = reader.u32()
    if (reader.failed) return `head chunk at ${at}: not enough bytes`
    if (crc32c(bytes.subarray(at, end)) !== crc) return `head chunk at ${at}: checksum mismatch`
    const encoding = flags & ~OUT_OF_ORDER_BIT
    if (encoding < 1 || encoding > 6 || data.length < 2) {
      return `head chunk at ${at}: invalid chunk encoding`
    }
    const isLate = (flags & OUT_OF_ORDER_BIT) !== 0
    const problem = visit({ ref, offset: at, mint, maxt, encoding, data, isLate })
    if (problem !== undefined) return problem
    at = reader.offset
  }
  for (let i = at; i < bytes.length; i++) {
    if (bytes[i] !== 0) return `head chunk at ${at}: not enough bytes`
  }
  return undefined
}

function inSequence(newest: Map<number, number>, chunk: FileChunk): string | undefined {
  if (chunk.isLate) return undefined
  const before = newest.get(chunk.ref)
  if (before !== undefined && before >= chunk.mint) {
    return `out of sequence head chunk for series ref ${chunk.ref}`
  }
  newest.set(chunk.ref, chunk.maxt)
  return undefined
}
