import type { Kernels } from '@prom/kernels'
import type { HostFiles } from '@prom/runtime'
import type { Region } from '../head/layout.ts'
import { LogCorruption, type LogReaderTools, readLog } from './log-reader.ts'
import { type LogOptions, LogWriter } from './log-writer.ts'
import { listSegments, segmentName } from './segments.ts'

/** Folder beside a segment in which its sound part is written anew. */
export const REPAIR_SUFFIX = '.repair'
/** One segment stays one segment. */
const SEGMENT_BYTES_MAX = 2 ** 31

/**
 * Cuts a log at its damage: later segments are deleted, the damaged one is replaced by one with the records that end
 * before it. The new one is written beside and renamed, so a crash in between only means that it is done again.
 */
export function repairLog(
  corruption: LogCorruption,
  options: LogOptions,
  files: HostFiles,
  kernels: Kernels,
  region: Region,
  tools: LogReaderTools,
): void {
  const { dir, segment, offset } = corruption
  for (const later of listSegments(files, dir).reverse()) {
    if (later > segment) files.removeSync(`${dir}/${segmentName(later)}`)
  }
  const name = segmentName(segment)
  const beside = `${dir}/${name}${REPAIR_SUFFIX}`
  files.removeSync(beside)
  files.mkdirSync(beside)
  const whole = { ...options, dir: beside, segmentBytes: SEGMENT_BYTES_MAX }
  const writer = new LogWriter(whole, files, kernels, region, segment)
  try {
    readLog(dir, [segment], tools, (record, _segment, end) => {
      if (end >= offset) return 'end of the sound part'
      writer.add(record)
      return undefined
    })
  } catch (err) {
    if (!(err instanceof LogCorruption)) throw err // Else the damage, met again: everything before it was copied.
  }
  writer.close()
  files.renameSync(`${beside}/${name}`, `${dir}/${name}`)
  files.syncFolderSync(dir)
  files.removeSync(beside)
}
