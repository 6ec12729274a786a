/** How much memory queries may hold. */
import type { ServerFlags } from './flags.ts'

/** What queries may hold together where nothing is known or little is there. */
const LEAST_BYTES = 512 * 1024 * 1024

export interface QueryMemory {
  /** All queries together; 0: no limit. */
  readonly memoryMaxBytes: number
  /** One of them; 0: no limit. */
  readonly memoryPerQueryBytes: number
}

/** A quarter of the machine for all queries and half of that for one, unless flags say otherwise. */
export function queryMemory(
  flags: Pick<ServerFlags, 'queryMaxMemory' | 'queryMaxMemoryPerQuery'>,
  machineBytes: number,
): QueryMemory {
  const usual = Math.max(LEAST_BYTES, Math.floor(machineBytes / 4))
  const memoryMaxBytes = flags.queryMaxMemory ?? usual
  const memoryPerQueryBytes =
    flags.queryMaxMemoryPerQuery ?? Math.floor((memoryMaxBytes || usual) / 2)
  return { memoryMaxBytes, memoryPerQueryBytes }
}
