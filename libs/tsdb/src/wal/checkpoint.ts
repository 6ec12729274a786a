/** Checkpoints: what is still needed of old segments, rewritten: spec/storage-formats.md section 11. */
import { Reader, Writer } from '@prom/bytes'
import type { Kernels } from '@prom/kernels'
import type { HostFiles } from '@prom/runtime'
import type { Region } from '../head/layout.ts'
import { type LogReaderTools, readLog } from './log-reader.ts'
import { type LogOptions, LogWriter } from './log-writer.ts'
import {
  decodeSeries,
  decodeTombstones,
  RECORD_CUSTOM_FLOAT_HISTOGRAMS,
  RECORD_EXEMPLARS,
  RECORD_HISTOGRAMS,
  RECORD_METADATA,
  RECORD_SAMPLES,
  RECORD_SERIES,
  RECORD_TOMBSTONES,
} from './record.ts'
import { lastCheckpoint, listSegments, segmentName } from './segments.ts'
import { firstTimeOf, isStartedRecord } from './started-record.ts'

/** Times of one record lie this close together at most. */
const LAG_MS = 3600_000

/** Bytes a filtered record may be longer than before. */
const FILTER_MARGIN = 20

export interface CheckpointDeps {
  readonly options: LogOptions
  readonly files: HostFiles
  readonly kernels: Kernels
  /** Memory for the new log's writer, and for reading. */
  readonly region: Region
  readonly tools: LogReaderTools
}

/**
 * Writes the checkpoint that replaces the older two thirds of the closed segments, then deletes those. `keeps` says
 * whether a series (by its ref in the log) is still needed; samples before `mint` are left out. Pauses between
 * segments. Returns false if there was too little to do.
 */
export function* writeCheckpoint(
  deps: CheckpointDeps,
  activeSegment: number,
  mint: number,
  keeps: (walRef: number) => boolean,
  /** Deleted ranges that end before this are left out. */
  stonesFrom = mint,
): Generator<void, boolean> {
  const { files, options } = deps
  const walDir = options.dir
  const before = lastCheckpoint(files, walDir)
  removeReplaced(files, walDir, before?.index ?? -1) // What a crash left of the last time.
  const segments = listSegments(files, walDir)
  const first = segments[0] ?? 0
  const last = first + Math.floor(((activeSegment - 1 - first) * 2) / 3)
  if (last <= first) return false
  const name = `checkpoint.${segmentName(last)}`
  const beside = `${walDir}/${name}.tmp`
  files.removeSync(beside)
  files.mkdirSync(beside)
  const room = Math.floor(deps.region.sizeBytes / 5 / 64) * 64
  const region = { address: deps.region.address, sizeBytes: deps.region.sizeBytes - room }
  const writer = new LogWriter({ ...options, dir: beside }, files, deps.kernels, region, 0)
  const source = { address: region.address + region.sizeBytes, sizeBytes: room }
  const metadata = new Map<number, Uint8Array>()
  const keep = (record: Uint8Array): string | undefined => {
    if (record[0] === RECORD_SAMPLES) return addSamples(record, mint, deps.kernels, source, writer)
    const filtered = filterRecord(record, mint, keeps, metadata, stonesFrom)
    if (filtered && filtered.length > 1) writer.add(filtered)
    return undefined
  }
  try {
    if (before) {
      for (const segment of listSegments(files, before.dir)) {
        readLog(before.dir, [segment], deps.tools, keep)
        writer.flush()
        yield
      }
    }
    for (const segment of segments) {
      if (segment > last || segment <= (before?.index ?? -1)) continue
      readLog(walDir, [segment], deps.tools, keep)
      writer.flush()
      yield
    }
    if (metadata.size > 0) writer.add(joinMetadata(metadata))
    writer.close()
  } catch (err) {
    writer.abandon()
    files.removeSync(beside)
    throw err
  }
  files.syncFolderSync(beside)
  files.removeSync(`${walDir}/${name}`)
  files.renameSync(beside, `${walDir}/${name}`)
  files.syncFolderSync(walDir)
  removeReplaced(files, walDir, last)
  return true
}

/** Removes segments and checkpoints that checkpoint `last` stands for. */
function removeReplaced(files: HostFiles, walDir: string, last: number): void {
  for (const segment of listSegments(files, walDir)) {
    if (segment <= last) files.removeSync(`${walDir}/${segmentName(segment)}`)
  }
  for (const entry of files.listSync(walDir)) {
    const match = /^checkpoint\.(\d+)$/.exec(entry)
    if (match && Number(match[1]) < last) files.removeSync(`${walDir}/${entry}`)
  }
}

/** Adds a samples record without what is before `mint`; says what is wrong with a damaged one. */
function addSamples(
  record: Uint8Array,
  mint: number,
  { exports, memory }: Kernels,
  source: Region,
  writer: LogWriter,
): string | undefined {
  const { inbox } = writer
  let size = -1
  if (record.length <= source.sizeBytes && record.length + FILTER_MARGIN <= inbox.sizeBytes) {
    new Uint8Array(memory.buffer).set(record, source.address)
    size = exports.filterSamples(source.address, record.length, mint, inbox.address)
    if (size > 0) writer.addInbox(size)
  } else {
    const filtered = filterSamples(record, mint)
    size = filtered ? filtered.length : -1
    if (filtered && size > 1) writer.add(filtered)
  }
  return size < 0 ? 'decode samples: invalid record' : undefined
}

function filterRecord(
  record: Uint8Array,
  mint: number,
  keeps: (walRef: number) => boolean,
  metadata: Map<number, Uint8Array>,
  stonesFrom: number,
): Uint8Array | undefined {
  const type = record[0]!
  if (type === RECORD_SERIES) return filterSeries(record, keeps)
  if (type === RECORD_TOMBSTONES) return filterTombstones(record, stonesFrom)
  if (type === RECORD_METADATA) {
    noteMetadata(record, keeps, metadata)
    return undefined
  }
  if (isStartedRecord(type)) {
    return (firstTimeOf(record) ?? -Infinity) >= mint - LAG_MS ? record : undefined
  }
  const hasTimes =
    type === RECORD_EXEMPLARS ||
    (type >= RECORD_HISTOGRAMS && type <= RECORD_CUSTOM_FLOAT_HISTOGRAMS)
  // These are not taken apart: a record stays whole if its first item is young enough to matter.
  return hasTimes && maybeYoung(record, mint) ? record : undefined
}

function filterSeries(record: Uint8Array, keeps: (walRef: number) => boolean): Uint8Array {
  const writer = new Writer(record.length)
  writer.u8(RECORD_SERIES)
  decodeSeries(record, (ref, offsets, count) => {
    if (!keeps(ref)) return
    writer.u64(ref)
    writer.uvarint(count)
    for (let i = 0; i < count * 2; i++) {
      writer.sized(record.subarray(offsets[i * 2]!, offsets[i * 2 + 1]!))
    }
  })
  return writer.bytes()
}

/** The plain twin of the kernel, for records too large for it. Undefined: damaged. */
export function filterSamples(record: Uint8Array, mint: number): Uint8Array | undefined {
  const reader = new Reader(record, 1)
  const firstRef = reader.u64()
  const firstTime = reader.i64()
  if (reader.failed && record.length > 1) return undefined
  const writer = new Writer(record.length)
  writer.u8(RECORD_SAMPLES)
  let keptRef = 0
  let keptTime = 0
  while (reader.left > 0) {
    const ref = firstRef + reader.varint()
    const time = firstTime + reader.varint()
    const value = reader.raw(8)
    if (reader.failed) return undefined
    if (time < mint) continue
    if (writer.length === 1) {
      keptRef = ref
      keptTime = time
      writer.u64(ref)
      writer.u64(time)
    }
    writer.varint(ref - keptRef)
    writer.varint(time - keptTime)
    writer.raw(value)
  }
  return writer.bytes()
}

function filterTombstones(record: Uint8Array, mint: number): Uint8Array {
  const writer = new Writer(record.length)
  writer.u8(RECORD_TOMBSTONES)
  decodeTombstones(record, (ref, from, to) => {
    if (to < mint) return
    writer.u64(ref)
    writer.varint(from)
    writer.varint(to)
  })
  return writer.bytes()
}

/** Compat: the items of a record lie within one commit, so their times are close to the first one's. */
function maybeYoung(record: Uint8Array, mint: number): boolean {
  const reader = new Reader(record, 9)
  return reader.i64() >= mint - LAG_MS
}

/** Metadata: { uvarint ref, u8 type, uvarint fields, { str, str } x fields }*; the latest per series wins. */
function noteMetadata(
  record: Uint8Array,
  keeps: (walRef: number) => boolean,
  metadata: Map<number, Uint8Array>,
): void {
  const reader = new Reader(record, 1)
  while (reader.left > 0) {
    const start = reader.offset
    const ref = reader.uvarint()
    reader.u8()
    const fields = reader.uvarint()
    for (let i = 0; i < fields * 2 && !reader.failed; i++) reader.sized()
    if (reader.failed) return
    if (keeps(ref)) metadata.set(ref, record.slice(start, reader.offset))
  }
}

function joinMetadata(metadata: Map<number, Uint8Array>): Uint8Array {
  const writer = new Writer(1024)
  writer.u8(RECORD_METADATA)
  for (const item of metadata.values()) writer.raw(item)
  return writer.bytes()
}
