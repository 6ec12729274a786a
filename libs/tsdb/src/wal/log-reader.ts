/** Reads the records of a log, segment by segment: spec/storage-formats.md section 8. */
import type { Kernels } from '@prom/kernels'
import type { FileHandle, HostFiles } from '@prom/runtime'
import type { Region } from '../head/layout.ts'
import { FRAGMENT_HEADER_BYTES, PAGE_BYTES } from './log-writer.ts'
import { RecordAssembly } from './record-assembly.ts'
import { segmentName } from './segments.ts'

const READ_PAGES = 16
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
  /** More room there: records that fit into half of it are left there for `onRecord`, not copied. */
  readonly room?: Region
}

/** Bytes of kernel memory a reader needs. */
export const LOG_READER_BYTES = READ_PAGES * PAGE_BYTES

/**
 * Takes one record; its bytes are valid during the call. They lie at `address` in the kernels' memory, or, if that is
 * 0, in memory of their own. Returns what is wrong with it, if it cannot be decoded.
 */
export type OnRecord = (
  record: Uint8Array,
  segment: number,
  endOffset: number,
  address: number,
) => string | undefined

/**
 * Calls `onRecord` with each whole, uncompressed record of the segments, in order. Returns normally at the end; throws
 * LogCorruption at the first damage, also that which `onRecord` returns.
 */
export function readLog(
  dir: string,
  segments: readonly number[],
  tools: LogReaderTools,
  onRecord: OnRecord,
  onSegment?: (segment: number) => void,
  /** Where to begin in the first segment: the start of a page. */
  firstOffset = 0,
): void {
  const records = new RecordAssembly(tools)
  for (let i = 0; i < segments.length; i++) {
    const segment = segments[i]!
    const file = tools.files.openSync(`${dir}/${segmentName(segment)}`, 'r')
    try {
      readSegment(dir, segment, file, records, tools, onRecord, i === 0 ? firstOffset : 0)
    } finally {
      file.close()
    }
    onSegment?.(segment)
  }
  if (records.isOpen) {
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

function readSegment(
  dir: string,
  segment: number,
  file: FileHandle,
  records: RecordAssembly,
  tools: LogReaderTools,
  onRecord: OnRecord,
  firstOffset: number,
): void {
  const shared = new Uint8Array(tools.kernels.memory.buffer)
  const buffer = shared.subarray(tools.address, tools.address + LOG_READER_BYTES)
  const fail = (offset: number, cause: string): never => {
    throw new LogCorruption(dir, segment, offset, cause)
  }
  for (let base = firstOffset; ; base += LOG_READER_BYTES) {
    let length = 0
    while (length < buffer.length) {
      const count = file.read(buffer.subarray(length), base + length)
      if (count === 0) break
      length += count
    }
    if (length === 0) return
    // A file that ends inside a page reads as if zeros followed.
    const padded = Math.ceil(length / PAGE_BYTES) * PAGE_BYTES
    buffer.fill(0, length, padded)
    for (let page = 0; page < padded; page += PAGE_BYTES) {
      readPage(buffer, page, base, records, tools, fail, (record, end, address) =>
        onRecord(record, segment, end, address),
      )
    }
    if (length < buffer.length) return
  }
}

function readPage(
  buffer: Uint8Array,
  page: number,
  base: number,
  records: RecordAssembly,
  tools: LogReaderTools,
  fail: (offset: number, cause: string) => never,
  onRecord: (record: Uint8Array, endOffset: number, address: number) => string | undefined,
): void {
  const end = page + PAGE_BYTES
  let at = page
  while (at + FRAGMENT_HEADER_BYTES <= end) {
    const head = buffer[at]!
    const type = head & TYPE_MASK
    if (type === 0) {
      for (let i = at + 1; i < end; i++) {
        if (buffer[i] !== 0) fail(base + end, 'unexpected non-zero byte in padded page')
      }
      return
    }
    const length = (buffer[at + 1]! << 8) | buffer[at + 2]!
    const crc =
      ((buffer[at + 3]! << 24) |
        (buffer[at + 4]! << 16) |
        (buffer[at + 5]! << 8) |
        buffer[at + 6]!) >>>
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
    const problem = records.take(tools.address + start, length, type, head)
    if (problem !== undefined) fail(after, problem)
    if (!records.isOpen) {
      const record = records.finish()
      const rejected =
        typeof record === 'string' ? record : onRecord(record, after, records.address)
      if (rejected !== undefined) fail(after, rejected)
    }
    at = start + length
  }
}
