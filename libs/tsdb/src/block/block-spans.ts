import { isUlid } from '@prom/model'
import type { HostFiles } from '@prom/runtime'
import { readMeta } from './meta.ts'

/** Times that a block covers: from `minTime` up to, not including, `maxTime`. */
export interface BlockSpan {
  readonly minTime: number
  readonly maxTime: number
}

/** The spans of all blocks of a data folder, by their meta.json alone; all times where one cannot be read. */
export function listBlockSpans(files: HostFiles, dir: string): BlockSpan[] {
  const names = files.statSync(dir) ? files.listSync(dir) : []
  return names.filter(isUlid).map((ulid) => {
    try {
      const { minTime, maxTime } = readMeta(files, `${dir}/${ulid}`)
      return { minTime, maxTime }
    } catch {
      return { minTime: Number.NEGATIVE_INFINITY, maxTime: Number.POSITIVE_INFINITY }
    }
  })
}
