import type { HostFiles } from '@prom/runtime'
import { StorageError } from '../errors.ts'

export function segmentName(index: number): string {
  return String(index).padStart(8, '0')
}

/** Segment numbers in the folder, ascending; other names are ignored. Throws StorageError on a gap. */
export function listSegments(files: HostFiles, dir: string): number[] {
  const found: number[] = []
  for (const name of files.listSync(dir)) {
    // Compat: any name that is a whole number counts, as long as it is a file.
    if (/^\d+$/.test(name) && files.statSync(`${dir}/${name}`)?.isFile) found.push(Number(name))
  }
  found.sort((a, b) => a - b)
  for (let i = 1; i < found.length; i++) {
    if (found[i] !== found[i - 1]! + 1) throw new StorageError('segments are not sequential')
  }
  return found
}

/** The newest `checkpoint.<number>` folder: the segments up to its number are in it. */
export function lastCheckpoint(
  files: HostFiles,
  walDir: string,
): { readonly dir: string; readonly index: number } | undefined {
  let best = -1
  for (const name of files.listSync(walDir)) {
    const match = /^checkpoint\.(\d+)$/.exec(name)
    if (match && files.statSync(`${walDir}/${name}`)?.isDirectory)
      best = Math.max(best, Number(match[1]))
  }
  return best < 0 ? undefined : { dir: `${walDir}/checkpoint.${segmentName(best)}`, index: best }
}
