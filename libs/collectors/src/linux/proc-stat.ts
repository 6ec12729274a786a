/** /proc/stat: one row per CPU, then rows of one counter and rows that begin with a sum. */
import type { KernelFiles } from '../kernel-files.ts'

export interface StatFile {
  /** Name of a row to its numbers, as text. */
  readonly rows: ReadonlyMap<string, readonly string[]>
}

export function readStat(proc: KernelFiles): StatFile {
  const rows = new Map<string, string[]>()
  for (const line of proc.lines('stat')) {
    const at = line.indexOf(' ')
    if (at < 0) continue
    // The row of interrupts can have thousands of numbers, of which the first one is the sum.
    const name = line.slice(0, at)
    const rest =
      name === 'intr' ? line.slice(at + 1, at + 41).trimStart() : line.slice(at + 1).trim()
    rows.set(name, rest.split(/ +/))
  }
  return { rows }
}
