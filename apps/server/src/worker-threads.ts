/** Each role in a thread of its own; its entry lies beside the program's main file. */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { engineFromFeatures, type QueryThreadData } from '@prom/query'
import { createRemoteWritePort, type RemoteWriteRequest } from '@prom/remote'
import { createWorkerPort } from '@prom/runtime/node'
import { createIngestPort, type IngestEvent, type IngestRequest } from '@prom/scrape'
import { createQueryPart } from './query-part.ts'
import type { ServerThreads } from './threads.ts'

export function createWorkerThreads(folder: string): ServerThreads {
  return {
    startIngest: (settings, _host, _log, onReplay) => {
      const port = createWorkerPort<IngestRequest, unknown, IngestEvent>(
        join(folder, 'ingest.cjs'),
        settings,
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
    createQueries: (settings, storage, { host, log, metrics }) => {
      const { features, lookbackMs } = settings
      const engine = { lookbackMs, ...engineFromFeatures(features) }
      const { clock, files } = host
      return createQueryPart(settings, Math.max(1, availableParallelism() - 1), {
        ...{ clock, files, log, metrics },
        dir: () => storage().dir,
        startThread: (index, flags) => {
          const { memory, dir } = storage()
          const { samplesMax } = settings
          const data: QueryThreadData = {
            memory,
            dir,
            readerIndex: index,
            engine,
            samplesMax,
            flags,
          }
          return createWorkerPort(join(folder, 'query.cjs'), data, { name: `query ${index}` })
        },
      })
    },
  }
}
