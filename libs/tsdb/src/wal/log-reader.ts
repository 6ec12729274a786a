/** Reads the records of a log, segment by segment: spec/storage-formats.md section 8. */
import type { Kernels } from '@prom/kernels'
import type { FileHandle, HostFiles } from '@prom/runtime'
import { FRAGMENT_HEADER_BYTES, PAGE_BYTES, SNAPPY_FLAG, ZSTD_FLAG } from './log-writer.ts'
import { segmentName } from './segments.ts'

const READ_PAGES = 16
const RECORD_BYTES_MAX = 512 << 20
const TYPE_MASK = 7

/** The log is damaged at `segment`, `offset` (after the bad fragment); what came before was delivered. */
export class LogCorruption extends Error {
  readonly dir: string
  readonly segment: number
  readonly offset: number

  constructor(dir: string, segment: number, offset: number, cause: string) {
    super(`corruption in segment ${dir}/${segmentName(segment)} at ${offset}: ${cause}`)
    this.dir = dir
    this.segment = segment
    this.offset = offset
  }
}

export interface LogReaderTools {
  readonly files: HostFiles
  readonly uncompressSnappy: (bytes: Uint8Array) => Uint8Array
  readonly uncompressZstd: (bytes: Uint8Array) => Uint8Array
  /** For the checksum. */
  readonly kernels: Kernels
  /** Room in the kernels' memory for one read. */
  readonly address: number
}

/** Bytes of kernel memory a reader needs. */
export const LOG_READER_BYTES = READ_PAGES * PAGE_BYTES

/**
 * Calls `onRecord` with each whole, uncompressed record of the segments, in order; the bytes are valid during the
 * call. Returns normally at the end; throws LogCorruption at the first damage. `onRecord` may throw LogCorruption's
 * text by returning a string: the record could not be decoded.
 */
export function readLog(
  dir: string,
  segments: readonly number[],
  tools: LogReaderTools,
  onRecord: (record: Uint8Array, segment: number, endOffset: number) => string | undefined,
  onSegment?: (segment: number) => void,
  /** Where to begin in the first segment: the start of a page. */
  firstOffset = 0,
): void {
  const state: RecordState = { parts: [], size: 0, flags: 0, isOpen: false }
  for (let i = 0; i < segments.length; i++) {
    const segment = segments[i]!
    const file = tools.files.openSync(`${dir}/${segmentName(segment)}`, 'r')
    try {
      readSegment(dir, segment, file, state, tools, onRecord, i === 0 ? firstOffset : 0)
    } finally {
      file.close()
    }
    onSegment?.(segment)
  }
  if (state.isOpen) {
    const last = segments.at(-1) as number
    const size = tools.files.statSync(`${dir}/${segmentName(last)}`)?.sizeBytes ?? 0
    throw new LogCorruption(
      dir,
      last,
      Math.ceil(size / PAGE_BYTES) * PAGE_BYTES,
      'last record is torn',
    )
  }
}

interface RecordState {
  readonly parts: Uint8Array[]
  size: number
  flags: number
  isOpen: boolean
}

function readSegment(
  dir: string,
  segment: number,
  file: FileHandle,
  state: RecordState,
  tools: LogReaderTools,
  onRecord: (record: Uint8Array, segment: number, endOffset: number) => string | undefined,
  firstOffset: number,
): void {
  const shared = new Uint8Array(tools.kernels.memory.buffer)
  const buffer = shared.subarray(tools.address, tools.address + LOG_READER_BYTES)
  const chunk = new Uint8Array(LOG_READER_BYTES)
  const fail = (offset: number, cause: string): never => {
    throw new LogCorruption(dir, segment, offset, cause)
  }
  for (let base = firstOffset; ; base += LOG_READER_BYTES) {
    let length = 0
    while (length < chunk.length) {
      const count = file.read(chunk.subarray(length), base + length)
      if (count === 0) break
      length += count
    }
    if (length === 0) return
    // A file that ends inside a page reads as if zeros followed.
    const padded = Math.ceil(length / PAGE_BYTES) * PAGE_BYTES
    chunk.fill(0, length, padded)
    buffer.set(chunk.subarray(0, padded))
    for (let page = 0; page < padded; page += PAGE_BYTES) {
      readPage(chunk, page, base, state, tools, fail, (record, end) =>
        onRecord(record, segment, end),
      )
    }
    if (length < chunk.length) return
  }
}

function readPage(
  chunk: Uint8Array,
  page: number,
  base: number,
  state: RecordState,
  tools: LogReaderTools,
  fail: (offset: number, cause: string) => never,
  onRecord: (record: Uint8Array, endOffset: number) => string | undefined,
): void {
  const end = page + PAGE_BYTES
  let at = page
  while (at + FRAGMENT_HEADER_BYTES <= end) {
    const head = chunk[at]!
    const type = head & TYPE_MASK
    if (type === 0) {
      for (let i = at + 1; i < end; i++) {
        if (chunk[i] !== 0) fail(base + end, 'unexpected non-zero byte in padded page')
      }
      return
    }
    const length = (chunk[at + 1]! << 8) | chunk[at + 2]!
    const crc =
      ((chunk[at + 3]! << 24) | (chunk[at + 4]! << 16) | (chunk[at + 5]! << 8) | chunk[at + 6]!) >>>
      0
    const start = at + FRAGMENT_HEADER_BYTES
    if (length > PAGE_BYTES - FRAGMENT_HEADER_BYTES || start + length > end) {
      fail(base + start, `invalid record size ${length}`)
    }
    const actual = tools.kernels.exports.crc32c(tools.address + start, length, 0) >>> 0
    const after = base + start + length
    if (actual !== crc) {
      fail(after, `unexpected checksum ${actual.toString(16)}, expected ${crc.toString(16)}`)
    }
    const problem = takeFragment(chunk.subarray(start, start + length), type, head, state)
    if (problem !== undefined) fail(after, problem)
    if (!state.isOpen) {
      const record = finishRecord(state, tools)
      const rejected = typeof record === 'string' ? record : onRecord(record, after)
      if (rejected !== undefined) fail(after, rejected)
    }
    at = start + length
  }
}

function takeFragment(
  data: Uint8Array,
  type: number,
  head: number,
  state: RecordState,
): string | undefined {
  const isStart = type === 1 || type === 2
  if (type > 4) return `unexpected record type ${type}`
  if (isStart && state.isOpen)
    return type === 1 ? 'unexpected full record' : 'unexpected first record'
  if (!isStart && !state.isOpen)
    return type === 3 ? 'unexpected middle record' : 'unexpected last record'
  if (isStart) {
    state.parts.length = 0
    state.size = 0
    state.flags = head & (SNAPPY_FLAG | ZSTD_FLAG)
  }
  // Fragments of an open record must outlive the buffer they were read into.
  state.isOpen = type === 2 || type === 3
  state.parts.push(type === 1 ? data : data.slice())
  state.size += data.length
  return state.size > RECORD_BYTES_MAX ? 'record is too large' : undefined
}

function finishRecord(state: RecordState, tools: LogReaderTools): Uint8Array | string {
  let bytes: Uint8Array
  if (state.parts.length === 1) bytes = state.parts[0]!
  else {
    bytes = new Uint8Array(state.size)
    let at = 0
    for (const part of state.parts) {
      bytes.set(part, at)
      at += part.length
    }
  }
  if (state.flags === 0 || bytes.length === 0) return bytes
  try {
    return state.flags & SNAPPY_FLAG ? tools.uncompressSnappy(bytes) : tools.uncompressZstd(bytes)
  } catch (err) {
    return `decompress record: ${(err as Error).message}`
  }
}
