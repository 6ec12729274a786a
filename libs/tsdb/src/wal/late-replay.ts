import { Reader } from '@prom/bytes'
import type { Logger } from '@prom/runtime'
import type { LateSamples } from '../head/late-samples.ts'
import { decodeHistogramRows, isHistogramRecord } from './histogram-record.ts'
import { LogCorruption, type LogReaderTools, readLog } from './log-reader.ts'
import { RECORD_MMAP_MARKERS, RECORD_SAMPLES, RECORD_STARTED_SAMPLES } from './record.ts'
import type { RefTable } from './ref-table.ts'
import { listSegments } from './segments.ts'
import { decodeStartedHistograms, isStartedRecord, toPlainSamples } from './started-record.ts'

export interface LateReplayParts {
  readonly late: LateSamples
  readonly refs: RefTable
  /** Number of the last chunk on disk: markers of later ones mean chunks that were lost. */
  readonly lastChunk: number
  readonly tools: LogReaderTools
  readonly log: Logger
}

/** Reads the log of out-of-order samples into the head, after the main log. Returns damage, if there was any. */
export function replayLateLog(dir: string, parts: LateReplayParts): LogCorruption | undefined {
  const { tools, log } = parts
  const segments = listSegments(tools.files, dir)
  const maxSegment = segments.at(-1) ?? 0
  const unknown = { samples: 0 }
  try {
    readLog(
      dir,
      segments,
      tools,
      (record) => takeRecord(record, parts, unknown),
      (segment) => log.info('WBL segment loaded', { segment, maxSegment }),
    )
  } catch (err) {
    if (!(err instanceof LogCorruption)) throw err
    return err
  } finally {
    if (unknown.samples > 0) {
      log.warn('Unknown series references for out-of-order samples', unknown)
    }
  }
  return undefined
}

/** Numbers of the chunks that rows of the log have become; undefined if the log is damaged or not there. */
export function readLateMarkers(dir: string, tools: LogReaderTools): Set<number> | undefined {
  if (!tools.files.statSync(dir)) return undefined
  const chunks = new Set<number>()
  try {
    readLog(dir, listSegments(tools.files, dir), tools, (record) => {
      if (record[0] !== RECORD_MMAP_MARKERS) return undefined
      const reader = new Reader(record, 1)
      while (reader.left > 0) {
        reader.u64()
        chunks.add(reader.u64())
        if (reader.failed) return 'decode mmap markers: invalid record'
      }
      return undefined
    })
  } catch (err) {
    if (err instanceof LogCorruption) return undefined
    throw err
  }
  return chunks
}

function takeRecord(
  record: Uint8Array,
  parts: LateReplayParts,
  unknown: { samples: number },
): string | undefined {
  const { late, refs, lastChunk } = parts
  const type = record[0]
  if (type === RECORD_STARTED_SAMPLES) {
    const plain = toPlainSamples(record)
    return plain ? takeRecord(plain, parts, unknown) : 'decode samples: invalid record'
  }
  const reader = new Reader(record, 1)
  if (record.length <= 1) return undefined
  // Rows that became full become chunks again here; the chunk files are not needed for that.
  const onCut = (ref: number, _: readonly number[]) => void ref
  if (type === RECORD_MMAP_MARKERS) {
    while (reader.left > 0) {
      const ref = refs.get(reader.u64())
      const chunk = reader.u64()
      if (reader.failed) return 'decode mmap markers: invalid record'
      if (ref !== 0 && chunk <= lastChunk) late.clearRows(ref)
    }
    return undefined
  }
  if (type === RECORD_SAMPLES) {
    const firstRef = reader.u64()
    const firstTime = reader.i64()
    while (reader.left > 0) {
      const ref = refs.get(firstRef + reader.varint())
      const timeMs = firstTime + reader.varint()
      const [high, low] = [reader.u32(), reader.u32()]
      if (reader.failed) return 'decode samples: invalid record'
      if (ref === 0) unknown.samples++
      else late.insert(ref, { timeMs, high, low }, 0, onCut)
    }
    return undefined
  }
  if (type === undefined || !(isHistogramRecord(type) || isStartedRecord(type))) return undefined
  const decode = isStartedRecord(type) ? decodeStartedHistograms : decodeHistogramRows
  const isSound = decode(record, ({ walRef, timeMs, histogram, kind }) => {
    const ref = refs.get(walRef)
    if (ref === 0) unknown.samples++
    else late.insert(ref, { timeMs, high: 0, low: 0, histogram, kind }, 0, onCut)
  })
  return isSound ? undefined : 'decode histograms: invalid record'
}
