import { Writer } from '@prom/bytes'
import type { HostFiles, Logger } from '@prom/runtime'
import type { ExemplarRing, StoredExemplar } from './exemplars/exemplar-ring.ts'
import type { ColumnHeadWriter } from './head/head-writer.ts'
import { FLAG_HISTOGRAM, H, R, RECORD_BYTES, RECORDS, type Region, S } from './head/layout.ts'
import { readOpenChunk, type WholeChunk } from './head/sealed-chunk.ts'
import { type ExemplarRow, encodeExemplars } from './wal/exemplar-record.ts'
import { encodeHistogram } from './wal/histogram-record.ts'
import { type LogOptions, LogWriter } from './wal/log-writer.ts'
import {
  encodeSnapshotChunk,
  encodeSnapshotFloat,
  encodeSnapshotTombstones,
  SNAPSHOT_EXEMPLARS,
  SNAPSHOT_SERIES,
} from './wal/snapshot-record.ts'

const EXEMPLARS_PER_RECORD = 10_000
const FLUSH_RECORDS = 1000

/** Where in the log a snapshot stands: what comes after is read from the log. */
export interface SnapshotPlace {
  readonly dir: string
  readonly segment: number
  readonly offset: number
}

/** Snapshots in a data folder, the newest first. */
export function listSnapshots(files: HostFiles, dataDir: string): SnapshotPlace[] {
  const found: SnapshotPlace[] = []
  for (const name of files.listSync(dataDir)) {
    const match = /^chunk_snapshot\.(\d+)\.(\d+)$/.exec(name)
    if (!match || !files.statSync(`${dataDir}/${name}`)?.isDirectory) continue
    found.push({
      dir: `${dataDir}/${name}`,
      segment: Number(match[1]),
      offset: Number(match[2]),
    })
  }
  return found.sort((a, b) => b.segment - a.segment || b.offset - a.offset)
}

export interface SnapshotDeps {
  readonly dataDir: string
  readonly head: ColumnHeadWriter
  readonly exemplars: ExemplarRing
  readonly logOptions: LogOptions
  readonly files: HostFiles
  readonly log: Logger
  /** Memory for the writer. */
  readonly region: Region
}

/**
 * Writes the head as it is, after its log was closed at `segment`, `offset`; then deletes older snapshots. Nothing is
 * written if the newest one stands at the same place.
 */
export function writeMemorySnapshot(deps: SnapshotDeps, segment: number, offset: number): void {
  const { dataDir, files, head, logOptions, region } = deps
  const before = listSnapshots(files, dataDir)
  if (before[0]?.segment === segment && before[0].offset === offset) return
  const place = `${String(segment).padStart(6, '0')}.${String(offset).padStart(10, '0')}`
  const dir = `${dataDir}/chunk_snapshot.${place}`
  const beside = `${dir}.tmp`
  files.removeSync(beside)
  files.mkdirSync(beside)
  const log = new LogWriter({ ...logOptions, dir: beside }, files, head.kernels, region, 0)
  try {
    writeSeries(head, log)
    writeTombstones(head, log)
    writeExemplars(deps, log)
  } catch (err) {
    log.close()
    files.removeSync(beside)
    throw err
  }
  log.close()
  files.syncFolderSync(beside)
  files.renameSync(beside, dir)
  files.syncFolderSync(dataDir)
  for (const old of before) files.removeSync(old.dir)
}

function writeSeries(head: ColumnHeadWriter, log: LogWriter): void {
  const { store, histograms } = head
  const { u32, u16, f64 } = store.memory
  const writer = new Writer(4096)
  const slots = u32[H.slots >>> 2]!
  for (let slot = 1, count = 0; slot < slots; slot++) {
    const record = RECORDS + slot * RECORD_BYTES
    const ref = u32[record >>> 2]!
    if (ref === 0) continue
    const open = u32[(record + R.chunk) >>> 2]!
    const isHistogram = (u16[(record + R.flags) >>> 1]! & FLAG_HISTOGRAM) !== 0
    let chunk: WholeChunk | undefined
    if (open !== 0) {
      chunk = {
        mint: f64[(open + S.mint) >>> 3]!,
        maxt: f64[(record + R.lastTime) >>> 3]!,
        encoding: u32[(open + S.flags) >>> 2]! & 0xff,
        data: readOpenChunk(store.memory, record),
      }
    }
    writer.clear()
    writer.u8(SNAPSHOT_SERIES)
    writer.u64(u32[(record + R.walRef) >>> 2]!)
    store.writeLabels(record, writer)
    encodeSnapshotChunk(writer, chunk)
    if (chunk && isHistogram) {
      encodeHistogram(writer, chunk.encoding === 2 ? 'int' : 'float', histograms.lastOf(ref))
    } else if (chunk) {
      const value = (record + R.lastValue) >>> 2
      encodeSnapshotFloat(writer, u32[value + 1]!, u32[value]!)
    }
    log.add(writer.bytes())
    if (++count % FLUSH_RECORDS === 0) log.flush()
  }
}

function writeTombstones({ store, tombstones }: ColumnHeadWriter, log: LogWriter): void {
  const stones: [number, number, number][] = []
  for (const [ref, intervals] of tombstones.stones) {
    const record = store.series.record(ref)
    if (record === 0) continue
    const walRef = store.memory.u32[(record + R.walRef) >>> 2]!
    for (let i = 0; i < intervals.length; i += 2) {
      stones.push([walRef, intervals[i]!, intervals[i + 1]!])
    }
  }
  const writer = new Writer(1024)
  encodeSnapshotTombstones(writer, new Writer(1024), stones)
  log.add(writer.bytes())
}

function writeExemplars({ head, exemplars }: SnapshotDeps, log: LogWriter): void {
  const writer = new Writer(4096)
  const whole = new Writer(4096)
  let rows: ExemplarRow[] = []
  const flush = () => {
    if (rows.length === 0) return
    whole.clear()
    whole.u8(SNAPSHOT_EXEMPLARS)
    whole.raw(encodeExemplars(rows, writer, false))
    log.add(whole.bytes())
    rows = []
  }
  for (const { series, exemplar } of exemplars.oldestFirst()) {
    const record = head.store.series.record(head.find(series))
    if (record === 0) continue
    const { labels, value, timeMs }: StoredExemplar = exemplar
    rows.push({
      walRef: head.store.memory.u32[(record + R.walRef) >>> 2]!,
      labels,
      value,
      timeMs,
    })
    if (rows.length === EXEMPLARS_PER_RECORD) flush()
  }
  flush()
}
