import { uncompressSnappy, uncompressZstd } from '@prom/compress'
import { createKernelMemory, instantiateKernels } from '@prom/kernels'
import type { HostFiles, Logger } from '@prom/runtime'
import type { Querier } from '@prom/storage'
import { StorageError } from './errors.ts'
import { readHeadChunkFiles } from './head/head-chunk-files.ts'
import { HeadStore } from './head/head-store.ts'
import { H } from './head/layout.ts'
import { BlockSet } from './read/block-set.ts'
import { PageCache } from './read/page-cache.ts'
import { HeadReader } from './reader.ts'
import { LOG_READER_BYTES, type LogReaderTools } from './wal/log-reader.ts'
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
  if (maxBlockTime <= maxt) replayLog(store, { dir, shownDir }, files, log)
  store.memory.u32[H.commit >>> 2] = 1
  return new HeadReader({ memory: kernels.memory, dir, readerIndex: 0 }, { files })
}

function newestBlockTime(dir: string, files: HostFiles): number {
  const set = new BlockSet(dir, files, new PageCache(1 << 20))
  try {
    const failure = set.reload()[0]
    if (failure) throw new StorageError((failure.error as Error).message, { cause: failure.error })
    const settled = set.blocks.map(({ meta }) => meta.maxTime)
    return Math.max(-Infinity, ...settled)
  } finally {
    set.close()
  }
}

function replayLog(
  store: HeadStore,
  { dir, shownDir }: { readonly dir: string; readonly shownDir: string },
  files: HostFiles,
  log: Logger,
): void {
  const walDir = `${dir}/wal`
  if (!files.statSync(walDir)?.isDirectory) {
    throw new StorageError(
      `read WAL: find last checkpoint: open ${shownDir}/wal: no such file or directory`,
    )
  }
  // Damaged head chunk files are given up by removing them: not here.
  const guarded: HostFiles = Object.assign(Object.create(files) as HostFiles, {
    removeSync: () => {},
  })
  const { log: region } = store.regions
  const tools: LogReaderTools = {
    files: guarded,
    uncompressSnappy,
    uncompressZstd,
    kernels: store.kernels,
    address: region.address + region.sizeBytes - LOG_READER_BYTES,
  }
  const replay = new Replay(store, tools, log)
  replay.headChunks = readHeadChunkFiles(`${dir}/chunks_head`, guarded, log).chunks
  const { damage } = replay.run(walDir)
  if (damage) throw new StorageError(`read WAL: ${damage.message}`, { cause: damage })
  replay.tombstones.publish()
}
