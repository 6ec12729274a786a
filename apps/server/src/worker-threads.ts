/** Each role in a thread of its own; its entry lies beside the program's main file. */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import {
  engineFromFeatures,
  type PieceEvent,
  type QueryThreadData,
  type RemoteSelect,
  SmallQueries,
  type ThreadAnswer,
  type ThreadTask,
} from '@prom/query'
import { createRemoteWritePort, type RemoteWriteRequest } from '@prom/remote'
import { createSyncChannel, createWorkerPort } from '@prom/runtime/node'
import { createIngestPort, type IngestEvent, type IngestRequest } from '@prom/scrape'
import { SmallReader } from '@prom/tsdb'
import { createQueryPart } from './query-part.ts'
import type { ServerThreads } from './threads.ts'

const MIB = 1024 * 1024

/** The heap of a query thread: columns lie outside of it. Beyond it the thread is ended, not the server. */
function heapMegabytes(memoryPerQueryBytes: number): number {
  const wanted = memoryPerQueryBytes === 0 ? 4096 : Math.ceil(memoryPerQueryBytes / MIB)
  return Math.min(4096, Math.max(256, wanted))
}

/** What a query thread keeps between queries: strings, pages of files and, half of it, decoded samples. */
function cacheBytes(memoryMaxBytes: number): number {
  return Math.min(192 * MIB, Math.max(64 * MIB, Math.floor(memoryMaxBytes / 16)))
}

/** Readers of the head are numbered; the last number is that of the main thread. */
const MAIN_READER_INDEX = 63
/** Below that queries are quick even with cold code, and a thread would take more memory than it saves time. */
const WARM_FROM_SERIES = 2000
/** What the main thread may read of the head for one selection. */
const SMALL = { postingsMax: 2000, seriesMax: 32, samplesMax: 20_000 }

export function createWorkerThreads(folder: string): ServerThreads {
  return {
    startIngest: (settings, _host, _log, onReplay) => {
      const port = createWorkerPort<IngestRequest, unknown, IngestEvent>(
        join(folder, 'ingest.cjs'),
        { ...settings, folder },
        { name: 'ingest' },
      )
      const ended = new Promise<Error | undefined>((resolve) => {
        port.onExit(resolve)
      })
      return {
        ingest: createIngestPort(port, onReplay),
        ended,
        terminate: () => port.terminate(),
      }
    },
    startRemoteWrite: (settings) => {
      const port = createWorkerPort<RemoteWriteRequest, unknown>(
        join(folder, 'remote.cjs'),
        settings,
        { name: 'remote' },
      )
      return { remote: createRemoteWritePort(port), terminate: () => port.terminate() }
    },
    createQueries: (settings, storage, { host, log, metrics, remotes }) => {
      const { features, lookbackMs } = settings
      const engine = { lookbackMs, ...engineFromFeatures(features) }
      const { clock, files } = host
      // More threads than cores would only take time from each other, unless long queries hold them all.
      const cores = availableParallelism()
      const threads = {
        threadCount: Math.min(MAIN_READER_INDEX, Math.max(1, cores - 1)),
        threadsMax: Math.min(MAIN_READER_INDEX, Math.max(10, 2 * cores)),
      }
      let reader: SmallReader | undefined
      const openReader = () => {
        const { memory, dir } = storage()
        return new SmallReader({ memory, dir, readerIndex: MAIN_READER_INDEX }, SMALL, { files })
      }
      const service = {
        engine,
        samplesMax: settings.samplesMax,
        memoryMaxBytes: settings.memoryPerQueryBytes,
        perStepStats: features.has('promql-per-step-stats'),
      }
      const small = new SmallQueries(service, {
        clock,
        isWhole: () => remotes.count === 0,
        source: {
          querier: (mint, maxt) => {
            reader ??= openReader()
            return reader.querier(mint, maxt)
          },
        },
      })
      return createQueryPart(settings, threads, {
        ...{ clock, files, log, metrics, small },
        dir: () => storage().dir,
        isWorthWarming: () => {
          reader ??= openReader()
          return reader.seriesCount >= WARM_FROM_SERIES
        },
        startThread: (index, flags, ledger) => {
          const { memory, dir } = storage()
          const data: QueryThreadData = {
            ...service,
            memory,
            dir,
            readerIndex: index,
            // Threads that come and go keep less.
            cacheBytes:
              index < threads.threadCount ? cacheBytes(settings.memoryMaxBytes) : 32 * MIB,
            flags,
            ledger,
          }
          const channel = createSyncChannel((request: RemoteSelect) => remotes.select(request))
          const { port, words } = channel.end
          remotes.counts.add(words)
          Atomics.store(words, 1, remotes.count)
          const started = createWorkerPort<ThreadTask, ThreadAnswer, PieceEvent>(
            join(folder, 'query.cjs'),
            { ...data, remote: channel.end },
            {
              transferList: [port],
              name: `query ${index}`,
              resourceLimits: {
                maxOldGenerationSizeMb: heapMegabytes(settings.memoryPerQueryBytes),
              },
            },
          )
          started.onExit(() => {
            remotes.counts.delete(words)
            channel.close()
          })
          return started
        },
      })
    },
  }
}
