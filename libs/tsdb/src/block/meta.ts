/** meta.json of a block: spec/storage-formats.md 3.1. */
import type { HostFiles } from '@prom/runtime'
import { StorageError } from '../errors.ts'

export interface BlockParent {
  readonly ulid: string
  readonly minTime: number
  readonly maxTime: number
}

/** Times are half open: every sample t has minTime <= t < maxTime. */
export interface BlockMeta {
  readonly ulid: string
  readonly minTime: number
  readonly maxTime: number
  readonly stats: {
    readonly numSamples?: number
    readonly numFloatSamples?: number
    readonly numHistogramSamples?: number
    readonly numSeries?: number
    readonly numChunks?: number
    readonly numTombstones?: number
  }
  readonly compaction: {
    readonly level: number
    readonly sources?: readonly string[]
    readonly deletable?: boolean
    readonly parents?: readonly BlockParent[]
    readonly failed?: boolean
    readonly hints?: readonly string[]
  }
  readonly version: number
}

/** Throws StorageError if the file is missing, no JSON, or of another version. */
export function readMeta(files: HostFiles, blockDir: string): BlockMeta {
  let meta: BlockMeta
  try {
    meta = JSON.parse(files.readTextSync(`${blockDir}/meta.json`)) as BlockMeta
  } catch (err) {
    throw new StorageError(`read meta.json: ${(err as Error).message}`, { cause: err })
  }
  if (!isWhole(meta)) throw new StorageError('read meta.json: a field is missing or no number')
  if (meta.version !== 1) throw new StorageError(`unexpected meta file version ${meta.version}`)
  return meta
}

function isWhole(meta: BlockMeta | null): boolean {
  if (typeof meta !== 'object' || meta === null || typeof meta.ulid !== 'string') return false
  const { stats, compaction, minTime, maxTime, version } = meta
  const areObjects = typeof stats === 'object' && typeof compaction === 'object'
  return (
    areObjects &&
    stats !== null &&
    compaction !== null &&
    [minTime, maxTime, version].every(Number.isFinite) &&
    isList(compaction.sources) &&
    isList(compaction.parents) &&
    isList(compaction.hints)
  )
}

/** Compat: the original reads null as nothing. */
function isList(value: unknown): boolean {
  return value === undefined || value === null || Array.isArray(value)
}

export function writeMeta(files: HostFiles, blockDir: string, meta: BlockMeta): void {
  const { ulid, minTime, maxTime, stats, compaction, version } = meta
  const ordered = {
    ulid,
    minTime,
    maxTime,
    stats: withoutEmpty({
      numSamples: stats.numSamples,
      numFloatSamples: stats.numFloatSamples,
      numHistogramSamples: stats.numHistogramSamples,
      numSeries: stats.numSeries,
      numChunks: stats.numChunks,
      numTombstones: stats.numTombstones,
    }),
    compaction: withoutEmpty({
      level: compaction.level,
      sources: compaction.sources,
      deletable: compaction.deletable,
      parents: compaction.parents,
      failed: compaction.failed,
      hints: compaction.hints,
    }),
    version,
  }
  files.replaceSync(`${blockDir}/meta.json`, JSON.stringify(ordered, undefined, '\t'))
}

function withoutEmpty(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(object).filter(
      ([, value]) => value !== undefined && value !== 0 && value !== false,
    ),
  )
}
