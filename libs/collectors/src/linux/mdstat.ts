/** /proc/mdstat: for each array a line of its disks, a line of its size, and lines of what is being done to it. */
import { splitLines } from '../kernel-files.ts'
import { parseUnsigned, words } from '../kernel-number.ts'

export interface MdArray {
  readonly name: string
  /** active, inactive, recovering, resync, check, or reshaping. */
  readonly state: string
  readonly active: number
  readonly total: number
  readonly failed: number
  readonly spare: number
  readonly blocks: number
  readonly synced: number
}

const SYNC_STATES = [
  ['recovery', 'recovering'],
  ['reshape', 'reshaping'],
  ['check', 'check'],
  ['resync', 'resync'],
] as const

export function parseMdstat(text: string): MdArray[] {
  const lines = splitLines(text)
  const arrays: MdArray[] = []
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] as string
    if (line.trim() === '' || /^[\s]|^Personalities|^unused/.test(line)) continue
    const fields = words(line)
    if (fields.length < 3)
      throw new Error(`not enough fields in mdline (expected at least 3): ${line}`)
    if (lines.length <= i + 3)
      throw new Error(`error parsing mdstat: too few lines for md device ${fields[0]}`)
    arrays.push(parseArray(line, fields, lines.slice(i + 1, i + 4)))
  }
  return arrays
}

function parseArray(line: string, fields: readonly string[], below: readonly string[]): MdArray {
  const count = (text: string) => line.split(text).length - 1
  const [name, , state] = fields as [string, string, string]
  const size = parseSize(line, state, below[0] as string)
  const shared = { name, failed: count('(F)'), spare: count('(S)'), ...size }

  // A bitmap has a line of its own, above that of the work under way.
  const syncLine = ((below[1] ?? '').includes('bitmap') ? below[2] : below[1]) ?? ''
  const sync = SYNC_STATES.find(([word]) => syncLine.includes(word))
  if (!sync) return { ...shared, state, synced: size.blocks }
  if (/PENDING|DELAYED/.test(syncLine)) return { ...shared, state: sync[1], synced: 0 }
  const synced = /\((\d+)\/\d+\)/.exec(syncLine)?.[1]
  if (synced === undefined) throw new Error(`unexpected syncLine: ${syncLine}`)
  return { ...shared, state: sync[1], synced: parseUnsigned(synced) }
}

/** `5853468288 blocks super 1.2 level 6, ... [8/8] [UUUUUUUU]`; arrays without redundancy have no brackets. */
function parseSize(line: string, state: string, sizeLine: string) {
  const blocks = parseUnsigned(/(\d+) blocks/.exec(sizeLine)?.[1])
  if (/raid0|linear/.test(line)) {
    const disks = line.split('[').length - 1
    return { blocks, total: disks, active: disks }
  }
  if (state === 'inactive') return { blocks, total: 0, active: 0 }
  const counts = /\[(\d+)\/(\d+)\] \[[U_]+\]/.exec(sizeLine)
  if (!counts) throw new Error(`couldn't find all the substring matches: ${sizeLine}`)
  return { blocks, total: parseUnsigned(counts[1]), active: parseUnsigned(counts[2]) }
}
