import type { Kernels } from '@prom/kernels'
import type { HostFiles } from '@prom/runtime'
import type { Region } from '../head/layout.ts'
import { type LogCorruption, type LogReaderTools, readLog } from './log-reader.ts'
import { type LogOptions, LogWriter } from './log-writer.ts'
import { listSegments, segmentName } from './segments.ts'

/**
 * Cuts a log at its damage: later segments are deleted, the damaged one is rewritten with the records that end
 * before it. A crash in between leaves `<segment>.repair`, which nobody reads.
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
  for (const later of listSegments(files, dir)) {
    if (later > segment) files.removeSync(`${dir}/${segmentName(later)}`)
  }
  const path = `${dir}/${segmentName(segment)}`
  const aside = `${path}.repair`
  files.renameSync(path, aside)
  const writer = new LogWriter(options, files, kernels, region, segment)
  try {
    readLog(
      dir,
      [segment],
      { ...tools, files: redirect(files, path, aside) },
      (record, _segment, end) => {
        if (end >= offset) return 'end of the sound part'
        writer.add(record)
        writer.flush()
        return undefined
      },
    )
  } catch {
    // The damage, met again: everything before it was copied.
  }
  writer.close()
  files.removeSync(aside)
  files.syncFolderSync(dir)
}

function redirect(files: HostFiles, from: string, to: string): HostFiles {
  return {
    ...files,
    openSync: (path, flags, mode) =>
      files.openSync(path === from && flags === 'r' ? to : path, flags, mode),
    statSync: (path) => files.statSync(path === from ? to : path),
  }
}
