import { uncompressSnappy, uncompressZstd } from '@prom/compress'
import { createKernelMemory, instantiateKernels } from '@prom/kernels'
import type { HostFiles, Logger } from '@prom/runtime'
import type { Querier } from '@prom/storage'
import { readMeta } from './block/meta.ts'
import { StorageError } from './errors.ts'
import { ExemplarRing } from './exemplars/exemplar-ring.ts'
import { readHeadChunkFiles } from './head/head-chunk-files.ts'
import { HeadStore } from './head/head-store.ts'
import { LateSamples } from './head/late-samples.ts'
import { C, H } from './head/layout.ts'
import { BlockSet } from './read/block-set.ts'
import { PageCache } from './read/page-cache.ts'
import { HeadReader } from './reader.ts'
import { replayLateLog } from './wal/late-replay.ts'
import { LOG_READER_BYTES, LogCorruption, type LogReaderTools } from './wal/log-reader.ts'
import { Replay } from './wal/replay.ts'

/** Address space of the head; pages are used only when touched. */
const MEMORY_BYTES = 2 ** 32 - 65536
const BLOCK_MS = 2 * 3600 * 1000

/** A data folder that is only looked at: nothing in it is written, locked, repaired or removed. */
export interface ReadOnlyTsdb {
  querier(mint: number, maxt: number): Querier
  close(): void
}

/**
 * Opens the blocks of a folder and replays its log into memory, up to `maxt`: a range that the blocks cover needs no
 * log. Throws StorageError with the original's text if a block cannot be opened or the log cannot be read.
 */
export function openReadOnlyTsdb(
  options: { readonly dir: string; readonly maxt: number; readonly shownDir?: string },
  { files, log }: { readonly files: HostFiles; readonly log: Logger },
): ReadOnlyTsdb {
  const { dir, maxt, shownDir = dir } = options
  if (!files.statSync(dir)?.isDirectory) {
    throw new StorageError(`opening the db dir: stat ${shownDir}: no such file or directory`)
  }
  const maxBlockTime = newestBlockTime(dir, files)
  const kernels = instantiateKernels(createKernelMemory(MEMORY_BYTES))
  const store = new HeadStore(kernels, 1, BLOCK_MS)
  store.memory.f64[H.minValidTime >>> 3] = maxBlockTime
  if (maxBlockTime <= maxt) {
    try {
      replayFiles(store, dir, files, log)
    } catch (err) {
      if (!(err instanceof StorageError)) throw err
      const text = err.message.replace('opening storage failed: ', '').replaceAll(dir, shownDir)
      throw new StorageError(text, { cause: err })
    }
    publish(store)
  }
  return new HeadReader({ memory: kernels.memory, dir, readerIndex: 0 }, { files })
}

/** End of the newest block in order. Folders without a readable meta.json are no blocks. */
function newestBlockTime(dir: string, files: HostFiles): number {
  const set = new BlockSet(dir, files, new PageCache(1 << 20))
  try {
    for (const { ulid, error } of set.reload()) {
      if (isReadable(files, `${dir}/${ulid}`)) {
        throw new StorageError((error as Error).message, { cause: error })
      }
    }
    const settled = set.blocks.filter(({ meta }) => !meta.compaction.hints?.length)
    return Math.max(-Infinity, ...settled.map(({ meta }) => meta.maxTime))
  } finally {
    set.close()
  }
}

function isReadable(files: HostFiles, dir: string): boolean {
  try {
    readMeta(files, dir)
    return true
  } catch {
    return false
  }
}

function replayFiles(store: HeadStore, dir: string, allFiles: HostFiles, log: Logger): void {
  const walDir = `${dir}/wal`
  if (!allFiles.statSync(walDir)?.isDirectory) {
    throw new StorageError(
      `read WAL: find last checkpoint: open ${walDir}: no such file or directory`,
    )
  }
  // Damaged head chunk files are given up by removing them: not here.
  const files: HostFiles = Object.assign(Object.create(allFiles) as HostFiles, {
    removeSync: () => {},
  })
  const { log: region } = store.regions
  const tools: LogReaderTools = {
    files,
    uncompressSnappy,
    uncompressZstd,
    kernels: store.kernels,
    address: region.address + region.sizeBytes - LOG_READER_BYTES,
  }
  const minValid = store.memory.f64[H.minValidTime >>> 3]!
  const onDisk = readHeadChunkFiles(`${dir}/chunks_head`, store, minValid, files, log)
  const late = new LateSamples(store)
  const replay = new Replay(store, late, onDisk, new ExemplarRing(0), tools, log)
  const check = (damage: LogCorruption | undefined) => {
    if (damage) throw new StorageError(`read WAL: read records: ${damage.message}`)
  }
  try {
    check(replay.run(walDir).damage)
  } catch (err) {
    if (err instanceof LogCorruption) {
      throw new StorageError(`read WAL: backfill checkpoint: read records: ${err.message}`)
    }
    const isGap = err instanceof Error && err.message === 'segments are not sequential'
    throw isGap ? new StorageError(`read WAL: finding WAL segments: ${err.message}`) : err
  }
  if (files.statSync(`${dir}/wbl`)) {
    const { lastChunk } = onDisk
    check(replayLateLog(`${dir}/wbl`, { late, refs: replay.refs, lastChunk, tools, log }))
  }
  replay.tombstones.publish()
}

/** Makes what was replayed visible. */
function publish({ memory }: HeadStore): void {
  const { u32, f64 } = memory
  f64[H.minTime >>> 3] = f64[(H.context + C.minTime) >>> 3]!
  f64[H.maxTime >>> 3] = f64[(H.context + C.maxTime) >>> 3]!
  u32[H.commit >>> 2] = 1
}
