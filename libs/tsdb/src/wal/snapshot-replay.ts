import { decodeSamples, encodeSamples } from '../compact/recode.ts'
import type { ExemplarRing } from '../exemplars/exemplar-ring.ts'
import { attachChunks } from '../head/attach-chunks.ts'
import type { HeadStore } from '../head/head-store.ts'
import type { HeadTombstones } from '../head/head-tombstones.ts'
import { H } from '../head/layout.ts'
import { putSealedChunk } from '../head/sealed-chunk.ts'
import { decodeExemplars } from './exemplar-record.ts'
import { LogCorruption, type LogReaderTools, readLog } from './log-reader.ts'
import type { RefTable } from './ref-table.ts'
import { listSegments } from './segments.ts'
import {
  decodeSnapshotSeries,
  decodeSnapshotTombstones,
  SNAPSHOT_EXEMPLARS,
  SNAPSHOT_SERIES,
  SNAPSHOT_TOMBSTONES,
} from './snapshot-record.ts'

export interface SnapshotReplayParts {
  readonly store: HeadStore
  readonly refs: RefTable
  readonly tombstones: HeadTombstones
  readonly exemplars: ExemplarRing
  readonly tools: LogReaderTools
  /** Makes a series known; returns its ref in the head. */
  addSeries(walRef: number, record: Uint8Array, offsets: Uint32Array, count: number): number
}

/**
 * Reads a memory snapshot into an empty head. Returns what is wrong with it, if anything; the head is then as it was:
 * all of it is checked before any of it is taken.
 */
export function replaySnapshot(dir: string, parts: SnapshotReplayParts): string | undefined {
  const { tools } = parts
  try {
    const segments = listSegments(tools.files, dir)
    if (segments.length === 0) return 'the snapshot is empty'
    readLog(dir, segments, tools, (record) =>
      isSound(record) ? undefined : 'decode snapshot: invalid record',
    )
    readLog(dir, segments, tools, (record) => {
      take(record, parts)
      return undefined
    })
  } catch (err) {
    if (err instanceof LogCorruption) return err.message
    throw err
  }
  return undefined
}

function isSound(record: Uint8Array): boolean {
  if (record.length === 0) return true
  if (record[0] === SNAPSHOT_SERIES) {
    const series = decodeSnapshotSeries(record)
    // Chunks of later releases are decoded when they are taken.
    if (series?.chunk && series.chunk.encoding > 3) decodeSamples(series.chunk)
    return series !== undefined
  }
  if (record[0] === SNAPSHOT_TOMBSTONES) return decodeSnapshotTombstones(record, () => {})
  if (record[0] === SNAPSHOT_EXEMPLARS) return decodeExemplars(record, 1, () => {})
  return false
}

function take(record: Uint8Array, parts: SnapshotReplayParts): void {
  const { store, refs, tombstones, exemplars } = parts
  const minValid = store.memory.f64[H.minValidTime >>> 3]!
  if (record[0] === SNAPSHOT_SERIES) takeSeries(record, parts, minValid)
  else if (record[0] === SNAPSHOT_TOMBSTONES) {
    decodeSnapshotTombstones(record, (walRef, mint, maxt) => {
      const ref = refs.get(walRef)
      if (ref !== 0 && maxt >= minValid) tombstones.add(ref, mint, maxt)
    })
  } else if (record[0] === SNAPSHOT_EXEMPLARS) {
    decodeExemplars(record, 1, ({ walRef, timeMs, value, labels }) => {
      const ref = refs.get(walRef)
      if (ref === 0) return
      exemplars.add(store.labelsOf(store.series.record(ref)), { labels, value, timeMs })
    })
  }
}

function takeSeries(record: Uint8Array, parts: SnapshotReplayParts, minValid: number): void {
  const { store } = parts
  const series = decodeSnapshotSeries(record)
  if (!series) return
  const { ref: walRef, offsets, count, chunk } = series
  const ref = parts.addSeries(walRef, record, offsets, count)
  if (!chunk || chunk.maxt < minValid) return
  let newest = 0
  for (const part of chunk.encoding > 3 ? encodeSamples(decodeSamples(chunk)) : [chunk]) {
    newest = putSealedChunk(store, part, 0, newest)
  }
  if (newest !== 0) attachChunks(store, store.series.record(ref), newest)
}
